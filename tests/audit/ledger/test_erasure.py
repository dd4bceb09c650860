"""Erasing a person: unreadable everywhere, queued where the law says so, refused where held."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from audit.errors import GoneError, LedgerError, UsageError
from audit.ledger import Ledger, database, entries, erasure, holds, journal, retention, scrub, tables, verify
from audit.ledger.database import reading
from audit.record import Decision, KeptFor, RetentionTerm
from tests.worlds.issued import SENT_AT, a_letter
from tests.worlds.sealed import recipients, small_audit, write_audit

LATER = dt.datetime(2029, 3, 1, 12, 0, tzinfo=dt.UTC)  # past every minimum of the law
SOON = dt.datetime(2026, 12, 1, 12, 0, tzinfo=dt.UTC)


def no_terms(_audit: str) -> tuple[RetentionTerm, ...]:
    """No retention term holds for any audit."""
    return ()


@pytest.fixture
def told(ledger: Ledger, audit: str) -> Decision:
    """A decision of one person whose letter, with its bytes, lies in the ledger."""
    found = next(d for d in ledger.decisions(audit, notice="ready") if len(d.persons) == 1)
    ledger.record_document(
        audit, a_letter(found), SENT_AT, recipient=recipients()[0], again_reason="once more", keep_bytes=True
    )
    return found


def the_key(ledger: Ledger, person: str) -> tuple[bytes, bytes]:
    """A person's key as it is wrapped in the database, and in clear."""
    with reading(ledger.engine) as connection:
        table = tables.person_keys
        wrapped = connection.scalar(sa.select(table.c.wrapped).where(table.c.person == bytes.fromhex(person)))
    assert wrapped is not None
    return wrapped, ledger.keyring.unwrap(bytes.fromhex(person), wrapped)


def files_of(ledger: Ledger) -> Iterator[tuple[str, bytes]]:
    """Every file of the ledger's folder: database, WAL, index, journal, keys, whatever else lies there."""
    folder = Path(str(ledger.engine.url.database)).parent
    for file in folder.rglob("*"):
        if file.is_file():
            yield file.name, file.read_bytes()


def test_every_copy_becomes_unreadable_and_the_log_still_verifies(
    ledger: Ledger, audit: str, told: Decision
) -> None:
    """Case, inputs, people, letter are gone, with day and entry; scores, rates and findings stay."""
    person = told.persons[0].person
    case = ledger.case(audit, told)
    before = (ledger.decision(audit, told.decision), ledger.rates(audit), ledger.findings(audit))
    letter = next(d for d in ledger.documents(audit) if d.person == person)
    assert ledger.words(letter) == "We refuse. Alex Sample."
    others = [d for d in ledger.decisions(audit) if d.persons[0].person != person]
    kept = [ledger.case(audit, d) for d in others]

    done = erasure.erase(ledger, person, at=LATER, terms=no_terms, reason="asked for", by="J. Doe")
    assert (done.state, done.remains) == ("done", ())
    assert done.told == f"erased on 2029-03-01 under entry {done.entry}"
    for look in (
        lambda: ledger.case(audit, told),
        lambda: ledger.people(audit, told),
        lambda: ledger.words(letter),
        lambda: ledger.record_document(audit, a_letter(told), LATER, again_reason="once more"),
    ):
        with pytest.raises(GoneError, match=rf"erased on 2029-03-01 under entry {done.entry}"):
            look()
    assert (ledger.decision(audit, told.decision), ledger.rates(audit), ledger.findings(audit)) == before
    assert [ledger.case(audit, d) for d in others] == kept
    assert case.decision not in {one.decision for one in kept}
    proof = verify(ledger)
    assert proof.ok
    assert proof.gone == (f"person {person}: {done.told}",)
    assert "missing" not in " ".join(check.fact for check in proof.checks)


def test_no_byte_of_the_destroyed_key_is_left(ledger: Ledger, told: Decision) -> None:
    """Neither the wrapped key nor the key in clear stands in database, WAL, or any file beside them."""
    person = told.persons[0].person
    wrapped, clear = the_key(ledger, person)
    assert any(wrapped in content for _, content in files_of(ledger))
    erasure.erase(ledger, person, at=LATER, terms=no_terms)
    assert [name for name, content in files_of(ledger) if wrapped in content or clear in content] == []


def test_an_old_ledger_is_written_anew_where_a_copy_stands_in_a_free_place(folder: Path, audit: str) -> None:
    """A copy of the key in a page that an earlier program left free is found and cleared."""
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        person = next(ledger.decisions(audit)).persons[0].person
        wrapped, _ = the_key(ledger, person)
    connection = sqlite3.connect(folder / "ledger.db")
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute("CREATE TABLE left_over (copy BLOB)")
    connection.executemany("INSERT INTO left_over VALUES (?)", [(wrapped,)] * 50)
    connection.execute("DROP TABLE left_over")
    connection.commit()
    connection.close()
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        assert any(wrapped in content for _, content in files_of(ledger))
        assert erasure.erase(ledger, person, at=LATER, terms=no_terms).remains == ()
        assert not any(wrapped in content for _, content in files_of(ledger))
        assert verify(ledger).ok


def test_a_reader_that_keeps_the_log_open_is_named(
    ledger: Ledger, told: Decision, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another program reads, a copy may stand in the WAL: it is said, and the next call clears it."""
    other = sqlite3.connect(str(ledger.engine.url.database), isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM decisions").fetchone()
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    ledger.engine.dispose()
    person = told.persons[0].person
    wrapped, _ = the_key(ledger, person)
    found = erasure.erase(ledger, person, at=LATER, terms=no_terms)
    assert found.state == "done"
    assert "ledger.db-wal, while another program reads" in found.remains[0]
    other.close()
    assert list(scrub.clear(ledger.engine, (), [wrapped])) == []
    assert not any(wrapped in content for _, content in files_of(ledger))


def test_an_erased_person_is_erased_once(ledger: Ledger, told: Decision) -> None:
    """A second wish answers with the first erasure, by id as by pseudonym; strangers are refused."""
    case = ledger.case(told_audit(ledger), told)
    name = ledger.people(told_audit(ledger), told)[0].person
    first = erasure.erase(ledger, name, at=LATER, terms=no_terms)
    again = erasure.erase(ledger, told.persons[0].person, at=LATER, terms=no_terms)
    assert again.existing
    assert again.told == first.told == erasure.erased(ledger, name)
    with pytest.raises(UsageError, match="knows nobody of that name"):
        erasure.erase(ledger, case.decision + "-of-nobody", at=LATER, terms=no_terms)


def told_audit(ledger: Ledger) -> str:
    """The id of the audit."""
    return ledger.find("latest").audit


def test_inside_a_legal_minimum_it_is_queued_with_its_date(
    ledger: Ledger, audit: str, told: Decision
) -> None:
    """25 months after the notice, and not before; everything stays readable till then, and goes by itself."""
    person = told.persons[0].person
    terms = retention.in_force(ledger, SOON.date())
    found = erasure.erase(ledger, person, at=SOON, terms=terms, reason="asked for")
    assert found.state == "queued"
    assert found.due_on == dt.date(2028, 12, 22)  # the letter went out on 2026-11-21
    assert "12 CFR 1002.12(b)" in found.told
    assert "2028-12-21" in found.told
    assert ledger.case(audit, told).inputs
    again = erasure.erase(ledger, person, at=SOON, terms=terms)
    assert again.existing
    assert (again.entry, again.due_on) == (found.entry, found.due_on)
    assert [one.person for one in erasure.queued(ledger)] == [person]
    day_before = dt.datetime(2028, 12, 21, 23, 59, tzinfo=dt.UTC)
    assert erasure.carry_out(ledger, at=day_before, terms=terms) == ()
    done = erasure.carry_out(ledger, at=dt.datetime(2028, 12, 22, tzinfo=dt.UTC), terms=terms)
    assert [(one.person, one.state) for one in done] == [(person, "done")]
    assert erasure.queued(ledger) == ()
    with pytest.raises(GoneError):
        ledger.case(audit, told)
    assert verify(ledger).ok


def test_a_minimum_of_the_house_makes_nobody_wait(ledger: Ledger, told: Decision) -> None:
    """Only a minimum that the law sets delays an erasure."""
    house = KeptFor(120, dt.date(2020, 1, 1), "house", "our own line")
    term = RetentionTerm("house.all", "All", ("application", "notice"), at_least=house)
    found = erasure.erase(ledger, told.persons[0].person, at=SOON, terms=lambda _audit: (term,))
    assert found.state == "done"


def test_a_held_person_is_not_erased(ledger: Ledger, audit: str, told: Decision) -> None:
    """A hold on the person, on their audit or on everything refuses; released, the erasure is done."""
    person = told.persons[0].person
    for scope in ({"person": person}, {"audit": audit}, {}):
        hold = holds.add(ledger, at=SOON, reason="a suit", by="Counsel", **scope)
        with pytest.raises(UsageError, match=rf"{hold.hold} stands on .* \(a suit\)"):
            erasure.erase(ledger, person, at=LATER, terms=no_terms)
        assert ledger.case(audit, told).inputs
        holds.release(ledger, hold.hold, at=SOON, reason="settled", by="Counsel")
    assert erasure.erase(ledger, person, at=LATER, terms=no_terms).state == "done"


def test_a_queued_erasure_that_is_held_stays_queued(ledger: Ledger, told: Decision) -> None:
    """On its day a hold keeps it back, and it is told so; after the release it is done."""
    person = told.persons[0].person
    terms = retention.in_force(ledger, SOON.date())
    erasure.erase(ledger, person, at=SOON, terms=terms)
    hold = holds.add(ledger, at=SOON, reason="an investigation", by="Counsel", person=person)
    (kept,) = erasure.carry_out(ledger, at=LATER, terms=terms)
    assert (kept.state, kept.told) == ("held", "due, and held by hold-1 (an investigation)")
    holds.release(ledger, hold.hold, at=LATER, reason="closed", by="Counsel")
    (done,) = erasure.carry_out(ledger, at=LATER, terms=terms)
    assert done.state == "done"


def test_erasure_survives_the_restore_of_an_older_backup(folder: Path, audit: str) -> None:
    """With yesterday's database back the person stays locked, and a replay destroys the key again."""
    file = folder / "ledger.db"
    with Ledger.open(str(file)) as ledger:
        erased, waiting = list(ledger.decisions(audit, notice="ready"))[:2]
    backup = folder.parent / "backup.db"
    shutil.copy(file, backup)
    with Ledger.open(str(file)) as ledger:
        first = erasure.erase(ledger, erased.persons[0].person, at=LATER, terms=no_terms)
        terms = retention.in_force(ledger, SOON.date())
        queued = erasure.erase(ledger, waiting.persons[0].person, at=SOON, terms=terms)
    for old in folder.glob("ledger.db*"):
        old.unlink()
    shutil.copy(backup, file)
    with Ledger.open(str(file)) as ledger:
        wrapped, _ = the_key(ledger, erased.persons[0].person)
        with pytest.raises(GoneError, match=first.told):
            ledger.case(audit, erased)
        before = verify(ledger)
        assert not before.ok
        assert any("erase --replay" in check.fact for check in before.checks if not check.ok)
        again = erasure.replay(ledger, at=LATER)
        assert [(one.person, one.state) for one in again if one.state == "done"] == [
            (erased.persons[0].person, "done")
        ]
        assert [one.due_on for one in erasure.queued(ledger)] == [queued.due_on]
        assert not any(wrapped in content for _, content in files_of(ledger))
        assert verify(ledger).ok
        assert erasure.replay(ledger, at=LATER) == ()


def test_without_the_journal_the_log_itself_is_replayed(folder: Path, audit: str) -> None:
    """A key table that was restored alone: the log still names who was erased."""
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        decision = next(ledger.decisions(audit))
        person = bytes.fromhex(decision.persons[0].person)
        wrapped, _ = the_key(ledger, person.hex())
        found = erasure.erase(ledger, person.hex(), at=LATER, terms=no_terms)
        assert ledger.journal is not None
        ledger.journal.unlink()
    connection = sqlite3.connect(folder / "ledger.db")
    connection.execute("INSERT INTO person_keys VALUES (?, ?, 'back')", (person, wrapped))
    connection.commit()
    connection.close()
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        facts = " ".join(check.fact for check in verify(ledger).checks if not check.ok)
        assert found.told in facts
        assert len(erasure.replay(ledger, at=LATER)) == 1
        assert verify(ledger).ok


def test_nobody_is_erased_by_a_line_that_was_added(folder: Path, audit: str) -> None:
    """A line without its mark is told and not followed; a journal that is none at all is refused."""
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        decision = next(ledger.decisions(audit))
        line = journal.Line(ledger.origin, "done", bytes.fromhex(decision.persons[0].person), 0, 3)
        forged = line.text(ledger.keyring)[:-4] + "0000"
        assert ledger.journal is not None
        ledger.journal.write_text(forged + "\n")
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        assert ledger.case(audit, decision).inputs
        facts = " ".join(check.fact for check in verify(ledger).checks if not check.ok)
        assert "line 1 was cut short or altered" in facts
        with pytest.raises(LedgerError, match="Restore the journal"):
            erasure.replay(ledger, at=LATER)
        with pytest.raises(UsageError, match="no such file"):
            erasure.replay(ledger, at=LATER, kept=folder / "absent")


def test_an_erasure_forged_in_the_database_is_seen(folder: Path, audit: str) -> None:
    """A key that was removed by hand is gone without an erasure, and a row that claims one is inserted."""
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        person = bytes.fromhex(next(ledger.decisions(audit)).persons[0].person)
    connection = sqlite3.connect(folder / "ledger.db")
    connection.execute("DELETE FROM person_keys WHERE person = ?", (person,))
    connection.commit()
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        assert "no erasure says so" in " ".join(c.fact for c in verify(ledger).checks if not c.ok)
    connection.execute("INSERT INTO erasures VALUES (99, 0, ?, 'done', '', '', 0, NULL)", (person,))
    connection.commit()
    connection.close()
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        assert any(c.name == "erasures" and "inserted" in c.fact for c in verify(ledger).checks)


def test_a_run_that_goes_on_passes_over_an_erased_person(tmp_path: Path) -> None:
    """Parts that are in the ledger are not asked for what an erased person's cells were."""
    small = small_audit()
    with Ledger.open(str(tmp_path / "ledger.db"), create=True) as ledger:
        writer = ledger.begin(small.head)
        writer.partition(**small.parts[0])
        person = next(ledger.decisions(small.head.audit)).persons[0].person
        erasure.erase(ledger, person, at=LATER, terms=no_terms)
        assert write_audit(ledger, small).state == "sealed"
        assert verify(ledger).ok


def test_no_id_stands_in_the_log(ledger: Ledger, told: Decision) -> None:
    """A reason that quotes the person's id is refused: an entry of the log never goes."""
    name = ledger.people(told_audit(ledger), told)[0].person
    with pytest.raises(UsageError, match="Say it without the id"):
        erasure.erase(ledger, name, at=LATER, terms=no_terms, reason=f"{name} asked for it")


def test_a_joint_applicant_takes_only_their_own_along(ledger: Ledger, audit: str) -> None:
    """With the second applicant erased the first one's case opens; with the first, the application goes."""
    joint = next(d for d in ledger.decisions(audit) if len(d.persons) > 1)
    before, people = ledger.case(audit, joint), ledger.people(audit, joint)
    first, second = (person.person for person in joint.persons[:2])
    erasure.erase(ledger, second, at=LATER, terms=no_terms)
    after = ledger.case(audit, joint)
    assert (after.decision, after.record, after.inputs) == (before.decision, before.record, before.inputs)
    assert ledger.people(audit, joint)[:2] == (people[0], type(people[1])(second, people[1].role))
    erasure.erase(ledger, first, at=LATER, terms=no_terms)
    with pytest.raises(GoneError):
        ledger.case(audit, joint)


def test_the_journal_is_written_before_the_database(
    ledger: Ledger, audit: str, told: Decision, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that dies between the two leaves the person locked; the replay finishes the erasure."""
    person = told.persons[0].person

    def die(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(entries, "sign_head", die)
    with pytest.raises(KeyboardInterrupt):
        erasure.erase(ledger, person, at=LATER, terms=no_terms)
    monkeypatch.undo()
    with Ledger.open(str(ledger.engine.url.database)) as again:
        with pytest.raises(GoneError):
            again.case(audit, told)
        (done,) = erasure.replay(again, at=LATER)
        assert done.state == "done"
        assert verify(again).ok


def test_an_entry_names_the_terms_that_made_it_wait(ledger: Ledger, told: Decision) -> None:
    """The queued wish seals its grounds and the terms as they were applied."""
    terms = retention.in_force(ledger, SOON.date())
    found = erasure.erase(ledger, told.persons[0].person, at=SOON, terms=terms)
    with reading(ledger.engine) as connection:
        (ground,) = connection.execute(sa.select(tables.erasure_grounds)).all()
        (term,) = connection.execute(sa.select(tables.retention_terms)).all()
    assert (ground.entry, ground.kept_until, ground.decision.hex()) == (
        found.entry,
        "2028-12-21",
        told.decision,
    )
    assert (term.term, term.at_least_months) == ("us_ecoa_regb.applications_and_notices", 25)
    assert term.at_least_source == "12 CFR 1002.12(b)(1), (2)"


def test_words_that_are_not_locked_stay(ledger: Ledger, audit: str, told: Decision) -> None:
    """A report speaks of nobody and can be read after every erasure."""
    for person in {p.person for d in ledger.decisions(audit) for p in d.persons}:
        erasure.erase(ledger, person, at=LATER, terms=no_terms)
    report = next(d for d in ledger.documents(audit) if d.kind == "report")
    assert ledger.words(report) == "A report."
    assert verify(ledger).ok
