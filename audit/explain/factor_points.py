"""Factor points: how far a row stands from the average on each factor, as a scorecard would tell it.

Regulation B names two methods, and both presume a score that is a sum of points, one number a
factor: the factors on which the applicant fell furthest below the average that the applicants of a
reference achieved. For any other model the points of a factor are read like this: the mean score of
the reference when that factor alone is the explained row's (its partial dependence). The average
achieved is the mean of the reference rows' own points, read the same way.

Of a sum of points this is exactly the row's points less their average. Where factors interact it
tells each factor by itself, so it is a witness of another kind than the Shapley value, and does not
add up; ``residual`` says by how much.

Source: 12 CFR part 1002, Supplement I, comment 9(b)(2)-5; Friedman (2001), section 8.2, for partial
dependence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from audit.explain.game import game
from audit.record import Attributions, Scorer

name = "factor_points"
needs: frozenset[str] = frozenset()
axioms = frozenset({"unused_is_zero", "symmetric", "seeded", "batch_invariant", "linear"})
source = "12 CFR 1002.9(b)(2), comment 5; Friedman (2001), partial dependence"

_ROWS = 512  # rows between two words of progress


def explain(
    scorer: Scorer,
    rows: Any,
    reference: Any,
    factors: Mapping[str, Sequence[str]],
    *,
    seed: int = 7,
    progress: Callable[[int], None] | None = None,
) -> Attributions:
    """Return the points of each factor less the average that the reference achieved, for each row.

    ``base`` is the mean score of the reference. Nothing is drawn, so ``seed`` changes nothing.
    """
    played = game(scorer, rows, reference, factors)
    alone = np.eye(len(played.players), dtype=bool)
    achieved = played.means(played.reference, alone).mean(axis=0)
    values = np.zeros((len(played.rows), len(played.players)))
    for start in range(0, len(values), _ROWS):
        values[start : start + _ROWS] = played.means(played.rows[start : start + _ROWS], alone) - achieved
        if progress is not None:
            progress(min(len(values), start + _ROWS))
    return played.attributions(
        name,
        played.spread(values),
        float(scorer.score_encoded(played.reference).mean()),
        {"background": len(played.reference), "exact": True},
    )
