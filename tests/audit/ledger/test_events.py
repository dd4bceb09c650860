"""Acts on decisions: what people wrote is locked and goes with the person; the rest stays and is proven."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path

import pytest

from audit.errors import GoneError, LedgerError, UsageError
from audit.ledger import Ledger, erasure, events, verify
from audit.ledger.database import writing
from tests.worlds.followed import REVIEWER, VIEW, WHY_CLOSED, WHY_CORRECTED, WHY_ENDED, WORDS

MUCH_LATER = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)


def said(ledger: Ledger, act: str, state: str) -> dict[str, object]:
    """Return the words of the one act of this kind."""
    (one,) = [event for event in events.events(ledger) if (event.act, event.state) == (act, state)]
    return events.words(ledger, one)


def test_words_are_given_to_whoever_has_the_key(ledger: Ledger) -> None:
    """Reason, view and reviewer come back as they were written; a result of the mail has none."""
    assert said(ledger, "hold_end", "withdrawn") == {"reason": WHY_ENDED, "opened_by": "First Desk"}
    assert said(ledger, "correction", "replaced") == {"reason": WHY_CORRECTED}
    assert said(ledger, "request", "opened") == {"view": VIEW}
    closed = said(ledger, "request", "closed")
    assert closed == {"reason": WHY_CLOSED, "reviewer": REVIEWER, "authority_to_change": True}
    assert said(ledger, "delivery", "returned") == {}


def test_without_the_key_the_acts_are_told_and_the_words_are_not(folder: Path) -> None:
    """Who did what, when, is read by every reader; the words are not."""
    (folder / "ledger.key").unlink()
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        told = events.events(ledger)
        assert [one.act for one in told] == ["hold_end", "delivery", "correction", "request", "request"]
        with pytest.raises(LedgerError, match="key file is absent"):
            events.words(ledger, told[0])


def test_an_erasure_takes_the_words_and_leaves_the_acts(ledger: Ledger, folder: Path) -> None:
    """0 of the words stand anywhere afterwards; the acts do, verify holds, and no word is added."""
    before = events.events(ledger)
    persons = {one.person for one in before if one.person is not None}
    for person in persons:
        erasure.erase(ledger, person, at=MUCH_LATER, terms=lambda _audit: ())
    for one in before:
        if one.locked:
            with pytest.raises(GoneError, match="erased on 2031-01-01"):
                events.words(ledger, one)
    assert events.events(ledger) == before
    content = b"".join(file.read_bytes() for file in folder.glob("ledger*"))
    assert not any(word.encode() in content for word in WORDS)
    assert verify(ledger).ok
    last = before[-1]
    act = events.Happening(last.decision, last.person, "closed", "Desk", words={"reason": "late"})
    with pytest.raises(GoneError, match="the key was destroyed"), writing(ledger.engine) as connection:
        events.write(ledger, connection, last.audit, "request", [act], MUCH_LATER)


def test_words_open_in_their_own_act_alone(ledger: Ledger, folder: Path) -> None:
    """A cell is bound to its place: moved to another act it does not open, and verify sees it."""
    first, second = [one for one in events.events(ledger) if one.act == "request"]
    connection = sqlite3.connect(folder / "ledger.db")
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type='trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    sql = "UPDATE case_events SET cell = (SELECT cell FROM case_events WHERE entry = ?) WHERE entry = ?"
    connection.execute(sql, (first.entry, second.entry))
    connection.commit()
    connection.close()
    with pytest.raises(LedgerError, match="altered or moved"):
        events.words(ledger, second)
    assert "case_events" in {check.name for check in verify(ledger).checks if not check.ok}


def test_one_audit_is_verified_with_its_acts(ledger: Ledger, folder: Path, audit: str) -> None:
    """An altered act of an audit is seen by verifying that audit alone."""
    assert verify(ledger, audit).ok
    connection = sqlite3.connect(folder / "ledger.db")
    connection.execute("DROP TRIGGER case_events_no_update")
    connection.execute("UPDATE case_events SET result = 'upheld' WHERE result = 'overturned'")
    connection.commit()
    connection.close()
    wrong = [check for check in verify(ledger, audit).checks if not check.ok]
    assert [check.name for check in wrong] == ["case_events"]
    assert "altered" in wrong[0].fact


def test_an_act_needs_a_name_and_a_reason() -> None:
    """Both are named where they are missing; a name is the same in other letters."""
    with pytest.raises(UsageError, match="--by, --reason"):
        events.need(by=" ", reason=None)
    assert events.same_name("Ada  Lovelace", "ada lovelace ")
    assert not events.same_name("Ada", "Ida")
