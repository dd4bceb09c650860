"""``plainspoken check``: do config, dictionary, data and model fit together?"""

from __future__ import annotations

import json
from pathlib import Path

import typer


def check(
    config: Path = typer.Argument(..., metavar="AUDIT.YAML", help="The config to check."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    schema: bool = typer.Option(False, "--schema", help="Print the JSON Schema for editors and stop."),
) -> None:
    """Check a config, its dictionary, data and model; name every fault and its way out."""
    if schema:
        from audit.config import json_schema

        typer.echo(json.dumps(json_schema(), indent=2))
        return
    from audit.errors import ConfigError
    from audit.runner import prepare

    faults: tuple[str, ...] = ()
    bindings: list[tuple[str, str, str]] = []
    try:
        ready = prepare(config)
        bindings = list(ready.bindings)
    except ConfigError as error:
        faults = tuple(str(fault) for fault in error.faults)
    if as_json:
        typer.echo(json.dumps({"faults": list(faults), "bindings": bindings}))
    else:
        for fault in faults:
            typer.echo(fault, err=True)
        for place, what, value in bindings:
            typer.echo(f"{place}: {what} {value}")
        typer.echo(f"{len(faults)} faults." if faults else "No fault found. The config can be run.")
    raise typer.Exit(2 if faults else 0)
