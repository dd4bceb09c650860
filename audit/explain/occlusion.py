"""Occlusion: how the score moves when one factor is taken from the reference rows instead.

A factor's contribution is the score minus the mean score of the same row with the factor's columns
replaced by each reference row's. It asks nothing of the model but scores, and is exact: the last
step of the way that Shapley values take the mean of.

It does not add up where factors interact, since what two factors did together is counted for both.
``residual`` says by how much.

Source: Zeiler and Fergus, arXiv 1311.2901; Covert, Lundberg and Lee, arXiv 2011.14878, for the
removal by reference rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from audit.explain.game import game
from audit.record import Attributions, Scorer

name = "occlusion"
needs: frozenset[str] = frozenset()
axioms = frozenset({"unused_is_zero", "symmetric", "seeded", "batch_invariant", "linear"})
source = "Zeiler and Fergus (2013); Covert, Lundberg and Lee (2021), marginal removal"

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
    """Return what taking each factor away changes, for each row.

    ``base`` is the mean score of the reference. Nothing is drawn, so ``seed`` changes nothing.
    """
    played = game(scorer, rows, reference, factors)
    # The row as it is comes first, by the same arithmetic: a factor that does nothing gets 0.
    masks = np.concatenate([np.ones((1, played.rows.shape[1]), dtype=bool), ~played.owned])
    values = np.zeros((len(played.rows), len(played.players)))
    for start in range(0, len(values), _ROWS):
        means = played.kept(played.rows[start : start + _ROWS], masks)
        values[start : start + _ROWS] = means[:, :1] - means[:, 1:]
        if progress is not None:
            progress(min(len(values), start + _ROWS))
    return played.attributions(
        name,
        played.spread(values),
        float(scorer.score_encoded(played.reference).mean()),
        {"background": len(played.reference), "exact": True},
    )
