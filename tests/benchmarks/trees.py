"""Rows of a tree model explained per second: ours beside the same values by scoring every mix, and shap.

Run by hand: ``python tests/benchmarks/trees.py [--json]``. The model is a booster of 200 trees on the
embedded example's columns, the players its 8 factors, exact. Each method takes its turn in every round
and the medians count, so a busy machine slows all of them alike. shap's TreeExplainer explains 16
single columns on the log-odds; it has no exact values for probabilities or factors.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from ruamel.yaml import YAML

from audit.explain import shapley
from audit.explain.game import mixed_mean
from audit.models import open_model

DEMO = Path(__file__).parents[2] / "audit" / "demo"
REFERENCE = 100
ROUNDS = 3


class OneByOne:
    """A scorer that hides its trees: every mix is scored by the library."""

    mixes = False

    def __init__(self, scorer: Any) -> None:
        self._scorer = scorer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._scorer, name)


def main(rounds: int) -> dict[str, Any]:
    """Measure, and return one object of numbers."""
    import xgboost

    config = YAML(typ="safe").load(DEMO / "audit.yaml")
    factors = {f: list(e["columns"]) for f, e in YAML(typ="safe").load(DEMO / "reasons.yaml").items()}
    columns = list(config["data"]["features"])
    table = pl.read_csv(DEMO / "applications.csv.gz").select(pl.col(columns).cast(pl.Float64))
    network: Any = open_model(DEMO / config["model"]["path"], features=columns)
    scores = network.score({c: table[c].to_numpy() for c in columns})
    refused = table.filter(pl.Series(scores >= config["decision"]["cutoff"]))
    others = table.filter(pl.Series(scores < config["decision"]["cutoff"])).sample(REFERENCE, seed=7)
    known = xgboost.DMatrix(table.to_numpy(), scores >= config["decision"]["cutoff"], feature_names=columns)
    boosters, scorers = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for objective in ("binary:logistic", "binary:logitraw"):
            boosters[objective] = xgboost.train(
                {"objective": objective, "max_depth": 5, "seed": 7}, known, 200
            )
            boosters[objective].save_model(Path(folder) / "model.ubj")
            scorers[objective] = open_model(Path(folder) / "model.ubj")
    scorer: Any = scorers["binary:logistic"]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap

        explainer = shap.TreeExplainer(
            boosters["binary:logitraw"], others.to_numpy(), feature_perturbation="interventional"
        )

    single = {column: [column] for column in columns}
    turns: dict[str, tuple[Callable[[int], Any], int]] = {
        "ours, 8 factors, probability": (lambda n: shapley.explain(scorer, refused[:n], others, factors), 60),
        "ours, 16 columns, log-odds": (
            lambda n: shapley.explain(scorers["binary:logitraw"], refused[:n], others, single),
            60,
        ),
        "every mix scored by XGBoost, 8 factors, probability": (
            lambda n: shapley.explain(OneByOne(scorer), refused[:n], others, factors),
            4,
        ),
        "shap.TreeExplainer, 16 columns, log-odds": (
            lambda n: explainer.shap_values(refused[:n].to_numpy(), check_additivity=False),
            60,
        ),
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
    project = rates.pop("ours, 8 factors, probability")

    rows, reference = (
        scorer.encode({c: part[c].to_numpy() for c in columns}) for part in (refused[:5], others)
    )
    masks = np.random.default_rng(7).random((64, len(columns))) < 0.5
    apart = scorer.mixed_mean(rows, reference, masks) - mixed_mean(scorer, rows, reference, masks)
    return {
        "project": project,
        "peers": rates,
        "unit": f"rows explained per second, 8 exact factors on the probability, {REFERENCE} reference rows",
        "ratios": {name: project / rate for name, rate in rates.items()},
        "difference": float(np.abs(apart).max()),
        "difference_is": "largest, of 64 coalitions and 5 rows, to XGBoost's own scores of the mixes",
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
            print(f"{peer}: {rate:.4g} ({result['ratios'][peer]:.2g}x)")
        print(f"difference {result['difference']:.2g}")
