"""The same code on PostgreSQL: write, read, guard and verify. Needs its server programs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from audit.clocks import load_clocks
from audit.errors import BusyError, GoneError, LedgerError
from audit.ledger import (
    Ledger,
    bulk,
    database,
    documents,
    dues,
    events,
    issuing,
    purge,
    retention,
    tables,
    verify,
)
from audit.ledger.database import reading, writing
from tests.worlds.followed import WHY_ENDED, follow
from tests.worlds.issued import SENT_AT, a_letter
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


@pytest.fixture(scope="module")
def sealed(server: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A ledger with one sealed audit on that server: its URL and its key file."""
    server.tell("CREATE DATABASE sealed")
    url, key = server.url("sealed"), tmp_path_factory.mktemp("keys") / "ledger.key"
    with Ledger.open(url, create=True, key_file=key) as ledger:
        write_audit(ledger, small_audit())
    return url, key


def test_an_audit_lives_the_same_life_there(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written, read back equal, a letter recorded, guarded, verified; an altered row is named."""
    url = server.url()
    with pytest.raises(LedgerError, match="PLAINSPOKEN_KEY_FILE"):
        Ledger.open(url, create=True)
    monkeypatch.setenv("PLAINSPOKEN_KEY_FILE", str(tmp_path / "keys" / "ledger.key"))
    (tmp_path / "keys").mkdir()
    small = small_audit()
    with Ledger.open(url, create=True) as ledger:
        audit = write_audit(ledger, small)
        assert write_audit(ledger, small) == audit
        assert ledger.rates(audit) == small.seal["rates"]
        assert ledger.references(audit) == small.seal["references"]
        assert [ledger.case(audit, d.decision) for d in small.decisions] == list(small.cases)
        ready = next(d for d in ledger.decisions(audit, notice="ready") if len(d.persons) == 1)
        ledger.record_document(audit, a_letter(ready), SENT_AT)
        assert ledger.decision(audit, ready.decision).notice.state == "sent"
        assert ledger.find(audit.audit[:10]) == audit
        assert verify(ledger).ok
        change = tables.rates.update().values(value=0.5)
        with pytest.raises(LedgerError, match="append-only"), writing(ledger.engine) as connection:
            connection.execute(change)
        with writing(ledger.engine) as connection:
            connection.execute(sa.text("ALTER TABLE rates DISABLE TRIGGER ALL"))
            connection.execute(change.where(tables.rates.c.pos == 3))
        proof = verify(ledger)
    assert not proof.ok
    assert any("rates row 3" in check.fact for check in proof.checks)


def test_tables_and_migrations_say_the_same_there(sealed: tuple[str, Path]) -> None:
    """The migrations make on PostgreSQL what tables.py describes."""
    with Ledger.open(sealed[0], key_file=sealed[1]) as ledger, ledger.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_every_table_of_evidence_is_guarded_there(server: Server, sealed: tuple[str, Path]) -> None:
    """UPDATE and DELETE of an append-only table are refused by the database itself."""
    guarded = 0
    with server.connect("sealed") as connection:
        for name in tables.APPEND_ONLY:
            if not connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchall():
                continue
            column = tables.metadata.tables[name].columns.keys()[-1]
            for sql in (f'UPDATE {name} SET "{column}" = "{column}"', f"DELETE FROM {name}"):
                with pytest.raises(psycopg.errors.RaiseException, match=f"{name} is append-only"):
                    connection.execute(sql)
            guarded += 1
    assert guarded > 15


def test_the_database_counted_its_rows(server: Server, sealed: tuple[str, Path]) -> None:
    """Once an audit is sealed the planner knows the tables' sizes."""
    sql = "SELECT relname, reltuples FROM pg_class WHERE relname IN ('decisions', 'decision_persons')"
    counted = dict(server.tell(sql, "sealed"))
    assert counted["decisions"] == len(small_audit().decisions)
    assert counted["decision_persons"] > counted["decisions"]


def test_a_writer_waits_no_longer_than_it_was_told(
    server: Server, sealed: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another program holds the write lock the answer is 75; readers go on."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with Ledger.open(sealed[0], key_file=sealed[1]) as ledger, server.connect("sealed") as other:
        other.execute(f"SELECT pg_advisory_lock({database._ADVISORY_LOCK})")
        with pytest.raises(BusyError, match="Try again") as error:
            ledger.begin(small_audit("Another").head)
        assert error.value.exit_code == 75
        assert len(ledger.audits()) == 1


def test_acts_live_the_same_life_there(server: Server, tmp_path: Path) -> None:
    """Written, told, opened, guarded; what is owed is the same; purged words go and verify holds."""
    server.tell("CREATE DATABASE followed")
    then = dt.datetime(2032, 1, 1, tzinfo=dt.UTC)
    with Ledger.open(server.url("followed"), create=True, key_file=tmp_path / "ledger.key") as ledger:
        audit = write_audit(ledger, small_audit()).audit
        ready = next(d for d in ledger.decisions(audit, notice="ready") if len(d.persons) == 1)
        ledger.record_document(audit, a_letter(ready), SENT_AT)
        acts = follow(ledger, audit)
        assert [one.act for one in acts] == ["hold_end", "delivery", "correction", "request", "request"]
        assert events.words(ledger, acts[0])["reason"] == WHY_ENDED
        told = {
            one.decision for one in dues.dues(ledger, load_clocks(SENT_AT.date())) if one.what == "notice"
        }
        owed = {one.decision for one in ledger.decisions(audit) if one.notice.state in ("ready", "held")}
        assert told == owed
        for sql in ("UPDATE case_events SET state = state", "DELETE FROM case_events"):
            refused = pytest.raises(psycopg.errors.RaiseException, match="case_events is append-only")
            with server.connect("followed") as connection, refused:
                connection.execute(sql)
        went = purge.purge(ledger, at=then, terms=retention.in_force(ledger, then.date()))
        assert sum(one.what.startswith("words of log entry") for one in went) == 4
        with pytest.raises(GoneError, match="purged by policy"):
            events.words(ledger, acts[0])
        assert verify(ledger).ok


def test_many_letters_in_one_transaction(sealed: tuple[str, Path]) -> None:
    """So many that they are copied in: each its own entry, known when it comes again, and the log holds."""
    url, key = sealed
    with Ledger.open(url, key_file=key) as ledger:
        audit = ledger.find("latest").audit
        ready = next(d for d in ledger.decisions(audit) if len(d.persons) == 1)
        drafts = [replace(a_letter(ready), draft=True, content=b"%d" % n) for n in range(2 * bulk.FEW)]
        with reading(ledger.engine) as connection:
            ledger.keyring.open_keys(connection, [bytes.fromhex(ready.persons[0].person)])
        closed = [issuing.close(ledger.keyring, issuing.Sending(audit, SENT_AT), one) for one in drafts]
        made = issuing.record_many(ledger, audit, closed)
        assert issuing.record_many(ledger, audit, closed) == made
        assert [one for one in ledger.documents(audit) if one in made] == made
        assert list(documents.with_hashes(ledger, {one.sha256 for one in closed})) == []  # drafts
        assert verify(ledger).ok
