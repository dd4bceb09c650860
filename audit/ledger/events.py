"""What happened to a decision after its audit was sealed, act by act, in the order of the log.

Each act is a row and an entry of its own; nothing is updated, so how a matter stands follows from its
last act. What people wrote (a reason, what a person said, who reviewed it) is locked under the person
that the act is about; the rest says who did what, when, about which document or request.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import GoneError, UsageError
from audit.ledger import entries, gone, seal, shapes, tables
from audit.ledger.database import reading, records

if TYPE_CHECKING:
    from audit.ledger import Ledger

Act = Literal["hold_end", "delivery", "correction", "request", "handover"]


@dataclass(frozen=True, slots=True)
class Happening:
    """An act to be written; ``words`` are what people wrote, and go into the locked cell."""

    decision: str
    person: str | None
    state: str
    by: str
    kind: str | None = None
    subject: str | None = None
    result: str | None = None
    day: dt.date | None = None
    due_on: dt.date | None = None
    second: str | None = None
    words: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """An act as the ledger knows it; ``decision`` and ``person`` are pseudonyms."""

    entry: int
    pos: int
    audit: str
    decision: str
    person: str | None
    act: Act
    state: str
    kind: str | None
    subject: str | None
    result: str | None
    day: dt.date | None
    due_on: dt.date | None
    by: str
    second: str | None
    at: dt.datetime
    locked: bool  # whether people wrote something that is still there

    def as_json(self) -> dict[str, Any]:
        """Return it for machines; what is not so is left out."""
        told = {
            "entry": self.entry,
            "act": self.act,
            "state": self.state,
            "kind": self.kind,
            "subject": self.subject,
            "result": self.result,
            "day": self.day and self.day.isoformat(),
            "due_on": self.due_on and self.due_on.isoformat(),
            "by": self.by,
            "second": self.second,
            "at": self.at.isoformat(),
        }
        return {name: value for name, value in told.items() if value is not None}


def write(
    ledger: Ledger,
    connection: Connection,
    audit: str,
    act: Act,
    acts: Sequence[Happening],
    at: dt.datetime,
    said: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> int:
    """Write acts of one kind about decisions of one audit as one entry, and sign; return its position.

    Parameters
    ----------
    connection : holds the write lock
    said : what the entry's body says beside, strings and whole numbers; no name and no free text
    key : names the entry where it is looked for by its name; else what the acts are

    Raises
    ------
    GoneError
        Where somebody whom an act is about was erased, and words are to be locked under them.
    """
    moment = shapes.microseconds(at)
    rows = [_row(audit, act, one, moment) for one in acts]
    plain = [[one.decision, *row.values()] for one, row in zip(acts, rows, strict=True)]
    key = key or f"{audit}/{act}/{seal.digest(seal.pack([value for row in plain for value in row]))}"
    wordy = {bytes.fromhex(one.person) for one in acts if one.person is not None and one.words}
    ledger.keyring.forget()  # whoever was erased meanwhile, by another program, stays locked
    ledger.keyring.open_keys(connection, sorted(wordy))
    for pos, (one, row) in enumerate(zip(acts, rows, strict=True)):
        if one.person is not None and one.words:
            text = json.dumps(dict(one.words), ensure_ascii=False, sort_keys=True)
            row["cell"] = ledger.keyring.lock(bytes.fromhex(one.person), f"{key}/{pos}", text.encode())
    body = {"act": act, "audit": audit, "state": acts[0].state, "at": moment, **(said or {})}
    entry = entries.append(connection, key, body, [entries.row_set(tables.case_events, rows)])
    entries.sign_head(connection, ledger.signer, ledger.origin)
    return entry


def _row(audit: str, act: Act, one: Happening, moment: int) -> dict[str, Any]:
    return {
        "audit": audit,
        "decision": bytes.fromhex(one.decision),
        "person": None if one.person is None else bytes.fromhex(one.person),
        "act": act,
        "state": one.state,
        "kind": one.kind,
        "subject": one.subject,
        "result": one.result,
        "day": one.day and one.day.isoformat(),
        "due_on": one.due_on and one.due_on.isoformat(),
        "by": one.by,
        "second": one.second,
        "at": moment,
        "cell": None,
    }


def select(
    connection: Connection,
    act: Act | None = None,
    *,
    audit: str | None = None,
    decision: str | None = None,
) -> list[Event]:
    """Return acts, oldest first; each argument narrows them."""
    table = tables.case_events
    query = sa.select(table).order_by(table.c.entry, table.c.pos)
    if act is not None:
        query = query.where(table.c.act == act)
    if audit is not None:
        query = query.where(table.c.audit == audit)
    if decision is not None:
        query = query.where(table.c.decision == bytes.fromhex(decision))
    return [event_of(row) for row in records(connection.execute(query))]


def events(ledger: Ledger, act: Act | None = None, **narrowed: Any) -> tuple[Event, ...]:
    """Return acts, oldest first; see ``select``."""
    with reading(ledger.engine) as connection:
        return tuple(select(connection, act, **narrowed))


def event_of(row: Mapping[str, Any]) -> Event:
    """Return the act of a row."""
    at = shapes.moment(row["at"])
    assert at is not None
    plain = ("entry", "pos", "audit", "act", "state", "kind", "subject", "result", "by", "second")
    return Event(
        **{name: row[name] for name in plain},
        decision=row["decision"].hex(),
        person=row["person"] and row["person"].hex(),
        day=_day(row["day"]),
        due_on=_day(row["due_on"]),
        at=at,
        locked=row["cell"] is not None,
    )


def words(ledger: Ledger, event: Event) -> dict[str, Any]:
    """Return what people wrote with an act, unlocked; empty where nobody wrote anything.

    Raises
    ------
    GoneError
        Where it was purged, or the person was erased.
    """
    table, log = tables.case_events, tables.log_entries
    with reading(ledger.engine) as connection:
        emptied = gone.blanked(connection).get((table.name, event.entry))
        if emptied is not None:
            raise GoneError(f"words of log entry {event.entry}: they were {emptied.told}.")
        if not event.locked or event.person is None:
            return {}
        at = (table.c.entry == event.entry) & (table.c.pos == event.pos)
        cell = connection.scalar(sa.select(table.c.cell).where(at))
        key = connection.scalar(sa.select(log.c.key).where(log.c.position == event.entry))
        person = bytes.fromhex(event.person)
        ledger.keyring.forget()
        ledger.keyring.open_keys(connection, [person])
        found = json.loads(ledger.keyring.unlock(person, f"{key}/{event.pos}", bytes(cell or b"")))
        return dict(found)


def need(**given: str | None) -> None:
    """Refuse an act without a name or a reason.

    Raises
    ------
    UsageError
    """
    missing = [f"--{name.replace('_', '-')}" for name, text in given.items() if not (text or "").strip()]
    if missing:
        raise UsageError(
            f"{', '.join(missing)}: such an act needs it. Say why it is done, and who answers for it."
        )


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same but for capitals and blanks."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
