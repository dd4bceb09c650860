"""Rows of a tree model explained per second: ours beside shap's TreeExplainer and scoring every mix.

Run by hand: ``python tests/benchmarks/trees.py [--json]``. The model is a booster of 200 trees of depth 5
on the embedded example's columns. On the log-odds, a sum of leaves, 10,000 rows are explained by 16 single
columns, and so does shap, interventionally, with the same values. On the probability the players are the
example's 8 factors, exact; shap has no exact values for probabilities or factors, so every mix scored by
the library stands beside it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # of everybody here: small products, and threads that spin

import numpy as np
import polars as pl
from ruamel.yaml import YAML

sys.path.insert(0, str(Path(__file__).parents[2]))

from audit.explain import shapley
from audit.models import open_model
from tests.benchmarks.side_by_side.memory import peaks
from tests.benchmarks.side_by_side.table import from_shell, told
from tests.benchmarks.side_by_side.turns import Turns

DEMO = Path(__file__).parents[2] / "audit" / "demo"
REFERENCE, ROWS, SIZES = 100, 10_000, (1000, 10_000)
LOG_ODDS, PROBABILITY = "16 columns, log-odds, 10,000 rows", "8 factors, probability"
SHAP, EACH = "shap.TreeExplainer, interventional", "every mix scored by XGBoost"


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

    warnings.simplefilter("ignore")
    config = YAML(typ="safe").load(DEMO / "audit.yaml")
    factors = {f: list(e["columns"]) for f, e in YAML(typ="safe").load(DEMO / "reasons.yaml").items()}
    columns = list(config["data"]["features"])
    table = pl.read_csv(DEMO / "applications.csv.gz").select(pl.col(columns).cast(pl.Float64))
    network: Any = open_model(DEMO / config["model"]["path"], features=columns)
    scores = network.score({c: table[c].to_numpy() for c in columns})
    refused = table.filter(pl.Series(scores >= config["decision"]["cutoff"]))
    others = table.filter(pl.Series(scores < config["decision"]["cutoff"])).sample(REFERENCE, seed=7)
    many = table.sample(ROWS, with_replacement=True, seed=7)  # a row that comes again costs as much
    known = xgboost.DMatrix(table.to_numpy(), scores >= config["decision"]["cutoff"], feature_names=columns)
    boosters, scorers = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for objective in ("binary:logistic", "binary:logitraw"):
            boosters[objective] = xgboost.train(
                {"objective": objective, "max_depth": 5, "seed": 7}, known, 200
            )
            boosters[objective].save_model(Path(folder) / "model.ubj")
            scorers[objective] = open_model(Path(folder) / "model.ubj")
    probability, log_odds = scorers["binary:logistic"], scorers["binary:logitraw"]
    single = {column: [column] for column in columns}
    import shap

    explainer = shap.TreeExplainer(
        boosters["binary:logitraw"], others.to_numpy(), feature_perturbation="interventional"
    )

    def ours(n: int) -> np.ndarray:
        return shapley.explain(log_odds, many[:n], others, single).values

    def by_shap(n: int) -> np.ndarray:
        return np.asarray(explainer.shap_values(many[:n].to_numpy(), check_additivity=False))

    def by_factors(n: int) -> np.ndarray:
        return shapley.explain(probability, refused[:n], others, factors).values

    def one_by_one(n: int) -> np.ndarray:
        return shapley.explain(OneByOne(probability), refused[:n], others, factors).values

    turns = Turns(
        {LOG_ODDS: (ours, ROWS), SHAP: (by_shap, 300), PROBABILITY: (by_factors, 60), EACH: (one_by_one, 4)},
        rounds,
    )
    apart = {SHAP: np.abs(ours(200) - by_shap(200)).max(), EACH: np.abs(by_factors(4) - one_by_one(4)).max()}
    return told(
        [
            turns.row(LOG_ODDS, SHAP, REFERENCE, bound=30.0, aim=50.0),
            turns.row(PROBABILITY, EACH, REFERENCE),
        ],
        unit="rows explained per second, 200 trees (no products of matrices: no share of the peak)",
        difference=float(apart[SHAP]),
        difference_is=f"largest, of 200 rows' values to shap's; to {EACH} {apart[EACH]:.2g}",
        peak=turns.peak,
        memory={"16 columns, log-odds": peaks(ours, SIZES)},
    )


if __name__ == "__main__":
    from_shell(__doc__, main, rounds=5)
