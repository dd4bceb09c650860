"""A disk that is full from a chosen write on: for the writers, and for the server of a database."""

from __future__ import annotations

import errno
import mmap
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.worlds.disturbed import Writers
from tests.worlds.postgresql import Server, open_folder

if TYPE_CHECKING:
    from tests.worlds.ground import Ground, Tally

_SOURCE = Path(__file__).with_name("fail_writes.c")
_NUMBERS = struct.Struct("<4q")
WRITES, SYNCS = 0, 1


class Disk:
    """The disk of every process that is started with ``environment``.

    Parameters
    ----------
    folder : Path
        Where the library that stands between a program and its disk is built.
    """

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            raise FileNotFoundError("no C compiler: a full disk cannot be played")
        library, numbers = folder / "fail_writes.so", folder / "faults"
        command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(_SOURCE), "-ldl"]
        subprocess.run(command, check=True, capture_output=True)
        numbers.write_bytes(_NUMBERS.pack(-1, 0, 0, WRITES))
        numbers.chmod(0o666)  # the server runs under another account
        with numbers.open("r+b") as file:
            self._mapped = mmap.mmap(file.fileno(), _NUMBERS.size)
        self.environment = {"LD_PRELOAD": str(library), "PLAINSPOKEN_FAULTS": str(numbers)}

    def fail_after(self, n: int, error: int = errno.ENOSPC, calls: int = WRITES) -> None:
        """Let ``n`` calls succeed and fail every later one."""
        self._mapped[:] = _NUMBERS.pack(n, 0, error, calls)

    def make_room(self) -> int:
        """Let every call succeed again; return how many were counted."""
        counted: int = _NUMBERS.unpack(self._mapped[:])[1]
        self._mapped[:] = _NUMBERS.pack(-1, 0, 0, WRITES)
        return counted


@contextmanager
def starved(
    folder: Path, n_parts: int, *, server: bool, disk: bool = True
) -> Iterator[tuple[Ground, Disk | None]]:
    """Give a ground to try faults on, and its disk; None where there is no C compiler.

    On SQLite the writers themselves write to that disk, on PostgreSQL its server does.
    """
    from tests.worlds.ground import Ground

    library = open_folder("disk")
    there = Disk(library) if disk and (shutil.which("cc") or shutil.which("gcc")) else None
    environment = there.environment if there is not None else {}
    started = Server(environment) if server else None
    try:
        writers = Writers(n_parts, {} if server else environment)
        try:
            yield Ground(folder, writers, started), there
        finally:
            writers.close()
    finally:
        if started is not None:
            started.close()
        shutil.rmtree(library)


def _writes(ground: Ground, disk: Disk, calls: int) -> int:
    """Return how many calls a run makes that nobody disturbs."""
    url = ground.fresh(new_files=True)
    disk.fail_after(1 << 62, calls=calls)
    ground.writers.run(url, ground.key)
    return disk.make_room()


def at_every_write(
    ground: Ground, disk: Disk, step: int = 1, calls: int = WRITES, error: int = errno.ENOSPC
) -> Tally:
    """Fill the disk at each write (or each ``step``-th) of a run; make room, and run again.

    Each run begins with files of its own: one that has grown before needs no more room.
    """
    from tests.worlds.ground import Tally

    name = "disk full at every write" if calls == WRITES else "disk broken at every sync"
    tally = Tally(name, ground.name)
    for n in range(0, _writes(ground, disk, calls), step):
        url = ground.fresh(new_files=True)
        if ground.server is not None:
            ground.server.tell("CHECKPOINT")  # so that what the copy left to be written is not counted
        disk.fail_after(n, error, calls)
        ended = ground.writers.run(url, ground.key)
        disk.make_room()
        tally.tries += 1
        if ended["code"] not in (0, 1):
            tally.wrong_exits += 1
            tally.said.append(f"full after {n}: {ended}")
        if ground.server is not None:
            ground.server.ensure()
        ground.judge(url, tally)
    return tally
