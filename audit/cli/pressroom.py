"""Letters of many decisions, by one process or by several: the same letters in the same order.

Each process has a ledger of its own that it only reads, and a press of its own. It puts away what it made,
and tells the one that records; so many decisions are given out ahead as keep all of them at work while that
one waits for the disk, and no more.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from audit.errors import AuditError, GoneError
from audit.record import Refusal
from reports.mandatory import RECORD

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from audit.cli.filing import Filed, Filing
    from audit.ledger import Ledger
    from audit.record import Decision, Document, Recipient
    from reports.compiled.press import Press
    from reports.letter import Letters

_CHUNK = 32  # decisions that a process is given, and reads, at once
_AHEAD = 12  # such chunks for each process: a second's work or less


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


@dataclass(slots=True)
class Told:
    """What came of a decision: letters, once put away as ``filed``, and what kept the others away."""

    due_on: dt.date | None
    letters: list[tuple[tuple[Document, ...], Recipient]] = field(default_factory=list)
    filed: list[Filed] = field(default_factory=list)
    exceptions: list[Refusal] = field(default_factory=list)
    stamped: int = 0
    causes: Counter[str] = field(default_factory=Counter)  # why WeasyPrint rendered the others


class Room(NamedTuple):
    """What a process needs to write letters; ``tell`` is a function of a module."""

    audit: str
    folder: Path
    stamped: bool
    tell: Callable[[Letters, Asked], Told]
    filing: Filing | None = None

    def letters(self, ledger: Ledger) -> Letters:
        """Return the letters of the audit, with a press where they are to be stamped."""
        from reports.letter import Letters

        return Letters(ledger, self.audit, self.folder, _press() if self.stamped else None)

    def told(self, letters: Letters, asked: Asked) -> Told:
        """Return what comes of a decision, with what the press counted for it."""
        made, press = self.tell(letters, asked), letters.press
        if press is not None:
            made.stamped, made.causes = press.stamped, press.causes
            press.stamped, press.causes = 0, Counter()
        return made

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
def _press() -> Press:
    """Return the press of this process: what it compiled for one call serves the next, whatever the audit."""
    from reports.compiled.press import Press

    return Press()


def tell_all(room: Room, ledger: Ledger, asked: Iterable[Asked], jobs: int) -> Generator[Told, None, None]:
    """Yield what comes of each decision, in the order in which they are asked for.

    Parameters
    ----------
    jobs : int
        How many processes; 1 for this one alone.

    Raises
    ------
    AuditError
        A process ended before its work did.
    """
    if jobs == 1:
        letters, left = room.letters(ledger), iter(asked)
        while chunk := list(islice(left, _CHUNK)):
            yield from room.filed(letters, chunk)
        return
    url = ledger.engine.url.render_as_string(hide_password=False)
    with _processes(jobs, room, url, ledger.key_file) as pool:
        waiting: deque[Future[list[Told]]] = deque()
        left = iter(asked)
        while chunk := list(islice(left, _CHUNK)):
            waiting.append(pool.submit(_chunk, chunk))
            if len(waiting) > _AHEAD * jobs:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


@contextmanager
def _processes(jobs: int, room: Room, url: str, key_file: Path | None) -> Iterator[ProcessPoolExecutor]:
    # Spawned, since a fork would share the ledger's connections and the progress bar's thread.
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _open, (room, url, key_file))
    try:
        yield pool
    except BrokenProcessPool as error:
        fact = "a process that rendered letters ended before its work did"
        raise AuditError(f"letters: {fact}. Run it again, with --jobs 1 where memory is short.") from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_here: list[tuple[Room, Letters]] = []


def _open(room: Room, url: str, key_file: Path | None) -> None:
    from audit.ledger import Ledger

    Thread(target=_end_with, args=(parent_process(),), daemon=True).start()
    _here[:] = [(room, room.letters(Ledger.open(url, key_file=key_file)))]


def _chunk(asked: list[Asked]) -> list[Told]:
    room, letters = _here[0]
    return room.filed(letters, asked)


def _end_with(parent: Any) -> None:
    """End this process once the one that started it is gone: nobody takes its letters any more."""
    if parent is not None:
        parent.join()
        os._exit(1)
