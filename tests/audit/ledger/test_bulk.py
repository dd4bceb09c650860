"""Many rows at once on SQLite: staged or not, they are the rows of a plain ``executemany``."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from audit.errors import LedgerError
from audit.ledger import Ledger, bulk, tables
from audit.ledger.database import reading, writing

_ENTRY = 900  # no entry of the ledger
SIZES = (1, bulk.TOGETHER + 1, bulk.STAGED - 1, bulk.STAGED, bulk.STAGED_TOGETHER + 7)


def _rows(n: int) -> list[tuple[Any, ...]]:
    """Return rows of decisions: values that differ, are alike or absent, both zeros, any bytes."""
    return [
        (
            _ENTRY,
            at,
            at + 5,
            (at * 2_654_435_761 % 2**128).to_bytes(16, "little"),
            at % 3,
            (0.0, -0.0, 0.1, -1e-300)[at % 4],
            0.3,
            None,
            0,
            None if at % 5 else at % 4,
            1,
            None,
            "2026-11-05" if at % 7 else None,
            "" if at % 2 else f"C{at} é",
        )
        for at in range(n)
    ]


def _bits(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return rows in which -0.0 is not 0.0, nor a byte string another kind of it."""
    return [tuple((type(v), repr(v)) for v in row) for row in rows]


def _plain(ledger: Ledger, folder: Path, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The oracle: the same rows through the driver's ``executemany``, into the same table."""
    with sqlite3.connect(str(ledger.engine.url.database)) as origin:
        query = "SELECT sql FROM sqlite_schema WHERE tbl_name = 'decisions' AND type IN ('table', 'index')"
        said = [sql for (sql,) in origin.execute(f"{query} ORDER BY type DESC")]
    other = sqlite3.connect(folder / "plain.db")
    for sql in filter(None, said):
        other.execute(sql)
    other.executemany(f"INSERT INTO decisions VALUES ({', '.join('?' * len(rows[0]))})", rows)
    found = other.execute("SELECT * FROM decisions ORDER BY entry, pos").fetchall()
    other.close()
    origin.close()
    return found


@pytest.mark.parametrize("n", SIZES)
def test_they_are_the_rows_of_a_plain_insert(ledger: Ledger, tmp_path: Path, n: int) -> None:
    """Whatever way they take, each value comes back as the driver itself would have stored it."""
    rows = _rows(n)
    with writing(ledger.engine) as connection:
        bulk.insert_tuples(connection, tables.decisions, rows)
        query = f"SELECT * FROM decisions WHERE entry = {_ENTRY} ORDER BY pos"
        found = [tuple(row) for row in connection.exec_driver_sql(query)]
        left = connection.exec_driver_sql("SELECT name FROM sqlite_temp_schema").fetchall()
    assert _bits(found) == _bits(_plain(ledger, tmp_path, rows))
    assert left == []


@pytest.mark.parametrize("places", [range(bulk.STAGED), [0] * bulk.STAGED])
def test_rows_of_one_person_alone(ledger: Ledger, places: list[int]) -> None:
    """Where nothing but a number tells rows apart, they are stored as others are."""
    rows = [(_ENTRY, at, place, b"p" * 16, 0) for at, place in enumerate(places)]
    with writing(ledger.engine) as connection:
        bulk.insert_tuples(connection, tables.decision_persons, rows)
        query = f"SELECT * FROM decision_persons WHERE entry = {_ENTRY} ORDER BY pos"
        assert [tuple(row) for row in connection.exec_driver_sql(query)] == rows


@pytest.mark.parametrize("n", SIZES[1:])
@pytest.mark.parametrize("name", ["decisions", "persons"])
def test_a_row_at_fault_leaves_none(ledger: Ledger, name: str, n: int) -> None:
    """Where the last row cannot be stored, the transaction ends, and none of them is there."""
    table = tables.metadata.tables[name]
    rows = _rows(n)
    if name == "persons":
        rows = [(row[0], row[1], row[3]) for row in rows]
    for fault in (rows[0], (rows[-1][0], n, *[None] * (len(rows[0]) - 2))):
        with pytest.raises(LedgerError), writing(ledger.engine) as connection:
            bulk.insert_tuples(connection, table, [*rows, fault])
        with reading(ledger.engine) as connection:
            query = f"SELECT count(*) FROM {name} WHERE entry = {_ENTRY}"
            assert connection.exec_driver_sql(query).scalar() == 0
            assert connection.exec_driver_sql("SELECT name FROM sqlite_temp_schema").fetchall() == []
    with writing(ledger.engine) as connection:
        bulk.insert_tuples(connection, table, rows)


def test_only_what_an_expression_is_indexed_of_is_staged() -> None:
    """The tables whose names are looked up by how they begin, and no other."""
    found = {name for name, table in tables.metadata.tables.items() if bulk._indexes_an_expression(table)}
    assert {"decisions", "decision_persons"} <= found
    assert not found & {"persons", "person_keys", "locked_fields", "row_sets", "documents"}
