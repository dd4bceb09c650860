"""Landlock: a process gives up, for good, every file that is not named, TCP, and signals to others.

The kernel offers it since 5.13 to everybody, also in containers that forbid namespaces. No library
of standing wraps it yet, so its three calls are made by their numbers, which are the same on every
processor.

Source: linux/landlock.h; Documentation/userspace-api/landlock.rst.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVS = 38  # prctl

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _DEVICE_CALLS = 1 << 14, 1 << 15
_DEVICES = (1 << 6) | (1 << 11)  # making them, which root may: they are other names of disks and memory
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICE_CALLS
# How many rights to files each version of the interface knows: 13, then REFER, TRUNCATE, IOCTL_DEV.
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_TCP = (1 << 0) | (1 << 1)  # bind and connect, since version 4
_SCOPED = (1 << 0) | (1 << 1)  # abstract sockets and signals, since version 6


class _Ruleset(ctypes.Structure):
    _fields_ = [("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def version() -> int:
    """Return the version of the kernel's interface; 0 where it has none."""
    try:
        return max(0, int(_call(_CREATE, None, 0, _ASK_VERSION)))
    except (OSError, AttributeError):  # not Linux, or switched off
        return 0


def confine(readable: Iterable[Path], writable: Iterable[Path], listed: Iterable[Path] = ()) -> int:
    """Give up all but these paths, in this process and all that it starts, for good.

    Parameters
    ----------
    readable, writable : files and folders; those that are not there are passed over
    listed : folders whose names may be seen, and not what the files hold: imports look for theirs

    Returns
    -------
    int
        The version of the interface that now holds.

    Raises
    ------
    OSError
        Where the kernel refuses.
    """
    abi = version()
    if not abi:
        return 0
    rights = (1 << _RIGHTS.get(abi, 16)) - 1
    asked = _Ruleset(rights, _TCP if abi >= 4 else 0, _SCOPED if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8  # older kernels refuse what they do not know
    ruleset = _call(_CREATE, ctypes.byref(asked), size, 0)
    try:
        for path in readable:
            _allow(ruleset, path, _READ & rights)
        for path in listed:
            _allow(ruleset, path, _READ_DIR)
        for path in writable:
            _allow(ruleset, path, rights & ~_DEVICES)
        if ctypes.CDLL(None, use_errno=True).prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "no_new_privs was refused")
        _call(_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)
    return abi


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        allowed = rights if path.is_dir() else rights & _OF_FILES
        _call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(_Beneath(allowed, parent)), 0)
    finally:
        os.close(parent)


def _call(number: int, *arguments: object) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    found = library.syscall(number, *arguments)
    if found < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(found)
