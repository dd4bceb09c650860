"""Rows explained per second by gradient methods: ours beside the usual way, on the same model and rows.

Run by hand: ``python tests/benchmarks/methods.py [--json]``. The model is a network of 28 columns
(28-64-64-1). Integrated gradients of 50 steps stand beside a loop that takes one row after the other
through the Keras model and a gradient tape, with as many steps; expected gradients beside shap's
GradientExplainer with as many places a row. Errors are those to the integral over all baselines.
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # of everybody here: small products, and threads that spin

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from audit.explain import expected_gradients, integrated_gradients
from tests.benchmarks.side_by_side.table import from_shell, told
from tests.benchmarks.side_by_side.turns import Turns, flop_of_mixes, kernels_of
from tests.worlds import wide_network

REFERENCE, STEPS, DRAWS, JUDGED = 100, 50, 2, 40


def main(rounds: int) -> dict[str, Any]:
    """Measure, and return one object of numbers."""
    warnings.simplefilter("ignore")
    wide = wide_network.build()
    rows, reference = wide.apart(REFERENCE)
    import shap
    import tensorflow as tf

    single = {column: [column] for column in wide_network.COLUMNS}
    others = wide_network.named(reference)
    plain, background = rows.astype("float32"), reference.astype("float32")
    baseline = reference.mean(axis=0).astype("float32")
    places = np.linspace(0, 1, STEPS + 1, dtype="float32")[:, None]
    weights = np.full((STEPS + 1, 1), 1 / STEPS)
    weights[[0, -1]] /= 2

    def by_loop(n: int) -> np.ndarray:
        found = []
        for row in plain[:n]:
            points = tf.constant(baseline + places * (row - baseline))
            with tf.GradientTape() as tape:
                tape.watch(points)
                total = tf.reduce_sum(wide.model(points))
            slopes = np.asarray(tape.gradient(total, points), dtype=float)
            found.append((weights * slopes).sum(axis=0) * (row - baseline))
        return np.array(found)

    explainer = shap.GradientExplainer(wide.model, background)

    def by_shap(n: int) -> np.ndarray:
        return np.asarray(explainer.shap_values(plain[:n], nsamples=REFERENCE * DRAWS, rseed=7)[..., 0])

    def integrated(n: int, **options: Any) -> np.ndarray:
        asked = {"steps": STEPS, **options}
        return integrated_gradients.explain(
            wide.scorer, wide_network.named(rows[:n]), others, single, **asked
        ).values

    def expected(n: int) -> np.ndarray:
        return expected_gradients.explain(
            wide.scorer, wide_network.named(rows[:n]), others, single, draws=DRAWS
        ).values

    ours, loop = f"integrated gradients, {STEPS} steps", f"a tape a row, {STEPS} steps"
    drawn, library = "expected gradients", f"shap.GradientExplainer, {REFERENCE * DRAWS} places"
    turns = Turns(
        {ours: (integrated, 4000), loop: (by_loop, 60), drawn: (expected, 2000), library: (by_shap, 60)},
        rounds,
    )
    point = 2 * flop_of_mixes(kernels_of(wide.model), 1, 1)  # forward, and back to the columns
    truth = integrated(JUDGED, baseline="each", steps=200)
    errors = [float(np.abs(one(JUDGED) - truth).mean()) for one in (expected, by_shap)]
    return told(
        [
            turns.row(
                ours, loop, REFERENCE, bound=150.0, aim=250.0, share=turns.share(ours, point * (STEPS + 1))
            ),
            turns.row(
                drawn,
                library,
                REFERENCE,
                error=errors[0],
                peer_error=errors[1],
                share=turns.share(drawn, point * REFERENCE * DRAWS),
            ),
        ],
        unit="rows explained per second, 28 columns",
        difference=float(np.abs(integrated(JUDGED) - by_loop(JUDGED)).max()),
        difference_is=f"largest, of integrated gradients of {JUDGED} rows, to {loop}",
        peak=turns.peak,
    )


if __name__ == "__main__":
    from_shell(__doc__, main)
