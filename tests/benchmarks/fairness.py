"""Time to count a million decisions of ten groups and to compute their rates with intervals.

Run by hand: ``python tests/benchmarks/fairness.py --json``. Unit: seconds, best of the repeats;
groups and outcomes come as text, as they stand in data. The peer is what a plain array program
needs for the same three rates without any interval.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from audit.fairness import count, disparities, rates

Inputs = tuple[Any, Any, Any]


def made_up(n: int, n_groups: int) -> Inputs:
    """Return decisions, groups and outcomes, from a fixed seed."""
    rng = np.random.default_rng(0)
    names = np.array([f"group {i}" for i in range(n_groups)], dtype=object)
    decided = np.array(["adverse", "favourable"], dtype=object)[(rng.random(n) < 0.6).astype(int)]
    return decided, names[rng.integers(0, n_groups, n)], (rng.random(n) < 0.3).astype(np.int64)


def project(inputs: Inputs) -> dict[str, dict[str, float]]:
    """Return the three rates by group, as the project measures them (with intervals and ratios)."""
    decided, group, observed = inputs
    table = count(decided, {"group": group}, None, observed)
    found = rates(table)
    disparities(table, {"group": "group 0"})
    wanted = ("selection_rate", "true_positive_rate", "false_positive_rate")
    return {
        metric: {
            r.group: float(r.value or 0.0) for r in found if r.metric == metric and r.attribute == "group"
        }
        for metric in wanted
    }


def plain_arrays(inputs: Inputs) -> dict[str, dict[str, float]]:
    """Return the same rates by ``numpy.unique`` and masks."""
    decided, group, observed = inputs
    names, codes = np.unique(group.astype(str), return_inverse=True)
    adverse = decided == "adverse"
    found: dict[str, dict[str, float]] = {}
    for metric, counted, of in (
        ("selection_rate", ~adverse, np.ones(len(codes), dtype=bool)),
        ("true_positive_rate", adverse, observed == 1),
        ("false_positive_rate", adverse, observed == 0),
    ):
        share = np.bincount(codes, weights=counted & of) / np.bincount(codes, weights=of)
        found[metric] = {str(name): float(value) for name, value in zip(names, share, strict=True)}
    return found


def best(work: Callable[[Inputs], Any], inputs: Inputs, repeats: int) -> float:
    """Return the shortest wall time in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work(inputs)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Measure and print."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--rows", type=int, default=1_000_000)
    reader.add_argument("--groups", type=int, default=10)
    reader.add_argument("--repeats", type=int, default=3)
    reader.add_argument("--json", action="store_true")
    asked = reader.parse_args()
    inputs = made_up(asked.rows, asked.groups)
    ours, theirs = project(inputs), plain_arrays(inputs)
    difference = max(
        abs(ours[metric][group] - theirs[metric][group]) for metric in ours for group in ours[metric]
    )
    seconds = best(project, inputs, asked.repeats)
    peers = {"numpy unique and masks": best(plain_arrays, inputs, asked.repeats)}
    result = {
        "project": seconds,
        "peers": peers,
        "unit": "seconds",
        "ratios": {name: peer / seconds for name, peer in peers.items()},
        "difference": difference,
    }
    if asked.json:
        print(json.dumps(result))
        return
    print(f"{asked.rows:,} rows, {asked.groups} groups: {seconds:.3f} s; largest difference {difference:.1e}")
    for name, peer in peers.items():
        print(f"  {name}: {peer:.3f} s")


if __name__ == "__main__":
    main()
