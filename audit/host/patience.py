"""How long a process may keep its asker waiting: one thread looks at the clock, whatever is waited for.

Why so, one thread: a question is answered in milliseconds, and a thread begun and ended for each wait
costs as much as the answer.
"""

from __future__ import annotations

import math
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from audit.host.spawning import kill


class Patience:
    """Ends a process that keeps somebody waiting for longer than granted.

    Attributes
    ----------
    lost : bool
        Whether it was ended so.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.lost = False
        self._process = process
        self._due = math.inf  # on the monotonic clock
        self._looks = -math.inf  # when the thread looks again; it has not begun yet
        self._over = False
        self._changed = threading.Condition()

    @contextmanager
    def __call__(self, seconds: float) -> Iterator[None]:
        """Grant a block so many seconds."""
        due = time.monotonic() + seconds
        with self._changed:
            self._due = due
            if self._looks == -math.inf:
                self._looks = due
                threading.Thread(target=self._watch, daemon=True, name="waits for a model").start()
            elif due < self._looks:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._due = math.inf  # the thread sees it when it looks next

    def end(self) -> None:
        """Wait for nothing any more."""
        with self._changed:
            self._over = True
            self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while not self._over:
                left = self._due - time.monotonic()
                if left <= 0:
                    self.lost = True
                    kill(self._process)
                    return
                self._looks = self._due
                self._changed.wait(None if left == math.inf else min(left, threading.TIMEOUT_MAX))
