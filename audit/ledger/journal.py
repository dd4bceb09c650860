"""The journal of erasures: who was erased, kept beside the key file and outside of the database.

Why so: whoever puts back an older copy of the database puts back the keys that were destroyed since,
and the log that says so is gone with the rest. ``ledger.erased`` survives that: what it names stays
locked from the moment the ledger is opened, and ``erase --replay`` destroys the keys again. It holds
pseudonyms and dates alone; each line carries a mark under the pseudonym key, so that nobody without
that key can have a person erased by adding a line. Keep it with the key file, and in its backups.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from audit.errors import LedgerError
from audit.ledger.people import Keyring, settle_names


@dataclass(frozen=True, slots=True)
class Line:
    """One act of an erasure: ``done``, or ``requested`` with the moment when it is due."""

    origin: str
    act: str
    person: bytes
    at: int
    entry: int
    due_at: int | None = None

    def text(self, keyring: Keyring) -> str:
        """Return the line as it stands in the file."""
        due = "-" if self.due_at is None else str(self.due_at)
        said = f"{self.origin} {self.act} {self.person.hex()} {self.at} {self.entry} {due}"
        return f"{said} {keyring.pseudonym('journal', said).hex()}"


def path_beside(key_file: Path) -> Path:
    """Return where the journal lies."""
    return key_file.with_suffix(".erased")


def write(path: Path, keyring: Keyring, line: Line) -> None:
    """Add a line, on the disk before this returns; one that stands there already is not added again."""
    text = line.text(keyring)
    try:
        before = path.read_text(encoding="ascii") if path.exists() else ""
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if text not in before.splitlines():
                # A line that a crash cut short must not swallow this one.
                start = "\n" if before and not before.endswith("\n") else ""
                os.write(handle, f"{start}{text}\n".encode("ascii"))
            os.fsync(handle)
        finally:
            os.close(handle)
        settle_names(path.parent)
    except (OSError, UnicodeError) as error:
        fact = error.strerror if isinstance(error, OSError) else "this is no journal of erasures"
        raise LedgerError(
            f"{path}: {fact}. Without it nothing is erased; mend that and try again."
        ) from error


def read(path: Path | None, keyring: Keyring, origin: str) -> tuple[list[Line], list[str]]:
    """Return the lines of this ledger that hold, oldest first, and what is wrong with the others."""
    if path is None or not keyring.at_hand or not path.exists():
        return [], []
    try:
        texts = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeError):
        return [], [f"{path.name}: it cannot be read"]
    lines, problems = [], []
    for number, text in enumerate(texts, 1):
        line = _line(text)
        if line is not None and line.origin != origin:
            continue  # of another ledger that shares the key file
        if line is None or line.text(keyring) != text:
            if text:
                problems.append(f"{path.name}: line {number} was cut short or altered, and is not followed")
        else:
            lines.append(line)
    return lines, problems


def _line(text: str) -> Line | None:
    try:
        origin, act, person, at, entry, due, _ = text.split(" ")
        return Line(origin, act, bytes.fromhex(person), int(at), int(entry), None if due == "-" else int(due))
    except ValueError:
        return None
