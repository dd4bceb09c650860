"""Copying a ledger into another database, row for row: every root and every signature stays.

Why so: nothing that is hashed depends on the database (types are portable, positions are our own),
so a ledger that has outgrown SQLite moves to PostgreSQL, or back, as it is. The copy is one
transaction: whatever happens meanwhile, the target is whole or empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import EvidenceError, UsageError
from audit.ledger import bulk, database, tables
from audit.ledger.columns import Word
from audit.ledger.database import reading, writing

if TYPE_CHECKING:
    from audit.ledger import Ledger

_BATCH_ROWS = 2000
_BATCH_BYTES = 16_000_000  # partitions are some megabytes each: memory must not grow with their number

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied. ``open_audits`` must be brought to their end in one of the two ledgers alone."""

    rows: int
    entries: int
    root: str
    open_audits: tuple[str, ...]


def copy(source: Ledger, target: str, progress: Progress | None = None) -> Copied:
    """Copy a ledger into an empty database, and verify both.

    Parameters
    ----------
    target : str
        URL of a database without a ledger, or the path of a SQLite file that is not there.

    Raises
    ------
    UsageError
        Where a ledger lies at ``target`` already.
    EvidenceError
        Where the source does not verify (nothing is copied then), or the copy does not.
    """
    from audit.ledger import Ledger

    tell = progress or (lambda stage, done, total: None)
    tell("verify", 0, 1)
    _hold(source, "The copy would spread what was altered; run `plainspoken verify` there.")
    tell("verify", 1, 1)
    _make(target)
    engine = database.connect(database.parsed(target))
    try:
        with reading(source.engine) as here, writing(engine) as there:
            _refuse_full(there, database.shown(engine.url))
            rows = _copy_rows(here, there, tell)
            size, open_audits = _size(here), _open_audits(here)
        with writing(engine) as there:
            bulk.count_rows(there)
    finally:
        engine.dispose()
    tell("verify the copy", 0, 1)
    with Ledger.open(target, key_file=source.key_file) as copied:
        _hold(copied, "Remove it and copy again.")
        with reading(copied.engine) as there, reading(source.engine) as here:
            root = _root(there, size)
            if root != _root(here, size):
                raise EvidenceError(
                    f"{copied.shown}: the copy's log is another than the source's. Remove it and copy again."
                )
    tell("verify the copy", 1, 1)
    return Copied(rows, size, root, open_audits)


def _make(target: str) -> None:
    """Make the target's tables where it has none."""
    parsed = database.parsed(target)
    file = database.file_of(parsed)
    if file is None or not (file.exists() and file.stat().st_size):
        database.upgrade(target)
        return
    _refuse_strangers(parsed, file)


def _refuse_strangers(parsed: sa.URL, file: Path) -> None:
    engine = database.connect(parsed)
    try:
        with reading(engine) as connection:
            found = database.revision(connection)
    finally:
        engine.dispose()
    if found is None:
        raise UsageError(f"{file}: a database of another kind lies there. Name a file that is not there.")
    database.upgrade(str(file))


def _refuse_full(connection: Connection, where: str) -> None:
    if connection.scalar(sa.select(sa.func.count()).select_from(tables.log_entries)):
        raise UsageError(f"{where}: a ledger lies there already. Name an empty database, or another file.")


def _hold(ledger: Ledger, way_out: str) -> None:
    from audit.ledger.verify import verify

    proof = verify(ledger)
    if not proof.ok:
        wrong = next(check for check in proof.checks if not check.ok)
        raise EvidenceError(f"{ledger.shown}: it does not verify: {wrong.name}: {wrong.fact}. {way_out}")


def _copy_rows(here: Connection, there: Connection, tell: Progress) -> int:
    copied, n = 0, len(tables.metadata.tables)
    for number, (name, table) in enumerate(tables.metadata.tables.items()):
        tell("copy", number, n)
        if name not in tables.APPEND_ONLY:
            there.execute(table.delete())  # the migrations write the log's empty head
        for batch in _batches(here, table):
            bulk.insert_tuples(there, table, batch)
            copied += len(batch)
    tell("copy", n, n)
    return copied


def _batches(connection: Connection, table: sa.Table) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows of a table in the order of its key, a few megabytes at a time."""
    # As stored: a word travels as its number.
    stored = [sa.type_coerce(c, sa.SmallInteger) if isinstance(c.type, Word) else c for c in table.columns]
    query = sa.select(*stored).order_by(*table.primary_key.columns)
    per_fetch = 4 if table is tables.partition_contents else _BATCH_ROWS
    batch: list[tuple[Any, ...]] = []
    size = 0
    for row in connection.execution_options(yield_per=per_fetch).execute(query):
        batch.append(tuple(row))
        size += sum(len(value) for value in row if isinstance(value, bytes | str))
        if len(batch) >= _BATCH_ROWS or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _size(connection: Connection) -> int:
    return int(connection.scalar(sa.select(tables.log_head.c.size)) or 0)


def _root(connection: Connection, size: int) -> str:
    """Return the root of the log's first ``size`` entries."""
    from audit.ledger import log

    table = tables.log_entries
    query = sa.select(table.c.leaf).where(table.c.position < size).order_by(table.c.position)
    return log.merkle_root(list(connection.scalars(query))).hex()


def _open_audits(connection: Connection) -> tuple[str, ...]:
    audits, seals = tables.audits, tables.seals
    query = sa.select(audits.c.audit).where(audits.c.audit.not_in(sa.select(seals.c.audit)))
    return tuple(connection.scalars(query.order_by(audits.c.entry)))
