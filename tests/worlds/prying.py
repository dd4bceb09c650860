"""A model that tries what a model must not: read, write, call out, harm. For tests of the walls.

``attempts`` is laid beside a config as ``prying.py``; its function answers with one number a row: row i
is 1 where the i-th attempt succeeded, else 0. So what a model could do is read from its scores.
"""

from __future__ import annotations

from pathlib import Path

ATTEMPTS = (
    "reads the data", "reads the key", "reads the ledger", "reads a secret of the environment",
    "reads the environment of its parent", "reads another folder", "writes beside itself",
    "writes into its own package", "opens a socket", "opens a socket of the machine alone",
    "signals its parent", "traces its parent", "sees its parent's files", "makes a namespace",
    "reads a file that came later",
)  # fmt: skip

_SOURCE = """
import ctypes, os, socket
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def reads(path):
    with open(path, "rb") as file:
        return len(file.read()) >= 0


def writes(path):
    with open(path, "wb") as file:
        file.write(b"x")
    return True


def connects(family, address):
    line = socket.socket(family, socket.SOCK_STREAM)
    line.connect(address)
    return True


def syscall(number, *arguments):
    return ctypes.CDLL(None, use_errno=True).syscall(number, *arguments) >= 0


PARENT = {parent}
TRIES = (
    lambda: reads(os.path.join(HERE, "applications.csv")),
    lambda: reads(os.path.join(HERE, "ledger.key")),
    lambda: reads(os.path.join(HERE, "ledger.db")),
    lambda: "SECRET_OF_THE_TESTS" in os.environ,
    lambda: b"SECRET_OF_THE_TESTS" in open("/proc/%d/environ" % PARENT, "rb").read(),
    lambda: reads({elsewhere!r}),
    lambda: writes(os.path.join(HERE, "marker")),
    lambda: writes(os.path.join(os.path.dirname(np.__file__), "marker")),
    lambda: connects(socket.AF_INET, ("127.0.0.1", {port})),
    lambda: connects(socket.AF_UNIX, {unix!r}),
    lambda: os.kill(PARENT, 0) is None,
    lambda: ctypes.CDLL(None).ptrace(0x4206, PARENT, 0, 0) == 0,
    lambda: len(os.listdir("/proc/%d/fd" % PARENT)) > 0,
    lambda: ctypes.CDLL(None).unshare(0x10000000) == 0,
    lambda: reads(os.path.join(HERE, "later.txt")),
)


def succeeds(attempt):
    try:
        return float(bool(attempt()))
    except Exception:  # whatever stopped it, it did not succeed; that is the answer
        return 0.0


def score(rows):
    n = len(next(iter(rows.values())))
    found = [succeeds(attempt) for attempt in TRIES]
    return np.array((found + [0.0] * n)[:n])
"""


def lay_out(folder: Path, *, parent: int, port: int, unix: str, elsewhere: Path) -> Path:
    """Write the model, and the files that it must not read, into a folder; return the module's file."""
    for name in ("applications.csv", "ledger.key", "ledger.db", "beside.txt"):
        (folder / name).write_text("a secret")
    text = _SOURCE.replace("{parent}", str(parent)).replace("{port}", str(port))
    text = text.replace("{unix!r}", repr(unix)).replace("{elsewhere!r}", repr(str(elsewhere)))
    file = folder / "prying.py"
    file.write_text(text)
    return file
