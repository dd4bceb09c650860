"""Erasure, holds, purge and the change of the key on PostgreSQL, and on a ledger that was moved there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.errors import GoneError, LedgerError, UsageError
from audit.ledger import Ledger, erasure, holds, retention, rotation, tables, verify
from audit.ledger.copying import copy
from audit.ledger.database import writing
from tests.audit.ledger.test_erasure import LATER, SOON, no_terms, the_key
from tests.audit.ledger.test_purge import THEN, let_go
from tests.worlds.postgresql import NoServer, Server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL of our own."""
    try:
        started = Server()
    except NoServer as error:
        pytest.skip(str(error))
    yield started
    started.close()


@pytest.fixture
def moved(ledger: Ledger, folder: Path, server: Server) -> Iterator[Ledger]:
    """The sealed ledger, moved to a database of its own there; its journal beside the same key file."""
    server.tell("DROP DATABASE IF EXISTS people WITH (FORCE)")
    server.tell("CREATE DATABASE people")
    copy(ledger, server.url("people"))
    with Ledger.open(server.url("people"), key_file=folder / "ledger.key") as opened:
        yield opened


def in_tables(server: Server, needle: bytes) -> bool:
    """Whether the bytes stand in a table's file on the disk; the write-ahead log is the server's own."""
    server.tell("CHECKPOINT")
    files = (server.folder / "data" / "base").rglob("*")
    return any(needle in file.read_bytes() for file in files if file.is_file())


def test_the_life_of_personal_data_is_the_same_there(
    moved: Ledger, server: Server, audit: str, folder: Path
) -> None:
    """Held, queued, erased, purged, wrapped anew: told the same, and verify holds after each."""
    one, other, third = (d for _, d in zip(range(3), moved.decisions(audit), strict=False))
    person = one.persons[0].person
    wrapped, clear = the_key(moved, person)
    assert in_tables(server, wrapped)

    hold = holds.add(moved, at=SOON, reason="a suit", by="Counsel", audit=audit)
    with pytest.raises(UsageError, match="hold-1 stands on audit"):
        erasure.erase(moved, person, at=LATER, terms=no_terms)
    holds.release(moved, hold.hold, at=SOON, reason="settled", by="Counsel")
    terms = retention.in_force(moved, SOON.date())
    assert erasure.erase(moved, person, at=SOON, terms=terms).state == "queued"
    (done,) = erasure.carry_out(moved, at=LATER, terms=terms)
    assert "write-ahead log" in done.remains[0]
    assert not in_tables(server, wrapped)
    assert not in_tables(server, clear)
    with pytest.raises(GoneError, match=done.told):
        moved.case(audit, one)
    assert verify(moved).ok

    case = moved.case(audit, other)
    before, _ = the_key(moved, other.persons[0].person)
    rotation.rotate_people_key(moved, at=LATER)
    assert moved.case(audit, other) == case
    assert not in_tables(server, before)
    assert verify(moved).ok

    went = let_go(moved)
    assert {o.state for o in went} == {"done", "left"}
    with pytest.raises(GoneError, match=r"purged by policy .* at 2031-12-20"):
        moved.case(audit, third)
    proof = verify(moved)
    assert proof.ok
    assert f"person {person}: {done.told}" in proof.gone
    assert moved.rates(audit)

    # And back again: what went is told there too.
    back = folder / "back.db"
    copy(moved, f"sqlite:///{back}")
    with Ledger.open(str(back), key_file=folder / "ledger.key") as returned:
        again = verify(returned)
        assert again.ok
        assert again.gone == proof.gone


def test_the_guards_hold_there_too(moved: Ledger) -> None:
    """Cells are emptied behind a sealed purge of their entry alone."""
    let_go(moved, THEN)
    change = tables.locked_fields.update().values(cell=b"x")
    emptied = change.where(tables.locked_fields.c.entry == 2)
    with writing(moved.engine) as connection:
        connection.execute(emptied)  # the guard lets it through, and verify sees it
    assert not verify(moved).ok
    with pytest.raises(LedgerError, match="append-only"), writing(moved.engine) as connection:
        connection.execute(tables.purged_rows.update().values(n=0))
