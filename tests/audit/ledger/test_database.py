"""The database: its schema comes from migrations alone, its guards hold, a full disk leaves it whole."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from audit.assets import migrations
from audit.errors import BusyError, LedgerError, SchemaError, UsageError
from audit.ledger import Ledger, database, tables, verify
from tests.worlds.sealed import small_audit, write_audit


# SQLite's reflection leaves out indexes on expressions; test_words.py asks SQLite for their plans.
@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_tables_and_migrations_say_the_same(ledger: Ledger) -> None:
    """A database made by the migrations is what tables.py describes, and its head is the one we read."""
    with ledger.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
    config = Config()
    config.set_main_option("script_location", str(migrations()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        script = ScriptDirectory.from_config(config)
    assert script.get_heads() == [tables.SCHEMA]
    assert tuple(one.revision for one in script.walk_revisions())[::-1] == tables.REVISIONS
    for one in script.walk_revisions():
        assert "Why so:" in (one.module.__doc__ or "")


def test_every_table_of_evidence_is_guarded(ledger: Ledger) -> None:
    """UPDATE and DELETE of an append-only table are refused by the database itself."""
    with sqlite3.connect(str(ledger.engine.url.database)) as connection:
        for name in tables.APPEND_ONLY:
            (rows,) = connection.execute(f"SELECT count(*) FROM {name}").fetchone()
            if not rows:
                continue
            column = tables.metadata.tables[name].columns.keys()[-1]
            for sql in (f'UPDATE {name} SET "{column}" = "{column}"', f"DELETE FROM {name}"):
                with pytest.raises(sqlite3.IntegrityError, match=f"{name} is append-only"):
                    connection.execute(sql)
    connection.close()


def test_bytes_leave_only_behind_a_tombstone(ledger: Ledger) -> None:
    """A partition's bytes can be removed once a tombstone names them, and not before."""
    connection = sqlite3.connect(str(ledger.engine.url.database), isolation_level=None)
    (name,) = connection.execute("SELECT sha256 FROM partition_contents LIMIT 1").fetchone()
    connection.execute("INSERT INTO tombstones VALUES (99, 0, ?, 'notices', 'test', 0)", (name,))
    connection.execute("DELETE FROM partition_contents WHERE sha256 = ?", (name,))
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("DELETE FROM partition_contents")
    connection.close()


@pytest.mark.parametrize(("found", "word"), [(None, "older"), ("0000", "newer"), ("0999", "newer")])
def test_another_schema_is_refused(folder: Path, found: str | None, word: str) -> None:
    """A schema older or newer than the program is named, with the way out and exit code 78."""
    with sqlite3.connect(folder / "ledger.db") as connection:
        connection.execute("DELETE FROM alembic_version")
        if found is not None:
            connection.execute("INSERT INTO alembic_version VALUES (?)", (found,))
    connection.close()
    for create in (False, True):
        with pytest.raises(SchemaError, match=f"schema is {word} than this program") as error:
            Ledger.open(str(folder / "ledger.db"), create=create)
        assert error.value.exit_code == 78


def test_a_ledger_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    """Only ``create`` makes a ledger; a folder that does not exist is named."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    with pytest.raises(UsageError, match="there is no ledger"):
        Ledger.open(url)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UsageError, match="does not exist"):
        Ledger.open(str(tmp_path / "absent" / "ledger.db"), create=True)
    Ledger.open(url, create=True).close()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["ledger.db", "ledger.key", "ledger.sign"]


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "://"])
def test_urls_of_another_kind_are_refused(url: str) -> None:
    """Another database, one in memory, or no URL at all: a usage error that names the two kinds."""
    with pytest.raises(UsageError, match=r"sqlite:///file\.db"):
        Ledger.open(url, create=True)


def test_a_password_is_not_shown() -> None:
    """Messages show the URL without its password."""
    url = database.parsed("postgresql+psycopg://auditor:secret@db/ledger")
    assert "secret" not in database.shown(url)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    """Bytes of another kind at the ledger's place are a ledger error, not a traceback."""
    (tmp_path / "ledger.db").write_text("hello " * 1000)
    with pytest.raises(LedgerError, match="Restore the file from a backup"):
        Ledger.open(str(tmp_path / "ledger.db"))


def test_a_full_disk_leaves_the_ledger_whole_and_the_run_goes_on(tmp_path: Path) -> None:
    """With no page left the part is refused as a whole; with room again the same run ends sealed."""
    ledger = Ledger.open(str(tmp_path / "ledger.db"), create=True)
    small = small_audit()
    writer = ledger.begin(small.head)
    with ledger.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def limit(connection: sqlite3.Connection, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    sa.event.listen(ledger.engine, "checkout", limit)
    with pytest.raises(LedgerError, match="disk is full") as error:
        writer.partition(**small.parts[0])
    assert error.value.exit_code == 1
    assert writer.committed == frozenset()
    sa.event.remove(ledger.engine, "checkout", limit)
    ledger.close()
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM decisions").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM person_keys").fetchone() == (0,)
    connection.close()
    with Ledger.open(str(tmp_path / "ledger.db")) as again:
        write_audit(again, small)
        assert verify(again).ok


def test_a_locked_database_is_busy(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another program keeps writing, the answer is 75 and a word of patience."""
    other = sqlite3.connect(str(ledger.engine.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with Ledger.open(str(ledger.engine.url.database)) as second:
        with pytest.raises(BusyError, match="Try again") as error:
            second.begin(small_audit("Another").head)
        assert error.value.exit_code == 75
        assert len(second.audits()) == 1  # readers go on
    other.execute("ROLLBACK")
    other.close()


def test_first_runs_at_once_make_one_ledger(tmp_path: Path) -> None:
    """Six processes that create the same ledger end with one schema, one key and one first entry."""
    url = str(tmp_path / "ledger.db")
    code = f"from audit.ledger import Ledger; print(Ledger.open({url!r}, create=True).origin)"
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        for _ in range(6)
    ]
    ended = [run.communicate() for run in runs]
    assert [run.returncode for run in runs] == [0] * 6, [error for _, error in ended]
    assert len({origin for origin, _ in ended}) == 1
    with Ledger.open(url) as ledger:
        assert verify(ledger).ok


def test_migrate_says_what_it_did(tmp_path: Path) -> None:
    """Of an absent ledger it makes the tables; of one at the newest schema it changes nothing."""
    url = str(tmp_path / "ledger.db")
    assert database.upgrade(url) == (None, tables.SCHEMA)
    assert database.upgrade(url) == (tables.SCHEMA, tables.SCHEMA)
    with Ledger.open(url, create=True) as ledger:
        write_audit(ledger, small_audit())
        assert verify(ledger).ok


def test_reading_loads_no_arrays_and_no_migrations(folder: Path) -> None:
    """Importing and opening a ledger leaves numpy, polars and Alembic alone."""
    code = f"""
import sys
from audit.ledger import Ledger
with Ledger.open({str(folder / "ledger.db")!r}) as ledger:
    assert len(ledger.rates(ledger.find("latest"))) > 10
heavy = [name for name in ("numpy", "polars", "alembic", "tensorflow", "sklearn") if name in sys.modules]
assert heavy == [], heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
