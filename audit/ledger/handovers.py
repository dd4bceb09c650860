"""Letters that left the house: to whom they were handed, until when they must go, and whether they did.

An erasure destroys a key, and so what this ledger locked under it; it does not reach a copy that a printer
holds. So each handover is written down: an act a letter, under the pseudonym of its addressee, in an entry
of each audit, and an entry that names the files by their hashes, whoever has them, and the day by which they
must be returned or destroyed. It stands open until an entry says which of the two it was.

A bound file holds letters that its own hash does not tell. So the list beside it, which names each letter by
its hash, has its hash in the log from the moment it was written: a list that was edited since is refused.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import UsageError
from audit.ledger import acts, entries, events, shapes, tables
from audit.ledger.database import reading, writing
from audit.ledger.events import Happening

if TYPE_CHECKING:
    from audit.ledger import IssuedDocument, Ledger

End = Literal["returned", "destroyed"]
ENDS: tuple[End, ...] = ("returned", "destroyed")


@dataclass(frozen=True, slots=True)
class Handover:
    """What was handed to somebody; ``end`` is None while they have it, as far as the ledger was told."""

    handover: str
    entry: int
    to: str
    on: dt.date
    until: dt.date
    by: str
    letters: int
    files: tuple[str, ...]
    end: End | None = None
    ended_on: dt.date | None = None
    ended_by: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it for machines."""
        return {
            "handover": self.handover,
            "entry": self.entry,
            "to": self.to,
            "on": self.on.isoformat(),
            "until": self.until.isoformat(),
            "by": self.by,
            "letters": self.letters,
            "files": list(self.files),
            "end": self.end,
            "ended_on": self.ended_on and self.ended_on.isoformat(),
            "ended_by": self.ended_by,
        }


def record_bound(ledger: Ledger, listed: str, volumes: Sequence[str], n: int, at: dt.datetime) -> int:
    """Record a bound file before it is where somebody could take it; return the entry's position.

    Parameters
    ----------
    listed : SHA-256 of the list of its letters
    volumes : SHA-256 of each of its volumes
    n : how many letters it has

    Raises
    ------
    UsageError
        Where the same list was bound before into other bytes.
    """
    body = {
        "act": "print_file",
        "list": listed,
        "volumes": list(volumes),
        "letters": n,
        "at": shapes.microseconds(at),
    }
    entry, logged = acts.log_act(ledger, f"print_file/{listed}", body)
    if logged["volumes"] != body["volumes"]:  # other versions of the tools pack the same pages otherwise
        raise UsageError(
            f"log entry {entry}: these letters were bound under this name before, and into other bytes. "
            "Name another file."
        )
    return entry


def volumes_of(ledger: Ledger, listed: str) -> tuple[str, ...]:
    """Return the SHA-256 of each volume that was bound with this list; empty where none was."""
    with reading(ledger.engine) as connection:
        body = _body(connection, f"print_file/{listed}")
    return tuple(body["volumes"]) if body else ()


def give(
    ledger: Ledger,
    letters: Sequence[IssuedDocument],
    files: Sequence[str],
    *,
    to: str,
    on: dt.date,
    until: dt.date,
    by: str,
    at: dt.datetime,
) -> Handover:
    """Record in one transaction that letters were handed to somebody.

    Parameters
    ----------
    letters : every letter that the files hold
    files : SHA-256 of each file that is handed over
    to : who has them; it stands in the log for good, so the name of a house, not of a person
    until : the last day on which they may have them

    Raises
    ------
    UsageError
        Where nobody is named, nothing is handed over, or the last day lies before the first.
    """
    events.need(to=to, by=by)
    if not letters:
        raise UsageError(
            "handover give: no letter is among the files. Name a bound file, or a folder of letters."
        )
    if until < on:
        raise UsageError(f"--until: {until} is before {on}, the day of the handover. Name a later day.")
    of_audit: dict[str, list[Happening]] = {}
    with writing(ledger.engine) as connection:
        name = f"handover-{sum(1 for _ in _given(connection)) + 1}"
        for one in letters:
            act = Happening(
                decision=one.decision or "",
                person=one.person,
                state="given",
                by=by,
                kind=name,
                subject=one.sha256,
                day=on,
                due_on=until,
                second=to,
            )
            of_audit.setdefault(one.audit, []).append(act)
        for audit, them in sorted(of_audit.items()):
            # Under the audit's own name, as all that follows it, so that an export of the audit has it.
            key = f"{audit}/handover/{name}"
            events.write(ledger, connection, audit, "handover", them, at, {"handover": name}, key)
        body = {
            "act": "handed_over",
            "handover": name,
            "to": to,
            "by": by,
            "on": on.isoformat(),
            "until": until.isoformat(),
            "files": list(files),
            "letters": len(letters),
            "at": shapes.microseconds(at),
        }
        entries.append(connection, _key(name, "given"), body, ())
        entries.sign_head(connection, ledger.signer, ledger.origin)
        return next(one for one in _all(connection) if one.handover == name)


def close(ledger: Ledger, handover: str, end: End, *, on: dt.date, by: str, at: dt.datetime) -> Handover:
    """Record that what was handed over came back, or was destroyed.

    Raises
    ------
    UsageError
        Where no such handover is open, nobody answers for it, or the day lies before it.
    """
    events.need(by=by)
    with reading(ledger.engine) as connection:
        known = {one.handover: one for one in _all(connection)}
    found = known.get(handover)
    if found is None:
        there = ", ".join(one.handover for one in known.values() if one.end is None) or "none"
        raise UsageError(
            f"{handover}: there is no such handover (open: {there}). See plainspoken handover list."
        )
    if found.end is not None:
        raise UsageError(
            f"{handover}: it was closed on {found.ended_on} ({found.end}). Nothing is left to close."
        )
    if on < found.on:
        raise UsageError(f"--on: {on} is before {found.on}, the day of the handover. Name a later day.")
    body = {
        "act": "handover_end",
        "handover": handover,
        "state": end,
        "on": on.isoformat(),
        "by": by,
        "at": shapes.microseconds(at),
    }
    _, logged = acts.log_act(ledger, _key(handover, "end"), body)
    if logged != {**logged, **body}:  # somebody else closed it a moment ago
        raise UsageError(
            f"{handover}: it was closed on {logged['on']} ({logged['state']}). Nothing is left to close."
        )
    with reading(ledger.engine) as connection:
        return next(one for one in _all(connection) if one.handover == handover)


def handovers(ledger: Ledger, *, closed: bool = False) -> tuple[Handover, ...]:
    """Return the handovers that are open, oldest first; with ``closed`` the others too."""
    with reading(ledger.engine) as connection:
        return tuple(one for one in _all(connection) if closed or one.end is None)


def still_with(ledger: Ledger, person: str) -> tuple[tuple[Handover, int], ...]:
    """Return the open handovers with letters to a person (pseudonym), and how many of these each has."""
    table = tables.case_events
    query = (
        sa.select(table.c.kind, sa.func.count())
        .where(table.c.act == "handover", table.c.person == bytes.fromhex(person))
        .group_by(table.c.kind)
    )
    with reading(ledger.engine) as connection:
        held = {str(name): int(n) for name, n in connection.execute(query)}
        return tuple(
            (one, held[one.handover]) for one in _all(connection) if one.end is None and one.handover in held
        )


def overdue(ledger: Ledger, today: dt.date) -> tuple[Handover, ...]:
    """Return the open handovers whose last day has passed, the oldest first."""
    return tuple(sorted((one for one in handovers(ledger) if one.until < today), key=lambda one: one.until))


def _key(name: str, what: str) -> str:
    return f"handover/{name}/{what}"


def _given(connection: Connection) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the entry of each handover and its body; they are numbered without a gap."""
    n = 1
    while True:
        key = _key(f"handover-{n}", "given")
        body = _body(connection, key)
        if body is None:
            return
        yield entries.position_of(connection, key) or 0, body
        n += 1


def _all(connection: Connection) -> list[Handover]:
    return [
        _handover(entry, body, _body(connection, _key(body["handover"], "end")))
        for entry, body in _given(connection)
    ]


def _body(connection: Connection, key: str) -> dict[str, Any] | None:
    table = tables.log_entries
    text = connection.scalar(sa.select(table.c.body).where(table.c.key == key))
    return None if text is None else dict(json.loads(str(text)))


def _handover(entry: int, body: Mapping[str, Any], end: Mapping[str, Any] | None) -> Handover:
    return Handover(
        handover=body["handover"],
        entry=entry,
        to=body["to"],
        on=dt.date.fromisoformat(body["on"]),
        until=dt.date.fromisoformat(body["until"]),
        by=body["by"],
        letters=body["letters"],
        files=tuple(body["files"]),
        end=end["state"] if end else None,
        ended_on=dt.date.fromisoformat(end["on"]) if end else None,
        ended_by=end["by"] if end else None,
    )
