"""Erasing a person: one key is destroyed, and every copy of what it locked becomes unreadable.

What speaks of a person (who they are, what the model saw, the words of their letters, whom these went
to) is locked under a key of their own. Digests cover the ciphertext, so the log holds as before;
scores, outcomes, reason codes and group counts stand under a pseudonym and stay.

A person who is held is not erased. Inside a minimum that the law sets the erasure is queued with the
day on which it will be done (Art. 17(3)(b) GDPR: the right yields to a legal duty, and no longer
than that). ``carry_out`` does what is due, ``replay`` does again what an old backup undid. Who was
erased and applies again comes under another pseudonym and key; see ``returning``.

Why so: the journal is written before the database commits. Should the machine die between the two,
the person stays locked, and ``replay`` finishes; the other order could lose an erasure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import LedgerError, UsageError
from audit.ledger import entries, gone, holds, journal, retention, returning, scrub, shapes, tables
from audit.ledger.database import reading, writing
from audit.ledger.retention import Ground, Terms

if TYPE_CHECKING:
    from audit.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Erasure:
    """What became of the wish to erase a person.

    ``existing`` is True where it had been done, or queued, before. ``remains`` names copies of the
    destroyed key that the database would not let go of.
    """

    person: str
    state: Literal["done", "queued", "held"]
    told: str
    entry: int | None = None
    due_on: dt.date | None = None
    grounds: tuple[Ground, ...] = ()
    existing: bool = False
    remains: tuple[str, ...] = ()


@dataclass(slots=True)
class _Act:
    """An erasure within its transaction; ``wrapped`` is the key that was destroyed."""

    found: Erasure
    wrapped: list[bytes] = field(default_factory=list)


def named(ledger: Ledger, connection: Connection, person: str) -> bytes:
    """Return the pseudonym of a person who is named by id (with the key file) or by pseudonym.

    An id means whoever stands under it now: of one who was erased and came back, the one who came.

    Raises
    ------
    UsageError
        Where the ledger knows nobody of that name.
    """
    keyring = ledger.keyring
    names = returning.pseudonyms(connection, keyring, person)[::-1] if keyring.at_hand else []
    if len(person) == 32 and not set(person) - set("0123456789abcdef"):
        names.append(bytes.fromhex(person))
    table = tables.persons
    for name in names:
        if connection.scalar(sa.select(table.c.pos).where(table.c.person == name)) is not None:
            return name
    hint = "Look at the id in the data" if keyring.at_hand else "Without the key file give a pseudonym"
    raise UsageError(f"PERSON: this ledger knows nobody of that name. {hint}.")


def erased(ledger: Ledger, person: str) -> str | None:
    """Return "erased on … under entry …" for a person who was and has not come back; else None."""
    with reading(ledger.engine) as connection:
        who = named(ledger, connection, person)
        return gone.erased(connection, who).get(who) or ledger.keyring.erased.get(who)


def erase(
    ledger: Ledger, person: str, *, at: dt.datetime, terms: Terms, reason: str = "", by: str = ""
) -> Erasure:
    """Erase a person (id or pseudonym), or queue it while the law has the records kept.

    Parameters
    ----------
    at : datetime with a time zone
    terms : callable
        Audit to the retention terms of today; see ``retention.in_force``.
    reason, by : str
        Why, and who answers for it; they stand in the log for good, so no id may stand in them.

    Raises
    ------
    UsageError
        Where nobody is called so, or a hold stands.
    """
    holds.refuse_id(person, reason, by)
    with writing(ledger.engine) as connection:
        act = _erase(ledger, connection, named(ledger, connection, person), at, terms, reason, by)
    return _scrubbed(ledger, [act])[0]


def carry_out(ledger: Ledger, *, at: dt.datetime, terms: Terms, by: str = "") -> tuple[Erasure, ...]:
    """Do every queued erasure whose day has come; one that is held meanwhile stays queued and is told."""
    with reading(ledger.engine) as connection:
        due = [who for who, (_, due_at, _) in _queue(connection).items() if due_at <= shapes.microseconds(at)]
    done = []
    for who in due:
        with writing(ledger.engine) as connection:
            hold = holds.over(connection, who)
            if hold is not None:
                told = f"due, and held by {hold.hold} ({hold.reason})"
                done.append(_Act(Erasure(who.hex(), "held", told)))
            else:
                done.append(_erase(ledger, connection, who, at, terms, "its day has come", by, asked=False))
    return _scrubbed(ledger, done)


def queued(ledger: Ledger) -> tuple[Erasure, ...]:
    """Return the erasures that wait, the next one first."""
    with reading(ledger.engine) as connection:
        found = [_waiting(who, *said) for who, said in _queue(connection).items()]
    return tuple(sorted(found, key=lambda one: (one.due_on or dt.date.min, one.person)))


def replay(ledger: Ledger, *, at: dt.datetime, by: str = "", kept: Path | None = None) -> tuple[Erasure, ...]:
    """Do again every erasure that this database has lost: after a restore, before anything is read.

    Parameters
    ----------
    kept : Path, optional
        A journal that was kept elsewhere; else ``ledger.erased`` beside the key file.
    """
    where = kept or ledger.journal
    if kept is not None and not kept.exists():
        raise UsageError(f"{kept}: there is no such file. Name the journal that you kept.")
    lines, problems = journal.read(where, ledger.keyring, ledger.origin)
    if problems and not lines:
        raise LedgerError(f"{problems[0]}. Restore the journal from its backup.")
    before = {line.person: gone.erased_on(line.at, line.entry) for line in lines if line.act == "done"}
    waiting = {line.person: line for line in lines if line.act == "requested" and line.person not in before}
    done = []
    with reading(ledger.engine) as connection:
        before |= gone.erased(connection)
        keys, people = tables.person_keys.c.person, tables.persons.c.person
        back = set(connection.scalars(sa.select(keys).where(keys.in_(list(before)))))
        known = set(connection.scalars(sa.select(people).where(people.in_([*before, *waiting]))))
        said = gone.erased(connection)
        queue = _queue(connection)
    for who in sorted(known):
        if who in before and (who in back or who not in said):
            with writing(ledger.engine) as connection:
                done.append(_destroy(ledger, connection, who, at, f"replayed: {before[who]}", by))
        elif who in waiting and who not in queue and who not in said:
            line = waiting[who]
            with writing(ledger.engine) as connection:
                done.append(_Act(_ask(ledger, connection, who, at, line.due_at or 0, (), "replayed", by)))
    return _scrubbed(ledger, done)


# --- within one transaction ----------------------------------------------------------------------


def _erase(
    ledger: Ledger,
    connection: Connection,
    who: bytes,
    at: dt.datetime,
    terms: Terms,
    reason: str,
    by: str,
    *,
    asked: bool = True,
) -> _Act:
    said = gone.erased(connection, who).get(who)
    has_key = sa.select(tables.person_keys.c.wrapped).where(tables.person_keys.c.person == who)
    if said is not None and connection.scalar(has_key) is None:
        return _Act(Erasure(who.hex(), "done", said, existing=True))
    if said is None:
        holds.refuse(connection, who)
        found = retention.grounds(connection, who, terms, at.astimezone(dt.UTC).date())
        if found:
            due_on = found[-1].kept_until + dt.timedelta(days=1)
            due_at = shapes.microseconds(dt.datetime.combine(due_on, dt.time(), dt.UTC))
            waits = _queue(connection).get(who)
            if asked and waits is not None and waits[1] == due_at:
                return _Act(_waiting(who, *waits, grounds=tuple(found), existing=True))
            return _Act(_ask(ledger, connection, who, at, due_at, tuple(found), reason, by))
    return _destroy(ledger, connection, who, at, reason, by)


def _destroy(
    ledger: Ledger, connection: Connection, who: bytes, at: dt.datetime, reason: str, by: str
) -> _Act:
    keys = tables.person_keys
    wrapped = connection.scalars(sa.select(keys.c.wrapped).where(keys.c.person == who)).all()
    entry = _write(ledger, connection, who, "done", at, reason, by, None, [])
    connection.execute(keys.delete().where(keys.c.person == who))
    ledger.keyring.forget()
    told = gone.erased_on(shapes.microseconds(at), entry)
    ledger.keyring.erased = {**ledger.keyring.erased, who: told}
    return _Act(Erasure(who.hex(), "done", told, entry), [bytes(one) for one in wrapped])


def _ask(
    ledger: Ledger,
    connection: Connection,
    who: bytes,
    at: dt.datetime,
    due_at: int,
    grounds: tuple[Ground, ...],
    reason: str,
    by: str,
) -> Erasure:
    sets = [
        entries.row_set(
            tables.erasure_grounds,
            [
                {
                    "person": who,
                    "audit": ground.audit,
                    "decision": bytes.fromhex(ground.decision),
                    "term": ground.term.term,
                    "source": ground.source,
                    "kept_until": ground.kept_until.isoformat(),
                }
                for ground in grounds
            ],
        ),
        entries.row_set(tables.retention_terms, retention.rows(ground.term for ground in grounds)),
    ]
    entry = _write(ledger, connection, who, "requested", at, reason, by, due_at, sets)
    return _waiting(who, shapes.microseconds(at), due_at, entry, grounds=grounds)


def _write(
    ledger: Ledger,
    connection: Connection,
    who: bytes,
    act: Literal["done", "requested"],
    at: dt.datetime,
    reason: str,
    by: str,
    due_at: int | None,
    sets: Sequence[entries.RowSet],
) -> int:
    table, moment = tables.erasures, shapes.microseconds(at)
    times = connection.scalar(sa.select(sa.func.count()).where(table.c.person == who)) or 0
    row = {
        "person": who,
        "act": act,
        "reason": reason,
        "by": by,
        "at": moment,
        "due_at": due_at,
    }
    body: dict[str, Any] = {"act": "erasure", "person": who.hex(), "state": act, "at": moment}
    if due_at is not None:
        body["due_at"] = due_at
    entry = entries.append(
        connection, f"erasure/{who.hex()}/{times}", body, [entries.row_set(table, [row]), *sets]
    )
    if ledger.journal is None or not ledger.keyring.at_hand:
        raise LedgerError(
            "ledger.key: it is absent, so no journal of the erasure can be kept beside it, and an older "
            "backup would undo it. Put the key file there, or name it in $PLAINSPOKEN_KEY_FILE."
        )
    journal.write(
        ledger.journal, ledger.keyring, journal.Line(ledger.origin, act, who, moment, entry, due_at)
    )
    entries.sign_head(connection, ledger.signer, ledger.origin)
    return entry


# --- the queue, and what follows the commit ------------------------------------------------------


def _queue(connection: Connection) -> dict[bytes, tuple[int, int, int]]:
    """Return who waits: asked at, due at, and the entry of the wish; in the order of the log."""
    table = tables.erasures
    waiting: dict[bytes, tuple[int, int, int]] = {}
    for row in connection.execute(sa.select(table).order_by(table.c.entry, table.c.pos)):
        if row.act == "done":
            waiting.pop(bytes(row.person), None)
        else:
            waiting[bytes(row.person)] = (row.at, row.due_at, row.entry)
    return waiting


def _waiting(
    who: bytes,
    asked_at: int,
    due_at: int,
    entry: int,
    *,
    grounds: tuple[Ground, ...] = (),
    existing: bool = False,
) -> Erasure:
    due_on = gone.day(due_at)
    why = ""
    if grounds:
        last = grounds[-1]
        why = f": {last.source} has the records of audit {last.audit[:12]} kept through {last.kept_until}"
    told = f"asked for on {gone.day(asked_at)} under entry {entry}, queued for {due_on}{why}"
    return Erasure(
        who.hex(), "queued", told, entry, dt.date.fromisoformat(due_on), grounds, existing=existing
    )


def _scrubbed(ledger: Ledger, acts: Sequence[_Act]) -> tuple[Erasure, ...]:
    """Clear what the database keeps of the destroyed keys; say which copies it would not let go of."""
    wrapped = [key for act in acts for key in act.wrapped]
    remains = tuple(scrub.clear(ledger.engine, (tables.person_keys.name,), wrapped)) if wrapped else ()
    return tuple(replace(act.found, remains=remains) if act.wrapped else act.found for act in acts)
