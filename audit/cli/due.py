"""``plainspoken due``: what is owed to people, over all audits, the most urgent first."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from audit.cli.listed import IDS_HELP, OUT_HELP
from audit.cli.place import AUDIT_HELP, LEDGER_HELP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.ledger.dues import Due
    from audit.ledger.handovers import Handover

_WORDS = {
    "notice": "notice",
    "second_notice": "notice after a counteroffer",
    "not_delivered": "letter came back, not delivered",
    "request": "request",
    "handover": "letters still with",
}


def due(
    audit: str | None = typer.Argument(None, metavar="[AUDIT]", help=AUDIT_HELP + " Default: all of them."),
    within: int | None = typer.Option(
        None, "--within", metavar="N", min=0, help="Only what has at most so many days left, or is past."
    ),
    date: str | None = typer.Option(
        None, "--date", metavar="DATE", help="Count the days from this one. Default: today."
    ),
    ids: bool = typer.Option(False, "--ids", help=IDS_HELP),
    out: Path | None = typer.Option(None, "--out", metavar="FILE", help=OUT_HELP),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """List notices, returned letters and requests by the days that are left; 3 where something is near.

    Handovers whose day has passed stand before them.
    """
    from audit.cli.letters import day_of
    from audit.cli.listed import Names, give, near
    from audit.cli.place import open_ledger
    from audit.clocks import load_clocks
    from audit.ledger import handovers
    from audit.ledger.dues import dues

    today = day_of(date)
    with open_ledger(ledger) as opened:
        found = None if audit is None else opened.find(audit).audit
        clocks = load_clocks(today)
        names = Names(opened, ids=ids)
        shown = [
            one
            for one in dues(opened, clocks, found)
            if within is None or (left := one.days_left(today)) is None or left <= within
        ]
        rows = [_handed(one, today) for one in handovers.overdue(opened, today)] if audit is None else []
        rows += [_row(one, names.of(one.audit, one.decision), today, clocks) for one in shown]
    warned = sum(near(row["days_left"]) or row["what"] == "not_delivered" for row in rows)
    give(
        "due",
        rows,
        out=out,
        as_json=as_json,
        line=_line,
        none="Nothing is due." if within is None else f"Nothing is due within {within} days.",
        more={"date": today.isoformat(), "near": warned},
    )
    raise typer.Exit(3 if warned else 0)


def _row(one: Due, name: str, today: dt.date, clocks: Mapping[str, Any]) -> dict[str, Any]:
    clock = {"second_notice": "counteroffer", "request": one.state}.get(one.what, "adverse_action")
    known = clocks.get(clock)
    return {
        "what": one.what,
        "audit": one.audit[:12],
        "decision": name,
        "request": one.request,
        "state": one.state,
        "cause": one.cause,
        "due_on": one.due_on and one.due_on.isoformat(),
        "days_left": one.days_left(today),
        "rule": known and known.answer.told,
        "source": known and known.answer.source,
    }


def _handed(one: Handover, today: dt.date) -> dict[str, Any]:
    return {
        "what": "handover",
        "audit": None,
        "decision": None,
        "request": None,
        "state": "open",
        "cause": None,
        "due_on": one.until.isoformat(),
        "days_left": (one.until - today).days,
        "rule": f"{one.letters} letters to be returned or destroyed",
        "source": f"log entry {one.entry}",
        "handover": one.handover,
        "to": one.to,
    }


def _line(row: Mapping[str, Any]) -> str:
    from audit.cli.listed import left, near

    if row["what"] == "handover":
        told = f"{_WORDS['handover']} {row['to']}; {row['rule']}, {row['source']}"
        return f"! {left(row['days_left']):>14}  {row['handover']:<32}  {told}"
    mark = "!" if near(row["days_left"]) or row["what"] == "not_delivered" else " "
    held = f", held: {row['cause']}" if row["cause"] else ""
    which = f" {row['request']} ({row['state']})" if row["request"] else ""
    rule = f"; {row['rule']}, {row['source']}" if row["rule"] else ""
    return (
        f"{mark} {left(row['days_left']):>14}  {row['decision']:<32}  {row['audit']}  "
        f"{_WORDS[row['what']]}{which}{held}{rule}"
    )
