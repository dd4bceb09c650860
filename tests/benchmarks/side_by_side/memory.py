"""How much memory the process holds at its peak while a method explains few rows, and many.

What is asked of a method is that the difference is what the rows and their answers take, and not what
is worked out in between.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_PAGE = 4096
_EVERY = 0.005  # seconds


def peaks(run: Callable[[int], Any], sizes: Sequence[int]) -> dict[str, float]:
    """Return, for each number of rows, the MB resident at the peak of a run; small numbers come first."""
    run(sizes[0])  # compiled once, and not counted
    return {str(n): _peak(run, n) for n in sizes}


def _peak(run: Callable[[int], Any], n: int) -> float:
    over, seen = threading.Event(), [_held()]

    def look() -> None:
        while not over.wait(_EVERY):
            seen.append(_held())

    looking = threading.Thread(target=look)
    looking.start()
    try:
        kept = run(n)  # what it answers counts too
        seen.append(_held())
    finally:
        over.set()
        looking.join()
    del kept
    return max(seen) / 1e6


def _held() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
