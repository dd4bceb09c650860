"""What tables are declared with: columns of the portable types, and the register of evidence."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, LargeBinary, MetaData, Table, Text
from sqlalchemy.schema import SchemaItem

metadata = MetaData()


def text(name: str, *, null: bool = False, key: bool = False) -> Column[str]:
    """Return a column of text."""
    return Column(name, Text, nullable=null, primary_key=key)


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
