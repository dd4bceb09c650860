"""What tables are declared with: columns of the portable types, and the register of evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    ColumnElement,
    Dialect,
    Double,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    and_,
    func,
    literal_column,
)
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator

metadata = MetaData()
BEGINNING = 8  # bytes of a pseudonym that an index holds: of a million, no two begin alike


class Word(TypeDecorator[str]):
    """One of a few words, kept as its place in their list; read, written, compared and sealed as the word.

    Parameters
    ----------
    words : sequence of str
        As the migration says them; the most frequent first, because 0 and 1 take no room in SQLite.
    """

    impl = SmallInteger
    cache_ok = True

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__()
        self.words = tuple(words)
        self.number: dict[str | None, int | None] = {None: None, **{w: i for i, w in enumerate(self.words)}}

    def process_bind_param(self, value: str | None, dialect: Dialect) -> int | None:
        """Return the number of a word; that of no row for a word which is none of them."""
        return self.number.get(value, -1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> str | None:
        """Return the word; a number without one as it is, for ``verify`` to find."""
        if value is None or not 0 <= value < len(self.words):
            return value if value is None else str(value)
        return self.words[value]

    def sealed(self, stored: Sequence[Any]) -> list[Any]:
        """Return what values of the database say: words, and what was never sealed for any other value."""
        if not set(map(type, stored)) <= {int, type(None)}:
            return [self._sealed(value) for value in stored]
        says = {None: None, **{value: self._sealed(value) for value in set(stored) - {None}}}
        return [says[value] for value in stored]

    def _sealed(self, value: Any) -> Any:
        if value is None or (type(value) is int and 0 <= value < len(self.words)):
            return value if value is None else self.words[value]
        return value.encode() if isinstance(value, str) else value  # a word where its number should stand


def text(name: str, *, null: bool = False, key: bool = False) -> Column[str]:
    """Return a column of text."""
    return Column(name, Text, nullable=null, primary_key=key)


def word(name: str, *words: str, null: bool = False) -> Column[str]:
    """Return a column of a few words."""
    return Column(name, Word(words), nullable=null)


def beginning(name: str, column: str) -> Index:
    """Declare an index on what a column of pseudonyms begins with."""
    return Index(
        name, func.substr(literal_column(column), literal_column("1"), literal_column(str(BEGINNING)))
    )


def is_named(
    column: Column[bytes], name: bytes | BindParameter[bytes], start: BindParameter[bytes] | None = None
) -> ColumnElement[bool]:
    """Return the condition that a column holds this pseudonym, in words that its index answers.

    A name that is a parameter needs one for its beginning too.
    """
    found = func.substr(column, literal_column("1"), literal_column(str(BEGINNING)))
    return and_(found == (name[:BEGINNING] if isinstance(name, bytes) else start), column == name)


def whole(name: str, *, null: bool = False, key: bool = False) -> Column[int]:
    """Return a column of whole numbers."""
    return Column(name, BigInteger, nullable=null, primary_key=key, autoincrement=False)


def number(name: str) -> Column[float]:
    """Return a column of numbers; NULL = not measured."""
    return Column(name, Double, nullable=True)


def data(name: str, *, null: bool = False, key: bool = False) -> Column[bytes]:
    """Return a column of bytes."""
    return Column(name, LargeBinary, nullable=null, primary_key=key)


def plain(name: str, *items: SchemaItem) -> Table:
    """Declare a table that is no evidence by itself."""
    return Table(name, metadata, *items)


EVIDENCE: dict[str, Table] = {}


def evidence(name: str, *items: SchemaItem) -> Table:
    """Declare a table of evidence: each row belongs to the entry that sealed it."""
    table = Table(
        name, metadata, whole("entry", key=True), whole("pos", key=True), *items, sqlite_with_rowid=False
    )
    EVIDENCE[name] = table
    return table
