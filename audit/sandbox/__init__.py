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
    Names that begin like a hidden file's are hidden with it (``ledger.db-wal`` with ``ledger.db``).

    Parameters
    ----------
    wanted : files and folders
    hidden : files and folders, whether they are there or not
    """
    closed = [one.absolute() for one in hidden]
    found: list[Path] = []
    for path in wanted:
        for one in _opened(path.absolute(), closed):
            found += _through_links(one)
    return tuple(dict.fromkeys(found))


def _through_links(path: Path) -> list[Path]:
    """Return the links on the way to a path, and where it really lies.

    >>> _through_links(Path("/"))
    [PosixPath('/')]
    """
    links: list[Path] = []
    for _ in range(40):  # as many as the kernel follows
        link = next((one for one in reversed((path, *path.parents)) if one.is_symlink()), None)
        if link is None:
            return [*links, path]
        links.append(link)
        target = Path(os.path.normpath(link.parent / link.readlink()))
        path = target / path.relative_to(link)
    return links


def _opened(path: Path, closed: Sequence[Path]) -> list[Path]:
    if any(_covers(one, path) for one in closed):
        return []
    if not any(one.is_relative_to(path) for one in closed):
        return [path] if path.exists() else []
    if not path.is_dir():
        return []
    return [kept for inner in sorted(path.iterdir()) for kept in _opened(inner, closed)]


def _covers(hidden: Path, path: Path) -> bool:
    if path == hidden or path.is_relative_to(hidden):
        return True
    return path.parent == hidden.parent and path.name.startswith(f"{hidden.name}-")
