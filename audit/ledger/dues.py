"""What is owed, until when: notices not issued, notices that did not reach the person, open requests.

A notice is owed as long as one applicant of its decision was not told, by whichever audit: the same
application in two audits is owed once. One whose hold was ended by withdrawal or by a new decision is not
owed any more; the new decision is owed by itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.ledger import decisions, deliveries, events, requests, shapes, tables
from audit.ledger.database import reading, records
from audit.record import Clock
from audit.record.words import DENIED, TELLING

if TYPE_CHECKING:
    from audit.ledger import Ledger

What = Literal["notice", "second_notice", "not_delivered", "request"]

#: The kind of a letter that tells an offer without the reasons of the refusal; a notice follows it.
WITHOUT_REASONS = "counteroffer"


@dataclass(frozen=True, slots=True)
class Due:
    """Something that is owed to a person; ``due_on`` is None where the record names no day."""

    what: What
    audit: str
    decision: str
    due_on: dt.date | None
    state: str  # of a notice ready or held; of a letter returned; of a request its kind
    cause: str | None = None  # of a held notice
    request: str | None = None

    def days_left(self, today: dt.date) -> int | None:
        """Days to the last day; negative once it has passed."""
        return None if self.due_on is None else (self.due_on - today).days


def dues(ledger: Ledger, clocks: Mapping[str, Clock], audit: str | None = None) -> tuple[Due, ...]:
    """Return what is owed by an audit, or by all that are sealed, the most urgent first.

    Parameters
    ----------
    clocks : of the day; the one of a counteroffer is used here
    """
    with reading(ledger.engine) as connection:
        found = [*notices(connection, audit), *_not_delivered(connection, audit)]
        if WITHOUT_REASONS in clocks:
            found += _second_notices(connection, audit, clocks[WITHOUT_REASONS])
    found += [
        Due("request", one.audit, one.decision, one.due_on, one.kind, request=one.request)
        for one in requests.asked(ledger, audit, closed=False)
    ]
    return tuple(sorted(found, key=_urgency))


def _urgency(one: Due) -> tuple[dt.date, str, str]:
    return one.due_on or dt.date.min, one.what, one.decision


def notices(
    connection: Connection,
    audit: str | None = None,
    *,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> list[Due]:
    """Return the notices that were not issued to every applicant, each application once."""
    decided, letters, acts, people = (
        tables.decisions,
        tables.documents,
        tables.case_events,
        tables.decision_persons,
    )
    parts, seals = tables.parts, tables.seals
    told = sa.exists().where(
        letters.c.decision == decided.c.decision,
        letters.c.draft == 0,
        letters.c.kind.in_(TELLING),
        sa.func.coalesce(letters.c.action, DENIED) == sa.func.coalesce(decided.c.action, DENIED),
    )
    # 12 CFR 1002.9(c): what an incomplete application lacks must be told, though nothing was refused.
    incomplete = sa.and_(decided.c.action == "incomplete", decided.c.due_on.is_not(None))
    let_off = sa.exists().where(
        acts.c.act == "hold_end",
        acts.c.decision == decided.c.decision,
        acts.c.audit == parts.c.audit,
        acts.c.state != "send_as_ranked",
    )
    query = (
        sa.select(decided, parts.c.audit, parts.c.seq)
        .join(parts, parts.c.entry == decided.c.entry)
        .join(seals, seals.c.audit == parts.c.audit)
        .where(sa.or_(decided.c.notice.in_(("ready", "held")), incomplete), ~let_off)
    )
    if audit is not None:
        query = query.where(parts.c.audit == audit)
    if since is not None:
        query = query.where(decided.c.due_on >= since.isoformat())
    if until is not None:
        query = query.where(decided.c.due_on <= until.isoformat())
    order = (decided.c.entry, decided.c.pos)
    rows = records(connection.execute(query.where(~told).order_by(*order)))
    # Of several applicants one may have been told and another not; few decisions have several.
    joint = sa.select(people.c.entry, people.c.place).where(people.c.role == "joint").subquery()
    partly = query.join(joint, (joint.c.entry == decided.c.entry) & (joint.c.place == decided.c.pos)).where(
        told
    )
    rows += [row for row in records(connection.execute(partly)) if not decisions.is_told(connection, row)]
    ended = {(one.audit, one.decision): one.state for one in events.select(connection, "hold_end")}
    found: dict[str, Due] = {}
    for row in sorted(rows, key=lambda one: (one["entry"], one["pos"])):
        name = row["decision"].hex()
        held = row["notice"] == "held" and (row["audit"], name) not in ended
        found[name] = Due(
            "notice",
            row["audit"],
            name,
            _day(row["due_on"]),
            "held" if held else "ready",
            row["cause"] if held else None,
        )
    return list(found.values())


def _not_delivered(connection: Connection, audit: str | None) -> list[Due]:
    """Return the letters that came back, and that were not issued again since."""
    letters, decided, parts = tables.documents, tables.decisions, tables.parts
    last = deliveries.last_of(events.select(connection, "delivery", audit=audit))
    found = {}
    for event in last.values():
        if event.state != "returned" or event.person is None:
            continue
        name, person = bytes.fromhex(event.decision), bytes.fromhex(event.person)
        came_back = sa.select(letters.c.kind).where(letters.c.sha256 == bytes.fromhex(event.subject or ""))
        again = sa.select(letters.c.entry).where(
            letters.c.decision == name,
            letters.c.person == person,
            letters.c.draft == 0,
            letters.c.entry > event.entry,
            letters.c.kind.in_(came_back),  # a letter of another kind does not say what this one said
        )
        if connection.scalar(again.limit(1)) is not None:
            continue
        due = connection.scalar(
            sa.select(decided.c.due_on)
            .join(parts, parts.c.entry == decided.c.entry)
            .where(decided.c.decision == name, parts.c.audit == event.audit)
        )
        key = (event.decision, event.person)
        found[key] = Due("not_delivered", event.audit, event.decision, _day(due), "returned")
    return list(found.values())


def _second_notices(connection: Connection, audit: str | None, clock: Clock) -> list[Due]:
    """Return the notices owed after an offer that was told without the reasons of the refusal."""
    letters = tables.documents
    query = sa.select(letters).where(letters.c.draft == 0, letters.c.kind == WITHOUT_REASONS)
    if audit is not None:
        query = query.where(letters.c.audit == audit)
    found: dict[tuple[bytes, bytes], Due] = {}
    for row in records(connection.execute(query.order_by(letters.c.entry))):
        whole = sa.select(letters.c.entry).where(
            letters.c.decision == row["decision"],
            letters.c.person == row["person"],
            letters.c.draft == 0,
            letters.c.kind.in_(TELLING),
            letters.c.kind != WITHOUT_REASONS,
        )
        sent = shapes.moment(row["sent_at"])
        if connection.scalar(whole.limit(1)) is None and sent is not None:
            day = requests.ends_on(sent.date(), clock.answer)
            due = Due("second_notice", row["audit"], row["decision"].hex(), day, "ready")
            found[row["decision"], row["person"]] = due
    return list(found.values())


def _day(text: Any) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
