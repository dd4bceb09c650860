"""What a call has to remember of all its letters, kept beside its memory: whom they go to, names and hashes.

It lies in a file of its own in the output folder, for its owner alone. The file has lost its name before
the first row is written, so whatever ends the call leaves nothing of it; and a few letters never reach the
disk at all.
"""

from __future__ import annotations

import marshal
import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from audit.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

Card = tuple[int, bytes]  # the number of a row of the recipients, and its cells as ``of_cells`` gives them
_CACHE_KIB = 6144  # held in memory
_TABLES = (
    # No key: rows are laid one behind the other, which takes a third of the time.
    "CREATE TABLE cards (decision BLOB, number INTEGER, cells BLOB)",
    "CREATE TABLE stems (stem TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE files (name TEXT PRIMARY KEY, sha256 BLOB) WITHOUT ROWID",
)


class Desk:
    """A context manager.

    Parameters
    ----------
    folder : Path
        Where the file lies.

    Raises
    ------
    AuditError
        From every method: the disk does not take it.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"desk.{os.getpid()}"
        with self._told():
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            try:
                self._rows = sqlite3.connect(self._path, isolation_level=None)
                # One transaction that nobody ends: nothing is to outlast it.
                for said in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}"):
                    self._rows.execute(f"PRAGMA {said}")
                self._rows.execute("BEGIN EXCLUSIVE")
                for table in _TABLES:
                    self._rows.execute(table)
            finally:
                self._path.unlink()

    def __enter__(self) -> Desk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rows.close()

    # --- whom letters go to --------------------------------------------------------------------

    def lay(self, cards: Iterable[tuple[bytes, int, bytes]]) -> None:
        """Lay rows down: of which decision (a pseudonym), number and cells."""
        with self._told():
            self._rows.executemany("INSERT INTO cards VALUES (?, ?, ?)", cards)

    def sort(self) -> None:
        """Have the rows found by their decision; called once, after the last is laid."""
        with self._told():
            self._rows.execute("CREATE INDEX of_decision ON cards (decision)")

    def cards(self, decisions: Sequence[bytes]) -> Mapping[bytes, list[Card]]:
        """Return the rows of some dozens of decisions, in the file's order."""
        marks = ", ".join("?" * len(decisions))
        query = f"SELECT decision, number, cells FROM cards WHERE decision IN ({marks}) ORDER BY number"
        found: dict[bytes, list[Card]] = {}
        with self._told():
            for decision, number, cells in self._rows.execute(query, decisions):
                found.setdefault(decision, []).append((number, cells))
        return found

    # --- the letters ---------------------------------------------------------------------------

    def takes(self, stem: str) -> bool:
        """Take the name of a letter's files, without their ending; False where it is taken."""
        with self._told():
            return self._rows.execute("INSERT OR IGNORE INTO stems VALUES (?)", (stem,)).rowcount == 1

    def note(self, name: str, sha256: str) -> None:
        """Note the hash of a file."""
        with self._told():
            self._rows.execute("INSERT OR REPLACE INTO files VALUES (?, ?)", (name, bytes.fromhex(sha256)))

    def noted(self) -> Iterator[tuple[str, str]]:
        """Yield names and hashes, in the order of the names."""
        with self._told():
            for name, sha256 in self._rows.execute("SELECT name, sha256 FROM files ORDER BY name"):
                yield name, sha256.hex()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            fact = error.strerror if isinstance(error, OSError) else str(error)
            raise AuditError(f"{self._path.parent}: {fact}. Make room and give the command again.") from error


def of_cells(cells: tuple[str, ...]) -> bytes:
    """Return the cells of a row as they are laid down."""
    return marshal.dumps(cells)


def cells_of(card: Card) -> tuple[int, tuple[str, ...]]:
    """Return the number of a row and its cells."""
    return card[0], marshal.loads(card[1])
