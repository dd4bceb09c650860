"""``plainspoken request``: what people ask after a decision, until when it is owed, what came of it."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import typer

from audit.cli.place import AUDIT_HELP, LEDGER_HELP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.ledger.requests import Asked
    from audit.record import Clock

request = typer.Typer(
    help="What people ask after a decision: open it, answer it in time, and say what came of it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_JSON = typer.Option(False, "--json", help="Print one JSON object.")
_LEDGER = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP)
_BY = typer.Option(..., "--by", metavar="NAME", help="Who takes it down; kept in the log.")
_NAME = typer.Argument(..., metavar="REQUEST", help="Its name, as request list shows it.")


@request.command("open")
def open_(
    audit: str = typer.Argument(..., metavar="AUDIT", help=AUDIT_HELP),
    decision: str = typer.Argument(..., metavar="DECISION", help="An id as in the data, or a pseudonym."),
    kind: str = typer.Option(..., "--kind", help="What is asked; see request kinds."),
    by: str = _BY,
    received: str | None = typer.Option(
        None, "--received", metavar="DATE", help="The day on which it came. Default: today."
    ),
    role: str = typer.Option("primary", "--role", help="Who asks: primary, joint or guarantor."),
    view: str | None = typer.Option(
        None, "--view", metavar="TEXT", help="What the person said; kept, locked under them."
    ),
    ledger: str | None = _LEDGER,
    as_json: bool = _JSON,
) -> None:
    """Open a request, with its last day by the clock that the law sets."""
    from audit.cli.letters import day_of
    from audit.cli.place import open_ledger
    from audit.ledger import requests

    day = day_of(received)
    clock = _clock(kind, day)
    now = dt.datetime.now(dt.UTC)
    with open_ledger(ledger) as opened:
        one = requests.open_(
            opened, audit, decision, clock, by=by, at=now, received=day, role=role, view=view
        )
    _tell(one, clock, as_json)


@request.command("extend")
def extend(
    name: str = _NAME,
    reason: str = typer.Option(..., "--reason", metavar="TEXT", help="Why; kept, locked."),
    by: str = _BY,
    ledger: str | None = _LEDGER,
    as_json: bool = _JSON,
) -> None:
    """Put the answer off once, where the law lets it; the person is to be told why."""
    from audit.cli.place import open_ledger
    from audit.ledger import requests

    with open_ledger(ledger) as opened:
        before = requests.named(opened, name)
        clock = _clock(before.kind, before.received)
        one = requests.extend(opened, name, clock, by=by, reason=reason, at=dt.datetime.now(dt.UTC))
    _tell(one, clock, as_json)


@request.command("close")
def close(
    name: str = _NAME,
    outcome: str = typer.Option(
        ..., "--outcome", help="answered, refused, withdrawn; of a review upheld or overturned."
    ),
    reason: str = typer.Option(..., "--reason", metavar="TEXT", help="Why; kept, locked."),
    by: str = _BY,
    reviewer: str | None = typer.Option(
        None, "--reviewer", metavar="NAME", help="Who looked at the decision again; kept, locked."
    ),
    authority: bool = typer.Option(
        False, "--authority-to-change", help="The reviewer can change the decision."
    ),
    view: str | None = typer.Option(
        None, "--view", metavar="TEXT", help="What the person said meanwhile; kept, locked under them."
    ),
    date: str | None = typer.Option(
        None, "--date", metavar="DATE", help="The day of the answer. Default: today."
    ),
    ledger: str | None = _LEDGER,
    as_json: bool = _JSON,
) -> None:
    """Close a request with what came of it."""
    from audit.cli.letters import day_of
    from audit.cli.place import open_ledger
    from audit.ledger import requests

    answer = requests.Answer(outcome, reason, by, reviewer, authority, view)
    now, day = dt.datetime.now(dt.UTC), day_of(date)
    with open_ledger(ledger) as opened:
        before = requests.named(opened, name)
        clock = _clock(before.kind, before.received)
        one = requests.close(opened, name, clock, answer, day=day, at=now)
    _tell(one, clock, as_json)


@request.command("list")
def list_requests(
    audit: str | None = typer.Argument(None, metavar="[AUDIT]", help=AUDIT_HELP + " Default: all of them."),
    closed: bool = typer.Option(False, "--all", help="The closed ones too."),
    ledger: str | None = _LEDGER,
    as_json: bool = _JSON,
) -> None:
    """List the open requests, the most urgent first; 3 where one is past its last day."""
    from audit.cli.listed import left
    from audit.cli.place import open_ledger
    from audit.ledger import requests

    today = dt.date.today()
    with open_ledger(ledger) as opened:
        found = requests.asked(opened, audit and opened.find(audit).audit, closed=closed)
    found = tuple(sorted(found, key=lambda one: (not one.is_open, one.due_on, one.request)))
    if as_json:
        typer.echo(json.dumps({"requests": [one.as_json() for one in found]}))
    elif not found:
        typer.echo("No request is open." if not closed else "Nobody asked for anything.")
    else:
        for one in found:
            state = left((one.due_on - today).days) if one.is_open else f"{one.outcome} on {one.closed_on}"
            typer.echo(f"{one.request:<12}  {state:>24}  {one.kind:<20} {one.decision}  {one.audit[:12]}")
    raise typer.Exit(3 if any(one.is_open and one.due_on < today for one in found) else 0)


@request.command("kinds")
def kinds(as_json: bool = _JSON) -> None:
    """List what can be asked, and the time that the law gives for the answer."""
    from audit.clocks import load_clocks

    found = [one for one in load_clocks(dt.date.today()).values() if one.of == "request"]
    if as_json:
        typer.echo(json.dumps({"kinds": [_kind(one) for one in found]}))
        return
    for one in found:
        within = f"; to be asked within {one.ask_within.told} of the notice" if one.ask_within else ""
        more = f"; {one.may_extend.told} more with reasons" if one.may_extend else ""
        typer.echo(f"{one.name:<20} {one.answer.told:<8} {one.title} ({one.answer.source}){within}{more}")


def _kind(one: Clock) -> dict[str, Any]:
    told: Mapping[str, Any] = {
        "answer": one.answer,
        "ask_within": one.ask_within,
        "may_extend": one.may_extend,
    }
    spans = {
        name: {"days": span.days, "months": span.months, "kind": span.kind, "source": span.source}
        for name, span in told.items()
        if span is not None
    }
    return {"kind": one.name, "title": one.title, "review": one.review, **spans}


def _clock(kind: str, day: dt.date) -> Clock:
    from audit.clocks import load_clocks
    from audit.errors import UsageError

    clocks = load_clocks(day)
    if kind not in clocks or clocks[kind].of != "request":
        known = ", ".join(name for name, one in clocks.items() if one.of == "request")
        raise UsageError(f"--kind: '{kind}' cannot be asked on {day}. Use {known}.")
    return clocks[kind]


def _tell(one: Asked, clock: Clock, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(one.as_json()))
        return
    if not one.is_open:
        late = "" if one.closed_on and one.closed_on <= one.due_on else f", past its last day {one.due_on}"
        typer.echo(f"{one.request}: {one.outcome} on {one.closed_on}{late}")
        return
    late = f" It came {one.late_by} days after the time to ask." if one.late_by else ""
    typer.echo(f"{one.request}: {clock.title}, by {one.due_on} ({clock.answer.source}).{late}")
