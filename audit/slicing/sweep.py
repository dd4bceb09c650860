"""What decisions would have been at other cutoffs, on a stated grid: the threshold sweep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.fairness.groups import ScoreCounts

STEPS = 20

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def grid(counts: ScoreCounts, stated: Sequence[float] = (), cutoff: float | None = None) -> list[float]:
    """Return the cutoffs of a sweep, ascending; the one in force is among them.

    By default the twentieths of 0 to 1 where scores are probabilities, else the scores that stand at the
    twentieths of all decided applicants.
    """
    if not len(counts.score):
        return []
    if stated:
        found = set(stated)
    elif counts.score[0] >= 0 and counts.score[-1] <= 1:
        found = {step / STEPS for step in range(1, STEPS)}
    else:
        place = np.cumsum(counts.n)
        at = np.searchsorted(place, place[-1] * np.arange(1, STEPS) / STEPS)
        found = {float(score) for score in counts.score[at]}
    return sorted(found | ({cutoff} if cutoff is not None else set()))


def sweep(
    counts: ScoreCounts, thresholds: Sequence[float], *, adverse_high: bool, included: bool = True
) -> dict[str, list[Any]]:
    """Return counts and rates at each threshold; positive = adverse.

    Parameters
    ----------
    included : bool
        Whether a score at the threshold is adverse (``decision.at_cutoff``).

    Returns
    -------
    dict of lists, one entry a threshold
        ``threshold``; the counts ``true_positive``, ``false_positive``, ``true_negative``, ``false_negative``
        over observed outcomes; and ``adverse_rate`` (over all scored), ``precision``, ``recall``,
        ``false_positive_rate``, ``error_rate``: None where nobody stands below the line.
    """
    hit, false_alarm, refused = (
        flagged(counts.score, column, thresholds, adverse_high=adverse_high, included=included)
        for column in (counts.adverse, counts.favourable, counts.n)
    )
    n_adverse, n_favourable, n = (int(c.sum()) for c in (counts.adverse, counts.favourable, counts.n))
    missed, right = n_adverse - hit, n_favourable - false_alarm
    return {
        "threshold": [float(cut) for cut in thresholds],
        "true_positive": hit.tolist(),
        "false_positive": false_alarm.tolist(),
        "true_negative": right.tolist(),
        "false_negative": missed.tolist(),
        "adverse_rate": _shares(refused, n),
        "precision": _shares(hit, hit + false_alarm),
        "recall": _shares(hit, n_adverse),
        "false_positive_rate": _shares(false_alarm, n_favourable),
        "error_rate": _shares(missed + false_alarm, n_adverse + n_favourable),
    }


def flagged(
    score: Floats, column: Integers, thresholds: Sequence[float], *, adverse_high: bool, included: bool
) -> Integers:
    """Return how many are on the adverse side of each threshold.

    Parameters
    ----------
    score : float64[s], ascending
    column : int64[s]
        People at each score.
    included : bool
        Whether a score at the threshold is adverse.
    """
    place = np.searchsorted(
        score, np.asarray(thresholds, dtype=np.float64), side="left" if included == adverse_high else "right"
    )
    below = np.concatenate([[0], np.cumsum(column)])[place]
    return np.asarray(column.sum() - below if adverse_high else below)


def _shares(part: Integers, whole: Integers | int) -> list[float | None]:
    wholes = np.broadcast_to(whole, part.shape).tolist()
    return [p / w if w else None for p, w in zip(part.tolist(), wholes, strict=True)]
