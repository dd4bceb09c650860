"""``plainspoken hold``: keeps records from erasure and purge while a matter is open."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import typer

from audit.cli.place import AUDIT_HELP, LEDGER_HELP
from audit.errors import UsageError

if TYPE_CHECKING:
    from audit.ledger.holds import Hold

hold = typer.Typer(
    help="Keep records from erasure and purge while a matter is open.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_JSON = typer.Option(False, "--json", help="Print one JSON object.")
_LEDGER = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP)
_REASON = typer.Option(..., "--reason", metavar="TEXT", help="Why; kept in the log. No names here.")
_BY = typer.Option(..., "--by", metavar="NAME", help="Who answers for it; kept in the log.")


@hold.command("add")
def add(
    person: str | None = typer.Option(
        None, "--person", metavar="PERSON", help="A person's id as in the data, or their pseudonym."
    ),
    audit: str | None = typer.Option(None, "--audit", metavar="AUDIT", help=AUDIT_HELP),
    everything: bool = typer.Option(False, "--everything", help="The whole ledger."),
    reason: str = _REASON,
    by: str = _BY,
    ledger: str | None = _LEDGER,
    as_json: bool = _JSON,
) -> None:
    """Place a hold on a person, an audit, or the whole ledger."""
    from audit.cli.place import open_ledger
    from audit.ledger import holds

    if sum((person is not None, audit is not None, everything)) != 1:
        raise UsageError("hold add: a hold covers one thing. Give --person, --audit or --everything.")
    now = dt.datetime.now(dt.UTC)
    with open_ledger(ledger) as opened:
        placed = holds.add(opened, at=now, reason=reason, by=by, person=person, audit=audit)
    _tell((placed,), as_json)


@hold.command("release")
def release(
    name: str = typer.Argument(..., metavar="HOLD", help="The hold's name, as hold list shows it."),
    reason: str = _REASON,
    by: str = _BY,
    ledger: str | None = _LEDGER,
    as_json: bool = _JSON,
) -> None:
    """Release a hold; what it covered may go again, when its time has come."""
    from audit.cli.place import open_ledger
    from audit.ledger import holds

    with open_ledger(ledger) as opened:
        released = holds.release(opened, name, at=dt.datetime.now(dt.UTC), reason=reason, by=by)
    _tell((released,), as_json)


@hold.command("list")
def list_holds(
    released: bool = typer.Option(False, "--all", help="The released ones too."),
    ledger: str | None = _LEDGER,
    as_json: bool = _JSON,
) -> None:
    """List the holds that stand, the oldest first."""
    from audit.cli.place import open_ledger
    from audit.ledger import holds

    with open_ledger(ledger) as opened:
        found = holds.holds(opened, released=released)
    if not found and not as_json:
        typer.echo("No hold stands.")
    _tell(found, as_json)


def _tell(found: tuple[Hold, ...], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"holds": [_object(one) for one in found]}))
        return
    for one in found:
        end = ""
        if one.released_at is not None:
            end = f", released on {one.released_at.date()} by {one.released_by}"
        since = one.placed_at.date()
        typer.echo(f"{one.hold}  on {one.covers} since {since} by {one.by}: {one.reason}{end}")


def _object(one: Hold) -> dict[str, Any]:
    return {
        "hold": one.hold,
        "audit": one.audit,
        "person": one.person,
        "reason": one.reason,
        "by": one.by,
        "placed_at": one.placed_at.isoformat(),
        "entry": one.entry,
        "released_at": one.released_at.isoformat() if one.released_at else None,
        "released_by": one.released_by,
    }
