"""The gradient of the score: what a small step of each column would change.

A factor's contribution is the gradient times how far the row lies from the mean of the reference,
added up over the factor's columns: the first-order guess of what the difference did. ``details``
also gives the norm of the plain gradient of each factor, as a mean over the rows of the call.

A weak witness: a gradient sees the place where the row stands and nothing of the way there. Where a
score is saturated it is 0 whatever the row's values did. ``residual`` says how much is not
accounted for. It is shown beside the reasons and never printed in a letter.

Source: Simonyan, Vedaldi and Zisserman, arXiv 1312.6034; Shrikumar and others, arXiv 1605.01713,
for the product with the input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from audit.explain.differentiable import (
    POINTS,
    by_factor,
    differentiable,
    gradients_at,
    mean_reference,
)
from audit.record import Attributions, Scorer

name = "gradients"
needs = frozenset({"gradient"})
axioms = frozenset({"unused_is_zero", "symmetric", "seeded", "batch_invariant", "linear"})
source = "Simonyan, Vedaldi and Zisserman (2013), times input minus the mean of the reference"


def explain(
    scorer: Scorer,
    rows: Any,
    reference: Any,
    factors: Mapping[str, Sequence[str]],
    *,
    seed: int = 7,
    progress: Callable[[int], None] | None = None,
) -> Attributions:
    """Return gradient times distance from the mean reference row, for each factor and row.

    ``base`` is the mean score of the reference. Nothing is drawn, so ``seed`` changes nothing.

    Raises
    ------
    UsageError
        Where the scorer, or one of its columns, has no gradient.
    """
    played = differentiable(scorer, rows, reference, factors, method=name)
    found = np.zeros((len(played.rows), played.rows.shape[1]))
    for start in range(0, len(found), POINTS):
        found[start : start + POINTS] = gradients_at(played, played.rows[None, start : start + POINTS])[0]
        if progress is not None:
            progress(min(len(found), start + POINTS))
    norms = np.sqrt(by_factor(played, found**2))
    return played.attributions(
        name,
        by_factor(played, found * (played.rows - mean_reference(played))),
        float(scorer.score_encoded(played.reference).mean()),
        {
            "background": len(played.reference),
            "exact": True,
            "gradient_norm": dict(zip(played.factors, norms.mean(axis=0).tolist(), strict=True))
            if len(norms)
            else {},
        },
    )
