"""Schedules, as the log keeps them: which audits run by themselves, and when.

A schedule is never changed, it is removed and added again; each act is an entry with a name and a
reason.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import LedgerError, UsageError
from audit.ledger import entries, shapes, tables
from audit.ledger.database import reading, records, writing

if TYPE_CHECKING:
    from audit.ledger import Ledger

Act = Literal["added", "paused", "resumed", "removed"]


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which a schedule's slots are not run; ``until`` is None while it lasts."""

    since: dt.datetime
    until: dt.datetime | None
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """An audit that runs by itself, as it stands."""

    name: str
    config: str
    expression: str
    zone: str
    missed: str
    out: str | None
    added_at: dt.datetime
    by: str
    reason: str
    pauses: tuple[Pause, ...] = ()

    @property
    def paused(self) -> Pause | None:
        """The pause that lasts; None where the schedule runs."""
        return self.pauses[-1] if self.pauses and self.pauses[-1].until is None else None

    def pause_at(self, moment: dt.datetime) -> Pause | None:
        """Return the pause that a moment falls into."""
        for one in self.pauses:
            if one.since < moment and (one.until is None or moment <= one.until):
                return one
        return None


def add(
    ledger: Ledger,
    name: str,
    *,
    config: str,
    expression: str,
    zone: str,
    missed: str,
    out: str | None,
    reason: str,
    by: str,
    at: dt.datetime,
) -> Schedule:
    """Add a schedule; its first slot is the first that is due after ``at``.

    Raises
    ------
    UsageError
        Where one of that name stands already.
    """
    row = {"config": config, "expression": expression, "zone": zone, "missed": missed, "out": out}
    with writing(ledger.engine) as connection:
        standing = _standing(connection)
        if name in standing:
            raise UsageError(
                f"schedule {name}: it stands already, since {standing[name].added_at:%Y-%m-%d %H:%M} UTC. "
                "Choose another --name, or remove that one first."
            )
        _write(ledger, connection, {"name": name, "act": "added", **row}, reason, by, at)
        return _standing(connection)[name]


def pause(ledger: Ledger, name: str, *, reason: str, by: str, at: dt.datetime) -> Schedule:
    """Let a schedule rest: its slots are skipped until it is resumed.

    Raises
    ------
    UsageError
    """
    with writing(ledger.engine) as connection:
        found = _named(connection, name)
        if found.paused is not None:
            raise UsageError(
                f"schedule {name}: it rests already, since {found.paused.since:%Y-%m-%d %H:%M} UTC. "
                f"plainspoken schedule resume {name} ends that."
            )
        _write(ledger, connection, _row(found, "paused"), reason, by, at)
        return _named(connection, name)


def resume(ledger: Ledger, name: str, *, reason: str, by: str, at: dt.datetime) -> Schedule:
    """Let a schedule run again.

    Raises
    ------
    UsageError
    """
    with writing(ledger.engine) as connection:
        found = _named(connection, name)
        if found.paused is None:
            raise UsageError(f"schedule {name}: it is not paused. Nothing is to be done.")
        _write(ledger, connection, _row(found, "resumed"), reason, by, at)
        return _named(connection, name)


def remove(ledger: Ledger, name: str, *, reason: str, by: str, at: dt.datetime) -> Schedule:
    """Take a schedule away; what it ran stays. Returns it as it stood.

    Raises
    ------
    UsageError
    """
    with writing(ledger.engine) as connection:
        found = _named(connection, name)
        _write(ledger, connection, _row(found, "removed"), reason, by, at)
        return found


def schedules(ledger: Ledger) -> tuple[Schedule, ...]:
    """Return the schedules that stand, by name."""
    with reading(ledger.engine) as connection:
        return tuple(one for _, one in sorted(_standing(connection).items()))


def _row(schedule: Schedule, act: Act) -> dict[str, Any]:
    return {
        "name": schedule.name,
        "act": act,
        "config": schedule.config,
        "expression": schedule.expression,
        "zone": schedule.zone,
        "missed": schedule.missed,
        "out": schedule.out,
    }


def _write(
    ledger: Ledger, connection: Connection, row: dict[str, Any], reason: str, by: str, at: dt.datetime
) -> None:
    full = {**row, "reason": reason, "by": by, "at": shapes.microseconds(at)}
    n = connection.scalar(sa.select(sa.func.count()).where(tables.schedules.c.name == row["name"]))
    body = {"act": "schedule", "schedule": row["name"], "state": row["act"], "at": full["at"]}
    entries.append(
        connection, f"schedule/{row['name']}/{n}", body, [entries.row_set(tables.schedules, [full])]
    )
    entries.sign_head(connection, ledger.signer, ledger.origin)


def _named(connection: Connection, name: str) -> Schedule:
    standing = _standing(connection)
    if name not in standing:
        known = ", ".join(sorted(standing)) or "none"
        raise UsageError(f"schedule {name}: there is none of that name (there are: {known}). Name one.")
    return standing[name]


def _standing(connection: Connection) -> dict[str, Schedule]:
    table = tables.schedules
    acts: dict[str, list[Mapping[str, Any]]] = {}
    for row in records(connection.execute(sa.select(table).order_by(table.c.entry, table.c.pos))):
        if row["act"] == "added":
            acts[row["name"]] = []
        acts.setdefault(row["name"], []).append(row)
    return {name: _schedule(rows) for name, rows in acts.items() if rows[-1]["act"] != "removed"}


def _schedule(rows: Sequence[Mapping[str, Any]]) -> Schedule:
    first = rows[0]
    pauses: list[Pause] = []
    for row in rows[1:]:
        if row["act"] == "paused":
            pauses.append(Pause(moment_of(row["at"]), None, row["by"], row["reason"]))
        elif row["act"] == "resumed" and pauses:
            last = pauses.pop()
            pauses.append(Pause(last.since, moment_of(row["at"]), last.by, last.reason))
    return Schedule(
        **{name: first[name] for name in ("name", "config", "expression", "zone", "missed", "out")},
        added_at=moment_of(first["at"]),
        by=first["by"],
        reason=first["reason"],
        pauses=tuple(pauses),
    )


def moment_of(value: int) -> dt.datetime:
    """Return the moment of an act."""
    found = shapes.moment(value)
    if found is None:
        raise LedgerError("an act of the ledger has no date. Run `plainspoken verify`.")
    return found
