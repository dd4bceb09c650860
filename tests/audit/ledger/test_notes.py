"""Checkpoints: what is signed can be checked by anybody, and nothing else passes."""

from __future__ import annotations

import base64
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.ledger.notes import NoteError, Signer, Verifier, new_private_key, read_checkpoint

ROOT = sha256(b"root").digest()


def test_a_checkpoint_says_what_was_signed() -> None:
    """Origin, size and root come back, and the signature holds under the public half."""
    signer = Signer(new_private_key())
    note = signer.checkpoint("plainspoken/1234", 17, ROOT)
    read = read_checkpoint(note)
    assert (read.origin, read.size, read.root) == ("plainspoken/1234", 17, ROOT)
    assert Verifier(signer.public).signed(read)
    assert not Verifier(Signer(new_private_key()).public).signed(read)


def test_the_note_follows_the_signed_note_form() -> None:
    """A reader that knows only the published form checks the note without our code."""
    signer = Signer(new_private_key())
    note = signer.checkpoint("plainspoken/1234", 17, ROOT)
    text, _, signature = note.rpartition("\n— ")
    assert note.startswith("plainspoken/1234\n17\n" + base64.b64encode(ROOT).decode() + "\n\n— ")
    name, _, rest = signer.public.partition("+")
    key_hash, _, encoded = rest.partition("+")
    public = base64.b64decode(encoded)
    assert sha256(name.encode() + b"\n" + public).hexdigest()[:8] == key_hash
    signed_name, blob = signature.strip().split(" ")
    raw = base64.b64decode(blob)
    assert (signed_name, raw[:4].hex()) == (name, key_hash)
    Ed25519PublicKey.from_public_bytes(public[1:]).verify(raw[4:], text.encode())


def test_a_changed_note_is_not_signed() -> None:
    """Another size or root under the same signature does not hold."""
    signer = Signer(new_private_key())
    note = signer.checkpoint("o", 17, ROOT)
    assert not Verifier(signer.public).signed(read_checkpoint(note.replace("\n17\n", "\n18\n")))
    other = base64.b64encode(sha256(b"other").digest()).decode()
    changed = note.replace(base64.b64encode(ROOT).decode(), other)
    assert not Verifier(signer.public).signed(read_checkpoint(changed))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n",
        "o\nx\nAA==\n\n— n AAAA\n",
        "o\n01\n" + "A" * 43 + "=\n\n— n AAAA\n",
        "o\n1\nAA==\n\nn A\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    """A text of another form is no checkpoint."""
    with pytest.raises(NoteError):
        read_checkpoint(text)


@pytest.mark.parametrize("line", ["", "x", "a+b+c", "plainspoken+00000000+AQ=="])
def test_what_is_no_key_is_refused(line: str) -> None:
    """A line of another form is no public key, and no private one."""
    with pytest.raises(NoteError):
        Verifier(line)
    with pytest.raises(NoteError):
        Signer(line)
