"""``plainspoken accept``: make a release of an audit, by which later runs are held."""

from __future__ import annotations

import datetime as dt
import json

import typer

from audit.cli.place import AUDIT_HELP, LEDGER_HELP


def accept(
    audit: str = typer.Argument(..., metavar="AUDIT", help=AUDIT_HELP),
    by: str = typer.Option(..., "--by", metavar="NAME", help="Who answers for it."),
    reason: str = typer.Option(..., "--reason", metavar="TEXT", help="Why it is accepted; goes in the log."),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Accept an audit: its model, dictionary, cutoff, method and reference, pinned together."""
    from audit.cli.place import open_ledger
    from audit.ledger import releases

    with open_ledger(ledger) as opened:
        made = releases.accept(
            opened, opened.find(audit).audit, by=by, reason=reason, at=dt.datetime.now(dt.UTC)
        )
        checkpoint = opened.checkpoint()
    if as_json:
        told = {
            "audit": made.audit,
            "by": made.by,
            "reason": made.reason,
            "accepted_at": made.accepted_at.isoformat(),
            "pins": {
                "model": made.model,
                "dictionary": made.dictionary,
                "cutoff": made.cutoff,
                "method": made.method,
                "reference": made.reference,
            },
            "checkpoint": checkpoint,
        }
        typer.echo(json.dumps(told))
    else:
        typer.echo(f"Accepted: audit {made.audit[:12]}. A batch is held to it by release: {made.audit}")
