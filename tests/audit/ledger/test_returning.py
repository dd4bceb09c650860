"""Who was erased and applies again: the old copies stay closed, the new ones open, on both databases."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from audit.errors import DataError, GoneError, LedgerError
from audit.ledger import Ledger, erasure, retention, returning, tables, verify
from audit.ledger.database import reading
from audit.record import Decision
from tests.audit.ledger.test_erasure import LATER, SOON, no_terms, the_key
from tests.worlds.issued import SENT_AT, a_letter
from tests.worlds.postgresql import NoServer, Server
from tests.worlds.sealed import SmallAudit, applicants, small_audit, write_audit

WHO = next(one for one in applicants() if one.action == "D" and not one.joint)
NEW = "NEW-" + WHO.id
LATER_STILL = LATER + dt.timedelta(days=90)


@dataclass
class Place:
    """A sealed ledger in a database that can be put back to how it was."""

    url: str
    key: Path
    server: Server | None = None

    def open(self) -> Ledger:
        """Open it, as the next program that starts would."""
        return Ledger.open(self.url, key_file=self.key)

    def back_up(self) -> None:
        """Keep a copy of the database, and nothing else."""
        if self.server is not None:
            self.server.copy_database("reapplied", "kept")
        else:
            shutil.copy(self._file, self._file.with_suffix(".kept"))

    def restore(self) -> None:
        """Put the copy in the place of the database."""
        if self.server is not None:
            self.server.copy_database("kept", "reapplied")
        else:
            for old in self._file.parent.glob("ledger.db*"):
                old.unlink()
            shutil.copy(self._file.with_suffix(".kept"), self._file)

    @property
    def _file(self) -> Path:
        return Path(self.url.removeprefix("sqlite:///"))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL of our own."""
    try:
        started = Server()
    except NoServer as error:
        pytest.skip(str(error))
    yield started
    started.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def place(request: pytest.FixtureRequest, folder: Path) -> Place:
    """The small audit, sealed, in either database."""
    url = f"sqlite:///{folder / 'ledger.db'}"
    if request.param == "sqlite":
        return Place(url, folder / "ledger.key")
    from audit.ledger.copying import copy

    server: Server = request.getfixturevalue("server")
    server.tell("DROP DATABASE IF EXISTS reapplied WITH (FORCE)")
    server.tell("CREATE DATABASE reapplied")
    with Ledger.open(url) as ledger:
        copy(ledger, server.url("reapplied"))
    return Place(server.url("reapplied"), folder / "ledger.key", server)


def applied_again(name: str = "Next portfolio", prefix: str = "NEW-") -> SmallAudit:
    """The same people with new applications, a year on."""
    small = small_audit(name)

    def new(found: str) -> str:
        return prefix + found

    parts = tuple(
        {
            **part,
            "decisions": [replace(one, decision=new(one.decision)) for one in part["decisions"]],
            "cases": [replace(one, decision=new(one.decision)) for one in part["cases"]],
        }
        for part in small.parts
    )
    return replace(small, parts=parts)


def erased(ledger: Ledger, at: dt.datetime = LATER) -> str:
    """Erase the applicant; return what is told of it."""
    return erasure.erase(ledger, WHO.person, at=at, terms=no_terms, reason="asked for").told


def the_old(ledger: Ledger) -> Decision:
    """The decision about the first application."""
    return ledger.decision(first(ledger), WHO.id)


def first(ledger: Ledger) -> str:
    """The id of the first audit."""
    return next(one.audit for one in ledger.audits() if one.name == "Small portfolio")


def is_closed(ledger: Ledger, told: str) -> bool:
    """Whether the old application, its people and its inputs are locked for the reason told."""
    for look in (ledger.case, ledger.people):
        with pytest.raises(GoneError, match=told):
            look(first(ledger), the_old(ledger))
    return True


def gone_of(ledger: Ledger) -> tuple[str, ...]:
    """What a verification that holds tells of persons."""
    proof = verify(ledger)
    assert proof.ok, [check.fact for check in proof.checks if not check.ok]
    return proof.gone


def test_a_new_application_is_audited_written_read_and_erased_again(place: Place) -> None:
    """Under another pseudonym and key; each erasure is told of the rows that it covers, and of no others."""
    with place.open() as ledger:
        told = erased(ledger)
        old = the_old(ledger).persons[0].person
        again = write_audit(ledger, applied_again()).audit
        new = ledger.decision(again, NEW)
        person = new.persons[0].person
        assert person != old
        assert not any(one.decision == new.decision for one in ledger.decisions(first(ledger)))
        assert ledger.is_person(old, WHO.person)
        assert ledger.is_person(person, WHO.person)
        assert not ledger.is_person(person, WHO.id)
        case = ledger.case(again, new)
        assert (case.decision, dict(case.inputs)) == (NEW, WHO.inputs)
        assert ledger.people(again, new)[0].person == WHO.person
        letter = ledger.record_document(again, a_letter(new), SENT_AT)
        assert ledger.words(letter) == "We refuse. Alex Sample."
        assert is_closed(ledger, told)
        assert gone_of(ledger) == (f"person {old}: {told}",)
        assert erasure.erased(ledger, WHO.person) is None
        # Everybody else is the same person in both audits.
        others = [one for one in applicants() if one.id != WHO.id]
        for one in others:
            names = [
                ledger.decision(a, i).persons[0].person
                for a, i in ((first(ledger), one.id), (again, "NEW-" + one.id))
            ]
            assert names[0] == names[1]

        second = erasure.erase(ledger, WHO.person, at=LATER_STILL, terms=no_terms, reason="once more")
        assert (second.person, second.state, second.existing) == (person, "done", False)
        with pytest.raises(GoneError, match=second.told):
            ledger.case(again, new)
        with pytest.raises(GoneError, match=second.told):
            ledger.words(letter)
        assert is_closed(ledger, told)
        assert gone_of(ledger) == (f"person {old}: {told}", f"person {person}: {second.told}")
        assert erasure.erase(ledger, WHO.person, at=LATER_STILL, terms=no_terms).told == second.told
        assert erasure.erase(ledger, old, at=LATER_STILL, terms=no_terms).told == told
        # And a third time.
        third = write_audit(ledger, applied_again("Third portfolio", "THIRD-")).audit
        assert ledger.case(third, "THIRD-" + WHO.id).inputs
        assert len({old, person, ledger.decision(third, "THIRD-" + WHO.id).persons[0].person}) == 3
        assert verify(ledger).ok


def test_a_wish_about_the_new_application_waits_for_its_own_minimum(place: Place) -> None:
    """The second wish is queued by the second notice; the first erasure is as it was."""
    with place.open() as ledger:
        told = erased(ledger)
        again = write_audit(ledger, applied_again()).audit
        new = ledger.decision(again, NEW)
        ledger.record_document(again, a_letter(new), LATER)
        terms = retention.in_force(ledger, LATER.date())
        waits = erasure.erase(ledger, WHO.person, at=LATER, terms=terms)
        assert (waits.state, waits.due_on) == ("queued", dt.date(2031, 4, 2))  # 25 months after 2029-03-01
        assert {ground.audit for ground in waits.grounds} == {again}
        assert ledger.case(again, new).inputs
        assert is_closed(ledger, told)
        (done,) = erasure.carry_out(ledger, at=dt.datetime(2031, 4, 2, tzinfo=dt.UTC), terms=terms)
        assert (done.person, done.state) == (new.persons[0].person, "done")
        assert verify(ledger).ok


def test_a_restored_backup_gives_the_old_copies_back_to_nobody(place: Place) -> None:
    """The old key is destroyed again and the new one is not, whether it came before the replay or after."""
    place.back_up()
    with place.open() as ledger:
        told = erased(ledger)
        write_audit(ledger, applied_again())
        old = the_old(ledger).persons[0].person
    place.restore()
    with place.open() as ledger:
        the_key(ledger, old)  # it is back in the database
        assert is_closed(ledger, told)
        # The new application is audited once more, before anybody thinks of the replay.
        again = write_audit(ledger, applied_again()).audit
        new = ledger.decision(again, NEW)
        kept = the_key(ledger, new.persons[0].person)
        (done,) = erasure.replay(ledger, at=LATER_STILL)
        assert (done.person, done.state) == (old, "done")
        assert the_key(ledger, new.persons[0].person) == kept
    with place.open() as ledger:
        assert ledger.case(again, new).inputs == WHO.inputs
        with pytest.raises(GoneError, match=r"erased on 2029-\d\d-\d\d under entry"):
            ledger.case(first(ledger), the_old(ledger))
        assert [line.split(":")[0] for line in gone_of(ledger)] == [f"person {old}"]
        assert erasure.replay(ledger, at=LATER_STILL) == ()
        with reading(ledger.engine) as connection:
            held = set(connection.scalars(sa.select(tables.person_keys.c.person)))
        assert bytes.fromhex(old) not in held


def test_a_backup_between_the_two_erasures_loses_neither(place: Place) -> None:
    """The second erasure is replayed; the first is in the backup's own log."""
    with place.open() as ledger:
        told = erased(ledger)
        again = write_audit(ledger, applied_again()).audit
    place.back_up()
    with place.open() as ledger:
        second = erasure.erase(ledger, WHO.person, at=LATER_STILL, terms=no_terms)
    place.restore()
    with place.open() as ledger:
        with pytest.raises(GoneError, match=second.told):
            ledger.case(again, NEW)
        # A third application comes under a third key, though the database knows of one erasure only.
        third = write_audit(ledger, applied_again("Third portfolio", "THIRD-")).audit
        assert [one.person for one in erasure.replay(ledger, at=LATER_STILL)] == [second.person]
        assert ledger.case(third, "THIRD-" + WHO.id).inputs
        assert is_closed(ledger, told)
        assert len(gone_of(ledger)) == 2


def test_without_the_journal_a_replay_destroys_what_was_written_under_the_old_key(place: Place) -> None:
    """A backup that was put back alone knows of no erasure: what comes meanwhile goes with the old key."""
    place.back_up()
    with place.open() as ledger:
        erased(ledger)
        journal = ledger.journal
    assert journal is not None
    elsewhere = journal.with_name("elsewhere")
    journal.rename(elsewhere)
    place.restore()
    with place.open() as ledger:
        again = write_audit(ledger, applied_again()).audit
        assert ledger.decision(again, NEW).persons[0].person == the_old(ledger).persons[0].person
        (done,) = erasure.replay(ledger, at=LATER_STILL, kept=elsewhere)
        for audit, decision in ((again, NEW), (first(ledger), WHO.id)):
            with pytest.raises(GoneError, match=done.told):
                ledger.case(audit, decision)
        assert verify(ledger).ok


def test_an_application_that_went_does_not_come_back(place: Place) -> None:
    """Old rows that still stand in the data are refused by their number, and nothing of them is written."""
    with place.open() as ledger:
        told = erased(ledger)
        old = the_old(ledger)
        small = small_audit("The same data, another year")
        with pytest.raises(DataError, match=rf"row {old.row + 1} \({told}\)\. Take these rows out"):
            write_audit(ledger, small)
        writer = ledger.begin(small.head)
        assert old.seq not in writer.committed
        assert is_closed(ledger, told)
        assert verify(ledger).ok


def test_a_run_that_goes_on_after_an_erasure_ends_as_it_began(place: Place) -> None:
    """A committed part stays as it is, with an old application in it as with a new one."""
    with place.open() as ledger:
        erased(ledger)
        small = applied_again()
        writer = ledger.begin(small.head)
        writer.partition(**small.parts[0])
    with place.open() as ledger:
        writer = ledger.begin(small.head)
        assert not writer.partition(**small.parts[0])  # the same root: the same pseudonyms
        second = erasure.erase(ledger, WHO.person, at=LATER_STILL, terms=no_terms)
        assert not writer.partition(**small.parts[0])  # cannot be made again, and is passed over
        assert write_audit(ledger, small).state == "sealed"
        with pytest.raises(GoneError, match=second.told):
            ledger.case(small.head.audit, NEW)
        assert verify(ledger).ok


def test_while_an_erasure_waits_it_is_the_same_person(place: Place) -> None:
    """Nothing is destroyed yet: the new application is under the same key, and the wish waits for both."""
    with place.open() as ledger:
        terms = retention.in_force(ledger, SOON.date())
        waits = erasure.erase(ledger, WHO.person, at=SOON, terms=terms)
        assert waits.due_on is not None
        again = write_audit(ledger, applied_again()).audit
        new = ledger.decision(again, NEW)
        assert new.persons[0].person == waits.person
        ledger.record_document(again, a_letter(new), SOON + dt.timedelta(days=90))
        day = dt.datetime.combine(waits.due_on, dt.time(), dt.UTC)
        (still,) = erasure.carry_out(ledger, at=day, terms=terms)
        assert (still.state, still.due_on) == ("queued", dt.date(2029, 4, 2))
        assert verify(ledger).ok


def test_nothing_is_locked_under_a_key_that_is_gone_unexplained(ledger: Ledger) -> None:
    """A key that somebody took out by hand is no erasure: no second pseudonym, and the run ends."""
    person = bytes.fromhex(the_old(ledger).persons[0].person)
    with ledger.engine.begin() as connection:
        connection.execute(tables.person_keys.delete().where(tables.person_keys.c.person == person))
    with pytest.raises(LedgerError, match="this person's key is gone"):
        write_audit(ledger, applied_again())


def test_the_pseudonyms_of_two_people_never_meet(ledger: Ledger) -> None:
    """However ids are written, the second pseudonym of one is not the first of another."""
    with reading(ledger.engine) as connection:
        (one,) = returning.pseudonyms(connection, ledger.keyring, "x")
    names = ("x", "1|x", " 1|x", "person 1|x", "person|x", "1 x")
    pseudonym = ledger.keyring.pseudonym
    made = [pseudonym(kind, name) for kind in ("person", "person 1", "person 2") for name in names]
    assert made[0] == one
    assert len(set(made)) == len(made)
