"""Appending to the log: an act, the rows that it seals, and the checkpoint that follows.

Everything here happens inside the caller's write transaction, which holds the database's lock.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Double, LargeBinary, Table, Text
from sqlalchemy.engine import Connection

from audit.errors import LedgerError
from audit.ledger import bulk, log, seal, tables
from audit.ledger.columns import Word
from audit.ledger.notes import Signer

Row = Mapping[str, Any]

_AS_STORED: dict[type, type] = {BigInteger: int, Double: float, Text: str, LargeBinary: bytes}


def hashed_columns(table: Table) -> list[str]:
    """Return the columns that a row's digest covers: all but the entry that it belongs to."""
    return [column.name for column in table.columns if column.name != "entry"]


def hashes_of(sealed: Sequence[Sequence[Any]]) -> tuple[bytes, bytes]:
    """Return the root over rows given column by column, and their leaf hashes one after the other.

    Raises
    ------
    ValueError
        For a NaN or an infinite number.
    """
    leaves = log.leaf_hashes(seal.pack_columns(sealed) if sealed[0] else [])
    return log.merkle_root(leaves), b"".join(leaves)


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows of one table, not hashed yet.

    Parameters
    ----------
    sealed : list of lists
        The columns that a row's digest covers, as they are hashed.
    stored : list of lists
        The same as the database holds them: words as numbers.
    """

    table: Table
    sealed: list[list[Any]]
    stored: list[list[Any]]

    @property
    def n(self) -> int:
        """How many rows there are."""
        return len(self.stored[0])

    def hashes(self) -> tuple[bytes, bytes]:
        """Return the root over the rows, and their leaf hashes one after the other.

        Raises
        ------
        LedgerError
            Where a value cannot be sealed: NaN and infinity are no measurements.
        """
        try:
            return hashes_of(self.sealed)
        except ValueError as error:
            at = next(
                i
                for column in self.sealed
                for i, value in enumerate(column)
                if isinstance(value, float) and not math.isfinite(value)
            )
            raise LedgerError(f"{self.table.name}: row {at}: {error}. Record the cause instead.") from error

    def hashed(self, root: bytes, leaves: bytes) -> RowSet:
        """Return the rows with the hashes that were made of them."""
        return RowSet(self.table, self.stored, self.n, root, leaves)


@dataclass(frozen=True, slots=True)
class RowSet:
    """Rows of one table, ready to be sealed: its columns in stored types, and each row's leaf hash.

    Parameters
    ----------
    columns : list of lists
        In the order of the table's columns, without ``entry``, which is known when they are appended.
    leaves : bytes
        The leaf hashes one after the other.
    """

    table: Table
    columns: list[list[Any]]
    n: int
    root: bytes
    leaves: bytes


def row_set(table: Table, rows: Sequence[Row]) -> RowSet:
    """Return the rows with their hashes, in their order.

    Raises
    ------
    LedgerError
        Where a value cannot be sealed: NaN and infinity are no measurements.
    """
    names = [name for name in hashed_columns(table) if name != "pos"]
    return column_set(table, {name: [row[name] for row in rows] for name in names})


def row_hash(table: Table, row: Row) -> bytes:
    """Return the hash of a row that is alone in its set: of its leaf, and so the root over it as well.

    It is what ``row_set`` makes of it, for rows that are made one at a time.

    Raises
    ------
    LedgerError
        Where a value cannot be sealed: NaN and infinity are no measurements.
    """
    values: list[Any] = [0]  # ``pos``
    for name, cast in _casts(table):
        value = row[name]
        values.append(value if value is None or type(value) is cast else cast(value))
    try:
        return log.leaf_hash(seal.pack(values))
    except ValueError as error:
        raise LedgerError(f"{table.name}: row 0: {error}. Record the cause instead.") from error


@cache
def _casts(table: Table) -> list[tuple[str, type]]:
    """Return the columns of a row that is alone, and the type that each is sealed in."""
    return [
        (one.name, str if isinstance(one.type, Word) else _AS_STORED[type(one.type)])
        for one in table.columns
        if one.name not in ("entry", "pos")
    ]


def column_set(table: Table, given: Mapping[str, list[Any]]) -> RowSet:
    """Return rows given column by column, with their hashes: all columns but ``entry`` and ``pos``.

    Raises
    ------
    LedgerError
        Where a value cannot be sealed: NaN and infinity are no measurements.
    """
    found = columns(table, given)
    return found.hashed(*found.hashes())


def columns(table: Table, given: Mapping[str, list[Any]]) -> Columns:
    """Return rows given column by column, all but ``entry`` and ``pos``, in the types that are sealed.

    Raises
    ------
    LedgerError
        Where a word is none of the few that its column holds.
    """
    sealed: list[list[Any]] = []
    stored: list[list[Any]] = []
    for column in table.columns:
        name = column.name
        if name == "entry":
            continue
        values = list(range(len(next(iter(given.values()))))) if name == "pos" else given[name]
        few = column.type if isinstance(column.type, Word) else None
        sealed.append(_as_stored(str if few else _AS_STORED[type(column.type)], values))
        stored.append(sealed[-1] if few is None else _numbers(table, name, few, sealed[-1]))
    return Columns(table, sealed, stored)


def _numbers(table: Table, name: str, few: Word, words: list[Any]) -> list[int | None]:
    other = set(words) - few.number.keys()
    if other:
        raise LedgerError(
            f"{table.name}: {name} is {min(other)!r} (expected {', '.join(few.words)}). Use one of these."
        )
    return list(map(few.number.__getitem__, words))


def _as_stored(cast: type, values: list[Any]) -> list[Any]:
    """Return the values in the type that the database gives back; a bool becomes 1, a numpy float a float."""
    if set(map(type, values)) <= {cast, type(None)}:
        return values
    return [None if value is None else cast(value) for value in values]


def head(connection: Connection) -> log.Frontier:
    """Return the log's frontier."""
    size, packed = connection.execute(sa.select(tables.log_head.c.size, tables.log_head.c.frontier)).one()
    return log.Frontier.unpacked(size, packed)


def position_of(connection: Connection, key: str) -> int | None:
    """Return where the act with this key stands in the log; None where it did not happen."""
    table = tables.log_entries
    return connection.scalar(sa.select(table.c.position).where(table.c.key == key))


def store(connection: Connection, rows: Columns) -> None:
    """Store rows ahead of the act that seals them, which must follow in the same transaction."""
    bulk.insert_columns(connection, rows.table, [[head(connection).size] * rows.n, *rows.stored])


def act(key: str, body: Mapping[str, Any], sealed: Mapping[str, Mapping[str, Any]]) -> tuple[str, bytes]:
    """Return the text of an act, and its leaf hash; ``sealed`` tells the row sets that it seals."""
    text = seal.canonical({**body, "key": key, "rows": sealed})
    return text, log.leaf_hash(text.encode())


def append(
    connection: Connection,
    key: str,
    body: Mapping[str, Any],
    sets: Iterable[RowSet],
    stored: Collection[Table] = (),
) -> int:
    """Write one act and the rows that it seals; return its position.

    Parameters
    ----------
    key : str
        Names the act; no act is written twice.
    body : mapping
        Strings, integers and digests.
    sets : iterable of RowSet
        Their digests join the body under ``rows``, a set without rows too.
    stored : collection of Table
        Tables whose rows of this act were stored already.
    """
    frontier = head(connection)
    position, sealed = frontier.size, {}
    for one in sets:
        name, n = one.table.name, one.n
        if one.table not in stored:
            bulk.insert_columns(connection, one.table, [[position] * n, *one.columns])
        connection.execute(
            tables.row_sets.insert(),
            {"entry": position, "name": name, "n": n, "root": one.root, "leaves": one.leaves},
        )
        sealed[name] = {"n": n, "root": one.root.hex()}
    text, leaf = act(key, body, sealed)
    connection.execute(
        tables.log_entries.insert(), {"position": position, "key": key, "body": text, "leaf": leaf}
    )
    after = frontier.append(leaf)
    connection.execute(tables.log_head.update().values(size=after.size, frontier=after.packed()))
    return position


def sign_head(connection: Connection, signer: Signer, origin: str) -> str:
    """Sign the log as it stands and keep the checkpoint; return the note's text."""
    frontier = head(connection)
    table = tables.checkpoints
    kept = connection.scalar(sa.select(table.c.note).where(table.c.size == frontier.size))
    if kept is not None:
        return str(kept)
    root = frontier.root()
    note = signer.checkpoint(origin, frontier.size, root)
    connection.execute(table.insert(), {"size": frontier.size, "root": root, "note": note})
    return note
