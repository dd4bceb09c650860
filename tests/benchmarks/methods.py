"""Rows explained per second by gradient methods: ours beside the usual way, on the same model and rows.

Run by hand: ``python tests/benchmarks/methods.py [--json]``. Each method takes its turn in every
round and the medians count, so a busy machine slows all of them alike. The model is the example's,
16 columns. Integrated gradients stand beside a loop that takes one row after the other through the
Keras model and a gradient tape, with as many steps; expected gradients beside shap's
GradientExplainer with as many places a row. Errors are those to the integral over all baselines.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from ruamel.yaml import YAML

sys.path.insert(0, str(Path(__file__).parents[2]))

from audit.explain import expected_gradients, integrated_gradients
from audit.models import open_model

DEMO = Path(__file__).parents[2] / "audit" / "demo"
REFERENCE, STEPS, DRAWS = 100, 200, 2
ROUNDS = 3


def main(rounds: int) -> dict[str, Any]:
    """Measure, and return one object of numbers."""
    config = YAML(typ="safe").load(DEMO / "audit.yaml")
    columns = list(config["data"]["features"])
    table = pl.read_csv(DEMO / "applications.csv.gz").select(pl.col(columns).cast(pl.Float64))
    scorer: Any = open_model(DEMO / config["model"]["path"], features=columns)
    scores = scorer.score({c: table[c].to_numpy() for c in columns})
    refused = table.filter(pl.Series(scores >= config["decision"]["cutoff"]))
    others = table.filter(pl.Series(scores < config["decision"]["cutoff"])).sample(REFERENCE, seed=7)
    single = {column: [column] for column in columns}
    rows, background = (one.to_numpy().astype("float32") for one in (refused, others))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import keras
        import shap
        import tensorflow as tf

    model = keras.saving.load_model(DEMO / config["model"]["path"], compile=False)
    baseline = background.astype(float).mean(axis=0).astype("float32")
    places = np.linspace(0, 1, STEPS + 1, dtype="float32")[:, None]
    weights = np.full((STEPS + 1, 1), 1 / STEPS)
    weights[[0, -1]] /= 2

    def by_loop(n: int) -> Any:
        found = []
        for row in rows[:n]:
            points = tf.constant(baseline + places * (row - baseline))
            with tf.GradientTape() as tape:
                tape.watch(points)
                total = tf.reduce_sum(model(points))
            slopes = np.asarray(tape.gradient(total, points), dtype=float)
            found.append((weights * slopes).sum(axis=0) * (row - baseline))
        return np.array(found)

    explainer = shap.GradientExplainer(model, background)

    def by_shap(n: int) -> Any:
        return explainer.shap_values(rows[:n], nsamples=REFERENCE * DRAWS, rseed=7)[..., 0]

    def integrated(n: int) -> Any:
        return integrated_gradients.explain(scorer, refused[:n], others, single, steps=STEPS).values

    def expected(n: int) -> Any:
        return expected_gradients.explain(scorer, refused[:n], others, single, draws=DRAWS).values

    turns: dict[str, tuple[Callable[[int], Any], int]] = {
        "integrated": (integrated, 1000),
        "expected": (expected, 1000),
        "loop": (by_loop, 100),
        "shap": (by_shap, 100),
    }
    for run, n in turns.values():
        run(min(n, 4))  # compiled once, and not counted
    seconds: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, (run, n) in turns.items():
            begun = time.perf_counter()
            run(n)
            seconds[name].append((time.perf_counter() - begun) / n)
    rates = {name: 1 / statistics.median(each) for name, each in seconds.items()}

    few = 40
    truth = integrated_gradients.explain(scorer, refused[:few], others, single, baseline="each").values
    loop, library = f"a tape a row, {STEPS} steps", f"shap.GradientExplainer, {REFERENCE * DRAWS} places"
    return {
        "project": rates["integrated"],
        "peers": {loop: rates["loop"], library: rates["shap"]},
        "unit": f"rows explained per second, 16 columns, {REFERENCE} reference rows",
        "ratios": {loop: rates["integrated"] / rates["loop"], library: rates["expected"] / rates["shap"]},
        "difference": float(np.abs(integrated(few) - by_loop(few)).max()),
        "difference_is": f"largest, of integrated gradients of {few} rows, to {loop}",
        "expected_gradients": rates["expected"],
        "mean_error_to_all_baselines": {
            "ours": float(np.abs(expected(few) - truth).mean()),
            "shap": float(np.abs(by_shap(few) - truth).mean()),
        },
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    result = main(arguments.rounds)
    if arguments.json:
        print(json.dumps(result))
    else:
        print(f"integrated gradients: {result['project']:.4g} {result['unit']}")
        print(f"expected gradients: {result['expected_gradients']:.4g}")
        for peer, rate in result["peers"].items():
            print(f"{peer}: {rate:.4g} ({result['ratios'][peer]:.0f}x)")
        print(f"difference {result['difference']:.2g}; mean error {result['mean_error_to_all_baselines']}")
