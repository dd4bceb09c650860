"""Processes that hold models: they outlast the thread that asked for them, and leave nothing behind."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from audit import sandbox
from audit.errors import AuditError
from audit.host import Order
from audit.host.child import ChildHost
from audit.host.spawning import Home
from audit.record import Trust
from audit.sandbox import Walls

TRUST = Trust("Model Risk", "a test", dt.date(2026, 11, 20))
OFFERED = sandbox.strongest()
BARE = Walls(False, OFFERED.landlock, OFFERED.seccomp)
ROWS = {"x": np.zeros(2)}


def order(folder: Path, source: str) -> Order:
    """Write a function and return the order for it."""
    (folder / "model.py").write_text(textwrap.dedent(source))
    return Order("python:model:score", folder, trust=TRUST, features=("x",))


@pytest.mark.parametrize("walls", [OFFERED, BARE], ids=["all", "without bubblewrap"])
def test_a_model_outlasts_the_thread_that_opened_it(walls: Walls, tmp_path: Path, monkeypatch) -> None:
    """A web server opens it in one thread and asks it in another."""
    monkeypatch.setattr("audit.host.child.strongest", lambda: walls)
    asked = order(tmp_path, "def score(rows):\n    return rows['x']\n")
    hosts: list[ChildHost] = []

    def open_it() -> None:
        hosts.append(ChildHost(asked))
        hosts[0].model()

    thread = threading.Thread(target=open_it)
    thread.start()
    thread.join()
    time.sleep(0.2)
    try:
        assert hosts[0].score(ROWS).tolist() == [0.0, 0.0]
    finally:
        hosts[0].close()


def test_what_a_model_starts_ends_with_it(tmp_path: Path, monkeypatch) -> None:
    """Without a namespace too: a process of the model's own neither holds the line nor stays."""
    if not OFFERED.seccomp:
        pytest.skip("this machine offers no seccomp")
    monkeypatch.setattr("audit.host.child.strongest", lambda: BARE)
    source = """
    import os, time
    def score(rows):
        if os.fork() == 0:
            for leave in (os.setsid, lambda: os.setpgid(0, 0)):
                try:
                    leave()
                except OSError:
                    pass
            time.sleep(60)
        os._exit(3)
    """
    host, start = ChildHost(order(tmp_path, source)), time.monotonic()
    with pytest.raises(AuditError, match="exit code 3"):
        host.score(ROWS)
    assert time.monotonic() - start < 30


def test_what_a_killed_program_left_is_removed(tmp_path: Path, monkeypatch) -> None:
    """A folder that nobody holds goes with the next start; one whose program lives stays."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    source = "from audit.host.spawning import Home; import time; print(Home.make().path, flush=True); "
    killed = subprocess.Popen(
        [sys.executable, "-c", source + "time.sleep(60)"],
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert killed.stdout is not None
    left = Path(killed.stdout.readline().strip())
    (left / "loot").write_text("an applicant")
    long_ago = time.time() - 7200
    os.utime(left, (long_ago, long_ago))
    one = Home.make()
    assert left.exists()  # its program lives
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    other = Home.make()
    assert not left.exists()
    assert Path(one.path).exists()
    for home in (one, other):
        home.remove()
    assert list(tmp_path.iterdir()) == []


def test_walls_that_cannot_be_put_up_are_no_fault_of_the_model(tmp_path: Path, monkeypatch) -> None:
    """bubblewrap fails half-way: nothing is opened, and whoever runs the audit is told to ask doctor."""
    monkeypatch.setattr("audit.host.child.strongest", lambda: Walls(True, 0, False))
    monkeypatch.setattr("audit.sandbox.bubblewrap.program", lambda: "/bin/false")
    host = ChildHost(order(tmp_path, f"open({str(tmp_path / 'marker')!r}, 'w')\n"))
    with pytest.raises(AuditError, match=r"walls.*could not be put up.*doctor") as told:
        host.model()
    assert told.value.exit_code == 1
    assert not (tmp_path / "marker").exists()
    host.close()
