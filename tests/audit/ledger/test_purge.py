"""Purging what is past its time: the log holds and says so; decisions, rates and findings stay."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from audit.errors import EvidenceError, GoneError
from audit.ledger import Ledger, events, holds, purge, retention, tables, verify
from audit.ledger.database import reading
from audit.record import KeptFor, RetentionTerm
from tests.worlds.sealed import small_audit, write_audit

TOLD = "purged by policy us_ecoa_regb.applications_and_notices at 2031-12-20"
THEN = dt.datetime(2031, 12, 20, 3, 0, tzinfo=dt.UTC)  # past 60 months after every notice
BEFORE = dt.datetime(2031, 11, 20, 3, 0, tzinfo=dt.UTC)


def let_go(ledger: Ledger, at: dt.datetime = THEN, **more: object) -> tuple[purge.Purged, ...]:
    """Purge by the terms of the packs in force on that day."""
    terms = retention.in_force(ledger, at.date())
    return purge.purge(ledger, at=at, terms=terms, **more)  # type: ignore[arg-type]


def test_nothing_goes_before_its_time(ledger: Ledger) -> None:
    """A day short of 60 months after the notice all is there, and the trial says nothing."""
    assert let_go(ledger, BEFORE) == ()
    assert let_go(ledger, BEFORE, trial=True) == ()


def test_what_is_past_its_time_goes_and_the_log_holds(ledger: Ledger, audit: str) -> None:
    """Cases, inputs, letters' words and groups go, told as purged; the rest stays; verify holds."""
    decided = list(ledger.decisions(audit))
    known = (ledger.rates(audit), ledger.findings(audit), ledger.figures(audit), decided)
    contributions = ledger.attributions(audit, decided[0])
    letter = next(d for d in ledger.documents(audit) if d.person is not None)
    since = events.events(ledger, audit=audit)
    assert sum(one.locked for one in since) == 4
    trial = let_go(ledger, trial=True)
    assert {one.state for one in trial} == {"due"}
    assert ledger.case(audit, decided[0]).inputs
    went = let_go(ledger)
    assert [(one.what, one.state) for one in went] == [
        ("application of part 0", "done"),
        ("groups of part 0", "done"),
        ("application of part 1", "done"),
        ("groups of part 1", "done"),
        (f"letter of log entry {letter.entry}", "done"),
        *((f"words of log entry {one.entry}", "done") for one in since if one.locked),
    ]
    assert TOLD in went[0].told
    assert (ledger.rates(audit), ledger.findings(audit), ledger.figures(audit)) == known[:3]
    assert list(ledger.decisions(audit)) == decided
    assert ledger.attributions(audit, decided[0]) == contributions
    for look in (
        lambda: ledger.case(audit, decided[0]),
        lambda: ledger.people(audit, decided[0]),
        lambda: ledger.words(letter),
        lambda: events.words(ledger, since[0]),
    ):
        with pytest.raises(GoneError, match=TOLD):
            look()
    with pytest.raises(GoneError, match=r"purged by policy us_ecoa_regb\.self_tests at 2031-12-20"):
        list(ledger.groups(audit))
    proof = verify(ledger)
    assert proof.ok
    assert f"locked_fields of log entry 2: locked columns {TOLD}" in proof.gone
    assert any(one.startswith("partition inputs of log entry 2: purged by policy") for one in proof.gone)
    assert "missing" not in " ".join(check.fact for check in proof.checks)
    assert verify(ledger, audit).ok
    assert let_go(ledger) == ()


def test_the_ciphertext_leaves_the_files(ledger: Ledger, audit: str) -> None:
    """No locked cell, inputs' bytes or letter's words of before stand in database or WAL afterwards."""
    with reading(ledger.engine) as connection:
        cells = list(connection.scalars(sa.select(tables.locked_fields.c.cell)))
        table = tables.documents
        words = list(connection.scalars(sa.select(table.c.words).where(table.c.person.is_not(None))))
        written = tables.case_events.c.cell
        words += list(connection.scalars(sa.select(written).where(written.is_not(None))))
    folder = Path(str(ledger.engine.url.database)).parent
    needles = [bytes(one)[:48] for one in (*cells, *words)]
    content = b"".join(file.read_bytes() for file in folder.glob("ledger.db*"))
    assert all(one in content for one in needles)
    let_go(ledger)
    content = b"".join(file.read_bytes() for file in folder.glob("ledger.db*"))
    assert not any(one in content for one in needles)


@pytest.mark.parametrize("scope", ["audit", "person", "everything"])
def test_what_is_held_stays(ledger: Ledger, audit: str, scope: str) -> None:
    """A hold on the audit or on everything keeps all of it, one on a person every part they stand in."""
    decided = list(ledger.decisions(audit))
    person = decided[0].persons[0].person
    whom = {"audit": {"audit": audit}, "person": {"person": person}, "everything": {}}[scope]
    hold = holds.add(ledger, at=BEFORE, reason="a suit", by="Counsel", **whom)
    went = {one.what: one.state for one in let_go(ledger)}
    assert went["application of part 0"] == went["groups of part 0"] == "held"
    assert went["application of part 1"] == ("done" if scope == "person" else "held")
    assert ledger.case(audit, decided[0]).inputs
    holds.release(ledger, hold.hold, at=THEN, reason="settled", by="Counsel")
    assert {one.state for one in let_go(ledger)} == {"done"}
    assert verify(ledger).ok


def test_bytes_that_another_audit_rests_on_stay(ledger: Ledger, audit: str) -> None:
    """Equal group partitions are kept once: held for one audit, they are not purged with the other."""
    write_audit(ledger, small_audit("the same once more"))
    other = ledger.find("latest").audit
    assert other != audit
    holds.add(ledger, at=BEFORE, reason="a suit", by="Counsel", audit=other)
    went = {(one.audit, one.what): one for one in let_go(ledger)}
    assert went[audit, "application of part 0"].state == "done"
    assert went[audit, "groups of part 0"].state == "held"
    assert "rests on the same bytes" in went[audit, "groups of part 0"].told
    assert len(list(ledger.groups(other))) == 2
    assert verify(ledger).ok


def test_no_minimum_is_cut_short_by_a_maximum() -> None:
    """The shortest maximum counts, but never before every minimum is over."""
    day = dt.date(2026, 1, 31)
    short = KeptFor(12, dt.date(2020, 1, 1), "house", "ours")
    long = KeptFor(25, dt.date(2020, 1, 1), "law", "the law")
    house = RetentionTerm("house.a", "A", ("notice",), at_most=short)
    law = RetentionTerm("law.a", "A", ("notice",), at_least=long)
    assert retention.goes_on([house], "notice", day) == (dt.date(2027, 2, 1), house)
    assert retention.goes_on([house, law], "notice", day) == (dt.date(2028, 3, 1), house)
    assert retention.goes_on([law], "notice", day) is None
    assert retention.goes_on([house], "groups", day) is None


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        ("UPDATE locked_fields SET cell = x'00' WHERE entry = 2 AND pos = 0", "locked_fields"),
        ("UPDATE locked_fields SET person = x'00' WHERE entry = 2 AND pos = 0", "locked_fields"),
        ("UPDATE purged_rows SET root = x'00'", "purged_rows"),
        ("DELETE FROM purged_rows", "locked_fields"),
        ("DELETE FROM tombstones", "partition_contents"),
        ("UPDATE tombstones SET retention_class = 'mine'", "tombstones"),
        ("UPDATE retention_terms SET at_most_months = 1", "retention_terms"),
    ],
)
def test_what_is_altered_after_a_purge_is_seen(
    folder: Path, spoil: str, name: str, forged: Callable[[Path, str], None]
) -> None:
    """Emptied rows, their new roots, tombstones and the terms are held to the log like everything else."""
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        let_go(ledger)
    forged(folder / "ledger.db", spoil)
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        assert name in [check.name for check in verify(ledger).checks if not check.ok]


def test_an_alteration_is_not_covered_up_by_a_purge(
    folder: Path, forged: Callable[[Path, str], None]
) -> None:
    """Rows that are not those that were sealed are not purged."""
    forged(folder / "ledger.db", "UPDATE locked_fields SET person = x'00' WHERE entry = 2 AND pos = 0")
    with Ledger.open(str(folder / "ledger.db")) as ledger, pytest.raises(EvidenceError, match="not purged"):
        let_go(ledger)


def test_the_guards_let_nothing_else_through(ledger: Ledger) -> None:
    """Cells and letters can be emptied behind a sealed purge of their entry, and nowhere else."""
    connection = sqlite3.connect(str(ledger.engine.url.database))
    for name in ("locked_fields", "documents", "case_events"):
        with pytest.raises(sqlite3.IntegrityError, match=f"{name} is append-only"):
            connection.execute(f"UPDATE {name} SET person = person")
    connection.close()


@pytest.fixture
def forged() -> Callable[[Path, str], None]:
    """Someone with ``sqlite3`` who drops the triggers first."""

    def forge(file: Path, sql: str) -> None:
        connection = sqlite3.connect(file)
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute(sql)
        connection.commit()
        connection.close()

    return forge
