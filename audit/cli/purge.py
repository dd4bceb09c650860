"""``plainspoken purge``: lets go of what is past its time, and does the erasures that are due."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import typer

from audit.cli.erase import POLICIES_HELP, terms_of
from audit.cli.place import AUDIT_HELP, LEDGER_HELP


def purge(
    audit: str | None = typer.Argument(None, metavar="[AUDIT]", help=AUDIT_HELP + " Default: all."),
    trial: bool = typer.Option(False, "--trial", help="Only tell what would go."),
    by: str = typer.Option("", "--by", metavar="NAME", help="Who answers for it; kept in the log."),
    policies: Path | None = typer.Option(None, "--policies", metavar="FOLDER", help=POLICIES_HELP),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Let go of applications, letters and groups past their time; decisions, rates and findings stay.

    Queued erasures whose date has come are done first. Ends with 3 where something due is held.
    """
    from audit.cli.place import open_ledger
    from audit.ledger import erasure
    from audit.ledger.purge import purge as let_go

    now = dt.datetime.now(dt.UTC)
    with open_ledger(ledger) as opened:
        found_audit = opened.find(audit).audit if audit is not None else None
        terms = terms_of(opened, now.date(), policies)
        done = erasure.carry_out(opened, at=now, terms=terms, by=by) if not trial and audit is None else ()
        went = let_go(opened, at=now, terms=terms, audit=found_audit, by=by, trial=trial)
    if as_json:
        told = {
            "erasures": [{"person": one.person, "state": one.state, "told": one.told} for one in done],
            "purged": [
                {
                    "what": one.what,
                    "audit": one.audit,
                    "entry": one.entry,
                    "state": one.state,
                    "term": one.term,
                    "told": one.told,
                }
                for one in went
            ],
        }
        typer.echo(json.dumps(told))
    else:
        for erased in done:
            typer.echo(f"person {erased.person}: {erased.told}")
        for one in went:
            whose = f"audit {one.audit[:12]}: " if one.audit else ""
            typer.echo(f"{one.state:<5} {whose}{one.what}: {one.told}")
        if not done and not went:
            typer.echo("Nothing is past its time.")
    kept = any(one.state == "held" for one in done) or any(one.state == "held" for one in went)
    raise typer.Exit(3 if kept else 0)
