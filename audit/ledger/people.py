"""People: keyed pseudonyms, a key for each person, and the locks on what speaks of them.

The key file holds two secrets: the *pseudonym key* turns an id into 16 bytes that nobody can
turn back, the *wrapping key* wraps each person's own random data key. What speaks of a person is
locked under that data key with AES-256-GCM-SIV. Erasing a person is destroying one wrapped key:
the digests over their ciphertext, and everybody else's fields, stay as they were.

Why so: the nonce is derived from the person's key and the field's place (audit, part, row,
field), so a retried write gives the same bytes and the same digest; the SIV mode stays safe
where a nonce repeats. Person and place are authenticated too, so a cell that is moved to
another person or another row does not open.
"""

from __future__ import annotations

import base64
import binascii
import errno
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from sqlalchemy.engine import Connection

from audit.errors import EvidenceError, GoneError, LedgerError
from audit.ledger import bulk, gone, tables
from audit.ledger.locking import KEY_SIZE, field_nonce, pseudonyms, split_keys, wrap_nonce

_HEAD = "plainspoken ledger key, version 1"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The two secrets of a ledger, and the id by which the ledger knows them."""

    pseudonyms: bytes
    wrapping: bytes

    @property
    def key_id(self) -> str:
        """16 hex digits that tell two key files apart and give nothing away."""
        return sha256(b"plainspoken key id" + self.pseudonyms + self.wrapping).hexdigest()[:16]

    def text(self) -> str:
        """Return the file's content."""
        lines = (
            _HEAD,
            f"pseudonyms {base64.b64encode(self.pseudonyms).decode()}",
            f"wrapping {base64.b64encode(self.wrapping).decode()}",
        )
        return "\n".join(lines) + "\n"

    @classmethod
    def read(cls, path: Path) -> KeyFile | None:
        """Return the keys in the file; None where there is no file."""
        try:
            head, first, second = path.read_text(encoding="ascii").splitlines()
            if head != _HEAD:
                raise ValueError(head)
            found = dict(line.split(" ", 1) for line in (first, second))
            key = cls(*(base64.b64decode(found[name], validate=True) for name in ("pseudonyms", "wrapping")))
            if len(key.pseudonyms) != 32 or len(key.wrapping) != 32:
                raise ValueError("length")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LedgerError(
                f"{path}: {error.strerror}. Make the key file readable for this user."
            ) from error
        except (ValueError, KeyError, binascii.Error) as error:
            raise LedgerError(
                f"{path}: this is no key file of a ledger. Restore it from its backup."
            ) from error
        return key

    @classmethod
    def create(cls, path: Path) -> KeyFile:
        """Make the file where it is absent; whoever else makes it first wins, and we read theirs."""
        place_secret(path, cls(secrets.token_bytes(32), secrets.token_bytes(32)).text())
        key = cls.read(path)
        if key is None:
            raise LedgerError(f"{path}: the key file vanished while it was made. Try again.")
        return key


def settle_names(folder: Path) -> None:
    """Have the disk hold the names of a folder's files: a file's own sync does not cover its name.

    Why so: without it a loss of power can take a key file away that the database names already.

    Raises
    ------
    LedgerError
    """
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        # A folder that this user may not list, or of a file system without such a sync, cannot be held to it.
        if error.errno not in (errno.EACCES, errno.EINVAL, errno.ENOTSUP):
            raise LedgerError(f"{folder}: {error.strerror}. Mend its disk, and try again.") from error


def place_secret(path: Path, text: str) -> bool:
    """Write a new file with mode 0600, whole or not at all; return False where one is there already.

    Either way it is on the disk under its name when this returns.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            # A link fails where the name exists: two first runs end with one key, never half a file.
            os.link(draft, path)
        except FileExistsError:
            return False
        finally:
            draft.unlink()
            settle_names(path.parent)
    except OSError as error:
        raise LedgerError(
            f"{path}: {error.strerror}. Name a folder that can be written in $PLAINSPOKEN_KEY_FILE."
        ) from error
    return True


def key_path(database: Path | None, asked: Path | None) -> Path:
    """Return where the key file lies, or is to be made.

    The one asked for; else ``ledger.key`` beside a SQLite file; else ``$PLAINSPOKEN_KEY_FILE``.
    """
    if asked is not None:
        return asked
    named = os.environ.get("PLAINSPOKEN_KEY_FILE")
    if database is not None:
        beside = database.parent / "ledger.key"
        return beside if beside.exists() or not named else Path(named)
    if not named:
        raise LedgerError(
            "ledger.key: a ledger on a database server needs a key file. Name one in $PLAINSPOKEN_KEY_FILE."
        )
    return Path(named)


class Keyring:
    """The keys at hand: pseudonyms for ids, and locks for what speaks of persons.

    Parameters
    ----------
    key : KeyFile or None
    missing : str
        What to say where a key is asked for and ``key`` is None.
    """

    def __init__(self, key: KeyFile | None, missing: str = "") -> None:
        self._key = key
        self._missing = missing
        self._opened: dict[bytes, bytes] = {}
        self._wrapper: AESGCMSIV | None = None
        self._gone: dict[bytes, str] = {}
        #: Who was erased by the journal beside the key file: locked, whatever an old backup brought back.
        self.erased: Mapping[bytes, str] = {}

    @property
    def at_hand(self) -> bool:
        """Whether locked fields can be opened."""
        return self._key is not None

    def _need(self) -> KeyFile:
        if self._key is None:
            raise LedgerError(self._missing)
        return self._key

    def pseudonym(self, kind: str, name: str) -> bytes:
        """Return the 16 bytes that stand for an id of this kind (person, decision)."""
        return self.pseudonyms(kind, [name])[0]

    def pseudonyms(self, kind: str, names: Iterable[str]) -> list[bytes]:
        """Return what stands for each of these ids."""
        return pseudonyms(self.naming, kind, names)

    @property
    def naming(self) -> bytes:
        """The key of the pseudonyms."""
        return self._need().pseudonyms

    # --- each person's own key ---------------------------------------------------------------

    @property
    def wrapping(self) -> bytes:
        """The key under which the persons' keys are wrapped."""
        return self._need().wrapping

    def _wrapping(self) -> AESGCMSIV:
        if self._wrapper is None:
            self._wrapper = AESGCMSIV(self.wrapping)
        return self._wrapper

    def wrap(self, person: bytes, data_key: bytes) -> bytes:
        """Return a person's data key, wrapped."""
        return self._wrapping().encrypt(wrap_nonce(person, self.wrapping), data_key, person)

    def unwrap(self, person: bytes, wrapped: bytes) -> bytes:
        """Return a person's data key.

        Raises
        ------
        EvidenceError
            Where the wrapped key is not what this key file wrapped for this person.
        """
        try:
            return self._wrapping().decrypt(wrap_nonce(person, self.wrapping), wrapped, person)
        except (InvalidTag, ValueError) as error:
            raise EvidenceError(
                f"person_keys: the key of person {person.hex()} was altered. Restore it from a backup."
            ) from error

    def altered(self, rows: Iterable[tuple[Any, Any, Any]]) -> Iterator[int]:
        """Yield which of these rows of person, wrapped key and its name hold no key that we wrapped."""
        decrypt, key = self._wrapping().decrypt, self.wrapping
        for at, (person, wrapped, _) in enumerate(rows):
            try:
                decrypt(wrap_nonce(person, key), wrapped, person)
            except (InvalidTag, ValueError, TypeError):
                yield at

    def forget(self) -> None:
        """Drop the persons' keys that were opened so far."""
        self._opened.clear()
        self._gone.clear()

    def open_keys(self, connection: Connection, persons: Iterable[bytes]) -> None:
        """Unwrap the keys of these persons; a person without one was erased, and stays locked."""
        asked = list(dict.fromkeys(persons))
        self._unwrap_all(connection, asked)
        missing = [person for person in asked if person not in self._opened and person not in self._gone]
        if missing:
            found = gone.erased(connection, missing[0] if len(missing) == 1 else None)
            for person in missing:
                self._gone[person] = found.get(person) or self.erased.get(person, "")

    def _unwrap_all(self, connection: Connection, persons: Iterable[bytes]) -> None:
        wanted = [person for person in persons if person not in self._opened and person not in self.erased]
        for person, wrapped in bulk.rows_with(
            connection, "person_keys", ("person", "wrapped"), "person", wanted
        ):
            self._opened[bytes(person)] = self.unwrap(bytes(person), bytes(wrapped))

    def draw_keys(self, connection: Connection, persons: Iterable[bytes]) -> list[bytes]:
        """Draw a key for each person that the ledger does not know yet; return those persons, sorted.

        Each key is open; it lasts once ``keep_keys`` has kept it, wrapped.
        """
        # Sorted, so that neighbours in the index are asked for and written one after the other.
        asked = sorted(set(persons))
        unknown = [person for person in asked if person not in self._opened]
        known = "persons LEFT JOIN person_keys USING (person)"
        for row in bulk.rows_with(connection, known, ("person", "wrapped"), "person", unknown):
            person = bytes(row[0])
            if row[1] is None or person in self.erased:
                raise LedgerError(
                    f"person {person.hex()}: this person's key is gone, so nothing more can be locked "
                    "under it. Start again, should they have been erased this moment; else run "
                    "`plainspoken verify`."
                )
            self._opened[person] = self.unwrap(person, bytes(row[1]))
        unknown = [person for person in unknown if person not in self._opened]
        drawn = secrets.token_bytes(KEY_SIZE * len(unknown))
        self._opened.update(zip(unknown, split_keys(drawn), strict=True))
        return unknown

    def keys_of(self, persons: Iterable[bytes]) -> bytes:
        """Return the open keys of these persons, one after the other."""
        try:
            return b"".join(map(self._opened.__getitem__, persons))
        except KeyError as lost:
            return self._key_of(lost.args[0])  # raises, and says why

    def keep_keys(self, connection: Connection, persons: list[bytes], wrapped: list[bytes]) -> None:
        """Keep the keys that were drawn."""
        key_id = [self._need().key_id] * len(persons)
        bulk.insert_columns(connection, tables.person_keys, [persons, wrapped, key_id])

    # --- locks -------------------------------------------------------------------------------

    def lock(self, person: bytes, place: str, data: bytes) -> bytes:
        """Return the locked bytes; the person's key must be open."""
        data_key, where = self._key_of(person), place.encode()
        return AESGCMSIV(data_key).encrypt(field_nonce(where, data_key), data, person + where)

    def unlock(self, person: bytes, place: str, cell: bytes) -> bytes:
        """Return what was locked; the person's key must have been asked for by ``open_keys``.

        Raises
        ------
        GoneError
            Where the person was erased.
        EvidenceError
            Where the cell was altered, or moved from another person or place.
        """
        self._need()
        data_key, where = self._key_of(person), place.encode()
        try:
            return AESGCMSIV(data_key).decrypt(field_nonce(where, data_key), cell, person + where)
        except (InvalidTag, ValueError) as error:
            raise EvidenceError(
                f"{place}: this locked field was altered or moved. Run `plainspoken verify`."
            ) from error

    def _key_of(self, person: bytes) -> bytes:
        data_key = self._opened.get(person)
        if data_key is None:
            told = self._gone.get(person)
            raise GoneError(
                f"person {person.hex()}: {told + ': ' if told else ''}the key was destroyed; "
                "what it locked is gone for good."
            )
        return data_key

    def mark(self, person: bytes, text: str) -> bytes:
        """Return 16 bytes that are equal for equal texts of one person, and tell nothing without the key."""
        data_key = self._key_of(person)
        return blake2b(text.encode(), key=data_key, digest_size=16, person=b"words mark").digest()


def random_name() -> str:
    """Return 8 hex digits, so that two ledgers that share a key file do not share a name."""
    return secrets.token_hex(4)
