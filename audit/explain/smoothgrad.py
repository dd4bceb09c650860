"""SmoothGrad: the gradient as a mean over small shifts of the row.

The noise is normal, with a share of the spread that each number has in the reference. A factor's
contribution is that mean gradient times how far the row lies from the mean of the reference, added
up over the factor's columns, as for ``gradients``.

Why so, one draw of noise for all rows: a row's contributions then depend on the seed and on
nothing else, and two rows that differ in one column differ by that column alone.

Source: Smilkov, Thorat, Kim, Viégas and Wattenberg, arXiv 1706.03825.
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

name = "smoothgrad"
needs = frozenset({"gradient"})
# Two columns that the model cannot tell apart get noise of their own: equal in the mean alone.
axioms = frozenset({"unused_is_zero", "seeded", "batch_invariant", "linear"})
source = "Smilkov and others (2017), times input minus the mean of the reference"


def explain(
    scorer: Scorer,
    rows: Any,
    reference: Any,
    factors: Mapping[str, Sequence[str]],
    *,
    seed: int = 7,
    samples: int = 64,
    noise: float = 0.15,
    progress: Callable[[int], None] | None = None,
) -> Attributions:
    """Return the smoothed gradient times distance from the mean reference row, for each factor.

    Parameters
    ----------
    samples : shifts of each row, at least two
    noise : their standard deviation, as a share of each number's in the reference

    Returns
    -------
    Attributions
        ``base`` is the mean score of the reference. ``standard_error`` is that of the shifts drawn.

    Raises
    ------
    UsageError
        Where the scorer, or one of its columns, has no gradient.
    """
    played = differentiable(scorer, rows, reference, factors, method=name)
    n, width = played.rows.shape
    samples = max(2, samples)
    spread = played.reference.std(axis=0, dtype=np.float64)
    drawn = np.random.default_rng([seed, samples, width]).normal(size=(samples, width))
    shifts = (drawn * spread * noise).astype(played.rows.dtype)
    distances = played.rows - mean_reference(played)
    values = np.zeros((n, len(played.factors)))
    errors = np.zeros_like(values)
    at_once = max(1, POINTS // samples)
    for start in range(0, n, at_once):
        some = slice(start, start + at_once)
        found = gradients_at(played, played.rows[some, None] + shifts)
        for at, (slopes, distance) in enumerate(zip(found, distances[some], strict=True), start=start):
            each = by_factor(played, slopes * distance)
            values[at] = each.mean(axis=0)
            errors[at] = each.std(axis=0, ddof=1) / np.sqrt(samples)
        if progress is not None:
            progress(min(n, start + at_once))
    return played.attributions(
        name,
        values,
        float(scorer.score_encoded(played.reference).mean()),
        {"background": len(played.reference), "samples": samples, "noise": noise, "seed": seed},
        standard_error=errors,
    )
