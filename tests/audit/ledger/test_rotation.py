"""Changing the people key: all open as before, the old key opens nothing, and a crash is finished."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from audit.errors import LedgerError
from audit.ledger import Ledger, erasure, rotation, verify
from audit.ledger.people import KeyFile, Keyring
from tests.audit.ledger.test_erasure import LATER, files_of, no_terms, the_key

AT = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)


def test_everything_opens_as_before_and_nothing_with_the_old_key(
    ledger: Ledger, audit: str, folder: Path
) -> None:
    """Pseudonyms, digests and ciphertext stay; the wrapped keys are others, and the old ones are gone."""
    decided = list(ledger.decisions(audit))
    cases = [ledger.case(audit, one) for one in decided]
    person = decided[0].persons[0].person
    wrapped, clear = the_key(ledger, person)
    old = (folder / "ledger.key").read_text()
    key_id, n, left = rotation.rotate_people_key(
        ledger, at=AT, by="Security", reason="yearly", keep=folder.parent / "old.key"
    )
    assert (n, left) == (len({p.person for d in decided for p in d.persons}), ())
    assert (folder.parent / "old.key").read_text() == old
    assert the_key(ledger, person)[1] == clear
    assert not any(wrapped in content for _, content in files_of(ledger))
    assert not (folder / "ledger.key.next").exists()
    for one in (ledger, Ledger.open(str(folder / "ledger.db"))):
        assert [one.case(audit, d.decision) for d in decided] == cases
        assert one.case(audit, cases[0].decision) == cases[0]
        assert verify(one).ok
    found = KeyFile.read(folder / "ledger.key")
    assert found is not None
    assert found.key_id == key_id
    before = KeyFile.read(folder.parent / "old.key")
    with pytest.raises(LedgerError, match="was altered"):
        Keyring(before).unwrap(bytes.fromhex(person), the_key(ledger, person)[0])


def test_a_rotation_that_died_is_finished_on_opening(folder: Path, audit: str) -> None:
    """After the database changed, the waiting file takes its place; before that it is only a leftover."""
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        decision = next(ledger.decisions(audit))
        case = ledger.case(audit, decision)
        old = (folder / "ledger.key").read_text()
        (folder / "ledger.key.next").write_text(old)  # of a rotation that never reached the database
        rotation.rotate_people_key(ledger, at=AT)
    new = (folder / "ledger.key").read_text()
    assert new != old
    (folder / "ledger.key.next").write_text(new)
    (folder / "ledger.key").write_text(old)  # as if the machine had died before the files changed places
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        assert ledger.case(audit, case.decision) == case
        assert verify(ledger).ok
    assert (folder / "ledger.key").read_text() == new
    (folder / "ledger.key").write_text(old)
    with Ledger.open(str(folder / "ledger.db")) as ledger, pytest.raises(LedgerError, match="another ledger"):
        ledger.case(audit, decision)


def test_an_old_backup_opens_only_with_the_old_key(folder: Path, audit: str) -> None:
    """A backup from before opens with the key file of then, and for nobody once that is destroyed."""
    backup = folder.parent / "backup"
    shutil.copytree(folder, backup)
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        decision = next(ledger.decisions(audit))
        erasure.erase(ledger, decision.persons[0].person, at=LATER, terms=no_terms)
        rotation.rotate_people_key(ledger, at=LATER)
    with Ledger.open(str(backup / "ledger.db")) as ledger:
        assert ledger.case(audit, decision).inputs
    shutil.copy(folder / "ledger.key", backup / "ledger.key")
    with Ledger.open(str(backup / "ledger.db")) as ledger, pytest.raises(LedgerError, match="another ledger"):
        ledger.case(audit, decision)


def test_without_the_key_file_nothing_changes(folder: Path) -> None:
    """No key at hand, or a place for the old one that is taken: refused, and the ledger is as it was."""
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        (folder / "taken").write_text("mine")
        with pytest.raises(LedgerError, match="a file is there already"):
            rotation.rotate_people_key(ledger, at=AT, keep=folder / "taken")
        assert verify(ledger).ok
    (folder / "ledger.key").rename(folder / "away")
    with Ledger.open(str(folder / "ledger.db")) as ledger, pytest.raises(LedgerError, match="absent"):
        rotation.rotate_people_key(ledger, at=AT)
