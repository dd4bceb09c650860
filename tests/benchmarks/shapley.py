"""Rows explained per second by Shapley values: ours beside shap's default, on the same model and reference.

Run by hand: ``python tests/benchmarks/shapley.py [--json]``. shap explains single columns by its default,
``shap.Explainer``, once on ``model.predict`` and once on a compiled function; so does ours, by two
antithetic pairs a reference row, standard errors included. The models are a network of 28 columns
(28-64-64-1) and the example's of 16. Errors are to values that forty such samples have in the mean
(28 columns, itself wrong by about 1e-4), or to exact ones (16 columns).
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
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
from tests.benchmarks.side_by_side.table import Row, from_shell, told
from tests.benchmarks.side_by_side.turns import Turns, flop_of_joins, kernels_of, players_apart
from tests.worlds import wide_network

DEMO = Path(__file__).parents[2] / "audit" / "demo"
REFERENCE = 100  # shap's default masker keeps 100 rows
ROWS, SIZES = 640, (500, 4000)  # of ours in one turn; whose memory is looked at
JUDGED, SEEDS = 40, 40  # rows whose errors are looked at, samples of the long run
PREDICT, COMPILED = "shap.Explainer on model.predict", "shap.Explainer on a compiled function"
BOUNDS = {PREDICT: (1500.0, 3400.0), COMPILED: (20.0, 30.0)}


class Contest:
    """One model, rows and reference, explained by us and by shap."""

    def __init__(self, model: Any, scorer: Any, rows: np.ndarray, reference: np.ndarray) -> None:
        import tensorflow as tf

        self.model, self.scorer, self.rows, self.reference = model, scorer, rows, reference
        self.single = {column: [column] for column in scorer.columns}
        compiled = tf.function(lambda x: model(x)[:, 0], reduce_retracing=True)
        self._compiled = lambda matrix: compiled(tf.constant(matrix, tf.float32)).numpy()

    def _named(self, matrix: np.ndarray) -> dict[str, np.ndarray]:
        return {column: matrix[:, at] for at, column in enumerate(self.scorer.columns)}

    def ours(self, n: int, **options: Any) -> np.ndarray:
        """Values of the first rows."""
        rows, reference = self._named(self.rows[:n]), self._named(self.reference)
        return shapley.explain(self.scorer, rows, reference, self.single, **options).values

    def sampled(self, n: int, seed: int = 7) -> np.ndarray:
        """Values by two pairs a reference row."""
        return self.ours(n, escalate=False, seed=seed)

    def theirs(self, score: Callable[[Any], Any], n: int) -> np.ndarray:
        """Values by shap's default."""
        import shap

        masker = shap.maskers.Independent(self.reference.astype("float32"), max_samples=REFERENCE)
        return shap.Explainer(score, masker, seed=7)(self.rows[:n].astype("float32"), silent=True).values

    def on_predict(self, n: int) -> np.ndarray:
        """Values by shap's default on the model as it stands."""
        return self.theirs(lambda m: self.model.predict(np.asarray(m, "float32"), verbose=0)[:, 0], n)

    def on_compiled(self, n: int) -> np.ndarray:
        """Values by shap's default on a compiled function."""
        return self.theirs(self._compiled, n)

    def truth(self) -> np.ndarray:
        """Exact values of the judged rows; past 16 columns, the mean of a long run."""
        if len(self.single) <= 16:
            return self.ours(JUDGED, exact_up_to=16)
        return np.mean([self.sampled(JUDGED, seed=1000 + at) for at in range(SEEDS)], axis=0)

    def flop(self) -> float:
        """Operations that a row of ours needs in the mean: of mixes that are no other mix again."""
        rows, reference = (part.astype("float32") for part in (self.rows[:ROWS], self.reference))
        apart = players_apart(rows, reference, [[at] for at in range(len(self.single))])
        mixes = 2 * 2 * np.maximum(apart - 1, 0).sum(axis=1).mean()
        return flop_of_joins(kernels_of(self.model), mixes)


def demo() -> Contest:
    """The example's network, its refused applicants and some others."""
    import keras

    config = YAML(typ="safe").load(DEMO / "audit.yaml")
    columns = list(config["data"]["features"])
    table = pl.read_csv(DEMO / "applications.csv.gz").select(pl.col(columns).cast(pl.Float64))
    scorer: Any = open_model(DEMO / config["model"]["path"], features=columns)
    scores = scorer.score({c: table[c].to_numpy() for c in columns})
    refused = table.filter(pl.Series(scores >= config["decision"]["cutoff"]))
    others = table.filter(pl.Series(scores < config["decision"]["cutoff"])).sample(REFERENCE, seed=7)
    model = keras.saving.load_model(DEMO / config["model"]["path"], compile=False)
    return Contest(model, scorer, refused.to_numpy(), others.to_numpy())


def main(rounds: int) -> dict[str, Any]:
    """Measure, and return one object of numbers."""
    warnings.simplefilter("ignore")
    wide = wide_network.build()
    contests = {
        "28 columns": Contest(wide.model, wide.scorer, *wide.apart(REFERENCE)),
        "16 columns, the example": demo(),
    }
    rows: list[Row] = []
    peak = 0.0
    for what, one in contests.items():
        turns = Turns(
            {what: (one.sampled, ROWS), PREDICT: (one.on_predict, 2), COMPILED: (one.on_compiled, 30)}, rounds
        )
        peak = peak or turns.peak
        truth = one.truth()
        error = float(np.abs(one.sampled(JUDGED) - truth).mean())
        theirs = float(np.abs(one.on_compiled(JUDGED) - truth).mean())
        for peer, (bound, aim) in BOUNDS.items():
            rows.append(
                turns.row(
                    what,
                    peer,
                    REFERENCE,
                    bound=bound,
                    aim=aim,
                    error=error,
                    peer_error=theirs,
                    share=turns.share(what, one.flop()),
                )
            )
    example = contests["16 columns, the example"]
    apart = float(np.abs(example.on_predict(1) - example.on_compiled(1)).max())
    return told(
        rows,
        unit="rows explained per second",
        difference=apart,
        difference_is="largest, of shap on model.predict to shap on a compiled function, one row",
        peak=peak,
        memory={"28 columns": peaks(contests["28 columns"].sampled, SIZES)},
    )


if __name__ == "__main__":
    from_shell(__doc__, main, rounds=5)
