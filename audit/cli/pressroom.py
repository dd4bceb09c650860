"""Letters of many decisions, by one process or by several: the same letters in the same order.

Each process has a ledger of its own that it only reads, and a press of its own. It is given names of
decisions with the recipients' rows on them, reads the rest, puts away what it made, and tells the one that
records; so many decisions are given out ahead as keep all of them at work while that one waits for the disk,
and no more. The processes start while that one still finds out what they are to do.
"""

from __future__ import annotations

import atexit
import gc
import os
from collections import Counter, deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from audit.cli import addressees
from audit.errors import AuditError, GoneError
from audit.ledger import decisions
from audit.record import Refusal
from reports.mandatory import RECORD

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Generator, Iterable, Sequence
    from concurrent.futures import Future
    from pathlib import Path
    from types import TracebackType

    from audit.cli.desk import Card
    from audit.cli.filing import Filed, Filing
    from audit.ledger import Ledger
    from audit.record import Decision, Document, Recipient
    from reports.compiled.press import Press
    from reports.letter import Letters

CHUNK = 32  # decisions that a process is given, and reads, at once
STAMPED = 128  # where letters are stamped: they take so little that to be given the next must be rare
_HELD_KIB = 2048  # of the ledger in the memory of a process that reads each decision once
_AHEAD = 512  # decisions given out for each process


class Asked(NamedTuple):
    """A decision, with whom its letters go to and the records of nobody that they could go to.

    Parameters
    ----------
    told : set of str
        The pseudonyms of those whose letter is in the folder already.
    """

    decision: Decision
    known: list[Recipient]
    bad: list[Refusal]
    told: frozenset[str] = frozenset()


class Wanted(NamedTuple):
    """A decision (its pseudonym) whose letters are wanted, with the recipients' rows on it."""

    decision: str
    cards: Sequence[Card] = ()
    told: frozenset[str] = frozenset()


@dataclass(slots=True)
class Told:
    """What came of a decision: letters, once put away as ``filed``, and what kept the others away."""

    due_on: dt.date | None
    letters: list[tuple[tuple[Document, ...], Recipient]] = field(default_factory=list)
    filed: list[Filed] = field(default_factory=list)
    exceptions: list[Refusal] = field(default_factory=list)
    stamped: int = 0
    compiled: int = 0  # pages that no earlier letter and no earlier call had compiled
    causes: Counter[str] = field(default_factory=Counter)  # why WeasyPrint rendered the others


class Room(NamedTuple):
    """What a process needs to write letters; ``tell`` is a function of a module."""

    audit: str
    folder: Path
    stamped: bool
    tell: Callable[[Letters, Asked], Told]
    filing: Filing | None = None

    @property
    def chunk(self) -> int:
        """How many decisions a process is given at once."""
        return STAMPED if self.stamped else CHUNK

    def letters(self, ledger: Ledger) -> Letters:
        """Return the letters of the audit, with a press where they are to be stamped."""
        from reports.compiled.cache import user_cache
        from reports.letter import Letters

        kept = user_cache()
        press = _press(None if kept is None else kept.folder) if self.stamped else None
        return Letters(ledger, self.audit, self.folder, press)

    def told(self, letters: Letters, asked: Asked) -> Told:
        """Return what comes of a decision, with what the press counted for it."""
        made, press = self.tell(letters, asked), letters.press
        if press is not None:
            made.stamped, made.compiled, made.causes = press.stamped, press.compiled, press.causes
            press.stamped, press.compiled, press.causes = 0, 0, Counter()
        return made

    def asked(self, ledger: Ledger, wanted: Sequence[Wanted]) -> list[Asked]:
        """Return some dozens of decisions with whom their letters go to."""
        found = decisions.named(ledger, self.audit, [one.decision for one in wanted])
        return [Asked(found[one.decision], *addressees.read(one.cards), one.told) for one in wanted]

    def filed(self, letters: Letters, asked: Sequence[Asked]) -> list[Told]:
        """Return what comes of some decisions, their letters put away."""
        letters.read_ahead([one.decision for one in asked])
        made, filing = [self.told(letters, one) for one in asked], self.filing
        if filing is None:
            return made
        filing.open_keys(letters.ledger, [one for told in made for one, _ in told.letters])
        for told in made:
            for documents, recipient in told.letters:
                try:
                    told.filed.append(filing.file(letters.ledger, documents, recipient))
                except GoneError as error:
                    told.exceptions.append(Refusal(recipient.decision, recipient.role, str(error), RECORD))
            told.letters = []
        return made


@cache
def _press(kept: Path | None) -> Press:
    """Return the press of this process: what it compiled for one call serves the next, whatever the audit.

    Parameters
    ----------
    kept : Path, optional
        The folder in which compiled pages outlast the process.
    """
    from reports.compiled.cache import Cache
    from reports.compiled.press import Press

    return Press(None if kept is None else Cache(kept))


class Pressroom:
    """A context manager: the processes that write letters, one or several.

    Parameters
    ----------
    jobs : int
        How many processes; 1 for this one alone.

    Raises
    ------
    AuditError
        A process ended before its work did.
    """

    def __init__(self, room: Room, ledger: Ledger, jobs: int) -> None:
        self.room, self._ledger, self._jobs = room, ledger, jobs
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Pressroom:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def start(self) -> None:
        """Have the processes start; what they are to do may come later, the room is the one of now."""
        if self._jobs > 1 and self._pool is None:
            url = self._ledger.engine.url.render_as_string(hide_password=False)
            given = (self.room, url, self._ledger.key_file)
            # Spawned, since a fork would share the ledger's connections and the progress bar's thread.
            self._pool = ProcessPoolExecutor(self._jobs, get_context("spawn"), _open, given)
            for _ in range(self._jobs):
                self._pool.submit(_started)  # one starts with each thing to do, up to their number

    def tell(self, wanted: Iterable[Wanted]) -> Generator[Told, None, None]:
        """Yield what comes of each decision, in the order in which they are wanted."""
        self.start()
        left = iter(wanted)
        if self._pool is None:
            letters = self.room.letters(self._ledger)
            while chunk := list(islice(left, self.room.chunk)):
                yield from self.room.filed(letters, self.room.asked(self._ledger, chunk))
            return
        waiting: deque[Future[list[Told]]] = deque()
        try:
            while chunk := list(islice(left, self.room.chunk)):
                waiting.append(self._pool.submit(_chunk, chunk))
                if len(waiting) * self.room.chunk > _AHEAD * self._jobs:
                    yield from waiting.popleft().result()
            self._pool.shutdown(wait=False)  # they end while the last letters are recorded
            while waiting:
                yield from waiting.popleft().result()
        except BrokenProcessPool as error:
            fact = "a process that rendered letters ended before its work did"
            raise AuditError(
                f"letters: {fact}. Run it again, with --jobs 1 where memory is short."
            ) from error


_here: list[tuple[Room, Letters]] = []


def _open(room: Room, url: str, key_file: Path | None) -> None:
    from audit.ledger import Ledger
    from audit.ledger.database import hold_less

    Thread(target=_end_with, args=(parent_process(),), daemon=True).start()
    ledger = Ledger.open(url, key_file=key_file)
    hold_less(ledger.engine, _HELD_KIB)
    _here[:] = [(room, room.letters(ledger))]
    if room.stamped:
        from reports.compiled.fingerprint import fingerprint

        fingerprint(())  # what it names is loaded by it, while nothing else is to be done yet
    gc.freeze()  # it stays as long as the process: no need to walk over it for garbage
    atexit.register(gc.unfreeze)  # what ends with the process is let go in its order


def _started() -> None:
    """Do nothing: a process that does it stands ready."""


def _chunk(wanted: list[Wanted]) -> list[Told]:
    room, letters = _here[0]
    return room.filed(letters, room.asked(letters.ledger, wanted))


def _end_with(parent: Any) -> None:
    """End this process once the one that started it is gone: nobody takes its letters any more."""
    if parent is not None:
        parent.join()
        os._exit(1)
