"""A query is read as a file is, in any order of the table."""

from __future__ import annotations

import random
import sqlite3

import polars as pl
import pytest

from audit.data import container, sql_query
from audit.data.dataset import open_source
from audit.errors import ConfigError, DataError

CSV = "id,income,city,sex,taken\na,10,Oslo,male,refused\nb,,,,granted\nc,30.5,Bergen,female,granted\n"


@pytest.fixture
def database(tmp_path, monkeypatch):
    """Return a function that fills a database in random order and names it in the environment."""

    def fill(rows):
        with sqlite3.connect(tmp_path / "apps.db") as connection:
            connection.execute("CREATE TABLE apps (id TEXT, income REAL, city TEXT, sex TEXT, taken TEXT)")
            shuffled = random.Random(4).sample(rows, len(rows))
            connection.executemany("INSERT INTO apps VALUES (?, ?, ?, ?, ?)", shuffled)
        connection.close()
        monkeypatch.setenv("APPLICATIONS_DB", f"sqlite:///{tmp_path / 'apps.db'}")

    return fill


def by_query(a_config, query="SELECT * FROM apps", url="${APPLICATIONS_DB}"):
    return a_config(data={"path": {"url": url, "query": query}, "id": "id", "features": ["income", "city"]})


def test_a_query_gives_what_the_same_rows_in_csv_give(a_config, put, database):
    """Order, types and digest are those of the file, whatever order the table has."""
    rows = [("c", 30.5, "Bergen", "female", "granted"), ("b", None, None, None, "granted")]
    database([*rows, ("a", 10.0, "Oslo", "male", "refused")])
    put(CSV)
    queried, filed = open_source(by_query(a_config)), open_source(a_config())
    assert queried.digest == filed.digest
    assert queried.read(queried.plan()[0]).frame.equals(filed.read(filed.plan()[0]).frame)


def test_partitions_are_read_in_any_order(a_config, database, monkeypatch):
    """A partition out of order starts the query again and is the same."""
    for module in (container, sql_query):
        monkeypatch.setattr(module, "PARTITION_ROWS", 10)
    database([(f"i{i:03d}", float(i), "x", "male", "granted") for i in range(35)])
    source = open_source(by_query(a_config))
    plans = source.plan()
    in_order = [source.read(plan).frame for plan in plans]
    assert pl.concat(in_order)["id"].to_list() == [f"i{i:03d}" for i in range(35)]
    for seq in (2, 0, 3, 1):
        assert source.read(plans[seq]).frame.equals(in_order[seq])


def test_no_message_holds_the_url(a_config, database):
    """A database that refuses is told by the kind of error alone."""
    database([("a", 1.0, "x", "male", "granted")])
    with pytest.raises(DataError, match="the database refuses it") as caught:
        open_source(by_query(a_config, query="SELECT * FROM absent"))
    assert "apps.db" not in str(caught.value)
    with pytest.raises(ConfigError, match="the environment variable NOWHERE_DB is not set"):
        open_source(by_query(a_config, url="${NOWHERE_DB}"))


def test_the_id_must_be_selected(a_config, database):
    """Without it no order and no decision."""
    database([("a", 1.0, "x", "male", "granted")])
    with pytest.raises(DataError, match="it gives no column 'id', the id"):
        open_source(by_query(a_config, query="SELECT income, city, sex, taken FROM apps"))
