"""Work done aside: a second process, forked for one piece of work, while this one goes on.

Why so: a part is packed, hashed and locked under Python's lock, so threads gain nothing, and half of
that needs no database. A fork sees what is to be done without a copy of it; it opens nothing, draws
nothing at random, and answers in plain values. Where it cannot be started, dies or is silent for too
long, this process does the same work, and finds the same: the work is a pure function of what both see.
"""

from __future__ import annotations

import gc
import marshal
import os
import select
import signal
import sys
import warnings
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any

PATIENCE_SECONDS = 300  # for one answer; a part takes seconds

Work = Generator[Any, Any, None]  # yields answers, and is sent what it needs for the next one


def possible() -> bool:
    """Whether a second process would gain anything here: Linux, and more than one processor."""
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1


class Aside:
    """Some work, done by a second process where ``fork`` is set, else here as its answers are asked for.

    Parameters
    ----------
    work : callable
        Returns the generator that does it; called again where the second process is lost. What goes
        between is what ``marshal`` knows: numbers, texts, bytes, None, and lists and tuples of these.
    """

    def __init__(self, work: Callable[[], Work], *, fork: bool) -> None:
        self._work = work
        self._told: list[Any] = [None]
        self._asked = 0
        self._here: Work | None = None
        self._other = _Forked.started(work) if fork and possible() else None

    def tell(self, value: Any) -> None:
        """Say what the work needs for its next answer."""
        self._told.append(value)
        if self._other is not None:
            self._other.write(value)

    def answer(self) -> Any:
        """Return the next answer, once it is there."""
        self._asked += 1
        if self._other is not None:
            try:
                return self._other.read()
            except (OSError, EOFError, ValueError, TypeError):
                self.close()
        if self._here is None:
            self._here = self._work()
            for value in self._told[: self._asked - 1]:
                self._here.send(value)  # answered before the second process was lost
        return self._here.send(self._told[self._asked - 1])

    def close(self) -> None:
        """End the second process, done or not."""
        if self._other is not None:
            self._other.close()
            self._other = None


class _Forked:
    """A child, and for each direction a file in memory, so that nobody waits for a pipe to be emptied."""

    def __init__(self, pid: int, out: _Channel, back: _Channel) -> None:
        self._pid, self._out, self._back = pid, out, back

    @classmethod
    def started(cls, work: Callable[[], Work]) -> _Forked | None:
        try:
            out, back = _Channel(), _Channel()
            with warnings.catch_warnings():
                # Python warns where threads run, because a child that takes their locks may hang. This
                # one takes none: it computes, writes into memory, and leaves without any clean-up.
                warnings.simplefilter("ignore", DeprecationWarning)
                pid = os.fork()
        except OSError:
            return None
        if pid == 0:
            _be_the_child(work, out, back)
        out.here_writes()
        back.here_reads()
        return cls(pid, out, back)

    def write(self, value: Any) -> None:
        with suppress(OSError):  # it is gone already; the missing answer will say so
            self._out.write(value)

    def read(self) -> Any:
        return self._back.read(PATIENCE_SECONDS)

    def close(self) -> None:
        self._out.close()
        self._back.close()
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def _be_the_child(work: Callable[[], Work], into: _Channel, out: _Channel) -> None:
    """Do the work and leave, without a word and without closing what the parent has open."""
    code = 1
    try:
        gc.disable()
        keep = sorted({0, 1, 2, *into.files(), *out.files()})
        for low, high in zip(keep, [*keep[1:], os.sysconf("SC_OPEN_MAX")], strict=True):
            os.closerange(low + 1, high)  # a server must not take us for the parent when that is killed
        into.here_reads()
        out.here_writes()
        steps, value = work(), None
        while True:
            try:
                out.write(steps.send(value))
            except StopIteration:
                break
            value = into.read(None)
        code = 0
    finally:
        os._exit(code)  # whatever it was, the parent meets it doing the work itself


class _Channel:
    """Values one way: their bytes in a file in memory, and down a pipe how long each of them is."""

    def __init__(self) -> None:
        self._file = os.memfd_create("plainspoken", os.MFD_CLOEXEC)
        self._in, self._out = os.pipe()
        self._at = 0

    def files(self) -> tuple[int, int, int]:
        return self._file, self._in, self._out

    def here_reads(self) -> None:
        os.close(self._out)
        self._out = -1

    def here_writes(self) -> None:
        os.close(self._in)
        self._in = -1

    def write(self, value: Any) -> None:
        data = memoryview(marshal.dumps(value))
        size = len(data)
        while data:
            n = os.pwrite(self._file, data, self._at)
            self._at, data = self._at + n, data[n:]
        os.write(self._out, size.to_bytes(8, "little"))

    def read(self, patience: float | None) -> Any:
        if not select.select([self._in], [], [], patience)[0]:
            raise EOFError("no answer")
        said = os.read(self._in, 8)
        if len(said) < 8:
            raise EOFError("it is gone")
        size = int.from_bytes(said, "little")
        pieces, end = [], self._at + size
        while self._at < end:
            piece = os.pread(self._file, end - self._at, self._at)
            self._at += len(piece)
            pieces.append(piece)
        return marshal.loads(b"".join(pieces))

    def close(self) -> None:
        for file in self.files():
            if file >= 0:
                os.close(file)
