"""Holds: while one stands, nothing that it covers is erased or purged.

A hold covers one person, one audit, or the whole ledger. It is placed and released by an entry of
the log each, with a reason and a name, and outlives every retention term.

12 CFR 1002.12(b)(4): records are kept until the matter is settled once a creditor has notice of an
investigation or of a suit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import UsageError
from audit.ledger import entries, shapes, tables
from audit.ledger.columns import is_named
from audit.ledger.database import reading, records, writing
from audit.ledger.gone import day

if TYPE_CHECKING:
    from audit.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold; ``audit`` and ``person`` (a pseudonym) are None where it covers the whole ledger."""

    hold: str
    audit: str | None
    person: str | None
    reason: str
    by: str
    placed_at: dt.datetime
    entry: int
    released_at: dt.datetime | None = None
    released_by: str | None = None

    @property
    def covers(self) -> str:
        """What it covers, in words."""
        if self.person is not None:
            return f"person {self.person}"
        return "the whole ledger" if self.audit is None else f"audit {self.audit[:12]}"


def add(
    ledger: Ledger,
    *,
    at: dt.datetime,
    reason: str,
    by: str,
    person: str | None = None,
    audit: str | None = None,
) -> Hold:
    """Place a hold on a person (id or pseudonym), on an audit, or, with neither, on everything.

    Raises
    ------
    UsageError
        Where the person or the audit is not in the ledger, or reason or name is missing.
    """
    from audit.ledger.erasure import named

    _need(reason, by)
    known = ledger.find(audit).audit if audit is not None else None
    with writing(ledger.engine) as connection:
        who = named(ledger, connection, person) if person is not None else None
        refuse_id(person, reason, by)
        count = sa.select(sa.func.count()).where(tables.holds.c.act == "placed")
        name = f"hold-{(connection.scalar(count) or 0) + 1}"
        row = {
            "hold": name,
            "act": "placed",
            "audit": known,
            "person": who,
            "reason": reason,
            "by": by,
            "at": shapes.microseconds(at),
        }
        _write(ledger, connection, row)
        return _standing(connection)[name]


def release(ledger: Ledger, hold: str, *, at: dt.datetime, reason: str, by: str) -> Hold:
    """Release a hold; what it covered may go again, when its time has come.

    Raises
    ------
    UsageError
        Where no such hold stands, or reason or name is missing.
    """
    _need(reason, by)
    with writing(ledger.engine) as connection:
        standing = _standing(connection)
        found = standing.get(hold)
        if found is None:
            stands = ", ".join(standing) or "none"
            raise UsageError(f"{hold}: no such hold stands (standing: {stands}). `plainspoken hold list`.")
        row = {
            "hold": hold,
            "act": "released",
            "audit": found.audit,
            "person": found.person and bytes.fromhex(found.person),
            "reason": reason,
            "by": by,
            "at": shapes.microseconds(at),
        }
        _write(ledger, connection, row)
        return next(one for one in _all(connection) if one.hold == hold)


def holds(ledger: Ledger, *, released: bool = False) -> tuple[Hold, ...]:
    """Return the holds that stand, oldest first; with ``released`` the others too."""
    with reading(ledger.engine) as connection:
        return tuple(one for one in _all(connection) if released or one.released_at is None)


def over(connection: Connection, person: bytes) -> Hold | None:
    """Return a hold that covers a person: theirs, that of an audit they stand in, or everything's."""
    people, parts = tables.decision_persons, tables.parts
    query = (
        sa.select(parts.c.audit)
        .join(people, people.c.entry == parts.c.entry)
        .where(is_named(people.c.person, person))
        .distinct()
    )
    audits = set(connection.scalars(query))
    for one in _standing(connection).values():
        everything = one.audit is None and one.person is None
        if everything or one.audit in audits or one.person == person.hex():
            return one
    return None


def over_audit(connection: Connection, audit: str) -> Hold | None:
    """Return a hold that covers an audit as a whole."""
    for one in _standing(connection).values():
        if one.audit == audit or (one.audit is None and one.person is None):
            return one
    return None


def held_persons(connection: Connection) -> dict[bytes, Hold]:
    """Return the persons who are held by name."""
    return {bytes.fromhex(one.person): one for one in _standing(connection).values() if one.person}


def refuse(connection: Connection, person: bytes) -> None:
    """Refuse to let go of a person who is held.

    Raises
    ------
    UsageError
    """
    hold = over(connection, person)
    if hold is not None:
        raise UsageError(
            f"person {person.hex()}: {hold.hold} stands on {hold.covers} since "
            f"{day(shapes.microseconds(hold.placed_at))} ({hold.reason}), so nothing of this person may go. "
            f"Release it first: plainspoken hold release {hold.hold} --reason R --by NAME."
        )


def refuse_id(person: str | None, *texts: str) -> None:
    """Refuse a reason or a name that quotes the person's id: it would stand in the log for good."""
    if person is not None and any(person in text for text in texts):
        raise UsageError(
            "--reason, --by: the person's id stands in it, and a log entry never goes. Say it without the id."
        )


def _need(reason: str, by: str) -> None:
    if not reason.strip() or not by.strip():
        raise UsageError("--reason, --by: a hold needs both. Say why it stands, and who answers for it.")


def _write(ledger: Ledger, connection: Connection, row: dict[str, Any]) -> None:
    key = f"hold/{row['hold']}/{row['act']}"
    body = {"act": "hold", "hold": row["hold"], "state": row["act"], "at": row["at"]}
    entries.append(connection, key, body, [entries.row_set(tables.holds, [row])])
    entries.sign_head(connection, ledger.signer, ledger.origin)


def _all(connection: Connection) -> list[Hold]:
    table = tables.holds
    rows = records(connection.execute(sa.select(table).order_by(table.c.entry, table.c.pos)))
    ended = {row["hold"]: row for row in rows if row["act"] == "released"}
    return [_hold(row, ended.get(row["hold"])) for row in rows if row["act"] == "placed"]


def _standing(connection: Connection) -> dict[str, Hold]:
    return {one.hold: one for one in _all(connection) if one.released_at is None}


def _hold(row: Mapping[str, Any], ended: Mapping[str, Any] | None) -> Hold:
    placed_at = shapes.moment(row["at"])
    assert placed_at is not None
    return Hold(
        hold=row["hold"],
        audit=row["audit"],
        person=row["person"] and row["person"].hex(),
        reason=row["reason"],
        by=row["by"],
        placed_at=placed_at,
        entry=row["entry"],
        released_at=shapes.moment(ended["at"]) if ended else None,
        released_by=ended["by"] if ended else None,
    )
