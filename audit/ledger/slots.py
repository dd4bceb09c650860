"""Slots, as the log keeps them: what became of each time at which a schedule was due.

A slot ends in one row: run, failed for good, or skipped with its cause; a failure that may be retried
is a row too, with the number of its attempt. Whoever works at a slot holds a lease on it, so that two
ticks at once, on one machine or on two, begin it once, whatever became of the data in between.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import BusyError
from audit.ledger import entries, leases, shapes, tables
from audit.ledger.database import reading, records, writing
from audit.ledger.schedules import moment_of

if TYPE_CHECKING:
    from audit.ledger import Ledger

ATTEMPTS = 3  # of a run that ends with an error in itself


@dataclass(frozen=True, slots=True)
class SlotRow:
    """What became of a slot, or of one attempt at it."""

    schedule: str
    slot: str
    act: Literal["run", "failed", "skipped"]
    attempt: int
    due_at: dt.datetime
    audit: str | None
    exit_code: int | None
    cause: str | None
    at: dt.datetime

    @property
    def settled(self) -> bool:
        """Whether nothing more happens to the slot by itself."""
        # An error in the run may be gone the next time; a fault of config, data or schema is not.
        return self.act != "failed" or self.exit_code != 1 or self.attempt >= ATTEMPTS


def slots(ledger: Ledger, schedule: str) -> tuple[SlotRow, ...]:
    """Return what became of a schedule's slots, oldest first."""
    with reading(ledger.engine) as connection:
        return tuple(_rows(connection, schedule))


def in_hand(ledger: Ledger, schedule: str) -> frozenset[str]:
    """Return the slots that somebody began: whether they are at work still is for ``claim`` to see."""
    table, start = tables.leases, _lease(schedule, "")
    with reading(ledger.engine) as connection:
        names = connection.scalars(
            sa.select(table.c.audit).where(
                table.c.audit.startswith(start, autoescape=True), table.c.expires_at > 0
            )
        )
        return frozenset(name.removeprefix(start) for name in names)


def claim(ledger: Ledger, schedule: str, slot: str, *, again: bool = False) -> leases.Lease | None:
    """Take a slot for this process; None where it is settled.

    Parameters
    ----------
    again : bool
        Take it also where it failed for good.

    Raises
    ------
    BusyError
        Where another process is at work on it.
    """
    with writing(ledger.engine) as connection:
        if _ended(connection, schedule, slot, again):
            return None
        return leases.take(connection, _lease(schedule, slot), ledger.owner)


def keep(ledger: Ledger, lease: leases.Lease) -> None:
    """Hold on to a slot while its audit is at work.

    Raises
    ------
    FencedError
    """
    with writing(ledger.engine) as connection:
        leases.renew(connection, lease)


def let_go(ledger: Ledger, lease: leases.Lease) -> None:
    """Give a slot back without an outcome, for a later tick."""
    with writing(ledger.engine) as connection:
        leases.release(connection, lease)


def settle(
    ledger: Ledger,
    lease: leases.Lease,
    schedule: str,
    slot: str,
    *,
    due_at: dt.datetime,
    at: dt.datetime,
    audit: str | None,
    exit_code: int,
    cause: str | None,
) -> SlotRow:
    """Write what became of a slot: its audit, or why there is none.

    Raises
    ------
    FencedError
        Where another process took the slot over meanwhile.
    """
    with writing(ledger.engine) as connection:
        leases.renew(connection, lease)
        before = [row for row in _rows(connection, schedule) if row.slot == slot]
        row = {
            "schedule": schedule,
            "slot": slot,
            "act": "failed" if audit is None else "run",
            "attempt": max((one.attempt for one in before), default=0) + 1,
            "due_at": shapes.microseconds(due_at),
            "audit": audit,
            "exit_code": exit_code,
            "cause": cause,
            "at": shapes.microseconds(at),
        }
        _append(connection, row)
        entries.sign_head(connection, ledger.signer, ledger.origin)
        leases.release(connection, lease)
        return _slot_row(row)


def skip(
    ledger: Ledger,
    schedule: str,
    skipped: Iterable[tuple[str, dt.datetime, str]],
    *,
    at: dt.datetime,
) -> tuple[SlotRow, ...]:
    """Write that slots are skipped (name, when due, cause), an entry each; return those written.

    A slot that is settled, or that somebody is at work on, is left alone.
    """
    written = []
    with writing(ledger.engine) as connection:
        known = {row.slot for row in _rows(connection, schedule)}
        for slot, due_at, cause in skipped:
            if slot in known or not _free(connection, ledger, schedule, slot):
                continue
            row = {
                "schedule": schedule,
                "slot": slot,
                "act": "skipped",
                "attempt": 0,
                "due_at": shapes.microseconds(due_at),
                "audit": None,
                "exit_code": None,
                "cause": cause,
                "at": shapes.microseconds(at),
            }
            _append(connection, row)
            written.append(_slot_row(row))
        if written:
            entries.sign_head(connection, ledger.signer, ledger.origin)
    return tuple(written)


def _free(connection: Connection, ledger: Ledger, schedule: str, slot: str) -> bool:
    """Whether nobody is at work on a slot; where somebody died at it, its lease is taken away."""
    name, table = _lease(schedule, slot), tables.leases
    if connection.scalar(sa.select(table.c.audit).where(table.c.audit == name)) is None:
        return True
    try:
        lease = leases.take(connection, name, ledger.owner)
    except BusyError:
        return False
    leases.release(connection, lease)
    return True


def _append(connection: Connection, row: dict[str, Any]) -> None:
    body: dict[str, Any] = {
        "act": "slot",
        "schedule": row["schedule"],
        "slot": row["slot"],
        "state": row["act"],
        "at": row["at"],
    }
    if row["audit"] is not None:
        body["of_audit"] = row["audit"]
    key = f"slot/{row['schedule']}/{row['slot']}/{row['attempt']}"
    entries.append(connection, key, body, [entries.row_set(tables.slots, [row])])


def _lease(schedule: str, slot: str) -> str:
    return f"slot/{schedule}/{slot}"


def _ended(connection: Connection, schedule: str, slot: str, again: bool) -> bool:
    rows = [row for row in _rows(connection, schedule) if row.slot == slot]
    return any(row.settled and not (again and row.act == "failed") for row in rows)


def _rows(connection: Connection, schedule: str) -> list[SlotRow]:
    table = tables.slots
    query = sa.select(table).where(table.c.schedule == schedule).order_by(table.c.entry, table.c.pos)
    return [_slot_row(row) for row in records(connection.execute(query))]


def _slot_row(row: Mapping[str, Any]) -> SlotRow:
    plain = ("schedule", "slot", "act", "attempt", "audit", "exit_code", "cause")
    return SlotRow(
        **{name: row[name] for name in plain}, due_at=moment_of(row["due_at"]), at=moment_of(row["at"])
    )
