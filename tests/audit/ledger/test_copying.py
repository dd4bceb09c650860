"""A ledger moves between databases as it is, and its rights on a server are what they say."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from audit.cli import main
from audit.errors import EvidenceError, LedgerError, UsageError
from audit.ledger import Ledger, bulk, entries, roles, tables, verify
from audit.ledger.copying import copy
from audit.ledger.database import reading
from reports.report import render
from tests.worlds.ground import rows_of
from tests.worlds.postgresql import NoServer, Server
from tests.worlds.sealed import small_audit, write_audit


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL of our own."""
    try:
        started = Server()
    except NoServer as error:
        pytest.skip(str(error))
    yield started
    started.close()


def test_a_copy_is_the_ledger(ledger: Ledger, folder: Path, server: Server, audit: str) -> None:
    """To PostgreSQL and back again every row is what it was, a kept checkpoint holds, the report too."""
    kept = ledger.find(audit).checkpoint
    server.tell("CREATE DATABASE moved")
    there = server.url("moved")
    copied = copy(ledger, there)
    back = f"sqlite:///{folder / 'back.db'}"
    with Ledger.open(there, key_file=ledger.key_file) as moved:
        again = copy(moved, back)
        assert verify(moved, checkpoint=kept, public_key=ledger.public_key).ok
        assert render(moved, audit).content == render(ledger, audit).content
        decision = next(iter(moved.decisions(audit)))
        assert moved.case(audit, decision) == ledger.case(audit, decision)
        write_audit(moved, small_audit("The next one"))  # and it goes on there
        assert verify(moved, checkpoint=kept).ok
    assert (copied.rows, copied.root) == (again.rows, again.root)
    origin = str(ledger.engine.url)
    assert rows_of(back) == rows_of(origin)
    assert copied.rows >= sum(rows.total() for rows in rows_of(origin).values())


def test_a_copy_is_never_laid_over_a_ledger(ledger: Ledger, folder: Path, tmp_path: Path) -> None:
    """A ledger, or any other database, is not written over; the source must verify."""
    other = str(tmp_path / "other.db")
    with Ledger.open(other, create=True):
        pass
    before = (tmp_path / "other.db").read_bytes()
    with pytest.raises(UsageError, match="a ledger lies there already"):
        copy(ledger, other)
    assert (tmp_path / "other.db").read_bytes() == before
    strange = tmp_path / "strange.db"
    with sqlite3.connect(strange) as connection:
        connection.execute("CREATE TABLE mine (a)")
    connection.close()
    with pytest.raises(UsageError, match="of another kind"):
        copy(ledger, str(strange))
    with sqlite3.connect(folder / "ledger.db") as connection:
        connection.execute("DROP TRIGGER rates_no_update")
        connection.execute("UPDATE rates SET value = 0.5 WHERE pos = 2")
    connection.close()
    with pytest.raises(EvidenceError, match="rates row 2"):
        copy(ledger, str(tmp_path / "new.db"))
    assert not (tmp_path / "new.db").exists()


def test_a_copy_that_breaks_off_leaves_nothing(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it fails half-way the target is empty, and the same command ends the work."""
    whole, n = bulk.insert_tuples, 0

    def failing(*arguments: object) -> None:
        nonlocal n
        n += 1
        if n == 12:
            raise LedgerError("the disk is full")
        whole(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(bulk, "insert_tuples", failing)
    with pytest.raises(LedgerError, match="disk is full"):
        copy(ledger, str(tmp_path / "new.db"))
    left = {name: rows for name, rows in rows_of(f"sqlite:///{tmp_path / 'new.db'}").items() if rows}
    assert list(left) == ["log_head"]
    monkeypatch.setattr(bulk, "insert_tuples", whole)
    copy(ledger, str(tmp_path / "new.db"))
    assert rows_of(f"sqlite:///{tmp_path / 'new.db'}") == rows_of(str(ledger.engine.url))


def test_memory_is_bounded_by_batches(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch at a time, whatever their number, so that memory does not grow with it."""
    from audit.ledger import copying

    monkeypatch.setattr(copying, "_BATCH_ROWS", 10)
    sizes, whole = [], bulk.insert_tuples

    def counting(connection: object, table: object, rows: list[object]) -> None:
        sizes.append(len(rows))
        whole(connection, table, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(bulk, "insert_tuples", counting)
    copy(ledger, str(tmp_path / "new.db"))
    assert max(sizes) == 10
    assert rows_of(f"sqlite:///{tmp_path / 'new.db'}") == rows_of(str(ledger.engine.url))


def test_the_command_says_what_it_did(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`ledger copy` prints the root and where the keys are missing; as JSON for machines."""
    with pytest.raises(SystemExit) as leave:
        main(["ledger", "copy", str(folder / "ledger.db"), str(tmp_path / "new.db"), "--json"])
    assert leave.value.code == 0
    told = json.loads(capsys.readouterr().out)
    with Ledger.open(str(folder / "ledger.db")) as ledger, reading(ledger.engine) as connection:
        assert told["entries"] == entries.head(connection).size
    assert len(told["root"]) == 64
    assert told["open_audits"] == []
    with pytest.raises(SystemExit) as leave:
        main(["ledger", "copy", str(folder / "ledger.db"), str(tmp_path / "newer.db")])
    assert leave.value.code == 0
    out = capsys.readouterr().out
    assert told["root"] in out
    assert "put ledger.key and its .sign beside newer.db" in out
    with pytest.raises(SystemExit) as leave:
        main(["ledger", "copy", str(folder / "ledger.db"), str(folder / "ledger.db")])
    assert leave.value.code == 2


# --- roles ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def roled(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The key file of a ledger on the server whose roles ``examiner`` and ``nightly`` were made."""
    server.tell("CREATE DATABASE roled")
    key = tmp_path_factory.mktemp("keys") / "ledger.key"
    with Ledger.open(server.url("roled"), create=True, key_file=key) as ledger:
        write_audit(ledger, small_audit())
    for statement in roles.sql("examiner", "nightly"):
        server.tell(statement, "roled")
    return key


def test_a_reader_may_read_and_nothing_else(server: Server, roled: Path) -> None:
    """The reading role lists, reports and verifies; every table refuses its writes."""
    with Ledger.open(server.url("roled", "examiner")) as ledger:
        (audit,) = ledger.audits()
        assert verify(ledger).ok
        assert render(ledger, audit.audit).content
        with pytest.raises(LedgerError):
            ledger.begin(small_audit("Mine").head)
    refused = (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)
    with server.connect("roled", "examiner") as connection:
        connection.execute("SET default_transaction_read_only = off")  # the rights alone must do
        for name, table in tables.metadata.tables.items():
            column = table.columns.keys()[-1]
            for sql in (
                f"INSERT INTO {name} SELECT * FROM {name}",
                f'UPDATE {name} SET "{column}" = NULL',
                f"DELETE FROM {name}",
                f"TRUNCATE {name}",
                f"ALTER TABLE {name} DISABLE TRIGGER ALL",
                f"DROP TABLE {name}",
            ):
                with pytest.raises(refused):
                    connection.execute(sql)


def test_a_writer_may_add_and_change_nothing(server: Server, roled: Path) -> None:
    """The writing role seals an audit; what is append-only it can neither change, remove nor empty."""
    with Ledger.open(server.url("roled", "nightly"), key_file=roled) as ledger:
        write_audit(ledger, small_audit("By the nightly role"))
        assert verify(ledger).ok
    with server.connect("roled", "nightly") as connection:
        for name in tables.APPEND_ONLY:
            column = tables.metadata.tables[name].columns.keys()[-1]
            for sql in (
                f'UPDATE {name} SET "{column}" = NULL',
                f"DELETE FROM {name}",
                f"TRUNCATE {name}",
                f"ALTER TABLE {name} DISABLE TRIGGER ALL",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(sql)


def test_roles_are_printed_as_sql(capsys: pytest.CaptureFixture[str]) -> None:
    """`ledger roles` prints statements, with names quoted; without a name it says what to give."""
    with pytest.raises(SystemExit) as leave:
        main(["ledger", "roles", "--reader", 'a"b'])
    assert leave.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == 'CREATE ROLE "a""b" LOGIN;'
    assert not any("INSERT" in line for line in lines)
    with pytest.raises(SystemExit) as leave:
        main(["ledger", "roles"])
    assert leave.value.code == 2
