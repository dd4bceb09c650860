"""Expected gradients: integrated gradients from every reference row, one place on each way.

Each draw asks once on the way from each reference row; the places are spread evenly over all ways
(stratified), so the reference adds no noise of its own and the integral little. Several draws give a
standard error for each value.

The contributions add up to the score minus the mean score of the reference in the mean of all
draws; what one draw leaves over is in ``residual``. So it is a screen beside the reasons, and no
source of a letter.

Source: Erion, Janizek, Sturmfels, Lundberg and Lee, arXiv 1906.10670.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from audit.explain.differentiable import by_factor, differentiable
from audit.explain.path import along, stratified
from audit.record import Attributions, Scorer

name = "expected_gradients"
needs = frozenset({"gradient"})
axioms = frozenset({"complete", "unused_is_zero", "symmetric", "seeded", "batch_invariant", "linear"})
complete_within = 5e-2  # of one run's draws; in the mean of all it is 0
source = "Erion and others (2019), every reference row, stratified places"

_FEWEST, _PLACES = 4, 4000


def explain(
    scorer: Scorer,
    rows: Any,
    reference: Any,
    factors: Mapping[str, Sequence[str]],
    *,
    seed: int = 7,
    draws: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Attributions:
    """Return the expected gradients of each factor for each row.

    Parameters
    ----------
    draws : how many places on the way from each reference row, each draw by itself; with a single
        one there is no standard error. Default: at least four, and 4,000 places for each row

    Returns
    -------
    Attributions
        ``base`` is the mean score of the reference. ``standard_error`` is that of the places drawn:
        the reference rows are all there.

    Raises
    ------
    UsageError
        Where the scorer, or one of its columns, has no gradient.
    """
    played = differentiable(scorer, rows, reference, factors, method=name)
    draws = max(1, draws or max(_FEWEST, -(-_PLACES // len(played.reference))))
    generator = np.random.default_rng([seed, len(played.reference)])
    found = np.stack(
        [
            by_factor(
                played,
                along(played, stratified(played.reference, generator), progress if last else None),
            )
            for last in [False] * (draws - 1) + [True]
        ]
    )
    return played.attributions(
        name,
        found.mean(axis=0),
        float(scorer.score_encoded(played.reference).mean()),
        {"background": len(played.reference), "draws": draws, "seed": seed},
        standard_error=found.std(axis=0, ddof=1) / np.sqrt(draws) if draws > 1 else None,
    )
