"""Rows explained per second: ours beside shap's default, on the same model, rows and reference.

Run by hand: ``python tests/benchmarks/shapley.py [--json]``. Each method takes its turn in every
round and the medians count, so a busy machine slows all of them alike. shap explains single
columns; so does the first of our numbers (two antithetic pairs a reference row, standard errors
included). The second is what letters quote: exact values of eight factors.
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

from audit.explain import shap as cross_check
from audit.explain import shapley
from audit.models import open_model

DEMO = Path(__file__).parents[2] / "audit" / "demo"
REFERENCE = 100  # shap's default masker keeps 100 rows
ROUNDS = 3


def main(rounds: int) -> dict[str, Any]:
    """Measure, and return one object of numbers."""
    config = YAML(typ="safe").load(DEMO / "audit.yaml")
    factors = {f: list(e["columns"]) for f, e in YAML(typ="safe").load(DEMO / "reasons.yaml").items()}
    columns = list(config["data"]["features"])
    table = pl.read_csv(DEMO / "applications.csv.gz").select(pl.col(columns).cast(pl.Float64))
    scorer: Any = open_model(DEMO / config["model"]["path"], features=columns)
    scores = scorer.score({c: table[c].to_numpy() for c in columns})
    refused = table.filter(pl.Series(scores >= config["decision"]["cutoff"]))
    others = table.filter(pl.Series(scores < config["decision"]["cutoff"])).sample(REFERENCE, seed=7)
    single = {column: [column] for column in columns}

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import keras
        import shap
        import tensorflow as tf

    model = keras.saving.load_model(DEMO / config["model"]["path"], compile=False)
    compiled = tf.function(lambda x: model(x)[:, 0], reduce_retracing=True)
    background = others.to_numpy().astype("float32")

    def by_shap(score: Callable[[Any], Any], n: int) -> Any:
        masker = shap.maskers.Independent(background, max_samples=REFERENCE)
        return shap.Explainer(score, masker, seed=7)(refused[:n].to_numpy().astype("float32"), silent=True)

    def on_function(matrix: Any) -> Any:
        return compiled(tf.constant(matrix, tf.float32)).numpy()

    def on_predict(matrix: Any) -> Any:
        return model.predict(np.asarray(matrix, "float32"), verbose=0)[:, 0]

    def sampled(n: int) -> Any:
        return shapley.explain(scorer, refused[:n], others, single, escalate=False)

    def exact(n: int) -> Any:
        return shapley.explain(scorer, refused[:n], others, factors)

    turns: dict[str, tuple[Callable[[int], Any], int]] = {
        "ours, 16 columns, sampled": (sampled, 1000),
        "ours, 8 factors, exact": (exact, 1000),
        "shap.Explainer on tf.function": (lambda n: by_shap(on_function, n), 40),
        "shap.Explainer on model.predict": (lambda n: by_shap(on_predict, n), 3),
    }
    for run, _ in turns.values():
        run(1)  # compiled once, and not counted
    seconds: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, (run, n) in turns.items():
            begun = time.perf_counter()
            run(n)
            seconds[name].append((time.perf_counter() - begun) / n)
    rates = {name: 1 / statistics.median(each) for name, each in seconds.items()}
    project = rates.pop("ours, 16 columns, sampled")
    exact_rate = rates.pop("ours, 8 factors, exact")

    few = refused[:20]
    truth = cross_check.explain(scorer, few, others, factors)
    ours = shapley.explain(scorer, few, others, factors)
    long_run = shapley.explain(scorer, few, others, single, exact_up_to=16)
    error = {
        "ours": float(np.abs(sampled(20).values - long_run.values).mean()),
        "shap": float(np.abs(by_shap(on_function, 20).values - long_run.values).mean()),
    }
    return {
        "project": project,
        "peers": rates,
        "unit": f"rows explained per second, 16 columns, {REFERENCE} reference rows",
        "ratios": {name: project / rate for name, rate in rates.items()},
        "difference": float(np.abs(truth.values - ours.values).max()),
        "difference_is": "largest, of 8 exact factors and 20 rows, to shap.KernelExplainer on the same game",
        "exact_8_factors": exact_rate,
        "mean_error_to_exact_16_columns": error,
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
        print(f"ours: {result['project']:.4g} {result['unit']}")
        for peer, rate in result["peers"].items():
            print(f"{peer}: {rate:.4g} ({result['ratios'][peer]:.0f}x)")
        print(f"exact, 8 factors: {result['exact_8_factors']:.4g}; difference {result['difference']:.2g}")
        print(f"mean error to exact values of 16 columns: {result['mean_error_to_exact_16_columns']}")
