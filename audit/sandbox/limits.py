"""Bounds that every system offers: what a model may use up before it, and not its lender, is stopped."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal

_FILE = 4 << 30  # bytes of one file in its temporary folder
DIES_WITH_PARENT = 1  # prctl


def confine() -> None:
    """Bound this process and all that it starts.

    Memory is bounded by what the machine has, so that a file which unpacks into more ends in an
    error of its own; and it is the first to go when memory runs out.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, _FILE),
        (resource.RLIMIT_DATA, memory),
    ):
        _, hard = resource.getrlimit(what)
        if hard == resource.RLIM_INFINITY or most < hard:
            resource.setrlimit(what, (most, most))
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:  # Linux alone
        file.write("1000")


def die_with(parent: int) -> None:
    """Have the kernel end this process when its parent ends, however it ends."""
    with contextlib.suppress(AttributeError, OSError):  # Linux alone; elsewhere the closed pipe ends it
        ctypes.CDLL(None).prctl(DIES_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
