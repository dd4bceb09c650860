"""Rows explained exactly per second, 8 to 12 factors: ours beside shap's ExactExplainer.

Run by hand: ``python tests/benchmarks/exact_groups.py [--json]``. Both value all coalitions of factors
against the whole reference, on a network of 28 columns (28-64-64-1) that is a compiled function, so both
have the same values. shap mixes rows by a masker of factors that gives it all reference rows of a
coalition at once.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # of everybody here: small products, and threads that spin

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from audit.explain import shapley
from tests.benchmarks.side_by_side.table import from_shell, told
from tests.benchmarks.side_by_side.turns import Turns, flop_of_joins, kernels_of, players_apart
from tests.worlds import wide_network

REFERENCE = 100
SIZES = {8: (300, 8), 10: (100, 4), 12: (24, 1)}  # factors -> rows of ours and of shap in one turn
PEER = "shap.ExactExplainer on a compiled function"
BOUND, AIM = 9.0, 15.0


def masker_of(
    rows: np.ndarray, reference: np.ndarray, factors: Mapping[str, Sequence[str]]
) -> Callable[..., Any]:
    """Return a masker whose players are factors; what shap takes for a row is the row's number."""
    owned = np.array([[c in columns for c in wide_network.COLUMNS] for columns in factors.values()])

    def mixes(mask: np.ndarray, number: np.ndarray) -> tuple[np.ndarray]:
        kept = owned[mask].any(axis=0)
        return (np.where(kept, rows[int(number[0])], reference),)

    mixes.shape = (len(reference), len(factors))  # type: ignore[attr-defined]
    return mixes


def main(rounds: int) -> dict[str, Any]:
    """Measure, and return one object of numbers."""
    warnings.simplefilter("ignore")
    wide = wide_network.build()
    rows, reference = wide.apart(REFERENCE)
    import shap
    import tensorflow as tf

    compiled = tf.function(lambda x: wide.model(x)[:, 0], reduce_retracing=True)
    plain = [one.astype("float32") for one in (rows, reference)]

    def ours(k: int, n: int) -> np.ndarray:
        return shapley.explain(
            wide.scorer,
            wide_network.named(rows[:n]),
            wide_network.named(reference),
            wide_network.factors(k),
            exact_up_to=k,
        ).values

    def theirs(k: int, n: int) -> np.ndarray:
        masker = masker_of(*plain, wide_network.factors(k))
        explainer = shap.explainers.Exact(lambda m: compiled(tf.constant(m, tf.float32)).numpy(), masker)
        numbers = np.repeat(np.arange(n)[:, None], k, axis=1)
        return explainer(numbers, silent=True, max_evals=1 << k).values

    methods: dict[str, tuple[Callable[[int], Any], int]] = {}
    for k, (many, few) in SIZES.items():
        methods[f"{k} factors"] = (partial(ours, k), many)
        methods[f"{PEER}, {k}"] = (partial(theirs, k), few)
    turns = Turns(methods, rounds)
    kernels = kernels_of(wide.model)

    def mixes(k: int) -> float:
        """Mixes of a row in the mean that are no other mix again."""
        owned = [[wide_network.COLUMNS.index(c) for c in part] for part in wide_network.factors(k).values()]
        apart = players_apart(plain[0][: SIZES[k][0]], plain[1], owned)
        return float((2.0**apart).sum(axis=1).mean())

    found = [
        turns.row(
            f"{k} factors",
            f"{PEER}, {k}",
            REFERENCE,
            bound=BOUND,
            aim=AIM,
            error=0.0,
            peer_error=0.0,
            share=turns.share(f"{k} factors", flop_of_joins(kernels, mixes(k))),
        )
        for k in SIZES
    ]
    return told(
        found,
        unit="rows explained exactly per second, 28 columns",
        difference=max(float(np.abs(ours(k, 2) - theirs(k, 2)).max()) for k in SIZES),
        difference_is="largest, of two rows' values to shap's",
        peak=turns.peak,
    )


if __name__ == "__main__":
    from_shell(__doc__, main, rounds=3)
