"""Rows explained per second by LIME: the shared sample beside the lime library, on the same model.

Run by hand: ``python tests/benchmarks/lime_shared_sample.py [--json]``. The library draws, scores and fits
for each row, 5,000 samples; once on ``model.predict`` and once on a compiled function. Ours draws by the
library's own tables once and scores once; on one and the same sample both have the same weights. The
model is a network of 28 columns, the reference is what lime calls training data.
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

sys.path.insert(0, str(Path(__file__).parents[2]))

from lime.lime_tabular import LimeTabularExplainer

from audit.explain import lime as shared
from tests.benchmarks.side_by_side.table import from_shell, told
from tests.benchmarks.side_by_side.turns import Turns
from tests.worlds import wide_network

REFERENCE, SAMPLES, SEED = 1000, 5000, 7
PREDICT, COMPILED = "lime on model.predict", "lime on a compiled function"
BOUNDS = {PREDICT: (500.0, 1000.0), COMPILED: (40.0, None)}


def main(rounds: int) -> dict[str, Any]:
    """Measure, and return one object of numbers."""
    warnings.simplefilter("ignore")
    wide = wide_network.build()
    rows, reference = wide.apart(REFERENCE)
    import tensorflow as tf

    compiled = tf.function(lambda x: wide.model(x)[:, 0], reduce_retracing=True)
    single = {column: [column] for column in wide_network.COLUMNS}
    few = [at for at in range(rows.shape[1]) if len(np.unique(reference[:, at])) <= 10]

    def ours(n: int) -> np.ndarray:
        some, others = wide_network.named(rows[:n]), wide_network.named(reference)
        return shared.explain(wide.scorer, some, others, single, seed=SEED, samples=SAMPLES).values

    def theirs(score: Callable[[Any], Any], n: int) -> np.ndarray:
        library = LimeTabularExplainer(
            reference,
            mode="regression",
            categorical_features=few,
            feature_selection="none",
            random_state=np.random.RandomState(SEED),
        )
        found = np.zeros((n, rows.shape[1]))
        for at in range(n):
            told_ = library.explain_instance(rows[at], score, num_features=rows.shape[1], num_samples=SAMPLES)
            for column, weight in told_.local_exp[1]:
                found[at, column] = weight
        return found

    def on_predict(n: int) -> np.ndarray:
        return theirs(lambda m: wide.model.predict(m.astype("float32"), verbose=0)[:, 0], n)

    def on_compiled(n: int) -> np.ndarray:
        return theirs(lambda m: compiled(tf.constant(m, tf.float32)).numpy(), n)

    what = "28 columns, 5,000 samples"
    turns = Turns({what: (ours, 1500), PREDICT: (on_predict, 4), COMPILED: (on_compiled, 20)}, rounds)
    n_columns = rows.shape[1]
    share = turns.share(what, 2.0 * SAMPLES * n_columns * (n_columns + 2))
    found = [
        turns.row(what, peer, REFERENCE, bound=bound, aim=aim, share=share)
        for peer, (bound, aim) in BOUNDS.items()
    ]
    return told(
        found,
        unit="rows explained per second (normal equations in float64, the peak in float32)",
        difference=float(np.abs(ours(1) - theirs(wide_score(wide), 1)).max()),
        difference_is="largest, of one row's weights to the library's on the same sample and scores",
        peak=turns.peak,
    )


def wide_score(wide: wide_network.WideNetwork) -> Callable[[np.ndarray], np.ndarray]:
    """Return the audit's own scorer as a function of a matrix."""
    return lambda matrix: np.asarray(wide.scorer.score(wide_network.named(matrix)))


if __name__ == "__main__":
    from_shell(__doc__, main)
