"""``plainspoken compare``: what changed between two audits, from what was sealed."""

from __future__ import annotations

import json

import typer

from audit.cli.place import AUDIT_HELP, LEDGER_HELP


def compare(
    first: str = typer.Argument(..., metavar="A", help="The earlier one. " + AUDIT_HELP),
    second: str = typer.Argument(..., metavar="B", help="The later one."),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Show what changed between two audits: versions, rates, findings, reasons, applicants."""
    from audit.cli.place import open_ledger
    from audit.compare import compare as side_by_side

    with open_ledger(ledger) as opened:
        found = side_by_side(opened, first, second)
    typer.echo(json.dumps(found.as_json()) if as_json else found.in_words())
