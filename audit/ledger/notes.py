"""Checkpoints as C2SP signed notes: three lines of text and a signature line that any tool can check.

A checkpoint says how long the log was and what its root was: origin, size, base64 root. It is
signed with Ed25519 by ``ledger.sign``, whose private half never enters the database. Both key
files use the text form of Go's ``sumdb/note``, so that other verifiers can read them. Where the
key is changed, one checkpoint carries both keys' signatures, so that the old one vouches for the new.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SIGNER = "plainspoken"
_ED25519 = b"\x01"


class NoteError(ValueError):
    """A note, or a key, that is not written as it must be."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says, and who signed it."""

    origin: str
    size: int
    root: bytes
    text: str  # the signed lines
    signatures: tuple[tuple[str, bytes], ...]  # name; 4 bytes of key hash and the signature


def _key_hash(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def new_private_key() -> str:
    """Return a new signing key as the one line that ``ledger.sign`` holds."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    seed = base64.b64encode(_ED25519 + key.private_bytes_raw()).decode()
    return f"PRIVATE+KEY+{SIGNER}+{_key_hash(SIGNER, public).hex()}+{seed}"


def public_line(name: str, public: bytes) -> str:
    """Return the one line that others keep of a key: its name, its hash and its public half."""
    return f"{name}+{_key_hash(name, public).hex()}+{base64.b64encode(_ED25519 + public).decode()}"


class Signer:
    """The private half: it signs checkpoints."""

    def __init__(self, line: str) -> None:
        fields = line.strip().split("+", 4)
        try:
            if fields[:2] != ["PRIVATE", "KEY"]:
                raise NoteError("no private signing key")
            self.name = fields[2]
            raw = base64.b64decode(fields[4], validate=True)
            if raw[:1] != _ED25519:
                raise NoteError("not an Ed25519 key")
            self._key = Ed25519PrivateKey.from_private_bytes(raw[1:])
        except (IndexError, binascii.Error, ValueError) as error:
            raise NoteError("this is no signing key") from error
        self.public = public_line(
            self.name, self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        )

    def sign(self, data: bytes) -> bytes:
        """Return the 64 bytes of a signature."""
        return self._key.sign(data)

    def checkpoint(self, origin: str, size: int, root: bytes) -> str:
        """Return the signed note for a log of ``size`` entries."""
        return signed_note(origin, size, root, (self,))


class Signing(Protocol):
    """What signs: a key of ours, or one that never leaves a device."""

    public: str

    def sign(self, data: bytes) -> bytes: ...


def signed_note(origin: str, size: int, root: bytes, signers: Sequence[Signing]) -> str:
    """Return the note for a log of ``size`` entries, with the signature of each signer."""
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    lines = []
    for signer in signers:
        known = Verifier(signer.public)
        blob = base64.b64encode(known.key_hash + signer.sign(text.encode())).decode()
        lines.append(f"— {known.name} {blob}\n")
    return f"{text}\n{''.join(lines)}"


class Verifier:
    """The public half: it tells whether a checkpoint was signed by its private one."""

    def __init__(self, line: str) -> None:
        self.line = line.strip()
        try:
            self.name, key_hash, encoded = self.line.split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
            if raw[:1] != _ED25519:
                raise NoteError("not an Ed25519 key")
            self._key = Ed25519PublicKey.from_public_bytes(raw[1:])
        except (binascii.Error, ValueError) as error:
            raise NoteError("this is no public key of a ledger (got a line of another form)") from error
        self.key_hash = _key_hash(self.name, raw[1:])
        if self.key_hash.hex() != key_hash:
            raise NoteError("the public key does not fit the hash beside it")

    def signed(self, checkpoint: Checkpoint) -> bool:
        """Return whether one of the note's signatures is ours and holds."""
        for name, blob in checkpoint.signatures:
            if name == self.name and blob[:4] == self.key_hash:
                return self.holds(blob[4:], checkpoint.text.encode())
        return False

    def holds(self, signature: bytes, data: bytes) -> bool:
        """Return whether the private half signed these bytes."""
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


def read_checkpoint(note: str) -> Checkpoint:
    """Return what a signed note says; whether it is signed well is ``Verifier``'s to tell.

    Raises
    ------
    NoteError
        Where the text is no checkpoint.
    """
    head, gap, tail = note.partition("\n\n")
    lines = head.split("\n")
    if not gap or len(lines) < 3:
        raise NoteError("a checkpoint has an origin, a size, a root and a signature")
    try:
        size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("a checkpoint's second line is a size and its third a base64 root") from error
    if len(root) != 32 or str(size) != lines[1] or size < 0:
        raise NoteError("a checkpoint's second line is a size and its third a base64 root")
    signatures = []
    for line in tail.splitlines():
        mark, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        if mark != "—" or not encoded:
            raise NoteError("a signature line is a dash, a name and base64")
        try:
            signatures.append((name, base64.b64decode(encoded, validate=True)))
        except binascii.Error as error:
            raise NoteError("a signature is base64") from error
    if not signatures:
        raise NoteError("the checkpoint carries no signature")
    return Checkpoint(lines[0], size, root, head + "\n", tuple(signatures))
