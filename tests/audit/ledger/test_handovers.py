"""Handovers in the ledger, on both databases, and letters found by the hash of their file."""

from __future__ import annotations

import datetime as dt
from hashlib import sha256
from pathlib import Path

import pytest

from audit.errors import UsageError
from audit.ledger import Ledger, addressed, documents, erasure, handovers, verify
from tests.worlds.issued import SENT_AT, a_letter
from tests.worlds.postgresql import NoServer, Server
from tests.worlds.sealed import recipients, small_audit, write_audit

DAY, UNTIL = dt.date(2026, 11, 24), dt.date(2026, 12, 24)
AT = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)


def live(ledger: Ledger) -> None:
    """Issue letters of two audits, hand both over, and hold what is read back to what was done."""
    letters = []
    for name in ("One", "Another"):
        audit = write_audit(ledger, small_audit(name)).audit
        ready = next(d for d in ledger.decisions(audit, notice="ready") if len(d.persons) == 1)
        letter = a_letter(ready, words=f"We refuse. {name}.")
        issued = ledger.record_document(
            audit, letter, SENT_AT, recipient=recipients()[0], again_reason="lost"
        )
        assert issued.sha256 == sha256(letter.content).hexdigest()
        letters.append(issued)
    found = addressed.by_hash(ledger, {one.sha256 for one in letters} | {"0" * 64})
    assert found == {one.sha256: one for one in letters}
    assert list(addressed.recipients(ledger, letters)) == [
        documents.recipient(ledger, one) for one in letters
    ]
    given = handovers.give(
        ledger, letters, ["f" * 64], to="Example Print Ltd", on=DAY, until=UNTIL, by="Desk", at=AT
    )
    assert (given.handover, given.letters, given.files, given.end) == ("handover-1", 2, ("f" * 64,), None)
    person = str(letters[0].person)
    n = sum(one.person == person for one in letters)
    assert handovers.still_with(ledger, person) == ((given, n),)
    assert handovers.still_with(ledger, "0" * 32) == ()
    assert handovers.overdue(ledger, UNTIL) == ()
    assert handovers.overdue(ledger, UNTIL + dt.timedelta(days=1)) == (given,)
    ended = handovers.close(ledger, "handover-1", "returned", on=UNTIL, by="Desk", at=AT)
    assert (ended.end, ended.ended_on, ended.ended_by) == ("returned", UNTIL, "Desk")
    assert handovers.handovers(ledger) == ()
    assert handovers.handovers(ledger, closed=True) == (ended,)
    assert handovers.still_with(ledger, person) == ()
    assert verify(ledger).ok


def test_they_live_on_sqlite(tmp_path: Path) -> None:
    """Given in one transaction for letters of two audits, found by person, past their day, and closed."""
    with Ledger.open(str(tmp_path / "ledger.db"), create=True) as ledger:
        live(ledger)


def test_they_live_the_same_life_on_postgresql(tmp_path: Path) -> None:
    """The same."""
    try:
        server = Server()
    except NoServer as error:
        pytest.skip(str(error))
    try:
        server.tell("CREATE DATABASE handed")
        with Ledger.open(server.url("handed"), create=True, key_file=tmp_path / "ledger.key") as ledger:
            live(ledger)
    finally:
        server.close()


def test_whom_a_letter_went_to_goes_with_the_person(ledger: Ledger, audit: str) -> None:
    """An erased addressee is not read back; that a letter went out stays known."""
    (letter,) = documents.letters(ledger)
    assert list(addressed.recipients(ledger, [letter])) == [recipients()[0]]
    later = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)
    erasure.erase(ledger, str(letter.person), at=later, terms=lambda _audit: ())
    assert list(addressed.recipients(ledger, [letter])) == [None]
    assert letter.sha256 in addressed.by_hash(ledger, {letter.sha256})  # that it went out stays known
    assert audit == letter.audit


def test_a_list_is_of_one_bound_file(ledger: Ledger) -> None:
    """The same file is recorded once; under the same list other bytes are refused, and none is recorded."""
    first = handovers.record_bound(ledger, "a" * 64, ["b" * 64], 3, AT)
    assert handovers.record_bound(ledger, "a" * 64, ["b" * 64], 3, AT) == first
    with pytest.raises(UsageError, match=r"into other bytes\. Name another file"):
        handovers.record_bound(ledger, "a" * 64, ["c" * 64], 3, AT)
    assert handovers.volumes_of(ledger, "a" * 64) == ("b" * 64,)
    assert handovers.volumes_of(ledger, "d" * 64) == ()


def test_nothing_is_handed_to_nobody(ledger: Ledger) -> None:
    """No letter, no house, no name, and no last day before the first: each is refused, unwritten."""
    letters = documents.letters(ledger)
    good = {"to": "Example Print Ltd", "on": DAY, "until": UNTIL, "by": "Desk", "at": AT}
    for which, wrong in [
        (letters, {"to": ""}),
        (letters, {"by": " "}),
        ((), {}),
        (letters, {"until": DAY - dt.timedelta(1)}),
    ]:
        with pytest.raises(UsageError):
            handovers.give(ledger, which, ["f" * 64], **{**good, **wrong})  # type: ignore[arg-type]
    assert handovers.handovers(ledger, closed=True) == ()
