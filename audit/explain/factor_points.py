"""Factor points: how far a row stands from the average on each factor, as a scorecard would tell it.

Regulation B names two methods, and both presume a score that is a sum of points, one number a
factor: the factors on which the applicant fell furthest below the average that the applicants of a
reference achieved. For any other model the points of a factor are read like this: the mean score of
the reference when that factor alone is the explained row's (its partial dependence). The average
achieved is the mean of the reference rows' own points, read the same way.

Why so, at most 400 rows for that mean: it asks for pairs of rows. It differs from the mean score by
what factors do together and by nothing else, so only that difference is taken from fewer rows, and of
a sum of points, where it is 0, nothing is lost.

Of a sum of points this is exactly the row's points less their average. Where factors interact it
tells each factor by itself, so it is a witness of another kind than the Shapley value, and does not
add up; ``residual`` says by how much.

Source: 12 CFR part 1002, Supplement I, comment 9(b)(2)-5; Friedman (2001), section 8.2, for partial
dependence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.explain.game import Game, game
from audit.explain.kept import content, kept
from audit.record import Attributions, Scorer

if TYPE_CHECKING:
    from numpy.typing import NDArray

name = "factor_points"
needs: frozenset[str] = frozenset()
axioms = frozenset({"unused_is_zero", "symmetric", "seeded", "batch_invariant", "linear"})
source = "12 CFR 1002.9(b)(2), comment 5; Friedman (2001), partial dependence"

_ROWS = 512  # rows between two words of progress
_PAIRED = 400  # reference rows, evenly spread, whose pairs are asked for


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
    n = len(played.reference)
    some = played.reference
    if n > _PAIRED:
        some = some[np.linspace(0, n - 1, _PAIRED).round().astype(np.int64)]
    among = replace(played, reference=some)
    key = "factor points", content(played.owned)
    together = kept(scorer, some, key, lambda: _above(among, some).mean(axis=0))
    values = np.zeros((len(played.rows), len(played.players)))
    for start in range(0, len(values), _ROWS):
        values[start : start + _ROWS] = _above(played, played.rows[start : start + _ROWS]) - together
        if progress is not None:
            progress(min(len(values), start + _ROWS))
    return played.attributions(
        name,
        played.spread(values),
        float(scorer.score_encoded(played.reference).mean()),
        {"background": n, "exact": n <= _PAIRED},
    )


def _above(played: Game, rows: NDArray[Any]) -> NDArray[np.float64]:
    """Return float64[n, players]: each factor's points less the mean score, by the same arithmetic."""
    k = len(played.players)
    none_and_each = np.concatenate([np.zeros((1, k), dtype=bool), np.eye(k, dtype=bool)])
    means = played.means(rows, none_and_each)
    above: NDArray[np.float64] = means[:, 1:] - means[:, :1]
    return above
