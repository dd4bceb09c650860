"""What gradient methods share: a score that can be differentiated, and numbers that can be moved.

The gradient is of the score by the encoded numbers. A method weighs it, multiplies it with how far
each number lies from where the method starts, and adds up the numbers of each factor.

Why so, whole numbers and gaps: a gradient says what an endless small step does. Of a code there is
no such step, and from a missing value there is no way to a number; both are refused by the
column's name, and the method is not measured. A 0 would say that the column does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from audit.errors import UsageError
from audit.explain.game import Game, game
from audit.record import DifferentiableScorer, Scorer

if TYPE_CHECKING:
    from numpy.typing import NDArray

POINTS = 1 << 16  # points held at once
_LOOKED_AT = 256


def differentiable(
    scorer: Scorer, rows: Any, reference: Any, factors: Mapping[str, Sequence[str]], *, method: str
) -> Game:
    """Encode rows and reference for a gradient method; see ``game``.

    Raises
    ------
    UsageError
        Where the scorer gives no gradients, or a column has missing values. What else has no
        gradient the scorer itself refuses.
    """
    if not isinstance(scorer, DifferentiableScorer):
        raise UsageError(
            f"explain: {method} needs gradients, and this model gives scores alone. "
            "Use shapley, shap or occlusion"
        )
    played = game(scorer, rows, reference, factors)
    for column, (start, stop) in scorer.spans.items():
        for whose in (played.rows, played.reference):
            if not np.isfinite(whose[:, start:stop].astype(np.float64)).all():
                raise UsageError(
                    f"explain: the column {column!r} has missing values, and {method} has no way from a "
                    "missing value to a number. Use shapley, shap or occlusion"
                )
    # The scorer looks at the first rows that it meets for columns without a gradient: many, here.
    scorer.gradients(played.reference[:_LOOKED_AT])
    return played


def gradients_at(played: Game, points: NDArray[Any]) -> NDArray[np.float64]:
    """Return float64[n, m, width]: the gradients at encoded points[n, m, width]."""
    n, m, width = points.shape
    scorer = cast(DifferentiableScorer, played.scorer)
    found: NDArray[np.float64] = scorer.gradients(points.reshape(n * m, width))[1]
    return found.reshape(n, m, width)


def mean_reference(played: Game) -> NDArray[Any]:
    """Return encoded[width]: the mean of the reference rows, in the precision of the model."""
    mean: NDArray[np.float64] = played.reference.mean(axis=0, dtype=np.float64)
    return mean.astype(played.reference.dtype)


def by_factor(played: Game, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return float64[..., factors]: the sum of what each factor owns of float64[..., width]."""
    sums = np.zeros((*numbers.shape[:-1], len(played.factors)))
    for place, owned in zip(played.players, played.owned, strict=True):
        for at in np.flatnonzero(owned):  # one after the other: a row's sum has its own bits
            sums[..., place] += numbers[..., at]
    return sums
