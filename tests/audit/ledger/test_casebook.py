"""Cases read together are the cases read one by one; who is erased is locked in both."""

from __future__ import annotations

import datetime as dt
import random

import pytest
import sqlalchemy as sa

from audit.errors import EvidenceError, GoneError
from audit.ledger import Ledger, erasure, tables
from audit.ledger.casebook import cases, cells_at
from audit.ledger.database import reading, writing
from audit.ledger.documents import of_decisions
from reports.ahead import Ahead
from tests.worlds.issued import SENT_AT, a_letter
from tests.worlds.sealed import recipients

LATER = dt.datetime(2029, 3, 1, 12, 0, tzinfo=dt.UTC)  # past every minimum of the law


def test_cases_read_together_are_those_read_one_by_one(ledger: Ledger, audit: str) -> None:
    """Of all decisions, of two parts, with one applicant and several, in any order."""
    names = [one.decision for one in ledger.decisions(audit)]
    random.Random(3).shuffle(names)
    assert cases(ledger, audit, names) == {name: ledger.case(audit, name) for name in names}
    assert cases(ledger, audit, [names[0], "0" * 32]) == {names[0]: ledger.case(audit, names[0])}
    assert cases(ledger, audit, []) == {}


def test_the_locked_cells_are_found_by_their_order(ledger: Ledger, audit: str) -> None:
    """Any places of a part give the cells that a search of the whole part gives."""
    rng, table = random.Random(5), tables.locked_fields
    with reading(ledger.engine) as connection:
        for entry in connection.scalars(sa.select(table.c.entry).distinct()).all():
            every = connection.execute(
                sa.select(table).where(table.c.entry == entry).order_by(table.c.pos)
            ).all()
            there = sorted({row.place for row in every})
            assert len(every) > len(there)  # some have two applicants
            for size in (1, 1, 1, 3, 9, len(there)):
                asked = rng.sample(there, size)
                expected = {one: [row for row in every if row.place == one] for one in asked}
                assert cells_at(connection, entry, asked) == expected
            assert cells_at(connection, entry, [max(there) + 7]) == {max(there) + 7: []}
            assert cells_at(connection, entry, []) == {}


def test_a_case_that_is_gone_keeps_no_other_from_being_read(ledger: Ledger, audit: str) -> None:
    """The erased applicant's is answered by its error, every other is there."""
    told = [one for one in ledger.decisions(audit) if len(one.persons) == 1][:4]
    names = [one.decision for one in told]
    before = cases(ledger, audit, names)
    done = erasure.erase(ledger, told[1].persons[0].person, at=LATER, terms=lambda _audit: ())
    after = cases(ledger, audit, names)
    gone = after.pop(names[1])
    assert isinstance(gone, GoneError)
    assert done.told in str(gone)
    assert after == {name: case for name, case in before.items() if name != names[1]}


def test_who_is_erased_after_the_reading_is_recorded_no_letter(ledger: Ledger, audit: str) -> None:
    """No key stays open from reading ahead, so another program's erasure holds when it is recorded."""
    told = next(one for one in ledger.decisions(audit, notice="ready") if len(one.persons) == 1)
    assert cases(ledger, audit, [told.decision])[told.decision] == ledger.case(audit, told)
    cases(ledger, audit, [told.decision])
    with Ledger.open(ledger.engine.url.render_as_string(hide_password=False)) as other:
        erasure.erase(other, told.persons[0].person, at=LATER, terms=lambda _audit: ())
    with pytest.raises(GoneError, match="erased on"):
        ledger.record_document(audit, a_letter(told), SENT_AT, recipient=recipients()[0], again_reason="lost")


def test_what_was_issued_is_found_for_many_decisions(ledger: Ledger, audit: str) -> None:
    """The last of each key is what ``issued`` answers; decisions without letters have none."""
    found = of_decisions(ledger, [one.decision for one in ledger.decisions(audit)])
    letters = [one for some in found.values() for one in some]
    assert letters
    for one in letters:
        assert one.decision is not None
        assert one.person is not None
        last = ledger.issued(one.entity, one.decision, one.action, one.person, one.kind)
        assert last in found[one.decision]
    assert [] in found.values()


def test_what_cannot_be_read_together_is_left_to_each(ledger: Ledger, audit: str) -> None:
    """A person's key that was altered keeps no other letter from being written."""
    told = [one for one in ledger.decisions(audit) if len(one.persons) == 1][:3]
    names = [one.decision for one in told]
    assert set(Ahead.of(ledger, audit, names).cases) == set(names)
    with writing(ledger.engine) as connection:
        guards = sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'person_keys'")
        for name in connection.scalars(guards).all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        who = tables.person_keys.c.person == bytes.fromhex(told[1].persons[0].person)
        connection.execute(sa.update(tables.person_keys).where(who).values(wrapped=b"x" * 48))
    ahead = Ahead.of(ledger, audit, names)
    assert ahead == Ahead({}, {})
    assert ahead.case(names[0]) is None
    assert ledger.case(audit, names[0]).decision
    with pytest.raises(EvidenceError, match="altered"):
        ledger.case(audit, names[1])
