"""``plainspoken held``: the notices that are held, and how a second person ends that."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from audit.cli.listed import IDS_HELP, OUT_HELP
from audit.cli.place import AUDIT_HELP, LEDGER_HELP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.ledger import Ledger
    from audit.ledger.ends import Wish
    from audit.record import Decision


def held(
    audit: str = typer.Argument(..., metavar="AUDIT", help=AUDIT_HELP),
    decisions: list[str] | None = typer.Argument(
        None, metavar="[DECISION…]", help="With --end: whose holds end, by id as in the data or pseudonym."
    ),
    end: str | None = typer.Option(
        None, "--end", metavar="HOW", help="send_as_ranked, reconsidered or withdrawn; it is final."
    ),
    by: str = typer.Option("", "--by", metavar="NAME", help="The second person, who decides it; kept."),
    reason: str = typer.Option("", "--reason", metavar="TEXT", help="Why; kept, locked."),
    opened_by: str | None = typer.Option(
        None, "--opened-by", metavar="NAME", help="Who asked for it. Default: the audit's owner."
    ),
    counsel: str | None = typer.Option(
        None,
        "--counsel",
        metavar="NAME",
        help="Who decided that a protected basis or a blocked proxy is told as the true reason.",
    ),
    anew: str | None = typer.Option(
        None, "--anew", metavar="AUDIT", help="reconsidered: the audit that has the new record."
    ),
    outcome: str | None = typer.Option(
        None, "--outcome", help="reconsidered by a person alone, for the applicant: favourable."
    ),
    ids: bool = typer.Option(False, "--ids", help=IDS_HELP),
    out: Path | None = typer.Option(None, "--out", metavar="FILE", help=OUT_HELP),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """List the held notices with cause and days left, or end holds, by a second person."""
    from audit.cli.listed import Names, give
    from audit.cli.place import open_ledger
    from audit.errors import UsageError
    from audit.ledger import ends

    if end is None and (decisions or by or reason or opened_by or counsel or anew or outcome):
        raise UsageError(
            "held: it is not said how a hold is to end. Give --end, or AUDIT alone for the list."
        )
    with open_ledger(ledger) as opened:
        found = opened.find(audit)
        if end is not None:
            wish = ends.Wish(end, by, reason, opened_by, counsel, anew, outcome)
            _end(opened, found.audit, decisions or [], wish, as_json)
            return
        names = Names(opened, ids=ids)
        rows = [_row(one, names.of(found.audit, one.decision)) for one in ends.held(opened, found.audit)]
    give(
        "held",
        rows,
        out=out,
        as_json=as_json,
        line=_line,
        none="No notice is held.",
        more={"audit": found.audit},
    )
    raise typer.Exit(3 if rows else 0)


def _end(ledger: Ledger, audit: str, decisions: list[str], wish: Wish, as_json: bool) -> None:
    from audit.ledger import ends

    done = ends.end(ledger, audit, decisions, wish, at=dt.datetime.now(dt.UTC))
    if as_json:
        told = [{"decision": one.decision, **one.as_json()} for one in done]
        typer.echo(json.dumps({"audit": audit, "ended": told}))
        return
    then = {
        "send_as_ranked": f"plainspoken letters {audit[:12]} --unsent writes the letters, as ranked.",
        "reconsidered": "The new decision tells how it goes on.",
        "withdrawn": "No letter is written.",
    }
    n = "1 hold" if len(done) == 1 else f"{len(done)} holds"
    typer.echo(f"{n} ended ({wish.end}) by {wish.by} under log entry {done[0].entry}. {then[wish.end]}")


def _row(one: Decision, name: str) -> dict[str, Any]:
    from audit.ledger.ends import AS_RANKED, ENDS
    from reports.kinds.adverse_action import HOLD_CITATIONS

    cause, due = one.notice.cause or "no_reason", one.notice.due_on
    return {
        "decision": name,
        "cause": cause,
        "citation": HOLD_CITATIONS.get(cause, ""),
        "due_on": due and due.isoformat(),
        "days_left": (due - dt.date.today()).days if due else None,
        "codes": " ".join(reason.code for reason in one.reasons),
        "ends": " ".join(how for how in ENDS if how != "send_as_ranked" or cause in AS_RANKED),
        "counsel": AS_RANKED.get(cause) == "counsel",
    }


def _line(row: Mapping[str, Any]) -> str:
    from audit.cli.listed import left, near

    mark = "!" if near(row["days_left"]) else " "
    counsel = " (counsel)" if row["counsel"] else ""
    return (
        f"{mark} {row['decision']:<32}  {left(row['days_left']):>14}  {row['cause']:<20} "
        f"{row['citation']}; ends: {', '.join(row['ends'].split())}{counsel}"
    )
