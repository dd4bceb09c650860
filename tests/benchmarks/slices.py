"""Time to count and measure slices, and to search them, beside scikit-learn slice by slice.

Run by hand: ``python tests/benchmarks/slices.py --json``. Unit: seconds, best of the repeats. The peer
computes four of the measures (AUC, average precision, Brier score, log loss) of each slice from its rows,
without an interval; ours are seventeen with intervals, a sweep and calibration bins, from counts. The
search has no peer. What tensorflow-model-analysis took for 4,000 rows stands in
``tests/oracles/tfma_slices.json``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))

from audit.fairness import count
from audit.slicing import figures
from audit.slicing.counts import Plan, Rows, Spec, count_slices
from audit.slicing.cuts import Cut

RECORDED = Path(__file__).parents[1] / "oracles" / "tfma_slices.json"
TERMS = figures.Terms(adverse_high=True, included=True, cutoff=0.3, thresholds=(), min_group=30)


def made_up(n: int, columns: int) -> tuple[pl.DataFrame, Rows]:
    """Return columns of five groups each, scores and outcomes, from a fixed seed."""
    rng = np.random.default_rng(0)
    names = np.array([f"group {k}" for k in range(5)])
    frame = pl.DataFrame({f"c{k}": names[rng.integers(0, 5, n)] for k in range(columns)})
    score = np.round(rng.beta(1.6, 3.4, n), 4).clip(0.0001, 0.9999)
    observed = (rng.random(n) < score).astype(np.float64)
    outcome = np.where(score >= 0.3, "adverse", "favourable").astype(object)
    return frame, Rows(outcome, score, observed)


def ours(frame: pl.DataFrame, rows: Rows, plan: Plan) -> dict[str, Any]:
    """Count, measure and return the figure of slices."""
    whole = count(rows.outcome, {}, rows.score, rows.observed)
    return dict(figures.slices(whole, count_slices(plan, frame, {}, rows), plan, TERMS).body)


def peer(frame: pl.DataFrame, rows: Rows, plan: Plan) -> dict[tuple[str, str], dict[str, float]]:
    """Return the measures of each slice by scikit-learn, row by row."""
    from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

    found = {}
    for spec in plan.specs:
        columns = [frame[cut.name].to_numpy() for cut in spec.cuts]
        names = columns[0] if len(columns) == 1 else columns[0] + " x " + columns[1]
        for name in np.unique(names):
            mine = names == name
            y, score = rows.observed[mine], rows.score[mine]  # type: ignore[index]
            found[spec.name, str(name)] = {
                "auc": float(roc_auc_score(y, score)),
                "average_precision": float(average_precision_score(y, score)),
                "brier": float(brier_score_loss(y, score)),
                "log_loss": float(log_loss(y, score)),
            }
    return found


def best(run: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Return the shortest time, and what came out."""
    times, found = [], None
    for _ in range(repeats):
        begun = time.perf_counter()
        found = run()
        times.append(time.perf_counter() - begun)
    return min(times), found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=20, help="columns that the search crosses")
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    frame, rows = made_up(asked.rows, asked.columns)
    cuts = tuple(Cut(name, "categories") for name in frame.columns)
    plan = Plan(specs=(Spec("c0", cuts[:1]), Spec("c1", cuts[1:2]), Spec("c0 x c1", cuts[:2])))
    mine, body = best(lambda: ours(frame, rows, plan), asked.repeats)
    theirs, values = best(lambda: peer(frame, rows, plan), asked.repeats)
    difference = max(
        abs(one["measures"][metric]["value"] - value)
        for entry in body["slices"]
        for one in entry["groups"]
        for metric, value in values[entry["name"], one["slice"]].items()
    )
    searching = replace(plan, specs=(), searched=cuts)
    search, found = best(
        lambda: figures.worst(count_slices(searching, frame, {}, rows), searching, TERMS, 20), asked.repeats
    )
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    result = {
        "project": mine,
        "peers": {"scikit-learn": theirs},
        "unit": "seconds, lower is better",
        "ratios": {"scikit-learn": theirs / mine},
        "difference": difference,
        "rows": asked.rows,
        "slices": len(values),
        "search": {"seconds": search, "slices": found.body["n_tested"], "found": found.body["n_found"]},
        "recorded": {"tensorflow-model-analysis": recorded["seconds"], "rows": recorded["rows"]["n"]},
    }
    if asked.json:
        print(json.dumps(result))
        return
    print(f"{result['slices']} slices of {asked.rows:,} rows: {mine:.2f} s; scikit-learn {theirs:.2f} s")
    print(f"search of {found.body['n_tested']:,} slices: {search:.2f} s; largest difference {difference:.1e}")


if __name__ == "__main__":
    main()
