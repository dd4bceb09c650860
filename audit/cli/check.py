"""``plainspoken check``: do config, dictionary, data and model fit together?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from audit.config import Config


def _of_the_house(config: Config) -> tuple[str, ...]:
    """Return what is wrong with the house's own templates and words of letters."""
    from reports.house import house_faults

    written = config.letters.templates
    return house_faults(config.folder / written) if written is not None else ()


def _slow(config: Config) -> tuple[str, ...]:
    """Return what keeps letters of the house's own templates from being stamped."""
    from reports.house import slow_templates

    written = config.letters.templates
    return slow_templates(config.folder / written) if written is not None else ()


def check(
    config: Path | None = typer.Argument(None, metavar="AUDIT.YAML", help="The config to check."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    schema: bool = typer.Option(False, "--schema", help="Print the JSON Schema for editors and stop."),
) -> None:
    """Check a config, its dictionary, data and model; name every fault and its way out."""
    from audit.errors import AuditError, ConfigError, UsageError

    if schema:
        from audit.config import json_schema

        typer.echo(json.dumps(json_schema(), indent=2))
        return
    if config is None:
        raise UsageError("check: no config is named. Give the path of an audit.yaml.")

    from audit.cli.progress import progress_bars
    from audit.images import is_of_images
    from audit.images.prepare import prepare as prepare_pictures
    from audit.prepare import prepare, refuse_faults, score
    from audit.two_ledgers import place_of

    faults: tuple[str, ...] = ()
    slow: tuple[str, ...] = ()
    bindings: tuple[tuple[str, str, str], ...] = ()
    code = 0
    try:
        with progress_bars(quiet=as_json) as progress:
            # Whether the scores are numbers, and the cutoff lies among them, is seen only by scoring.
            if is_of_images(config):
                prepare_pictures(config, tell=progress).host.close()
            else:
                place_of(config, None, None)
                with prepare(config) as ready:
                    bindings = ready.bindings
                    refuse_faults(ready, score(ready, progress))
                    faults, slow = _of_the_house(ready.config), _slow(ready.config)
                    code = ConfigError.exit_code if faults else 0
    except AuditError as error:
        faults = (
            tuple(str(fault) for fault in error.faults) if isinstance(error, ConfigError) else (str(error),)
        )
        code = error.exit_code
    if as_json:
        named = [{"place": place, "is": what, "value": value} for place, what, value in bindings]
        typer.echo(
            json.dumps({"ok": not faults, "faults": list(faults), "slow": list(slow), "bindings": named})
        )
    else:
        for fault in faults:
            typer.echo(fault, err=True)
        for place in slow:
            typer.echo(f"not stamped but rendered: {place}", err=True)
        for place, what, value in bindings:
            typer.echo(f"{place}: {what} {value}")
        n = len(faults)
        told = f"{n} {'fault' if n == 1 else 'faults'}." if n else "No fault found. The config can be run."
        typer.echo(told)
    raise typer.Exit(code)
