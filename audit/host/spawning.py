"""Starting and ending the process that holds a model, and the folder that it may write to.

Why so, a thread that starts them: the kernel ends the child when the thread that started it ends
(``PR_SET_PDEATHSIG``), and not only when the whole program does. Whoever opens a model in a thread of
a web server would lose it with that thread.

Source: prctl(2), on PR_SET_PDEATHSIG.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_HOMES = "plainspoken-model-"
_SURELY_LOCKED = 3600.0  # seconds after which a folder that nobody holds was left by a killed program
_ENDING_SECONDS = 20.0  # to a process that has closed its line

_starter: ThreadPoolExecutor | None = None
_one_at_a_time = threading.Lock()


def _forget() -> None:
    global _starter
    _starter = None  # a fork has none of its parent's threads


os.register_at_fork(after_in_child=_forget)


def spawned(argv: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a process from a thread that lasts as long as this program; it leads a session of its own."""
    global _starter
    with _one_at_a_time:
        if _starter is None:
            _starter = ThreadPoolExecutor(1, "starts models")
        starter = _starter
    return starter.submit(
        subprocess.Popen,
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd="/",
        start_new_session=True,  # the terminal's interrupt is the driver's to answer
    ).result()


def end_group_with(process: subprocess.Popen[bytes]) -> None:
    """Have what a process started end when it does: one of them could hold the line, and nothing be heard.

    The walls keep it in the process's group (``audit.sandbox.seccomp``); bubblewrap's namespace needs none
    of this.
    """

    def watch() -> None:
        with suppress(ChildProcessError):  # it is gone, and its group was ended before
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            _kill_group(process.pid)

    threading.Thread(target=watch, daemon=True, name="watches a model").start()


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and its group, unless it was waited for: its number may be another's by then."""
    if process.returncode is None:
        _kill_group(process.pid)


def exit_code(process: subprocess.Popen[bytes]) -> int:
    """Return how a process ended that has closed its line; one that goes on all the same is ended."""
    latest = time.monotonic() + _ENDING_SECONDS
    while time.monotonic() < latest:
        if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None:
            break
        time.sleep(0.01)
    kill(process)
    return process.wait()


def ended(process: subprocess.Popen[bytes], home: Home | None) -> None:
    """End a process and all that it started, and remove its folder."""
    kill(process)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(BrokenPipeError):  # what was still to be written went with the child
                stream.close()
    if home is not None:
        home.remove()


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Home:
    """A folder that a model may write to; the lock on it tells that its program lives."""

    path: str
    lock: int

    @classmethod
    def make(cls) -> Home:
        """Make one, and remove those that killed programs left: a model may have noted applicants there."""
        for old in Path(tempfile.gettempdir()).glob(f"{_HOMES}*"):
            _remove_if_left(old)
        path = tempfile.mkdtemp(prefix=_HOMES)
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return cls(path, lock)

    def remove(self) -> None:
        """Remove it with all that was written."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock)


def _remove_if_left(old: Path) -> None:
    try:
        if time.time() - old.lstat().st_mtime < _SURELY_LOCKED:
            return
        lock = os.open(old, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # somebody else's, or gone
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(old, ignore_errors=True)
    except OSError:  # its program lives
        pass
    finally:
        os.close(lock)
