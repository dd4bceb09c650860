"""After something was deleted: make the database let go of its bytes, and look whether it did.

Why so: a database that deletes a row marks its place as free and keeps the bytes, and its
write-ahead log keeps them once more. SQLite overwrites what it deletes (``secure_delete``), but pages
that were split before may hold a second copy, so the files are searched for the very bytes; where
they are found the database is written anew. PostgreSQL writes the tables anew in any case.
"""

from __future__ import annotations

import mmap
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import sqlalchemy as sa

from audit.ledger import database

_MANY = 64  # for more than these, writing anew is faster than looking for each

_SERVER_KEEPS = (
    "the server's write-ahead log and backups, until they are recycled; "
    "`plainspoken keys rotate --people` makes the copies there useless"
)


def clear(engine: sa.Engine, names: Sequence[str], needles: Sequence[bytes]) -> Iterator[str]:
    """Clear free places and the write-ahead log; yield where copies are, or may be, left.

    Parameters
    ----------
    names : the tables from which something was deleted
    needles : what must stand in no file of a SQLite ledger afterwards; empty: write it anew unsearched
    """
    file = database.file_of(engine.url)
    if file is None:
        with database.told(engine), engine.connect() as connection:
            alone = connection.execution_options(isolation_level="AUTOCOMMIT")
            for name in names:
                alone.exec_driver_sql(f"VACUUM (FULL) {name}")
        yield _SERVER_KEEPS
        return
    emptied = _empty_log(engine)
    if not needles or len(needles) > _MANY or (emptied and found(file, needles)):
        refused = _write_anew(engine)
        emptied = _empty_log(engine)
        if refused is not None:
            yield f"free places of {file.name} ({refused}): run it again with room on the disk, and alone"
            return
    if not emptied:
        yield f"{file.name}-wal, while another program reads the ledger; close that one and run this again"
    elif found(file, needles[:_MANY]):
        yield f"{file.name}, in a place that SQLite did not overwrite"


def found(file: Path, needles: Sequence[bytes]) -> bool:
    """Return whether any of these bytes stand in a SQLite database or in the files beside it."""
    for one in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-journal")):
        if not one.exists() or not one.stat().st_size:
            continue
        with one.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            if any(content.find(needle) >= 0 for needle in needles):
                return True
    return False


def _empty_log(engine: sa.Engine) -> bool:
    """Move the write-ahead log into the database and cut it to nothing; False while others read."""
    with database.told(engine):
        connection = engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy = cursor.fetchone()
            cursor.close()
            return busy is None or busy[0] == 0
        finally:
            connection.close()


def _write_anew(engine: sa.Engine) -> str | None:
    """Write the database anew; return why that was not possible, where it was not."""
    with database.told(engine):
        connection = engine.raw_connection()
        try:
            cursor = connection.cursor()
            # The copy is as large as the ledger; it holds nothing that the ledger does not.
            cursor.execute("PRAGMA temp_store = FILE")
            try:
                cursor.execute("VACUUM")
            except sqlite3.OperationalError as error:  # others at work, or a disk without room for a copy
                return str(error)
            finally:
                cursor.execute("PRAGMA temp_store = MEMORY")
                cursor.close()
        finally:
            connection.close()
    return None
