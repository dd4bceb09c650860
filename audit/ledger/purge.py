"""Purging: what is past its time goes, part by part, and the log says what went and why.

Of an audit past the maximum of its terms go the locked applications (cells and inputs), the locked
words of its letters and of what followed them, and the protected groups, each when its own time is
over. Decisions, reason codes, contributions, rates and findings stay: they stand under pseudonyms.
Nothing goes that a hold covers, nor a part in which one held person stands.

Each part goes in one transaction: its rows are checked against the log once more, the tombstones are
sealed, then the bytes go. A partition's bytes leave whole; locked columns of rows are emptied, and
the root of the rows as they stand since is sealed beside the policy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import EvidenceError
from audit.ledger import entries, gone, holds, retention, scrub, shapes, tables
from audit.ledger.database import reading, writing
from audit.ledger.read import rows_of
from audit.ledger.retention import Terms
from audit.record import RetentionTerm

if TYPE_CHECKING:
    from audit.ledger import Ledger

_KINDS = {"application": "inputs", "groups": "groups"}  # class of records -> kind of partition
_BLANKED = {"application": "locked_fields", "notice": "documents", "event": "case_events"}


@dataclass(frozen=True, slots=True)
class Purged:
    """Something whose time is over. ``state``: ``due`` (a trial), ``done``, or ``held``."""

    what: str
    audit: str
    entry: int
    state: str
    told: str
    term: str = ""


@dataclass(frozen=True, slots=True)
class _Due:
    """A part, or a document, whose records of one class go."""

    audit: str
    kind: str
    entry: int
    term: RetentionTerm
    what: str


def purge(
    ledger: Ledger,
    *,
    at: dt.datetime,
    terms: Terms,
    audit: str | None = None,
    by: str = "",
    trial: bool = False,
) -> tuple[Purged, ...]:
    """Let go of what is past its time; a trial only tells what would go.

    Parameters
    ----------
    at : datetime with a time zone
    terms : callable
        Audit to the retention terms of today; see ``retention.in_force``.
    audit : str, optional
        One audit alone.

    Returns
    -------
    What went or would go, and what is past its time and held.
    """
    today = at.astimezone(dt.UTC).date()
    with reading(ledger.engine) as connection:
        due = [one for name in _sealed(connection, audit) for one in _due(connection, name, terms, today)]
    by_place = {(one.entry, one.kind): one for one in due}
    told: list[Purged] = []
    touched: set[str] = set()
    for one in due:
        with writing(ledger.engine) as connection:
            hold = _hold(connection, one)
            other = _shared(connection, one, by_place) if hold is None else None
            if other is not None:
                fact = f"log entry {other} rests on the same bytes and is kept"
                told.append(Purged(one.what, one.audit, one.entry, "held", fact, one.term.term))
            elif hold is not None:
                fact = f"{hold.hold} stands on {hold.covers} ({hold.reason})"
                told.append(Purged(one.what, one.audit, one.entry, "held", fact, one.term.term))
            elif trial:
                fact = f"past its time by {one.term.term}"
                told.append(Purged(one.what, one.audit, one.entry, "due", fact, one.term.term))
            else:
                went, names = _let_go(ledger, connection, one, at, by)
                told += went
                touched |= names
    if touched:
        left = tuple(scrub.clear(ledger.engine, sorted(touched), ()))
        told += [Purged("copies", "", 0, "left", f"copies may be left in {where}") for where in left]
        ledger.shelf.clear()
    return tuple(told)


# --- what is due ---------------------------------------------------------------------------------


def _sealed(connection: Connection, audit: str | None) -> list[str]:
    table = tables.seals
    query = sa.select(table.c.audit).order_by(table.c.entry)
    return list(connection.scalars(query if audit is None else query.where(table.c.audit == audit)))


def _due(connection: Connection, audit: str, terms: Terms, today: dt.date) -> Iterator[_Due]:
    """Yield what of an audit is past its time and still there."""
    held_for, emptied = terms(audit), gone.blanked(connection)
    parts = tables.parts
    query = sa.select(parts.c.entry, parts.c.seq).where(parts.c.audit == audit).order_by(parts.c.seq)
    for entry, seq in connection.execute(query).all():
        noticed = retention.last_notice(connection, audit, entry)
        for kind in ("application", "groups"):
            past = retention.goes_on(held_for, kind, noticed)
            if past is None or past[0] > today:
                continue
            there = bool(_bytes_of(connection, entry, kind))
            there |= (
                kind == "application"
                and _cells(connection, entry)
                and ("locked_fields", entry) not in emptied
            )
            if there:
                yield _Due(audit, kind, entry, past[1], f"{kind} of part {seq}")
    letters = tables.documents
    issued = sa.select(letters.c.entry, letters.c.sent_at).where(
        letters.c.audit == audit, letters.c.person.is_not(None)
    )
    for entry, sent_at in connection.execute(issued.order_by(letters.c.entry)).all():
        moment = shapes.moment(sent_at)
        assert moment is not None
        past = retention.goes_on(held_for, "notice", moment.date())
        if past is not None and past[0] <= today and ("documents", entry) not in emptied:
            yield _Due(audit, "notice", entry, past[1], f"letter of log entry {entry}")
    # Complaints and what came of them are kept as the notice is (12 CFR 1002.12(b)(1)), from their own day.
    events = tables.case_events
    followed = sa.select(events.c.entry, events.c.at).where(
        events.c.audit == audit, events.c.cell.is_not(None)
    )
    for entry, at in connection.execute(followed.distinct().order_by(events.c.entry)).all():
        moment = shapes.moment(at)
        assert moment is not None
        past = retention.goes_on(held_for, "notice", moment.date())
        if past is not None and past[0] <= today:
            yield _Due(audit, "event", entry, past[1], f"words of log entry {entry}")


def _cells(connection: Connection, entry: int) -> bool:
    table = tables.locked_fields
    return connection.scalar(sa.select(table.c.pos).where(table.c.entry == entry).limit(1)) is not None


def _bytes_of(connection: Connection, entry: int, kind: str) -> list[bytes]:
    """Return the hashes of an entry's partitions of this class whose bytes are there."""
    table, kept = tables.partitions, tables.partition_contents
    if kind not in _KINDS:
        return []
    query = (
        sa.select(table.c.sha256)
        .join(kept, kept.c.sha256 == table.c.sha256)
        .where(table.c.entry == entry, table.c.kind == _KINDS[kind])
    )
    return [bytes(name) for name in connection.scalars(query)]


def _shared(connection: Connection, one: _Due, due: Mapping[tuple[int, str], _Due]) -> int | None:
    """Return another entry that rests on the same bytes and must keep them; equal bytes are kept once."""
    table, names = tables.partitions, _bytes_of(connection, one.entry, one.kind)
    query = sa.select(table.c.entry).where(table.c.sha256.in_(names), table.c.entry != one.entry)
    for entry in connection.scalars(query.order_by(table.c.entry)).all():
        other = due.get((entry, one.kind))
        if other is None or _hold(connection, other) is not None:
            return int(entry)
    return None


def _hold(connection: Connection, one: _Due) -> holds.Hold | None:
    hold = holds.over_audit(connection, one.audit)
    named = holds.held_persons(connection)
    if hold is not None or not named:
        return hold
    people, letters, events = tables.decision_persons, tables.documents, tables.case_events
    table = {"notice": letters, "event": events}.get(one.kind, people)
    query = sa.select(table.c.person).where(table.c.entry == one.entry, table.c.person.in_(list(named)))
    found = connection.scalar(query.limit(1))
    return None if found is None else named[bytes(found)]


# --- letting go ----------------------------------------------------------------------------------


def _let_go(
    ledger: Ledger, connection: Connection, one: _Due, at: dt.datetime, by: str
) -> tuple[list[Purged], set[str]]:
    moment = shapes.microseconds(at)
    reason = f"past its time{f', by {by}' if by else ''}"
    bytes_ = _bytes_of(connection, one.entry, one.kind)
    tombstones = [
        {"sha256": name, "retention_class": one.term.term, "reason": reason, "at": moment} for name in bytes_
    ]
    emptied = []
    name = _BLANKED.get(one.kind)
    if name is not None and (name, one.entry) not in gone.blanked(connection):
        rows = _blank(connection, name, one.entry)
        if rows.n:
            emptied.append(
                {
                    "table_name": name,
                    "of_entry": one.entry,
                    "n": rows.n,
                    "root": rows.root,
                    "retention_class": one.term.term,
                    "reason": reason,
                    "at": moment,
                }
            )
    if not tombstones and not emptied:
        return [], set()  # another program was faster
    body = {"act": "purge", "of": one.audit, "what": one.what, "policy": one.term.term, "at": moment}
    sets = [
        entries.row_set(tables.tombstones, tombstones),
        entries.row_set(tables.purged_rows, emptied),
        entries.row_set(tables.retention_terms, retention.rows([one.term])),
    ]
    entry = entries.append(connection, f"purge/{one.audit}/{one.entry}/{one.kind}", body, sets)
    # The guards look for what was sealed a moment ago; only then do they let anything go.
    touched = set()
    if tombstones:
        kept = tables.partition_contents
        connection.execute(kept.delete().where(kept.c.sha256.in_(bytes_)))
        touched.add(kept.name)
    if emptied and name is not None:
        table = tables.EVIDENCE[name]
        values: dict[str, Any] = dict(gone.BLANKED[name])
        connection.execute(table.update().where(table.c.entry == one.entry).values(**values))
        touched.add(name)
    entries.sign_head(connection, ledger.signer, ledger.origin)
    fact = f"{gone.purged_by(one.term.term, moment)} under entry {entry}"
    return [Purged(one.what, one.audit, one.entry, "done", fact, one.term.term)], touched


def _blank(connection: Connection, name: str, entry: int) -> entries.RowSet:
    """Return the rows of an entry as they will stand, once they are found to be what was sealed.

    Raises
    ------
    EvidenceError
        Where they are not: a purge would cover an alteration up.
    """
    table, sets = tables.EVIDENCE[name], tables.row_sets
    there: Sequence[Any] = rows_of(connection, table, entry)
    root = connection.scalar(sa.select(sets.c.root).where(sets.c.entry == entry, sets.c.name == name))
    if there and entries.row_set(table, there).root != root:
        raise EvidenceError(
            f"{name} of log entry {entry}: these rows are not those that were sealed, so they are not "
            "purged. Run `plainspoken verify`."
        )
    return entries.row_set(table, [{**row, **gone.BLANKED[name]} for row in there])
