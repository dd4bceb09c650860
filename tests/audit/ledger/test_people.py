"""Pseudonyms and locks: the same every time, openable only where they belong."""

from __future__ import annotations

import hmac
import stat
from pathlib import Path

import pytest

from audit.errors import EvidenceError, LedgerError
from audit.ledger.people import KeyFile, Keyring, key_path, place_secret, settle_names

PERSON, OTHER = b"p" * 16, b"q" * 16


def a_keyring() -> Keyring:
    """Return a keyring with fixed secrets and the keys of two persons."""
    keyring = Keyring(KeyFile(b"1" * 32, b"2" * 32))
    keyring._opened = {PERSON: b"3" * 32, OTHER: b"4" * 32}
    return keyring


def test_the_key_file_is_for_its_owner_alone_and_made_once(tmp_path: Path) -> None:
    """Mode 0600; a second maker reads the first one's keys; nothing else is left in the folder."""
    path = tmp_path / "ledger.key"
    first = KeyFile.create(path)
    assert KeyFile.create(path) == first == KeyFile.read(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not place_secret(path, "another")
    assert [file.name for file in tmp_path.iterdir()] == ["ledger.key"]


def test_two_key_files_differ(tmp_path: Path) -> None:
    """Keys are random, so a pseudonym of one ledger means nothing in another."""
    one, two = KeyFile.create(tmp_path / "a"), KeyFile.create(tmp_path / "b")
    assert one.key_id != two.key_id
    assert Keyring(one).pseudonym("person", "x") != Keyring(two).pseudonym("person", "x")


def test_what_is_no_key_file_is_refused(tmp_path: Path) -> None:
    """A file of another form is named, with the way out; an absent one is None."""
    path = tmp_path / "ledger.key"
    assert KeyFile.read(path) is None
    path.write_text("hello\nyou\nthere\n")
    with pytest.raises(LedgerError, match=r"no key file of a ledger\. Restore it"):
        KeyFile.read(path)
    with pytest.raises(LedgerError, match="PLAINSPOKEN_KEY_FILE"):
        KeyFile.create(tmp_path / "absent" / "ledger.key")


def test_where_the_key_file_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one asked for, else the one beside the SQLite file, else $PLAINSPOKEN_KEY_FILE."""
    database, named = tmp_path / "ledger.db", tmp_path / "elsewhere.key"
    monkeypatch.delenv("PLAINSPOKEN_KEY_FILE", raising=False)
    assert key_path(database, None) == tmp_path / "ledger.key"
    with pytest.raises(LedgerError, match="PLAINSPOKEN_KEY_FILE"):
        key_path(None, None)
    monkeypatch.setenv("PLAINSPOKEN_KEY_FILE", str(named))
    assert key_path(None, None) == named == key_path(database, None)
    KeyFile.create(tmp_path / "ledger.key")
    assert key_path(database, None) == tmp_path / "ledger.key"
    assert key_path(database, tmp_path / "asked") == tmp_path / "asked"


def test_pseudonyms_tell_kinds_apart() -> None:
    """The same id as a person and as a decision has two pseudonyms, each always the same."""
    keyring = a_keyring()
    assert keyring.pseudonym("person", "7") == keyring.pseudonym("person", "7")
    assert keyring.pseudonym("person", "7") != keyring.pseudonym("decision", "7")
    assert len(keyring.pseudonym("person", "7")) == 16


def test_a_retry_locks_to_the_same_bytes() -> None:
    """Same person, place and data give the same bytes; another place gives others."""
    keyring = a_keyring()
    assert keyring.lock(PERSON, "a/0/1/case", b"data") == keyring.lock(PERSON, "a/0/1/case", b"data")
    assert keyring.lock(PERSON, "a/0/2/case", b"data") != keyring.lock(PERSON, "a/0/1/case", b"data")


def test_a_cell_opens_only_where_it_belongs() -> None:
    """Altered, moved to another place or given to another person, it does not open."""
    keyring = a_keyring()
    cell = keyring.lock(PERSON, "place", b"data")
    assert keyring.unlock(PERSON, "place", cell) == b"data"
    for person, place, bytes_ in (
        (OTHER, "place", cell),
        (PERSON, "elsewhere", cell),
        (PERSON, "place", cell[:-1] + bytes([cell[-1] ^ 1])),
        (PERSON, "place", b""),
    ):
        with pytest.raises(EvidenceError, match="altered or moved"):
            keyring.unlock(person, place, bytes_)


def test_without_the_key_nothing_opens() -> None:
    """A keyring without keys says which file is missing; one without the person's key says it is gone."""
    with pytest.raises(LedgerError, match=r"ledger\.key is absent"):
        Keyring(None, "ledger.key is absent").pseudonym("person", "x")
    with pytest.raises(LedgerError, match="destroyed"):
        a_keyring().unlock(b"r" * 16, "place", b"x" * 20)


def test_pseudonyms_are_hmac_sha256() -> None:
    """A pseudonym is the beginning of RFC 2104's HMAC-SHA256, as the standard library makes it."""
    key = KeyFile(b"p" * 32, b"w" * 32)
    keyring = Keyring(key)
    for name in ("", "7", "Ö" * 200):
        expected = hmac.digest(key.pseudonyms, f"person|{name}".encode(), "sha256")[:16]
        assert keyring.pseudonym("person", name) == expected


def test_a_folder_that_cannot_be_synced_is_named(tmp_path: Path) -> None:
    """Names that the disk will not hold must not be taken for safe."""
    with pytest.raises(LedgerError, match="gone: No such file or directory"):
        settle_names(tmp_path / "gone")
    settle_names(tmp_path)
