"""Words as numbers: sealed and read as words, half the size, and no word or number passes for another."""

from __future__ import annotations

import gzip
import sqlite3
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from audit.assets import migrations
from audit.errors import BusyError, LedgerError
from audit.ledger import Ledger, database, tables, verify
from audit.ledger.columns import Word, is_named
from audit.ledger.database import reading, writing
from tests.worlds.postgresql import NoServer, Server
from tests.worlds.sealed import small_audit

GOLDEN = Path(__file__).parents[2] / "golden"
WORDED = [
    (table.name, column.name, column.type)
    for table in tables.EVIDENCE.values()
    for column in table.columns
    if isinstance(column.type, Word)
]


def config() -> Config:
    """Return Alembic's configuration of our migrations."""
    made = Config()
    made.set_main_option("script_location", str(migrations()))
    return made


def plain(folder: Path) -> sqlite3.Connection:
    """Return the database without its guards, as a forger has it."""
    connection = sqlite3.connect(folder / "ledger.db", isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    return connection


def lay(folder: Path) -> Path:
    """Lay the golden ledger of the last schema with words; nobody is at work on it."""
    file = folder / "ledger.db"
    file.write_bytes(gzip.decompress((GOLDEN / "ledger-0003.db.gz").read_bytes()))
    for ending in ("key", "sign"):
        (folder / f"ledger.{ending}").write_bytes((GOLDEN / f"ledger-0003.{ending}").read_bytes())
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE leases SET expires_at = 0")
    connection.close()
    return file


def dumped(file: Path) -> list[str]:
    """Return the database as SQL."""
    with sqlite3.connect(file) as connection:
        lines = list(connection.iterdump())
    connection.close()
    return lines


def test_the_tables_say_the_numbers_of_the_migration() -> None:
    """Each list of words is the migration's, from the same beginning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        script = ScriptDirectory.from_config(config()).get_revision("0004")
    assert script is not None
    said = {(table, name): words for table, of in script.module.WORDS.items() for name, words in of.items()}
    assert said == {(table, name): kind.words for table, name, kind in WORDED}
    assert len(said) == 5


def test_numbers_are_stored_and_words_are_shown(ledger: Ledger, folder: Path) -> None:
    """The table holds small numbers; the program and the views for people say the same words."""
    with plain(folder) as connection:
        for table, name, kind in WORDED:
            connection.execute(f"UPDATE {table} SET {name} = pos % {len(kind.words)}")
            said = connection.execute(f"SELECT {name} FROM {table}_in_words ORDER BY entry, pos").fetchall()
            kept = connection.execute(f"SELECT {name} FROM {table} ORDER BY entry, pos").fetchall()
            assert set(kept) == {(number,) for number in range(len(kind.words))}
            assert [kind.number[word] for (word,) in said] == [number for (number,) in kept]
            column = tables.EVIDENCE[table].c[name]
            with reading(ledger.engine) as ours:
                query = sa.select(column).order_by(*tables.EVIDENCE[table].primary_key.columns)
                assert list(ours.scalars(query)) == [word for (word,) in said]
    connection.close()


def test_the_indexes_answer_for_a_pseudonym(ledger: Ledger, folder: Path) -> None:
    """A look-up by pseudonym asks the index, and tells apart two that begin alike."""
    for table, column in ((tables.decisions, "decision"), (tables.decision_persons, "person")):
        query = sa.select(table.c.pos).where(is_named(table.c[column], b"\1" * 16))
        sql = str(query.compile(ledger.engine, compile_kwargs={"literal_binds": False}))
        with sqlite3.connect(folder / "ledger.db") as connection:
            plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}", (b"\1" * 8, b"\1" * 16)).fetchall()
        connection.close()
        assert f"USING INDEX ix_{table.name}_{column}" in plan[0][3]
    with plain(folder) as connection:
        (one,) = connection.execute("SELECT decision FROM decisions LIMIT 1").fetchone()
        alike = one[:8] + b"\0" * 8
        connection.execute("UPDATE decisions SET decision = ? WHERE pos = 5", (alike,))
    connection.close()
    table = tables.decisions
    with reading(ledger.engine) as ours:
        for name in (one, alike):
            found = ours.scalars(sa.select(table.c.decision).where(is_named(table.c.decision, name))).all()
            assert set(found) == {name}


@pytest.mark.parametrize("forged", ["4", "-1", "'adverse'", "x'01'", "0.5"])
def test_what_is_no_number_of_a_word_is_seen(folder: Path, forged: str) -> None:
    """A number without a word is an alteration, and so is the very word where its number should stand."""
    connection = plain(folder)
    (adverse,) = connection.execute("SELECT max(pos) FROM decisions WHERE outcome = 1").fetchone()
    connection.execute(f"UPDATE decisions SET outcome = {forged} WHERE pos = {adverse} AND outcome = 1")
    connection.close()
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        proof = verify(ledger)
    assert not proof.ok
    (wrong,) = [check for check in proof.checks if check.name == "decisions"]
    assert f"decisions row {adverse} of" in wrong.fact
    assert "altered" in wrong.fact


def test_another_word_is_not_written(tmp_path: Path) -> None:
    """A word that is none of the list is refused with the list, and nothing is written."""
    small = small_audit()
    with Ledger.open(str(tmp_path / "ledger.db"), create=True) as ledger:
        writer = ledger.begin(small.head)
        part = small.parts[0]
        odd = [replace(part["decisions"][0], stage="elsewhere"), *part["decisions"][1:]]
        with pytest.raises(LedgerError, match=r"stage is 'elsewhere' \(expected score, rule"):
            writer.partition(**{**part, "decisions": odd})
        assert writer.committed == frozenset()


def test_a_ledger_with_another_word_is_left_as_it_is(tmp_path: Path) -> None:
    """The migration names the word, and the ledger is as it was."""
    file = lay(tmp_path)
    with plain(tmp_path) as connection:
        connection.execute("UPDATE decisions SET stage = 'elsewhere' WHERE pos = 3")
    connection.close()
    before = dumped(file)
    with pytest.raises(LedgerError, match="stage 'elsewhere'"):
        database.upgrade(str(file))
    assert dumped(file) == before


def test_no_ledger_is_migrated_under_a_run(tmp_path: Path) -> None:
    """While a living run holds its lease it is waited for; afterwards it could not write any more."""
    file = lay(tmp_path)
    holder = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with sqlite3.connect(file) as connection:
            from audit.ledger.leases import owner

            name = f"{owner().rpartition(':')[0]}:{holder.pid}"
            connection.execute("UPDATE leases SET owner = ?, expires_at = 1e11", (name,))
        connection.close()
        with pytest.raises(BusyError, match=r"at work on audit .* nothing was changed"):
            database.upgrade(str(file))
    finally:
        holder.communicate(b"\n")
    assert database.upgrade(str(file)) == ("0003", tables.SCHEMA)
    with sqlite3.connect(file) as connection:
        assert set(connection.execute("SELECT epoch, expires_at FROM leases")) == {(2, 0)}
    connection.close()


def test_a_migration_that_breaks_off_leaves_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its transaction is whole or nothing: broken off behind the last statement, the next one does it all."""
    file = lay(tmp_path)

    def upgrade(*arguments: Any) -> None:
        migrate(*arguments)
        raise KeyboardInterrupt

    migrate = command.upgrade
    monkeypatch.setattr(command, "upgrade", upgrade)
    with pytest.raises(KeyboardInterrupt):
        database.upgrade(str(file))
    monkeypatch.undo()
    assert database.upgrade(str(file)) == ("0003", tables.SCHEMA)
    with Ledger.open(str(file)) as ledger:
        assert verify(ledger).ok


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL of our own."""
    try:
        started = Server()
    except NoServer as error:
        pytest.skip(str(error))
    yield started
    started.close()


def test_an_old_ledger_is_migrated_there(server: Server, tmp_path: Path) -> None:
    """On PostgreSQL too each row says the same words, every digest holds, and rights stay."""
    origin = sqlite3.connect(lay(tmp_path))
    url = server.url()
    engine = database.connect(database.parsed(url))
    with writing(engine) as there, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = config()
        made.attributes["connection"] = there
        command.upgrade(made, "0003")
        there.exec_driver_sql("DELETE FROM log_head")
        listed = origin.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        for (name,) in listed:
            if name == "alembic_version":
                continue
            columns = [row[1] for row in origin.execute(f"PRAGMA table_info({name})")]
            quoted = ", ".join(f'"{column}"' for column in columns)
            marks = ", ".join(["%s"] * len(columns))
            for row in origin.execute(f"SELECT {quoted} FROM {name}").fetchall():
                there.exec_driver_sql(f"INSERT INTO {name} ({quoted}) VALUES ({marks})", row)
        there.exec_driver_sql("CREATE ROLE reader LOGIN")
        there.exec_driver_sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        there.exec_driver_sql("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO reader")
    engine.dispose()
    assert database.upgrade(url) == ("0003", tables.SCHEMA)
    for table in ("decisions", "decision_persons"):
        columns = [row[1] for row in origin.execute(f"PRAGMA table_info({table})")]
        query = f"SELECT {', '.join(columns)} FROM {{}} ORDER BY entry, pos"
        before = origin.execute(query.format(table)).fetchall()
        with server.connect(user="reader") as reader:
            assert reader.execute(query.format(f"{table}_in_words")).fetchall() == before
    origin.close()
    with Ledger.open(url, key_file=tmp_path / "ledger.key") as ledger:
        proof = verify(ledger, checkpoint=(GOLDEN / "ledger-0003.checkpoint").read_text(encoding="utf-8"))
        assert proof.ok, [check for check in proof.checks if not check.ok]
        left_open = next(one for one in ledger.audits() if one.state == "open")
        small = small_audit(left_open.name)
        writer = ledger.begin(small.head)
        assert writer.partition(**small.parts[0]) is False
        assert writer.partition(**small.parts[1]) is True
    with server.connect() as connection:
        connection.execute("SET enable_seqscan = off")
        plan = connection.execute(
            "EXPLAIN SELECT pos FROM decisions "
            "WHERE substr(decision, 1, 8) = '\\x0102030405060708' AND decision = '\\x0102'"
        ).fetchall()
    assert "ix_decisions_decision" in str(plan)
