"""``plainspoken packs``: which regulations are known, and as of when."""

from __future__ import annotations

import json

import typer


def packs(as_json: bool = typer.Option(False, "--json", help="Print one JSON object.")) -> None:
    """List the regulations that are known, with the date on which their law was last checked."""
    from audit.policy import known_packs

    known = known_packs()
    if as_json:
        rows = [
            {"pack": one.name, "title": one.title, "as_of": one.as_of.isoformat(), "digest": one.digest}
            for one in known
        ]
        typer.echo(json.dumps({"packs": rows}))
        return
    for one in known:
        typer.echo(f"{one.name:<16} as of {one.as_of.isoformat()}  {one.title}")
