"""Many rows at once: COPY on PostgreSQL, one prepared statement on SQLite; statistics after a load.

Why so: on PostgreSQL row-wise inserts were ten times slower than COPY, and after a load the
planner reads whole tables until ANALYZE has counted them (67 ms a look-up, 0.1 ms after it). Both
ways write the same values: rows come here in the types that the database gives back.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain, count, islice, repeat
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Double, LargeBinary, Table, Text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from audit.ledger import tables
from audit.ledger.columns import Word

FEW = 8  # rows; below that a COPY costs more round trips than it saves
TOGETHER = 50  # rows in one statement on SQLite: two thirds of the time of a statement for each
STAGED = 500  # rows; below that a table to stage them in costs more than it saves
STAGED_TOGETHER = 16_384  # rows moved in one statement, which holds as many copies of pages at most
ASKED = 5000  # values in one IN (…); SQLite takes 32,766

_numbers = count()  # of streams; two of one connection may be open at once
_BINARY = {BigInteger: "int8", Double: "float8", Text: "text", LargeBinary: "bytea", Word: "int2"}


@contextmanager
def uncollected() -> Iterator[None]:
    """Leave garbage where it is: many rows are tuples without a circle, walked again and again for one."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def insert_columns(connection: Connection, table: Table, columns: Sequence[Sequence[Any]]) -> None:
    """Insert rows given column by column, in the order of the table's columns."""
    n = len(columns[0])
    if not n:
        return
    if connection.dialect.name == "sqlite":
        _together(connection, table, columns, n)
    elif n >= FEW:
        _copy(connection, table, zip(*columns, strict=True))
    else:
        marks = ", ".join(["%s"] * len(columns))
        sql = f"INSERT INTO {table.name} ({_columns(connection, table)}) VALUES ({marks})"
        connection.exec_driver_sql(sql, list(zip(*columns, strict=True)))


def insert_tuples(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows whose values stand in the order of the table's columns."""
    if rows:
        insert_columns(connection, table, list(zip(*rows, strict=True)))


def _together(connection: Connection, table: Table, columns: Sequence[Sequence[Any]], n: int) -> None:
    """Insert rows into SQLite, many in one statement; a value that all rows share is bound once for them.

    Why so, staged: SQLite copies a page before a statement of many rows changes it, lest the statement
    fail half-way, and an index over an expression always might. Names scatter over such an index, so that
    each row cost the copy of a page. One statement that moves all rows copies each page once.
    """
    alike = [_one_value(column) for column in columns]
    names = f"{table.name} ({_columns(connection, table)})"
    if n >= STAGED and _indexes_an_expression(table) and _staged(connection, names, columns, alike, n):
        return
    shared = [column[0] for column, same in zip(columns, alike, strict=True) if same]
    differing = [_bound(column) for column, same in zip(columns, alike, strict=True) if not same]
    # FAIL: nothing is copied where no expression is indexed. Rows that went before the one at fault
    # stay until the error ends the transaction, as those of the statements before always did.
    _many(connection, f"INSERT OR FAIL INTO {names}", alike, shared, differing, n)


def _staged(
    connection: Connection, names: str, columns: Sequence[Sequence[Any]], alike: Sequence[bool], n: int
) -> bool:
    """Stage what differs of rows and does not count them, and move all of them in few statements.

    Returns False, and does nothing, where nothing else differs.
    """
    given: list[Any] = []  # what the statement that moves is told
    own: list[Iterable[Any]] = []
    moved = []
    for column, same in zip(columns, alike, strict=True):
        if same or _counts(column):
            given.append(column[0] if same else column[0] - 1)
            moved.append(f"?{len(given)}" if same else f"rowid + ?{len(given)}")
        else:
            moved.append(f"c{len(own)}")
            own.append(_bound(column))
    if not own:
        return False
    connection.exec_driver_sql(f"CREATE TEMP TABLE staged ({', '.join(f'c{i}' for i in range(len(own)))})")
    _many(connection, "INSERT INTO temp.staged", [False] * len(own), [], own, n)
    sql = f"INSERT INTO {names} SELECT {', '.join(moved)} FROM temp.staged WHERE rowid > ?{len(given) + 1} "
    for start in range(0, n, STAGED_TOGETHER):
        connection.exec_driver_sql(f"{sql} ORDER BY rowid LIMIT {STAGED_TOGETHER}", (*given, start))
    connection.exec_driver_sql("DROP TABLE temp.staged")
    return True


def _counts(column: Sequence[Any]) -> bool:
    """Whether a column counts the rows, from wherever."""
    first, n = column[0], len(column)
    return (
        type(first) is int and column[-1] == first + n - 1 and list(column) == list(range(first, first + n))
    )


def _many(
    connection: Connection,
    start: str,
    alike: Sequence[bool],
    shared: Sequence[Any],
    differing: Sequence[Iterable[Any]],
    n: int,
) -> None:
    """Insert rows, many in one statement that begins so: of each column, whether all rows are alike in it."""
    driver: Any = connection.connection.driver_connection
    rows = zip(*differing, strict=True) if differing else repeat((), n)
    for size, times in ((TOGETHER, n // TOGETHER), (1, n % TOGETHER)):
        if times:
            sql = f"{start} VALUES {', '.join(_marks(alike, len(shared), size))}"
            values = chain.from_iterable(islice(rows, size * times))
            given = zip(*map(repeat, shared), *[values] * (size * len(differing)), strict=False)
            with _dressed(connection, sql), closing(driver.cursor()) as cursor:
                cursor.executemany(sql, islice(given, times))


def _bound(column: Sequence[Any]) -> Iterable[Any]:
    """Return a column as it is bound: the driver looks for an adapter of ``bytes``, and of no bytearray."""
    return map(bytearray, column) if set(map(type, column)) == {bytes} else column


def _indexes_an_expression(table: Table) -> bool:
    return any(not isinstance(said, sa.Column) for index in table.indexes for said in index.expressions)


def _one_value(column: Sequence[Any]) -> bool:
    first = column[0]
    if first != column[-1] or (isinstance(first, float) and not first):  # -0.0 equals 0.0, and is another
        return False
    return column.count(first) == len(column)


def _marks(alike: Sequence[bool], n_shared: int, rows: int) -> Iterator[str]:
    """Yield the marks of each row: the numbers of what is bound, what all rows share first."""
    own = count(n_shared + 1)
    for _ in range(rows):
        of_all = count(1)
        yield f"({', '.join(f'?{next(of_all if same else own)}' for same in alike)})"


def rows_with(
    connection: Connection, source: str, names: Sequence[str], key: str, values: Sequence[Any]
) -> Iterator[Sequence[Any]]:
    """Yield these columns of the rows of a table or a join whose ``key`` is one of many values."""
    sql = f"SELECT {', '.join(names)} FROM {source} WHERE {key}"
    for start in range(0, len(values), ASKED):
        some = values[start : start + ASKED]
        if connection.dialect.name == "sqlite":
            yield from connection.exec_driver_sql(
                f"{sql} IN ({', '.join('?' * len(some))})", tuple(_bound(some))
            )
        else:
            yield from connection.exec_driver_sql(f"{sql} = ANY(%s)", (list(some),))


def _columns(connection: Connection, table: Table) -> str:
    quote = connection.dialect.identifier_preparer.quote
    return ", ".join(quote(column.name) for column in table.columns)


def _copy(connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    driver: Any = connection.connection.driver_connection
    sql = f"COPY {table.name} ({_columns(connection, table)}) FROM STDIN (FORMAT BINARY)"
    with _dressed(connection, sql), driver.cursor() as cursor, cursor.copy(sql) as copy:
        copy.set_types([_BINARY[type(column.type)] for column in table.columns])
        for row in rows:
            copy.write_row(row)


def streamed(connection: Connection, sql: str, batch: int) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows of a query as the driver gives them, so many at a time; no more are held."""
    driver: Any = connection.connection.driver_connection
    # Without a name PostgreSQL would send them all at once, and as text, of which bytes are twice as long.
    # SQLite hands out a row as it is asked for.
    how: dict[str, Any] = {}
    if connection.dialect.name != "sqlite":
        how = {"name": f"rows_{next(_numbers)}", "binary": True}
    with _dressed(connection, sql), closing(driver.cursor(**how)) as cursor:
        cursor.execute(sql)
        while rows := cursor.fetchmany(batch):
            yield rows


@contextmanager
def _dressed(connection: Connection, sql: str) -> Iterator[None]:
    driver: Any = connection.connection.driver_connection
    error_class = connection.dialect.loaded_dbapi.Error
    try:
        yield
    except error_class as error:
        # The driver is spoken to directly here, so its error is dressed as SQLAlchemy dresses others.
        raise DBAPIError.instance(
            sql,
            None,
            error,
            error_class,
            connection_invalidated=bool(getattr(driver, "closed", False)),  # SQLite's has no end
            dialect=connection.dialect,
        ) from error


def content(connection: Connection, sha256: bytes) -> bytes | None:
    """Return a partition's bytes; None where they are gone.

    PostgreSQL is asked for them as they are: as text they are twice as long, and are turned back.
    """
    sql = "SELECT content FROM partition_contents WHERE sha256 = "
    if connection.dialect.name == "sqlite":
        row = connection.exec_driver_sql(f"{sql}?", (sha256,)).fetchone()
    else:
        driver: Any = connection.connection.driver_connection
        with _dressed(connection, sql), driver.cursor(binary=True) as cursor:
            row = cursor.execute(f"{sql}%s", (sha256,)).fetchone()
    return None if row is None else row[0]


def count_rows(connection: Connection) -> None:
    """Have PostgreSQL count its rows, so that look-ups after a load use their index.

    SQLite chooses an index without statistics. Tables that the role at hand does not own are left
    to autovacuum.
    """
    if connection.dialect.name == "sqlite":
        return
    owned = sa.text(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() "
        "AND pg_has_role(current_user, tableowner, 'USAGE')"
    )
    for name in sorted(set(connection.scalars(owned)) & set(tables.metadata.tables)):
        connection.exec_driver_sql(f"ANALYZE {name}")
