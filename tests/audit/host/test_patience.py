"""A process that keeps its asker waiting is ended, and no other."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from audit.host.patience import Patience


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that does nothing for a minute."""
    asleep = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], stdin=subprocess.PIPE, start_new_session=True
    )
    yield asleep
    asleep.kill()
    asleep.wait()
    assert asleep.stdin is not None
    asleep.stdin.close()


def test_who_is_late_is_ended(process):
    """The block goes on when the process is gone, and it is known why."""
    patience = Patience(process)
    with patience(0.1):
        process.wait(timeout=20)
    assert patience.lost


def test_a_shorter_wait_behind_a_long_one_is_kept(process):
    """The thread that looks at the clock is woken where it would look too late."""
    patience = Patience(process)
    with patience(3600):
        time.sleep(0.05)  # the thread waits by now
    begun = time.monotonic()
    with patience(0.1):
        process.wait(timeout=20)
    assert patience.lost
    assert time.monotonic() - begun < 20


def test_time_between_two_waits_counts_for_neither(process):
    """Only who is waited for can be late; one thread serves all waits."""
    patience = Patience(process)
    for _ in range(20):
        with patience(0.3):
            time.sleep(0.02)
        time.sleep(0.02)
    time.sleep(0.4)
    assert not patience.lost
    assert process.poll() is None
    assert sum(one.name == "waits for a model" for one in threading.enumerate()) >= 1
    patience.end()
    time.sleep(0.1)
    assert process.poll() is None
