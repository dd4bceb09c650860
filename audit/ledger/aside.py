"""Work done aside: a second process that hashes, encodes and locks while this one stores.

Why so, a process: rows are packed, hashed and locked under Python's lock, so threads gain nothing; half
of what a part costs needs no database. It is started afresh, never forked: a fork takes along the locks
that other libraries' threads held. It opens nothing and draws nothing at random: it is told plain
values, and answers in such. Where it cannot be started, dies, refuses or is silent for too long, this
process does the same work, and finds the same.

Why so, a socket: it ends with either side, so nobody is left behind when one of them is killed; and the
persons' keys, which go through it, are in memory alone.
"""

from __future__ import annotations

import gc
import marshal
import os
import queue
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from audit.ledger import entries, locking

PATIENCE_SECONDS = 300  # for one answer; a part takes seconds
MANY = 10_000  # decisions of a part; below that a process takes longer to start than it saves

_SIZE = struct.Struct("<q")
_PLAIN = 2  # the form of marshal that looks for no value met before: most of them are met once
_AGAIN = {"cells": 4}  # and the form that does, for mappings of the same names
_OFTEN = 0.0005  # seconds after which a thread of the other process lets the next one on

WORK: dict[str, Callable[..., Any]] = {
    "hashes": entries.hashes_of,
    "pseudonyms": locking.pseudonyms,
    "details": locking.details,
    "attributions": locking.attributions,
    "cells": locking.cells,
    "inputs": locking.inputs,
    "shut": locking.shut,
    "locked": locking.locked,
    "wrapped": locking.wrapped,
}


class Lost(Exception):
    """The other process did not answer."""


class Aside:
    """The other process: started by the first work of a large part, and kept for the next one."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._asked = 0
        self._open: set[int] = set()  # numbers of what is asked for or kept, and not answered or used
        self._answers: dict[int, tuple[bool, Any]] = {}

    @property
    def pid(self) -> int | None:
        """The number of the other process; None where there is none."""
        return None if self._process is None else self._process.pid

    def start(self, n_decisions: int) -> None:
        """Start it for a part of so many decisions, where that gains anything."""
        if self._socket is not None or n_decisions < MANY or not possible():
            return
        here, there = socket.socketpair()
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            here.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", PATIENCE_SECONDS, 0))
        root = str(Path(__file__).parents[2])
        path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
        try:
            with there:
                self._process = subprocess.Popen(
                    # -P: nothing that lies where the command was given is taken for a part of this program.
                    [sys.executable, "-P", "-m", "audit.ledger.aside", str(there.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=(there.fileno(),),
                    env={**os.environ, "PYTHONPATH": path},
                )
        except OSError:
            here.close()
            return
        self._socket = here

    def keep(self, work: str, *given: Any, kept: Sequence[int] = ()) -> int:
        """Have work done whose outcome stays there; return its number, which others may name as ``kept``."""
        return self._send(work, True, given, kept)

    def ask(self, here: Callable[[], Any], work: str, *given: Any, kept: Sequence[int] = ()) -> Answer:
        """Begin work, and return the promise of its outcome.

        Parameters
        ----------
        here : callable
            The same work, done in this process where the other one is lost.
        work : str
            One of ``WORK``.
        given : numbers, texts, bytes, None, and lists, tuples and mappings of these
            What is of another type is either refused, or arrives as its bytes, as numbers of arrays do;
            no work takes bytes for a number.
        kept : numbers of what it keeps; it is given that first, and keeps it no longer
        """
        return Answer(self, work, self._send(work, False, given, kept), here)

    def _send(self, work: str, keep: bool, given: tuple[Any, ...], kept: Sequence[int]) -> int:
        self._asked += 1
        if self._socket is None:
            return self._asked
        self._open -= set(kept)
        self._open.add(self._asked)
        try:
            message = (self._asked, work, keep, list(kept), given)
            data = marshal.dumps(message, _AGAIN.get(work, _PLAIN))
        except ValueError:  # a value that is not plain: no work of that name, so it is done here
            data = marshal.dumps((self._asked, "", keep, list(kept), ()), _PLAIN)
        try:
            self._socket.sendall(_SIZE.pack(len(data)))
            self._socket.sendall(data)
        except OSError:
            self.close()
        return self._asked

    def answer(self, number: int) -> Any:
        """Return an answer, once it is there.

        Raises
        ------
        Lost
            Where there is no other process, or it did not do that work.
        """
        while number not in self._answers:
            if self._socket is None or number not in self._open:
                raise Lost
            try:
                said, done, outcome = marshal.loads(_received(self._socket))
            except (OSError, EOFError):
                self.close()
                raise Lost from None
            self._open.remove(said)
            self._answers[said] = done, outcome
        done, outcome = self._answers.pop(number)
        if not done:
            raise Lost
        return outcome

    def settle(self) -> None:
        """End the other process where something was asked for and is wanted no more."""
        if self._open or self._answers:
            self.close()

    def close(self) -> None:
        """End the other process, and wait until it is gone."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self._answers.clear()
        self._open.clear()


class Answer:
    """The promise of an outcome."""

    __slots__ = ("_aside", "_here", "_number", "work")

    def __init__(self, aside: Aside, work: str, number: int, here: Callable[[], Any]) -> None:
        self.work, self._aside, self._number, self._here = work, aside, number, here

    def value(self) -> Any:
        """Return the outcome, from wherever it comes; to be asked for once."""
        try:
            return self._aside.answer(self._number)
        except Lost:
            return self._here()


def possible() -> bool:
    """Whether a second process would gain anything here: more than one processor."""
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1


def _received(sock: socket.socket) -> memoryview:
    head = memoryview(bytearray(_SIZE.size))
    _fill(sock, head)
    data = memoryview(bytearray(_SIZE.unpack(head)[0]))
    _fill(sock, data)
    return data


def _fill(sock: socket.socket, into: memoryview) -> None:
    while into:
        n = sock.recv_into(into, len(into), socket.MSG_WAITALL)
        if n == 0:
            raise EOFError("it is gone")
        into = into[n:]


# --- in the other process -------------------------------------------------------------------------


def _serve(sock: socket.socket) -> None:
    """Do what is asked, in its order; end when the one who asks does."""
    gc.disable()
    sys.setswitchinterval(_OFTEN)
    asked: queue.SimpleQueue[memoryview] = queue.SimpleQueue()
    answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    # Two threads, so that whoever asks never waits for work to be done before it is heard.
    for thread in (lambda: _hear(sock, asked), lambda: _tell(sock, answers)):
        threading.Thread(target=thread, daemon=True).start()
    kept: dict[int, Any] = {}
    while True:
        number, work, keep, needed, given = marshal.loads(asked.get())
        done, outcome = True, None
        try:
            outcome = WORK[work](*[kept.pop(one) for one in needed], *given)
        except Exception:  # whatever it was, the one who asked meets it doing the work itself
            done = False
        if not keep:
            answers.put(marshal.dumps((number, done, outcome), _PLAIN))
        elif done:
            kept[number] = outcome


def _hear(sock: socket.socket, asked: queue.SimpleQueue[memoryview]) -> None:
    try:
        while True:
            asked.put(_received(sock))
    finally:
        os._exit(0)


def _tell(sock: socket.socket, answers: queue.SimpleQueue[bytes]) -> None:
    try:
        while True:
            data = answers.get()
            sock.sendall(_SIZE.pack(len(data)))
            sock.sendall(data)
    finally:
        os._exit(0)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
