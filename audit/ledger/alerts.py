"""Alerts: what was to be told to whoever watches, and when it was told.

An alert is raised once, by an entry with its name, and sent once, by another. Whoever sends it holds
a lease meanwhile, so that of two hosts one speaks; one that dies before it could write that it was
sent lets it be sent again.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.ledger import dues, entries, leases, shapes, tables
from audit.ledger.database import reading, records, writing

if TYPE_CHECKING:
    from audit.ledger import Ledger

Kind = Literal["not_met", "flipped", "failed", "missed", "deadline"]


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to tell. ``alert`` names it, so that it is told once; the words name no person."""

    alert: str
    kind: Kind
    title: str
    text: str


def raised(ledger: Ledger, alert: Alert, *, at: dt.datetime) -> bool:
    """Write that an alert is to be told; False where it was written before."""
    with writing(ledger.engine) as connection:
        return _write(ledger, connection, alert, "raised", at)


def unsent(ledger: Ledger, *, since: dt.datetime) -> tuple[Alert, ...]:
    """Return the alerts that were raised since then and not told, oldest first."""
    table = tables.alerts
    sent = sa.select(table.c.alert).where(table.c.act == "sent")
    query = sa.select(table).where(
        table.c.act == "raised", table.c.at >= shapes.microseconds(since), table.c.alert.not_in(sent)
    )
    with reading(ledger.engine) as connection:
        rows = records(connection.execute(query.order_by(table.c.entry, table.c.pos)))
    return tuple(Alert(row["alert"], row["kind"], row["title"], row["text"]) for row in rows)


def take(ledger: Ledger, alert: Alert) -> leases.Lease | None:
    """Take an alert to tell it; None where it was told.

    Raises
    ------
    BusyError
        Where another process is about to tell it.
    """
    with writing(ledger.engine) as connection:
        if entries.position_of(connection, _key(alert, "sent")) is not None:
            return None
        return leases.take(connection, f"alert/{alert.alert}", ledger.owner)


def told(ledger: Ledger, lease: leases.Lease, alert: Alert, *, at: dt.datetime) -> None:
    """Write that an alert was told."""
    with writing(ledger.engine) as connection:
        _write(ledger, connection, alert, "sent", at)
        leases.release(connection, lease)


def let_go(ledger: Ledger, lease: leases.Lease) -> None:
    """Leave an alert, which could not be told, to a later try."""
    with writing(ledger.engine) as connection:
        leases.release(connection, lease)


def notices_due(ledger: Ledger, first: dt.date, last: dt.date) -> tuple[int, dt.date | None]:
    """Count the decisions whose notice is due between two days and was not issued.

    Returns
    -------
    n : int
        Decisions, each counted once however many audits know it.
    earliest : date or None
        The first day among them.
    """
    with reading(ledger.engine) as connection:
        found = dues.notices(connection, since=first, until=last)
    days = [one.due_on for one in found if one.due_on is not None]
    return len(found), min(days, default=None)


def _key(alert: Alert, act: str) -> str:
    return f"alert/{alert.alert}/{act}"


def _write(ledger: Ledger, connection: Connection, alert: Alert, act: str, at: dt.datetime) -> bool:
    key = _key(alert, act)
    if entries.position_of(connection, key) is not None:
        return False
    row: dict[str, Any] = {
        "alert": alert.alert,
        "act": act,
        "kind": alert.kind,
        "title": alert.title,
        "text": alert.text,
        "at": shapes.microseconds(at),
    }
    body = {"act": "alert", "alert": alert.alert, "state": act, "at": row["at"]}
    entries.append(connection, key, body, [entries.row_set(tables.alerts, [row])])
    entries.sign_head(connection, ledger.signer, ledger.origin)
    return True
