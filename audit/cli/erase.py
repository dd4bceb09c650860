"""``plainspoken erase``: makes every copy of what speaks of a person unreadable."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from audit.cli.place import LEDGER_HELP
from audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.ledger import Ledger
    from audit.ledger.erasure import Erasure
    from audit.ledger.handovers import Handover
    from audit.ledger.retention import Terms

POLICIES_HELP = (
    "Where the folders of house policies lie, as the configs name them. Default: beside the ledger."
)


def erase(
    person: str | None = typer.Argument(
        None, metavar="[PERSON]", help="The person's id as in the data, or their pseudonym."
    ),
    reason: str = typer.Option("", "--reason", metavar="TEXT", help="Why; kept in the log. No names here."),
    by: str = typer.Option("", "--by", metavar="NAME", help="Who answers for it; kept in the log."),
    queue: bool = typer.Option(False, "--queue", help="List the erasures that wait, with their dates."),
    due: bool = typer.Option(False, "--due", help="Do the queued erasures whose date has come."),
    replay: bool = typer.Option(
        False, "--replay", help="After a restore: do again what the backup does not know of."
    ),
    journal: Path | None = typer.Option(
        None, "--journal", metavar="FILE", help="With --replay: the journal. Default: ledger.erased."
    ),
    policies: Path | None = typer.Option(None, "--policies", metavar="FOLDER", help=POLICIES_HELP),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Erase a person: one key is destroyed, every copy is unreadable, the log still verifies.

    While the law has the records kept the wish is queued with its date. A person who is held is
    not erased. Ends with 3 where something waits or is held.
    """
    from audit.cli.place import open_ledger
    from audit.ledger import erasure, handovers

    if sum((person is not None, queue, due, replay)) != 1:
        raise UsageError("erase: one thing at a time. Give PERSON, --queue, --due or --replay.")
    if journal is not None and not replay:
        raise UsageError("--journal: it is for a replay. Give --replay with it.")
    now = dt.datetime.now(dt.UTC)
    with open_ledger(ledger) as opened:
        if queue:
            found = erasure.queued(opened)
        elif replay:
            found = erasure.replay(opened, at=now, by=by, kept=journal)
        elif person is not None:
            terms = terms_of(opened, now.date(), policies)
            found = (erasure.erase(opened, person, at=now, terms=terms, reason=reason, by=by),)
        else:
            found = erasure.carry_out(opened, at=now, terms=terms_of(opened, now.date(), policies), by=by)
        elsewhere = _elsewhere(opened)
        handed = {one.person: handovers.still_with(opened, one.person) for one in found}
    if as_json:
        told = [{**_object(one), "handovers": _handed(handed[one.person])} for one in found]
        typer.echo(json.dumps({"erasures": told, "also_in": elsewhere}))
    else:
        for one in found:
            typer.echo(f"person {one.person}: {one.told}")
            for copy in one.remains:
                typer.echo(f"  a copy of the key may be left in {copy}")
            for given, n in handed[one.person]:
                letters = f"{n} letter{'' if n == 1 else 's'}"
                typer.echo(f"  {given.handover} is still open: {given.to} has {letters} until {given.until}")
        for place in elsewhere if found and not queue else ():
            typer.echo(f"Erase there too: {place}")
        if not found:
            typer.echo("Nothing waits." if queue else "Nothing was to be done.")
    undone = any(one.state != "done" for one in found)
    raise typer.Exit(3 if undone and not queue else 0)


def _elsewhere(ledger: Ledger) -> list[str]:
    """Return the ledgers that hold the other half of audits here, and so perhaps the same person."""
    config_of = [audit.config for audit in ledger.audits()]
    named = {
        ((one.get("audit") or {}).get("only"), (one.get("fairness") or {}).get("ledger")) for one in config_of
    }
    places = {f"--ledger {url} (comparisons of groups)" for only, url in named if url and only != "fairness"}
    if any(only == "fairness" and url for only, url in named):
        places.add("the ledger of the audits for notices")
    return sorted(places)


def terms_of(ledger: Ledger, today: dt.date, folder: Path | None) -> Terms:
    """Return the retention terms of the audits, house policies looked for beside the ledger."""
    from audit.ledger.database import file_of
    from audit.ledger.retention import in_force

    file = file_of(ledger.engine.url)
    return in_force(ledger, today, folder or (file.parent if file is not None else Path.cwd()))


def _handed(found: Sequence[tuple[Handover, int]]) -> list[dict[str, Any]]:
    return [
        {"handover": one.handover, "to": one.to, "until": one.until.isoformat(), "letters": n}
        for one, n in found
    ]


def _object(one: Erasure) -> dict[str, Any]:
    return {
        "person": one.person,
        "state": one.state,
        "told": one.told,
        "entry": one.entry,
        "due_on": one.due_on.isoformat() if one.due_on else None,
        "grounds": [
            {
                "audit": ground.audit,
                "decision": ground.decision,
                "term": ground.term.term,
                "source": ground.source,
                "kept_until": ground.kept_until.isoformat(),
            }
            for ground in one.grounds
        ],
        "existing": one.existing,
        "remains": list(one.remains),
    }
