"""How much more memory a method holds while it explains few rows, and many.

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


def rises(run: Callable[[int], Any], sizes: Sequence[int]) -> dict[str, float]:
    """Return, for each number of rows, the MB that a run held at its peak beyond those before it."""
    run(sizes[0])  # compiled once, and not counted
    return {str(n): _rise(lambda n=n: run(n)) for n in sizes}


def _rise(run: Callable[[], Any]) -> float:
    before, over = _held(), threading.Event()
    peaks = [before]

    def look() -> None:
        while not over.wait(_EVERY):
            peaks.append(_held())

    looking = threading.Thread(target=look)
    looking.start()
    try:
        kept = run()
        peaks.append(_held())
    finally:
        over.set()
        looking.join()
    del kept
    return (max(peaks) - before) / 1e6


def _held() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
