"""Time and memory of counting and comparing groups, beside fairlearn and aequitas in the same run.

Run by hand: ``python tests/benchmarks/fairness.py [--json] [--fairlearn PYTHON] [--aequitas PYTHON]``, where
PYTHON is the interpreter of an environment of its own that has that library; without it that peer is
``not_measured``. Groups and outcomes come as text in the columns that each one's own reader yields: polars
for ours, pandas for the peers, who get decisions as the numbers that they ask for. Seconds are the best of
the rounds, in which everybody takes a turn. Peers compute rates without any interval; ours have intervals.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))

from audit.fairness import count, disparities, merge, rates
from audit.fairness.classical import katz_interval
from audit.fairness.drawn_ratios import ratios
from audit.fairness.error_gaps import error_gaps
from audit.fairness.families import families

ROUNDS = 3
DRAWS = 1000
PEER_DRAWS, PEER_ROWS = 5, 100_000
METRICS = ("selection_rate", "true_positive_rate", "false_positive_rate")
MADE = """
import json, sys, time
import numpy as np

def made_up(n, n_groups):
    rng = np.random.default_rng(0)
    names = np.array([f"group {i}" for i in range(n_groups)], dtype=object)
    decided = np.array(["adverse", "favourable"], dtype=object)[(rng.random(n) < 0.6).astype(int)]
    return decided, names[rng.integers(0, n_groups, n)], (rng.random(n) < 0.3).astype(np.int64)
"""
# Each peer gets decisions as the numbers that it asks for; 1 = adverse is its positive, as it is ours.
FAIRLEARN = """
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
decided, group, observed = made_up(int(sys.argv[1]), int(sys.argv[2]))
refused = (decided == "adverse").astype(int)
n_boot = int(sys.argv[3])
more = {"n_boot": n_boot, "ci_quantiles": [0.025, 0.975], "random_state": 0} if n_boot else {}
metrics = {"selection_rate": lambda y, p: 1 - selection_rate(y, p), "true_positive_rate": true_positive_rate,
           "false_positive_rate": false_positive_rate}
start = time.perf_counter()
frame = MetricFrame(metrics=metrics, y_true=observed, y_pred=refused, sensitive_features=group, **more)
found = {name: frame.by_group[name].to_dict() for name in metrics}
if n_boot:
    frame.ratio_ci("to_overall")
print(json.dumps({"seconds": time.perf_counter() - start, "values": found}))
"""
AEQUITAS = """
import pandas as pd
from aequitas.group import Group
decided, group, observed = made_up(int(sys.argv[1]), int(sys.argv[2]))
frame = pd.DataFrame({"score": (decided == "adverse").astype(int), "label_value": observed, "group": group})
seconds = 1e9
for _ in range(3):  # the first call is slow by itself
    start = time.perf_counter()
    table, _ = Group().get_crosstabs(frame, attr_cols=["group"])
    seconds = min(seconds, time.perf_counter() - start)
table = table.set_index("attribute_value")
found = {"selection_rate": (1 - table["pprev"]).to_dict(), "true_positive_rate": table["tpr"].to_dict(),
         "false_positive_rate": table["fpr"].to_dict()}
print(json.dumps({"seconds": seconds, "values": found}))
"""

Inputs = tuple[Any, Any, Any]
Values = dict[str, dict[str, float]]
_space: dict[str, Any] = {}
exec(MADE, _space)
made_up: Callable[[int, int], Inputs] = _space["made_up"]


def project(inputs: Inputs) -> Values:
    """Return the rates by group, as the project measures them: with intervals of rates and of ratios."""
    decided, group, observed = inputs
    table = count(decided, {"group": group}, None, observed)
    found = rates(table)
    chosen = {g: table.matrix("group", g).sum(axis=1).tolist() for g in table.groups("group")}
    base = chosen["group 0"]
    for mine in chosen.values():
        katz_interval(mine[1], sum(mine[:2]), base[1], sum(base[:2]))
    return {
        metric: {
            r.group: float(r.value or 0.0) for r in found if (r.metric, r.attribute) == (metric, "group")
        }
        for metric in METRICS
    }


def as_read(inputs: Inputs) -> Inputs:
    """Return text as the columns that the project's reader yields."""
    decided, group, observed = inputs
    return pl.Series(decided.tolist()), pl.Series(group.tolist()), observed


def plain_arrays(inputs: Inputs) -> Values:
    """Return the same rates by ``numpy.unique`` and masks, without intervals."""
    decided, group, observed = inputs
    names, codes = np.unique(group.astype(str), return_inverse=True)
    adverse = decided == "adverse"
    found: Values = {}
    for metric, counted, of in (
        ("selection_rate", ~adverse, np.ones(len(codes), dtype=bool)),
        ("true_positive_rate", adverse, observed == 1),
        ("false_positive_rate", adverse, observed == 0),
    ):
        share = np.bincount(codes, weights=counted & of) / np.bincount(codes, weights=of)
        found[metric] = {str(name): float(value) for name, value in zip(names, share, strict=True)}
    return found


def seconds_of(work: Callable[[], Any]) -> float:
    """Return the wall time of one turn."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peer(python: str | None, script: str, *numbers: int) -> dict[str, Any] | None:
    """Return what a library answers in its own environment; None where that is not given."""
    if python is None:
        return None
    command = [python, "-W", "ignore", "-c", MADE + script, *map(str, numbers)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    answer: dict[str, Any] = json.loads(told.splitlines()[-1])
    return answer


def difference(ours: Values, theirs: Values) -> float:
    """Return the largest difference of any rate."""
    return max(abs(ours[m][g] - theirs[m][g]) for m in ours for g in ours[m])


def compare_rates_of(
    rows: int, groups: int, rounds: int, fairlearn: str | None, aequitas: str | None
) -> list[Any]:
    """Return (peer, seconds, ours, difference) of all rates."""
    inputs = made_up(rows, groups)
    columns = as_read(inputs)
    ours, values = [], project(columns)
    found: dict[str, list[float]] = {
        "numpy unique and masks": [],
        "fairlearn MetricFrame": [],
        "aequitas crosstab": [],
    }
    differ = {"numpy unique and masks": difference(values, plain_arrays(inputs))}
    for _ in range(rounds):
        ours.append(min(seconds_of(lambda: project(columns)) for _ in range(3)))
        found["numpy unique and masks"].append(seconds_of(lambda: plain_arrays(inputs)))
        for name, python, script in (
            ("fairlearn MetricFrame", fairlearn, FAIRLEARN),
            ("aequitas crosstab", aequitas, AEQUITAS),
        ):
            answer = peer(python, script, rows, groups, 0)
            if answer is not None:
                found[name].append(answer["seconds"])
                differ[name] = difference(values, answer["values"])
    return [(name, min(times, default=None), min(ours), differ.get(name)) for name, times in found.items()]


def bootstrap(rows: int, groups: int, fairlearn: str | None) -> tuple[float, float | None]:
    """Return the seconds of a draw of every ratio, per row: ours, and fairlearn's."""
    decided, group, observed = as_read(made_up(rows, groups))
    start = time.perf_counter()
    table = count(decided, {"group": group}, None, observed)
    ratios(table, "group", "group 0", 7, DRAWS)
    ours = (time.perf_counter() - start) / DRAWS / rows
    answer = peer(fairlearn, FAIRLEARN, PEER_ROWS, groups, PEER_DRAWS)
    return ours, None if answer is None else answer["seconds"] / PEER_DRAWS / PEER_ROWS


def peak_memory(partitions: int, rows: int = 100_000) -> float:
    """Return the peak in MB of counting and merging partitions, one after the other, scores and all."""

    def parts() -> Any:
        for seed in range(partitions):
            rng = np.random.default_rng(seed)
            names = np.array(["f", "m"], dtype=object)
            decided = np.array(["adverse", "favourable"], dtype=object)[rng.integers(0, 2, rows)]
            yield count(
                decided, {"sex": names[rng.integers(0, 2, rows)]}, rng.random(rows), rng.integers(0, 2, rows)
            )

    tracemalloc.start()
    merge(parts())
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return peak


def one_step(rows: int = 30_000) -> float:
    """Return the processor seconds of all comparisons of an audit with three attributes and a crossing."""
    rng = np.random.default_rng(1)
    members = {
        name: rng.choice(list(groups), rows).astype(object)
        for name, groups in (("a", "fm"), ("b", "wxyz"), ("c", "123"))
    }
    members["a x b"] = np.array(
        [f"{a} x {b}" for a, b in zip(members["a"], members["b"], strict=True)], dtype=object
    )
    scores = np.round(rng.random(rows), 6)
    decided = np.where(scores > 0.6, "adverse", "favourable").astype(object)
    stated = {"a": "m", "b": "w", "c": "1", "a x b": "m x w"}
    start = time.process_time()
    table = count(decided, members, scores, (rng.random(rows) < scores).astype(int))
    rates(table)
    found = (*disparities(table, stated), *error_gaps(table, stated))
    families(found, {})
    for attribute, reference in stated.items():
        ratios(table, attribute, reference, 7)
    return time.process_time() - start


def main() -> None:
    """Measure and print."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--rows", type=int, default=1_000_000)
    reader.add_argument("--groups", type=int, default=10)
    reader.add_argument("--rounds", type=int, default=ROUNDS)
    reader.add_argument("--fairlearn", help="interpreter of an environment with fairlearn")
    reader.add_argument("--aequitas", help="interpreter of an environment with aequitas")
    reader.add_argument("--json", action="store_true")
    asked = reader.parse_args()
    compared = compare_rates_of(asked.rows, asked.groups, asked.rounds, asked.fairlearn, asked.aequitas)
    ours, theirs = bootstrap(asked.rows, asked.groups, asked.fairlearn)
    few, many = peak_memory(16), peak_memory(48)
    known = {name: (seconds, mine, differ) for name, seconds, mine, differ in compared if seconds is not None}
    missing = [name for name, seconds, _, _ in compared if seconds is None]
    result = {
        "project": compared[0][2],
        "peers": {name: seconds for name, (seconds, _, _) in known.items()},
        "unit": "seconds for all rates",
        "ratios": {name: seconds / mine for name, (seconds, mine, _) in known.items()},
        "difference": max(differ for _, _, differ in known.values()),
        "bootstrap": {
            "unit": "seconds a draw and row",
            "project": ours,
            "peers": {} if theirs is None else {"fairlearn": theirs},
            "ratios": {} if theirs is None else {"fairlearn": theirs / ours},
        },
        "peak_mb": {"16 partitions": few, "48 partitions": many},
        "fairness_step_processor_seconds": one_step(),
        "not_measured": missing,
    }
    print(json.dumps(result) if asked.json else printed(result, asked.rows, asked.groups))


def printed(result: dict[str, Any], rows: int, groups: int) -> str:
    """Return the same as text."""
    lines = [
        f"{rows:,} rows, {groups} groups, rates with intervals: {result['project']:.3f} s; "
        f"largest difference {result['difference']:.1e}"
    ]
    for name, seconds in result["peers"].items():
        lines.append(f"  {name}, without intervals: {seconds:.3f} s, {result['ratios'][name]:.1f}x")
    lines += [f"  {name}: not_measured, no environment was named" for name in result["not_measured"]]
    drawn = result["bootstrap"]
    ratio = drawn["ratios"].get("fairlearn")
    beside = (
        "fairlearn not_measured"
        if ratio is None
        else f"fairlearn {drawn['peers']['fairlearn']:.2e}, {ratio:.0f}x"
    )
    lines.append(f"bootstrap of every ratio, a draw and row: {drawn['project']:.2e} s; {beside}")
    peaks = ", ".join(f"{name} {peak:.0f} MB" for name, peak in result["peak_mb"].items())
    lines.append(f"peak memory of counting 100,000 rows each: {peaks}")
    lines.append(
        f"30,000 rows, every comparison: {result['fairness_step_processor_seconds']:.2f} processor seconds"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
