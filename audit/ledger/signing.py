"""The signing key: where its private half is, and how one key follows another.

Three homes, looked at in this order: a **plug** that ``$PLAINSPOKEN_SIGNER`` names (an entry point
of the group ``plainspoken.signers``, for keys that never leave a device), the line itself in
``$PLAINSPOKEN_SIGN_KEY``, and the file ``ledger.sign`` (mode 0600) beside the key file. Never the
database.

Why so: a change of the key is an entry of the log, and the checkpoint behind it carries both
keys' signatures. Whoever kept the first public key can so follow to the present one; whoever
found an old private key cannot go on with it, because past that entry its signature counts for
nothing.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audit.errors import BusyError, LedgerError, UsageError
from audit.ledger import entries, people, shapes, tables
from audit.ledger.database import writing
from audit.ledger.notes import NoteError, Signer, Signing, Verifier, new_private_key, signed_note

if TYPE_CHECKING:
    from audit.ledger import Ledger

GROUP = "plainspoken.signers"
_PLUG, _LINE = "PLAINSPOKEN_SIGNER", "PLAINSPOKEN_SIGN_KEY"


class Plugged(Signer):
    """A key of a plug: ``public`` is its public line, ``sign(data)`` its 64-byte Ed25519 signature."""

    def __init__(self, name: str) -> None:
        from importlib.metadata import entry_points

        found = [point for point in entry_points(group=GROUP) if point.name == name]
        if not found:
            known = ", ".join(sorted(point.name for point in entry_points(group=GROUP))) or "none"
            raise LedgerError(
                f"${_PLUG}: no signer is called {name!r} (installed: {known}). Install its package."
            )
        self._plug: Signing = found[0].load()()
        try:
            self._known = Verifier(self._plug.public)
        except NoteError as error:
            raise LedgerError(f"${_PLUG}: {name}: {error}. Ask whoever made the plug.") from error
        self.name, self.public = self._known.name, self._known.line

    def sign(self, data: bytes) -> bytes:
        """Return the device's signature; one that its own public key does not bear out is refused."""
        signature = self._plug.sign(data)
        if not self._known.holds(signature, data):
            raise LedgerError(f"${_PLUG}: its signature does not hold under its public key. Ask its maker.")
        return signature


class _Both(Signer):
    """The old key and the new one, for the checkpoint that hands over."""

    def __init__(self, signers: Sequence[Signer]) -> None:
        self._signers = signers
        self.name, self.public = signers[-1].name, signers[-1].public

    def checkpoint(self, origin: str, size: int, root: bytes) -> str:
        """Return the note with both signatures."""
        return signed_note(origin, size, root, self._signers)


@dataclass(frozen=True, slots=True)
class Home:
    """A signing key that is at hand, and where it was found."""

    where: str
    signer: Signer
    file: Path | None = None


def sign_path(key_file: Path) -> Path:
    """Return where the signing key's file lies."""
    return key_file.with_suffix(".sign")


def homes(key_file: Path | None) -> Iterator[Home]:
    """Yield the signing keys at hand, the one to be preferred first.

    Raises
    ------
    LedgerError
        Where a home that is named holds no key.
    """
    if plug := os.environ.get(_PLUG):
        yield Home(f"${_PLUG} ({plug})", Plugged(plug))
    if line := os.environ.get(_LINE):
        yield Home(f"${_LINE}", signer_of(line, f"${_LINE}"))
    if key_file is not None:
        path = sign_path(key_file)
        later = sorted(path.parent.glob(f"{path.name}.{'[0-9a-f]' * 8}"))
        for file in (path, *later):
            if file.exists():
                yield Home(str(file), read_signer(file), file)


def read_signer(path: Path) -> Signer:
    """Return the signing key of a file.

    Raises
    ------
    LedgerError
    """
    try:
        return signer_of(path.read_text(encoding="ascii"), str(path))
    except (OSError, UnicodeError) as error:
        raise _unreadable(str(path)) from error


def signer_of(line: str, where: str) -> Signer:
    """Return the signing key of a line."""
    try:
        return Signer(line)
    except NoteError as error:
        raise _unreadable(where) from error


def _unreadable(where: str) -> LedgerError:
    return LedgerError(f"{where}: no signing key can be read there. Restore it from its backup.")


def in_force(key_file: Path | None, public: str) -> Home | None:
    """Return the key at hand whose public half this is; else the first one at hand, else None."""
    first = None
    for home in homes(key_file):
        if home.signer.public == public:
            return home
        first = first or home
    return first


def first_signer(key_file: Path) -> Signer:
    """Return the key that a new ledger is signed with; its file is made where no key is at hand."""
    found = next(homes(key_file), None)
    if found is not None:
        return found.signer
    people.place_secret(sign_path(key_file), new_private_key() + "\n")
    return read_signer(sign_path(key_file))


# --- one key after another ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rotation:
    """A change of the signing key: both public halves, and the checkpoint that both signed."""

    previous: str
    public: str
    entry: int
    checkpoint: str
    file: Path | None


def rotate(ledger: Ledger, *, by: str, reason: str, at: dt.datetime, to: Signer | None = None) -> Rotation:
    """Let another key sign from now on.

    Parameters
    ----------
    to : Signer, optional
        The new key. Default: one is made, in a file beside ``ledger.sign``.

    Raises
    ------
    UsageError
        Where the new key was in force before, or none can be made here.
    """
    old = ledger.signer
    home = in_force(ledger.key_file, old.public)
    if to is None and (ledger.key_file is None or home is None or home.file is None):
        where = home.where if home else "the signing key"
        raise UsageError(
            f"{where}: only a key in a file is made anew here. Make one with `plainspoken keys new`, "
            "rotate with --to FILE, then put the new one in its place."
        )
    file = None
    with writing(ledger.engine) as connection:
        known = connection.execute(tables.keys.select().where(tables.keys.c.kind == "signing")).all()
        if max(known, key=lambda row: (row.entry, row.pos)).public != old.public:
            raise BusyError("keys rotate: another program has just changed the key. Look at `keys show`.")
        if to is None and ledger.key_file is not None:
            file, to = _made_beside(sign_path(ledger.key_file))
        assert to is not None  # or it was refused above
        if any(row.public == to.public for row in known):
            raise UsageError(
                "--to: this key signed this ledger before. Make another with `plainspoken keys new`."
            )
        entries.sign_head(connection, old, ledger.origin)
        body = {
            "act": "key",
            "kind": "signing",
            "previous": old.public,
            "public": to.public,
            "by": by,
            "reason": reason,
            "at": shapes.microseconds(at),
        }
        rows = [{"kind": "signing", "name": to.name, "public": to.public}]
        entry = entries.append(connection, f"key/{to.public}", body, [entries.row_set(tables.keys, rows)])
        note = entries.sign_head(connection, _Both((old, to)), ledger.origin)
    ledger.public_key = to.public
    return Rotation(old.public, to.public, entry, note, file)


def _made_beside(path: Path) -> tuple[Path, Signer]:
    """Make a key in a file of its own beside the first one; return both.

    Why so: no file takes another's place, so a crash at any moment leaves the key that the log
    names, and another ledger of the same folder keeps the key that it is signed with.
    """
    line = new_private_key()
    signer = Signer(line)
    file = path.with_name(f"{path.name}.{Verifier(signer.public).key_hash.hex()}")
    if not people.place_secret(file, line + "\n"):
        raise LedgerError(f"{file}: it is there already. Try again.")
    return file, signer
