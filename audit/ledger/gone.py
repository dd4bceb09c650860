"""What is no longer there, and under which entry it went: the words for it, from the log's own rows.

Something that was erased or purged is never missing: a row of the ledger, sealed like any other,
says when it went, by whose order and under which policy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import LedgerError
from audit.ledger import shapes, tables

#: What a purge blanks: table -> the columns that are locked, each with what stands there afterwards.
BLANKED: dict[str, dict[str, bytes | None]] = {
    "locked_fields": {"cell": b""},
    "documents": {"words": b"", "content": None, "recipient": None, "remarks": None},
    "case_events": {"cell": None},
}


@dataclass(frozen=True, slots=True)
class Blanked:
    """Rows whose locked columns were emptied: how many, and their root as they stand since."""

    n: int
    root: bytes
    told: str


def day(at: int | None) -> str:
    """Return the UTC day of a moment in microseconds."""
    moment = shapes.moment(at)
    if moment is None:
        raise LedgerError("an act of the ledger has no date. Run `plainspoken verify`.")
    return moment.date().isoformat()


def erased_on(at: int, entry: int) -> str:
    """Return the words for a person who was erased.

    >>> erased_on(0, 7)
    'erased on 1970-01-01 under entry 7'
    """
    return f"erased on {day(at)} under entry {entry}"


def purged_by(policy: str, at: int) -> str:
    """Return the words for what a policy let go."""
    return f"purged by policy {policy} at {day(at)}"


def erased(connection: Connection, person: bytes | None = None) -> dict[bytes, str]:
    """Return who was erased, and the words for it; the first erasure of each."""
    table = tables.erasures
    query = sa.select(table.c.person, table.c.at, table.c.entry).where(table.c.act == "done")
    if person is not None:
        query = query.where(table.c.person == person)
    found: dict[bytes, str] = {}
    for who, at, entry in connection.execute(query.order_by(table.c.entry, table.c.pos)):
        found.setdefault(bytes(who), erased_on(at, entry))
    return found


def contents(connection: Connection) -> dict[bytes, str]:
    """Return the partitions' bytes that went, by their hash, and the words for it."""
    table = tables.tombstones
    query = sa.select(table).order_by(table.c.entry, table.c.pos)
    return {bytes(row.sha256): purged_by(row.retention_class, row.at) for row in connection.execute(query)}


def blanked(connection: Connection) -> dict[tuple[str, int], Blanked]:
    """Return which rows were emptied: (table, entry that sealed them) -> how they stand since."""
    table = tables.purged_rows
    query = sa.select(table).order_by(table.c.entry, table.c.pos)
    return {
        (row.table_name, row.of_entry): Blanked(
            row.n, bytes(row.root), purged_by(row.retention_class, row.at)
        )
        for row in connection.execute(query)
    }


def told(connection: Connection) -> Iterator[str]:
    """Yield everything that went, in words: persons, partitions' bytes, emptied rows."""
    for person, words in erased(connection).items():
        yield f"person {person.hex()}: {words}"
    table, left = tables.partitions, contents(connection)
    query = sa.select(table.c.entry, table.c.kind, table.c.name, table.c.sha256)
    for row in connection.execute(query.order_by(table.c.entry, table.c.pos)) if left else ():
        if bytes(row.sha256) in left:
            title = f"{row.kind} {row.name}".strip()
            yield f"partition {title} of log entry {row.entry}: {left[bytes(row.sha256)]}"
    for (name, entry), since in blanked(connection).items():
        yield f"{name} of log entry {entry}: locked columns {since.told}"
