"""What became of letters that went out: sent, or returned, as the mail house says.

A file of results is taken in whole or not at all. A result that is there already is passed by, so the
same file twice is the same as once. What a notice owes is that it was mailed or delivered (12 CFR part
1002, comment 9-3); one that came back did not reach the person, and ``dues`` says so until it is issued
again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.errors import UsageError
from audit.ledger import events
from audit.ledger.database import writing
from audit.ledger.events import Event, Happening

if TYPE_CHECKING:
    from audit.ledger import IssuedDocument, Ledger

STATES = ("sent", "returned")
#: A channel stands in clear, so it is one of these words and never somebody's remark.
CHANNELS = ("mail", "email", "portal")


@dataclass(frozen=True, slots=True)
class Result:
    """What a mail house says of one letter."""

    document: IssuedDocument
    state: str
    day: dt.date
    channel: str


def record(ledger: Ledger, results: Sequence[Result], *, by: str, at: dt.datetime) -> tuple[int, int]:
    """Record results in one transaction, an entry for each audit; return how many are new, and known.

    Raises
    ------
    UsageError
        Where nobody answers for it, or a channel is none.
    """
    events.need(by=by)
    if any(one.channel not in CHANNELS for one in results):
        raise UsageError(f"deliveries: a channel is none. Use {', '.join(CHANNELS)}.")
    with writing(ledger.engine) as connection:
        known = {_key(event) for event in events.select(connection, "delivery")}
        new: dict[str, list[Happening]] = {}
        for one in results:
            letter = one.document
            if letter.decision is None or (letter.sha256, one.state, one.day) in known:
                continue
            known.add((letter.sha256, one.state, one.day))
            act = Happening(
                decision=letter.decision,
                person=letter.person,
                state=one.state,
                by=by,
                kind=one.channel,
                subject=letter.sha256,
                day=one.day,
            )
            new.setdefault(letter.audit, []).append(act)
        for audit, acts in new.items():
            events.write(ledger, connection, audit, "delivery", acts, at, {"n": len(acts)})
    n = sum(map(len, new.values()))
    return n, len(results) - n


def _key(event: Event) -> tuple[str, str, dt.date | None]:
    return event.subject or "", event.state, event.day


def last_of(acts: Iterable[Event]) -> dict[str, Event]:
    """Return the last result of each letter, by its hash: by the day, then by when it was taken in."""
    found: dict[str, Event] = {}
    for event in sorted(acts, key=lambda one: (one.day or dt.date.min, one.entry, one.pos)):
        if event.subject is not None:
            found[event.subject] = event
    return found
