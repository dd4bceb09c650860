"""The signing key: where it is found, how one follows another, and what an old one is still worth."""

from __future__ import annotations

import base64
import datetime as dt
import shutil
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from audit.errors import LedgerError, UsageError
from audit.ledger import Ledger, signing, verify
from audit.ledger.notes import Signer, Verifier, new_private_key, read_checkpoint
from audit.ledger.proving import prove
from audit.proof_check import ProofError, check
from tests.audit.ledger.test_verify import Forger, complaints
from tests.worlds.sealed import seal_small_audit, small_audit, write_audit

AT = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
WHY: dict[str, Any] = {"by": "Ada", "reason": "yearly", "at": AT}


def test_a_new_key_signs_on_and_the_old_one_vouches_for_it(ledger: Ledger, audit: str) -> None:
    """After a change everything holds under either public key, with a checkpoint from before and after."""
    first, kept = ledger.public_key, ledger.find(audit).checkpoint
    done = signing.rotate(ledger, **WHY)
    assert (done.previous, ledger.public_key) == (first, done.public)
    write_audit(ledger, small_audit("Later"))
    after = ledger.find("latest").checkpoint
    assert Verifier(done.public).signed(read_checkpoint(after))
    assert not Verifier(first).signed(read_checkpoint(after))
    handed_over = read_checkpoint(done.checkpoint)
    assert all(Verifier(line).signed(handed_over) for line in (first, done.public))
    for key in (None, first, done.public):
        for note in (kept, done.checkpoint, after):
            proof = verify(ledger, checkpoint=note, public_key=key)
            assert proof.ok, complaints(proof)
    assert any("vouches for the next" in one.fact for one in verify(ledger, public_key=first).checks)


def test_it_is_found_again_when_the_ledger_is_opened_anew(folder: Path) -> None:
    """The new private half lies beside the first in a file for its owner alone; any number of changes."""
    for _ in range(3):
        with Ledger.open(str(folder / "ledger.db")) as ledger:
            done = signing.rotate(ledger, **WHY)
            assert done.file is not None
            assert done.file.stat().st_mode & 0o777 == 0o600
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        assert ledger.signer.public == done.public
        assert verify(ledger).ok


def test_a_ledger_that_was_open_meanwhile_signs_with_the_new_key(ledger: Ledger, folder: Path) -> None:
    """A long run notices that another program changed the key."""
    with Ledger.open(str(folder / "ledger.db")) as other:
        done = signing.rotate(other, **WHY)
    write_audit(ledger, small_audit("Long"))
    assert ledger.public_key == done.public
    assert verify(ledger).ok


def test_an_old_key_is_worth_nothing_past_the_change(ledger: Ledger, folder: Path, audit: str) -> None:
    """Whoever finds the old private half and signs later heads with it is seen."""
    stolen = Signer((folder / "ledger.sign").read_text())
    signing.rotate(ledger, **WHY)
    write_audit(ledger, small_audit("Later"))
    note = read_checkpoint(ledger.find("latest").checkpoint)
    forged = stolen.checkpoint(note.origin, note.size, note.root)
    assert "signature does not hold" in complaints(verify(ledger, checkpoint=forged))
    forger = Forger(folder)
    assert forger.does("UPDATE checkpoints SET note = ? WHERE size = ?", forged, note.size) == 1
    assert "its signature does not hold" in complaints(forger.proof())


def test_a_change_that_the_old_key_did_not_sign_is_seen(ledger: Ledger, folder: Path) -> None:
    """A stranger who enters a key of their own cannot sign as the old one."""
    first, done = ledger.public_key, signing.rotate(ledger, **WHY)
    note = read_checkpoint(done.checkpoint)
    alone = signing.in_force(ledger.key_file, done.public)
    assert alone is not None
    forger = Forger(folder)
    only_new = alone.signer.checkpoint(note.origin, note.size, note.root)
    forger.does("UPDATE checkpoints SET note = ? WHERE size = ?", only_new, note.size)
    assert not forger.proof(public_key=first).ok
    forger.does("DELETE FROM checkpoints WHERE size = ?", note.size)
    assert "deleted; it signed log entry" in complaints(forger.proof(public_key=first))


def test_the_key_in_the_environment_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the line in the environment no file is made, and a change needs a key that is handed in."""
    line = new_private_key()
    monkeypatch.setenv("PLAINSPOKEN_SIGN_KEY", line)
    ledger, _ = seal_small_audit(tmp_path)
    with ledger:
        assert not (tmp_path / "ledger.sign").exists()
        assert ledger.public_key == Signer(line).public
        assert verify(ledger).ok
        with pytest.raises(UsageError, match="--to FILE"):
            signing.rotate(ledger, **WHY)
        second = Signer(new_private_key())
        signing.rotate(ledger, **WHY, to=second)
        with pytest.raises(LedgerError, match="not the signing key"):
            ledger.checkpoint()


class Device:
    """A signer plug: a key that only signs."""

    line = new_private_key()

    def __init__(self) -> None:
        self.public = Signer(self.line).public

    def sign(self, data: bytes) -> bytes:
        """Sign."""
        return Signer(self.line).sign(data)


class Broken(Device):
    """A plug whose signatures are no good."""

    def sign(self, data: bytes) -> bytes:
        """Sign other bytes than were asked for."""
        return Signer(self.line).sign(data + b"x")


@pytest.fixture
def plugs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two installed plugs."""
    points = [
        metadata.EntryPoint(name, f"{__name__}:{kind}", signing.GROUP)
        for name, kind in (("device", "Device"), ("broken", "Broken"))
    ]
    kinds = {"device": Device, "broken": Broken}
    monkeypatch.setattr(metadata.EntryPoint, "load", lambda self: kinds[self.name])
    monkeypatch.setattr(metadata, "entry_points", lambda group: [p for p in points if p.group == group])


@pytest.mark.usefixtures("plugs")
def test_a_plug_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that never leaves its device signs a ledger; a bad signature is not written."""
    monkeypatch.setenv("PLAINSPOKEN_SIGNER", "device")
    ledger, audit = seal_small_audit(tmp_path)
    with ledger:
        assert ledger.public_key == Device().public
        assert verify(ledger, checkpoint=ledger.find(audit).checkpoint, public_key=Device().public).ok
        monkeypatch.setenv("PLAINSPOKEN_SIGNER", "broken")
        with pytest.raises(LedgerError, match="does not hold under its public key"):
            write_audit(ledger, small_audit("Later"))
        monkeypatch.setenv("PLAINSPOKEN_SIGNER", "absent")
        with pytest.raises(LedgerError, match="no signer is called 'absent'"):
            ledger.checkpoint()


def test_a_key_is_used_once(ledger: Ledger) -> None:
    """A key that signed this ledger before does not come back."""
    with pytest.raises(UsageError, match="signed this ledger before"):
        signing.rotate(ledger, **WHY, to=ledger.signer)


def test_what_is_no_key_file_is_told(folder: Path) -> None:
    """A spoiled file is named, with its way out."""
    (folder / "ledger.sign").write_text("hello")
    with Ledger.open(str(folder / "ledger.db")) as ledger, pytest.raises(LedgerError, match="no signing key"):
        _ = ledger.signer


def test_two_ledgers_of_one_folder_change_their_keys_apart(folder: Path) -> None:
    """The second ledger still signs with the key that the first one changed."""
    with Ledger.open(str(folder / "second.db"), create=True) as second:
        with Ledger.open(str(folder / "ledger.db")) as first:
            assert first.public_key == second.public_key
            signing.rotate(first, **WHY)
        write_audit(second, small_audit("Second"))
        assert verify(second).ok


def test_a_change_that_died_before_its_commit_leaves_the_old_key(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file of a key that never came into force is no harm."""

    def dies(*_arguments: object, **_more: object) -> int:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(signing.entries, "append", dies)
        with pytest.raises(RuntimeError):
            signing.rotate(ledger, **WHY)
    assert ledger.key_file is not None
    assert len(list(ledger.key_file.parent.glob("ledger.sign*"))) == 2
    write_audit(ledger, small_audit("Later"))
    assert verify(ledger).ok
    signing.rotate(ledger, **WHY)
    assert verify(ledger).ok


def test_a_proof_leads_from_an_old_key_to_the_new_one(ledger: Ledger, audit: str) -> None:
    """Two changes later the first public key still checks a proof, and a stranger's does not."""
    first = ledger.public_key
    signing.rotate(ledger, **WHY)
    second = ledger.public_key
    signing.rotate(ledger, **WHY)
    decision = next(ledger.decisions(audit, outcome="adverse")).decision
    for key in (first, second, ledger.public_key):
        text = prove(ledger, audit, decision, public_key=key)
        assert check(text, key)
        with pytest.raises(ProofError):
            check(text, Signer(new_private_key()).public)
    with pytest.raises(ProofError, match="not signed by the key"):
        check(prove(ledger, audit, decision), first)
    with pytest.raises(ProofError):
        check(prove(ledger, audit, decision, public_key=first), second)
    with pytest.raises(UsageError, match="never signed with that key"):
        prove(ledger, audit, decision, public_key=Signer(new_private_key()).public)


def test_public_keys_have_the_published_form(ledger: Ledger) -> None:
    """Name, four bytes of hash and the base64 of algorithm and key, as signed notes have them."""
    name, hash_, encoded = ledger.public_key.split("+", 2)
    assert (name, len(hash_), base64.b64decode(encoded)[0]) == ("plainspoken", 8, 1)


def test_the_backup_of_a_folder_from_before_the_change_is_told(folder: Path, tmp_path: Path) -> None:
    """An older database beside the newer keys: the keys at hand fit, the kept checkpoint tells."""
    shutil.copy(folder / "ledger.db", tmp_path / "older.db")
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        kept = signing.rotate(ledger, **WHY).checkpoint
    shutil.copy(tmp_path / "older.db", folder / "ledger.db")
    for rest in folder.glob("ledger.db-*"):
        rest.unlink()
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        assert verify(ledger).ok
        assert not verify(ledger, checkpoint=kept).ok
