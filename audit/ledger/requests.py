"""What people ask after a decision, until when it is owed, and what came of it.

A request is opened, put off once where the law lets it, and closed, each by an act. Its last day follows
from the clock that was in force when it came, and is kept with it. What the person said, who reviewed and
why it came out so are locked under the person.

Why so: a review counts only where somebody looked again who could change the decision (Art. 22(3) GDPR; 18(8)
of Directive (EU) 2023/2225). So no review is upheld or overturned without a reviewer, and without the word
that they have that authority.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import UsageError
from audit.ledger import events, shapes, tables
from audit.ledger.database import reading, writing
from audit.ledger.events import Event, Happening
from audit.ledger.retention import months_after
from audit.record import Clock, Span

if TYPE_CHECKING:
    from audit.ledger import Ledger

Outcome = Literal["answered", "refused", "withdrawn", "upheld", "overturned"]
REVIEWED = ("upheld", "overturned")
OUTCOMES = ("answered", "refused", "withdrawn", *REVIEWED)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it stands; ``decision`` and ``person`` are pseudonyms.

    ``late_by`` is by how many days it came after the time in which it could be asked; None where there
    is no such time, or it was kept.
    """

    request: str
    kind: str
    audit: str
    decision: str
    person: str
    received: dt.date
    due_on: dt.date
    by: str
    late_by: int | None = None
    extended: bool = False
    outcome: str | None = None
    closed_on: dt.date | None = None

    @property
    def is_open(self) -> bool:
        """Whether it waits for its answer."""
        return self.outcome is None

    def as_json(self) -> dict[str, Any]:
        """Return it for machines."""
        return {
            "request": self.request,
            "kind": self.kind,
            "audit": self.audit,
            "decision": self.decision,
            "received": self.received.isoformat(),
            "due_on": self.due_on.isoformat(),
            "late_by": self.late_by,
            "extended": self.extended,
            "outcome": self.outcome,
            "closed_on": self.closed_on and self.closed_on.isoformat(),
            "by": self.by,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request; ``reviewer`` and ``authority_to_change`` where somebody looked again."""

    outcome: str
    reason: str
    by: str
    reviewer: str | None = None
    authority_to_change: bool = False
    view: str | None = None  # what the person said, where they expressed a view


def ends_on(day: dt.date, span: Span) -> dt.date:
    """Return the last day of a span that begins on a day; of months, the day of the same number.

    >>> ends_on(dt.date(2027, 1, 31), Span(None, 1, "law", "Art. 12(3) GDPR"))
    datetime.date(2027, 2, 28)
    """
    return (
        day + dt.timedelta(days=span.days) if span.days is not None else months_after(day, span.months or 0)
    )


def open_(
    ledger: Ledger,
    audit: str,
    decision: str,
    clock: Clock,
    *,
    by: str,
    at: dt.datetime,
    received: dt.date,
    role: str = "primary",
    view: str | None = None,
) -> Asked:
    """Open a request about a decision, by the person of a role; return it with its last day.

    Raises
    ------
    UsageError
        Where the clock is none of a request, nobody takes part in that role, or a name is missing.
    """
    events.need(by=by)
    if clock.of != "request":
        raise UsageError(f"--kind: {clock.name} is no request. See plainspoken request kinds.")
    if received > at.date():
        raise UsageError(f"--received: {received} is still to come. Give the day on which it came.")
    found = ledger.find(audit)
    asked = ledger.decision(found, decision)
    whose = [person.person for person in asked.persons if person.role == role]
    if not whose:
        raise UsageError(f"--role: nobody takes part in decision {asked.decision} as {role}. Name another.")
    with writing(ledger.engine) as connection:
        name = f"request-{len(_opened(connection)) + 1}"
        late_by = _late_by(connection, asked.decision, whose[0], clock, received)
        act = Happening(
            decision=asked.decision,
            person=whose[0],
            state="opened",
            by=by,
            kind=clock.name,
            subject=name,
            result=None if late_by is None else str(late_by),
            day=received,
            due_on=ends_on(received, clock.answer),
            words={"view": view} if view else {},
        )
        said = {"request": name, "clock": clock.answer.told, "source": clock.answer.source}
        events.write(ledger, connection, found.audit, "request", [act], at, said)
        return _standing(events.select(connection, "request"))[name]


def _late_by(
    connection: Connection, decision: str, person: str, clock: Clock, received: dt.date
) -> int | None:
    """Return by how many days a request came too late; None where it did not, or no time is set."""
    if clock.ask_within is None:
        return None
    letters = tables.documents
    sent = connection.scalar(
        sa.select(sa.func.max(letters.c.sent_at)).where(
            letters.c.decision == bytes.fromhex(decision),
            letters.c.person == bytes.fromhex(person),
            letters.c.draft == 0,
        )
    )
    moment = shapes.moment(sent)
    if moment is None:
        return None
    days = (received - ends_on(moment.date(), clock.ask_within)).days
    return days if days > 0 else None


def extend(ledger: Ledger, name: str, clock: Clock, *, by: str, reason: str, at: dt.datetime) -> Asked:
    """Put the answer off once, within the time of the answer itself, with a reason.

    Raises
    ------
    UsageError
        Where the law lets nobody do so, it was done before, or the time is over.
    """
    events.need(by=by, reason=reason)
    with writing(ledger.engine) as connection:
        one = _the_open(connection, name)
        if clock.may_extend is None:
            raise UsageError(f"{name}: no law lets the answer to a request {one.kind} be put off.")
        if one.extended or at.date() > one.due_on:
            why = "it was put off before" if one.extended else f"its time ended on {one.due_on}"
            raise UsageError(f"{name}: {why}, and it can be put off once, within its time. Answer it.")
        whole = ends_on(one.received, _sum(clock.answer, clock.may_extend))
        act = _next(one, "extended", by, due_on=whole, day=at.date(), words={"reason": reason})
        said = {"request": name, "clock": clock.may_extend.told, "source": clock.may_extend.source}
        events.write(ledger, connection, one.audit, "request", [act], at, said)
        return _standing(events.select(connection, "request"))[name]


def _sum(one: Span, other: Span) -> Span:
    if one.months is not None and other.months is not None:
        return Span(None, one.months + other.months, other.kind, other.source)
    if one.days is not None and other.days is not None:
        return Span(one.days + other.days, None, other.kind, other.source)
    raise UsageError("clocks.yaml: an answer and its extension count in the same unit. Mend the pack.")


def close(ledger: Ledger, name: str, clock: Clock, answer: Answer, *, day: dt.date, at: dt.datetime) -> Asked:
    """Close a request with what came of it.

    Raises
    ------
    UsageError
        Where it is not open, or the outcome is none of its kind, or a review has no reviewer who could
        have changed the decision.
    """
    events.need(by=answer.by, reason=answer.reason)
    if answer.outcome not in OUTCOMES:
        raise UsageError(f"--outcome: '{answer.outcome}' is no outcome. Use {', '.join(OUTCOMES)}.")
    if answer.outcome in REVIEWED:
        if not clock.review:
            raise UsageError(f"--outcome: {clock.name} asks for no review. Use answered or refused.")
        if not (answer.reviewer or "").strip() or not answer.authority_to_change:
            raise UsageError(
                f"{name}: a review is one by somebody who can change the decision ({clock.answer.source}). "
                "Give --reviewer NAME and --authority-to-change, or have such a person look at it first."
            )
    with writing(ledger.engine) as connection:
        one = _the_open(connection, name)
        if not one.received <= day <= at.date():
            raise UsageError(f"--date: {day} is before it came, on {one.received}, or still to come.")
        words = {
            "reason": answer.reason,
            "reviewer": answer.reviewer,
            "authority_to_change": answer.authority_to_change,
            "view": answer.view,
        }
        told = {key: value for key, value in words.items() if value not in (None, "")}
        act = _next(one, "closed", answer.by, result=answer.outcome, day=day, words=told)
        events.write(ledger, connection, one.audit, "request", [act], at, {"request": name})
        return _standing(events.select(connection, "request"))[name]


def asked(ledger: Ledger, audit: str | None = None, *, closed: bool = True) -> tuple[Asked, ...]:
    """Return the requests of an audit, or of all, in the order in which they came."""
    with reading(ledger.engine) as connection:
        found = _standing(events.select(connection, "request", audit=audit)).values()
    return tuple(one for one in found if closed or one.is_open)


def named(ledger: Ledger, name: str) -> Asked:
    """Return the open request of a name."""
    with reading(ledger.engine) as connection:
        return _the_open(connection, name)


def last_review(
    ledger: Ledger, audit: str, decision: str, person: str, *, before: int | None = None
) -> dict[str, str] | None:
    """Return what came of the review of a decision that a person asked for last; None where none was decided.

    Parameters
    ----------
    decision, person : pseudonyms
    before : int, optional
        As the log stood before this entry.

    Returns
    -------
    reviewer, authority_to_change, received_view (``true`` or ``false``), outcome, reason, closed_at (ISO)
    """
    acts = [
        event
        for event in events.events(ledger, "request", audit=audit, decision=decision)
        if event.person == person and (before is None or event.entry < before)
    ]
    found = [event for event in acts if event.state == "closed" and event.result in REVIEWED]
    if not found:
        return None
    last, said = found[-1], events.words(ledger, found[-1])
    # A view may have come with the request, or while it was looked at.
    of_request = [one for one in acts if one.subject == last.subject]
    return {
        "reviewer": str(said["reviewer"]),
        "authority_to_change": str(bool(said["authority_to_change"])).lower(),
        "received_view": str(any("view" in events.words(ledger, one) for one in of_request)).lower(),
        "outcome": str(last.result),
        "reason": str(said["reason"]),
        "closed_at": "" if last.day is None else last.day.isoformat(),
    }


@dataclass(frozen=True, slots=True)
class Reviews:
    """What came of the reviews of an audit; ``entry`` is the last act that this rests on."""

    opened: int
    waiting: int
    upheld: int
    overturned: int
    late: int  # answered after their last day, or waiting past it when the last act was written
    entry: int

    @property
    def decided(self) -> int:
        """How many reviews somebody with the authority decided."""
        return self.upheld + self.overturned

    @property
    def overturn_rate(self) -> float | None:
        """Share of the decided reviews that changed the decision; None where none was decided."""
        return self.overturned / self.decided if self.decided else None


def reviews(ledger: Ledger, audit: str) -> Reviews | None:
    """Return what came of the requests of an audit; None where nobody asked for anything."""
    found = events.events(ledger, "request", audit=audit)
    return counted(tuple(_standing(found).values()), found[-1].entry, found[-1].at.date()) if found else None


def counted(every: Sequence[Asked], entry: int, as_of: dt.date) -> Reviews:
    """Count requests as they stand on a day."""
    outcomes = [one.outcome for one in every]
    return Reviews(
        opened=len(every),
        waiting=outcomes.count(None),
        upheld=outcomes.count("upheld"),
        overturned=outcomes.count("overturned"),
        late=sum((one.closed_on or as_of) > one.due_on for one in every),
        entry=entry,
    )


# --- from acts to requests -------------------------------------------------------------------------


def _opened(connection: Connection) -> list[Event]:
    return [event for event in events.select(connection, "request") if event.state == "opened"]


def _the_open(connection: Connection, name: str) -> Asked:
    standing = _standing(events.select(connection, "request"))
    one = standing.get(name)
    if one is None or not one.is_open:
        waiting = ", ".join(key for key, found in standing.items() if found.is_open) or "none"
        fact = "there is no such request" if one is None else f"it was closed on {one.closed_on}"
        raise UsageError(f"{name}: {fact} (open: {waiting}). See plainspoken request list.")
    return one


def _next(one: Asked, state: str, by: str, **more: Any) -> Happening:
    return Happening(
        decision=one.decision,
        person=one.person,
        state=state,
        by=by,
        kind=one.kind,
        subject=one.request,
        **more,
    )


def _standing(acts: Iterable[Event]) -> dict[str, Asked]:
    """Return requests by name as their acts leave them."""
    found: dict[str, Asked] = {}
    for event in acts:
        name = event.subject or ""
        before = found.get(name)
        if event.state == "opened" and event.day and event.due_on:
            found[name] = Asked(
                request=name,
                kind=event.kind or "",
                audit=event.audit,
                decision=event.decision,
                person=event.person or "",
                received=event.day,
                due_on=event.due_on,
                by=event.by,
                late_by=int(event.result) if event.result else None,
            )
        elif before is not None and event.state == "extended" and event.due_on:
            found[name] = replace(before, due_on=event.due_on, extended=True)
        elif before is not None and event.state == "closed":
            found[name] = replace(before, outcome=event.result, closed_on=event.day)
    return found
