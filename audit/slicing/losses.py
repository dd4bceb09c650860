"""How near scores came to what happened, where they are probabilities: Brier score and log loss.

A score is the probability of what a high score stands for: the adverse outcome, or the favourable one.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from audit.fairness.groups import ScoreCounts
from audit.fairness.intervals import Z
from audit.record import Rate

Floats = NDArray[np.float64]
NO_PROBABILITIES = "the scores are no probabilities: they leave 0 to 1"


def losses(counts: ScoreCounts, *, adverse_high: bool) -> tuple[Rate, ...]:
    """Return mean score, calibration ratio, Brier score and log loss.

    Returns
    -------
    tuple of Rate
        ``mean_score`` is over those with an observed outcome; ``calibration_ratio`` = the outcomes that
        scores promised over those that came (1 = as many, above 1 = promised more). ``brier`` in [0, 1] and
        ``log_loss`` in nats: 0 = every score was certain and right. The intervals are those of a mean.
        A score of 0 or 1 that turned out wrong makes the log loss infinite: it then has no value, and
        the cause says how many, where other programs quietly move such scores.

    Source: Brier (1950), Monthly Weather Review 78:1; log loss: Good (1952).
    """
    happened = counts.adverse if adverse_high else counts.favourable
    other = counts.favourable if adverse_high else counts.adverse
    known = happened + other > 0
    score, happened, other = counts.score[known], happened[known], other[known]
    n, came = int((happened + other).sum()), int(happened.sum())
    if n == 0:
        cause = "no score has an observed outcome"
        return tuple(Rate("all", "all", metric, 0, None, cause=cause) for metric in METRICS)
    mean_score = float((score * (happened + other)).sum() / n)
    found = [Rate("all", "all", "mean_score", n, mean_score)]
    if score[0] < 0 or score[-1] > 1:
        return (
            *found,
            *(Rate("all", "all", metric, n, None, cause=NO_PROBABILITIES) for metric in METRICS[1:]),
        )
    outcome = "adverse" if adverse_high else "favourable"
    found.append(
        Rate("all", "all", "calibration_ratio", n, mean_score * n / came)
        if came
        else Rate("all", "all", "calibration_ratio", n, None, cause=f"no {outcome} outcome was observed")
    )
    found.append(_mean("brier", score, happened, other, lambda gap: gap * gap))
    certain = int(happened[score == 0].sum() + other[score == 1].sum())
    if certain:
        cause = f"{certain:,} scores of 0 or 1 turned out wrong: their loss is infinite"
        found.append(Rate("all", "all", "log_loss", n, None, cause=cause))
    else:
        found.append(_mean("log_loss", score, happened, other, _surprise))
    return tuple(found)


METRICS = ("mean_score", "calibration_ratio", "brier", "log_loss")


def _surprise(gap: Floats) -> Floats:
    found: Floats = -np.log1p(-gap)
    return found


def _mean(
    metric: str,
    score: Floats,
    happened: NDArray[np.int64],
    other: NDArray[np.int64],
    loss: Callable[[Floats], Floats],
) -> Rate:
    """Return the mean loss of everybody; ``loss`` takes how far a score lay from what happened."""
    gaps, weights = np.concatenate([1 - score, score]), np.concatenate([happened, other])
    kept = weights > 0  # a score nobody of this outcome had loses nothing
    each, weights = loss(gaps[kept]), weights[kept]
    n = int(weights.sum())
    mean = float((each * weights).sum() / n)
    if n < 2:
        return Rate("all", "all", metric, n, mean)
    half = Z * math.sqrt(float(((each - mean) ** 2 * weights).sum() / (n - 1)) / n)
    return Rate("all", "all", metric, n, mean, max(0.0, mean - half), mean + half)
