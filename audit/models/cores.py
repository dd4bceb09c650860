"""Shares rows out among the cores that this process may use.

Why so, some rows at a time, whatever the number of cores: what a row gets depends on no other row, so
neither company nor cores change a bit of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def share_out(work: Callable[[slice], None], n: int, at_once: int) -> None:
    """Have ``n`` rows worked on, ``at_once`` together; ``work`` must leave Python's lock to others."""
    some = [slice(first, min(n, first + at_once)) for first in range(0, n, at_once)]
    n_threads = min(len(some), cores())
    if n_threads < 2:
        for one in some:
            work(one)
        return
    work(some[0])  # whatever is compiled at first use is compiled by one of them
    with ThreadPoolExecutor(n_threads) as pool:
        for done in [pool.submit(work, one) for one in some[1:]]:
            done.result()


def cores() -> int:
    """Return how many threads this process should use: TensorFlow's number where one is set."""
    told = os.environ.get("TF_NUM_INTRAOP_THREADS", "")
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(told) if told.isdigit() and int(told) else available
