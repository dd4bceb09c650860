"""The walls around other people's models: the strongest that this machine offers, and which they are.

A model is opened and asked in a child process. Around it stand, where the machine has them:

1. *bubblewrap*: namespaces of its own (no network, no other process, no file but those that are
   named), a cleared environment, a temporary folder that goes with it;
2. *Landlock*: the kernel refuses every file that is not named, TCP, and signals to other processes;
3. *seccomp*: the kernel refuses sockets, signals to others, tracing, mounts and further namespaces;
4. limits: no core file, bounded files and memory, first to go when memory runs out.

Why so, all that are there and not the first that is: each has had holes, and together they cost a
tenth of a second. Why so, in words: a container often forbids namespaces. What then stands is said
by ``doctor`` and in the report, and nothing is assumed.

Source: platform.md section 9 measured bubblewrap at 106 ms a start; Landlock ABI 7: kernel 6.12 and
newer, Documentation/userspace-api/landlock.rst.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from audit.sandbox import bubblewrap, landlock, seccomp

__all__ = ["NO_WALL", "Walls", "environment", "in_words", "interpreter_paths", "readable", "strongest"]

NO_WALL = "none: a child process of its own, and nothing around it"

# What decides the last bits of a result, and where a library is found; nothing else of the
# environment reaches a model. Passwords in a database's URL stand there.
_PASSED = frozenset(
    {
        "PATH", "LD_LIBRARY_PATH", "TZ", "LANG", "LC_ALL", "OMP_NUM_THREADS", "MKL_NUM_THREADS",
        "OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "TF_ENABLE_ONEDNN_OPTS",
        "TF_CPP_MIN_LOG_LEVEL", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "XLA_FLAGS",
        "CUDA_VISIBLE_DEVICES", "KERAS_BACKEND",
    }
)  # fmt: skip


# A config that lies at the top of the machine asks for none of this: it tells of everybody's processes.
_OF_THE_KERNEL = tuple(Path(name) for name in ("/proc", "/sys", "/dev", "/run"))


@dataclass(frozen=True, slots=True)
class Walls:
    """Which walls a machine offers; ``reasons`` say why the others do not stand."""

    bubblewrap: bool
    landlock: int  # the version of its interface; 0: none
    seccomp: bool
    reasons: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """Return the walls that stand, the strongest first.

        >>> Walls(True, 7, False).names()
        ('bubblewrap', 'Landlock 7')
        """
        found = (
            ("bubblewrap", self.bubblewrap),
            (f"Landlock {self.landlock}", self.landlock > 0),
            ("seccomp", self.seccomp),
        )
        return tuple(name for name, stands in found if stands)


def in_words(names: Sequence[str]) -> str:
    """Return which walls stood, as a report prints it.

    >>> in_words(["bubblewrap", "seccomp"])
    'bubblewrap, seccomp'
    """
    return ", ".join(names) if names else NO_WALL


@lru_cache(maxsize=1)
def strongest() -> Walls:
    """Look once which walls this machine offers; bubblewrap is tried, since a container may forbid it."""
    wrapped, why = bubblewrap.usable()
    abi = landlock.version()
    filters = seccomp.usable()
    reasons = [f"bubblewrap: {why}"] if not wrapped else []
    if not abi:
        reasons.append("Landlock: the kernel does not offer it")
    if not filters:
        reasons.append("seccomp: the library libseccomp.so.2 is missing (Debian: libseccomp2)")
    return Walls(wrapped, abi, filters, tuple(reasons))


def environment(home: str) -> dict[str, str]:
    """Return the environment of the child: what its numbers depend on, and no secret."""
    kept = {name: value for name, value in os.environ.items() if name in _PASSED}
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **kept, "HOME": home, "TMPDIR": home}


def interpreter_paths() -> tuple[Path, ...]:
    """Return what Python and this package need to run: folders that are read and never written."""
    here = Path(__file__).resolve().parents[1]
    names = {
        *(Path(one) for one in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)),
        Path(sys.executable).parent,
        Path(sys.executable).resolve().parent,
        here,
    }
    system = [Path(name) for name in ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc/alternatives")]
    files = [Path(name) for name in ("/etc/ld.so.cache", "/etc/localtime", "/etc/ld.so.conf")]
    return tuple(dict.fromkeys([*system, *files, *sorted(names)]))


def readable(wanted: Iterable[Path], hidden: Iterable[Path]) -> tuple[Path, ...]:
    """Return what of ``wanted`` may be read so that nothing of ``hidden`` can be.

    A folder that holds something hidden is opened up into what else lies in it, as deep as needed.
    Links are followed before anything is judged, so that no other name of a hidden file leads to it;
    in a folder that is opened up, another hard link to it is hidden too. Names that begin like a hidden
    file's are hidden with it (``ledger.db-wal`` with ``ledger.db``), and from above nobody comes to what
    the kernel shows of the whole machine (``/proc``, ``/dev``).

    Parameters
    ----------
    wanted : files and folders
    hidden : files and folders, whether they are there or not
    """
    closed = _Closed.of(hidden)
    found: list[Path] = []
    entered: set[Path] = set()
    for path in wanted:
        found += _opened(path.absolute(), closed.around(path), entered)
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class _Closed:
    """What stays hidden, by where it really lies and by its number on the disk."""

    paths: tuple[Path, ...]
    numbers: frozenset[tuple[int, int]]

    @classmethod
    def of(cls, hidden: Iterable[Path]) -> _Closed:
        paths = tuple(dict.fromkeys(Path(os.path.realpath(one)) for one in hidden))
        files = [os.stat(one) for one in paths if os.path.isfile(one)]
        return cls(paths, frozenset((one.st_dev, one.st_ino) for one in files))

    def around(self, wanted: Path) -> _Closed:
        """Return what is hidden on the way down from ``wanted``."""
        real = os.path.realpath(wanted)
        above = [one for one in _OF_THE_KERNEL if not Path(real).is_relative_to(one)]
        return _Closed((*self.paths, *above), self.numbers)

    def covers(self, path: Path) -> bool:
        """Whether a path, all links followed, is hidden."""
        for one in self.paths:
            if path == one or path.is_relative_to(one):
                return True
            if path.parent == one.parent and path.name.startswith(f"{one.name}-"):
                return True
        if not self.numbers or not os.path.isfile(path):
            return False
        there = os.stat(path)
        return (there.st_dev, there.st_ino) in self.numbers

    def within(self, path: Path) -> bool:
        """Whether a folder holds something hidden."""
        return any(one.is_relative_to(path) for one in self.paths)


def _through_links(path: Path) -> list[Path]:
    """Return the links on the way to a path, and last where it really lies.

    >>> _through_links(Path("/"))
    [PosixPath('/')]
    """
    links: list[Path] = []
    for _ in range(40):  # as many as the kernel follows
        link = next((one for one in reversed((path, *path.parents)) if os.path.islink(one)), None)
        if link is None:
            return [*links, path]
        links.append(link)
        target = Path(os.path.normpath(link.parent / link.readlink()))
        path = target / path.relative_to(link)
    return [*links, path]


def _opened(path: Path, closed: _Closed, entered: set[Path]) -> list[Path]:
    *links, real = _through_links(path)
    if os.path.islink(real) or not os.path.exists(real) or closed.covers(real):
        return []
    if not closed.within(real):
        return [*links, real]
    if real in entered or not os.path.isdir(real):  # a second way to it shows nothing more
        return links
    entered.add(real)
    try:
        inner = sorted(real.iterdir())
    except PermissionError:  # who may not list it cannot read what is in it
        return links
    return [*links, *(kept for one in inner for kept in _opened(one, closed, entered))]
