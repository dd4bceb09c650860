"""How well scores order people, from counts of scores: KS, Gini, precision-recall, gains and lift.

Everything walks the distinct scores once, the worst first; people of equal scores move together, so no
order among them is made up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.fairness.groups import ScoreCounts
from audit.fairness.intervals import ALPHA, Z
from audit.fairness.performance import auc_rate
from audit.record import Rate

TENTHS = 10

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """Outcomes gathered from the worst score to the best.

    Parameters
    ----------
    score : float64[k]
        Distinct scores with an observed outcome, the worst first.
    adverse, favourable : int64[k]
        How many outcomes of each kind lie at this score or a worse one.
    """

    score: Floats
    adverse: Integers
    favourable: Integers

    @classmethod
    def of(cls, counts: ScoreCounts, *, adverse_high: bool) -> Walk:
        """Walk the scores whose outcome was observed."""
        kept = counts.adverse + counts.favourable > 0
        step = -1 if adverse_high else 1
        adverse, favourable = (part[kept][::step] for part in (counts.adverse, counts.favourable))
        return cls(counts.score[kept][::step], np.cumsum(adverse), np.cumsum(favourable))

    @property
    def n_adverse(self) -> int:
        """Return how many adverse outcomes there are."""
        return int(self.adverse[-1]) if len(self.adverse) else 0

    @property
    def n_favourable(self) -> int:
        """Return how many favourable outcomes there are."""
        return int(self.favourable[-1]) if len(self.favourable) else 0

    @property
    def n(self) -> int:
        """Return how many outcomes there are."""
        return self.n_adverse + self.n_favourable

    @property
    def cause(self) -> str | None:
        """Return why nothing can be ordered; None where both outcomes were observed."""
        if self.n == 0:
            return "no score has an observed outcome"
        if self.n_adverse == 0 or self.n_favourable == 0:
            return f"every observed outcome is {'adverse' if self.n_adverse else 'favourable'}"
        return None


def ranking(counts: ScoreCounts, *, adverse_high: bool) -> tuple[Rate, ...]:
    """Return AUC, Gini, KS distance, average precision and the area under precision-recall.

    ``n`` is how many have a score and an observed outcome. Attribute and group are ``all``: whoever
    calls knows whose these are.
    """
    walk = Walk.of(counts, adverse_high=adverse_high)
    auc = auc_rate("all", "all", counts, adverse_high=adverse_high)
    return (
        auc,
        _gini(auc),
        _measured("ks", walk, _ks),
        _measured("average_precision", walk, _average_precision),
        _measured("pr_auc", walk, lambda one: (pr_auc(one), None, None)),
    )


def _measured(
    metric: str, walk: Walk, found: Callable[[Walk], tuple[float, float | None, float | None]]
) -> Rate:
    if walk.cause is not None:
        return Rate("all", "all", metric, walk.n, None, cause=walk.cause)
    return Rate("all", "all", metric, walk.n, *found(walk))


def _gini(auc: Rate) -> Rate:
    """Return 2 AUC - 1: 1 = every pair is ordered rightly, 0 = no order (Somers' D of outcome by score)."""
    value, low, high = (None if each is None else 2 * each - 1 for each in (auc.value, auc.low, auc.high))
    return replace(auc, metric="gini", value=value, low=low, high=high)


def _ks(walk: Walk) -> tuple[float, float, float]:
    """Return the largest gap of the two cumulative shares, and an interval that is at least as wide as due.

    Source: Smirnov (1939). The interval takes each distribution within its own band of Dvoretzky, Kiefer
    and Wolfowitz with Massart's constant (1990), each at half the level: valid for any sample size.
    """
    value = ks_distance(walk)
    half = sum(math.sqrt(math.log(4 / ALPHA) / (2 * n)) for n in (walk.n_adverse, walk.n_favourable))
    return value, max(0.0, value - half), min(1.0, value + half)


def ks_distance(walk: Walk) -> float:
    """Return how far the scores of the two outcomes lie apart: 0 = alike, 1 = a cutoff parts them."""
    gap = walk.adverse / walk.n_adverse - walk.favourable / walk.n_favourable
    return float(np.abs(gap).max())


def _average_precision(walk: Walk) -> tuple[float, float, float]:
    """Return the mean precision over the adverse outcomes, with the logit interval.

    Source: the interval of Boyd, Eng and Page (2013), "Area under the precision-recall curve", ECML PKDD,
    section 3.2.
    """
    value = average_precision(walk)
    if not 0 < value < 1:
        return value, value, value
    half = Z / math.sqrt(walk.n_adverse * value * (1 - value))
    low, high = (1 / (1 + (1 - value) / value * math.exp(turn)) for turn in (half, -half))
    return value, low, high


def average_precision(walk: Walk) -> float:
    """Return the sum over cutoffs of (recall gained) times (precision there), no interpolation."""
    precision = walk.adverse / (walk.adverse + walk.favourable)
    gained = np.diff(walk.adverse, prepend=0) / walk.n_adverse
    return float((gained * precision).sum())


def pr_auc(walk: Walk) -> float:
    """Return the area under precision by recall, outcomes between two cutoffs mixed evenly.

    Source: Davis and Goadrich (2006), "The relationship between precision-recall and ROC curves", ICML,
    section 4: between two cutoffs true positives grow evenly with those flagged, p; so precision there
    is slope + intercept / p, whose integral over recall is closed.
    """
    flagged = np.concatenate([[0], walk.adverse + walk.favourable]).astype(np.float64)
    hit = np.concatenate([[0], walk.adverse]).astype(np.float64)
    slope = np.diff(hit) / np.diff(flagged)
    intercept = hit[1:] - slope * flagged[1:]
    # The first piece starts at nothing flagged, where the intercept is 0 and the logarithm has no say.
    turn = np.log(flagged[1:] / np.where(flagged[:-1] > 0, flagged[:-1], flagged[1:]))
    pieces = slope * (np.diff(hit) + intercept * turn)
    return float(pieces.sum() / walk.n_adverse)


def gains(counts: ScoreCounts, *, adverse_high: bool) -> list[dict[str, Any]] | str:
    """Return what each further tenth of people, the worst scores first, holds of the adverse outcomes.

    Returns
    -------
    list of dict, or why there are none
        ``share``: of people, 0.1 to 1; ``captured``: of all adverse outcomes, among them; ``lift``:
        captured over share (1 = no better than chance); ``score``: the best score among them.
        Where a tenth ends among people of equal scores, it takes its part of their outcomes.
    """
    walk = Walk.of(counts, adverse_high=adverse_high)
    if walk.cause is not None:
        return walk.cause
    people = np.concatenate([[0], walk.adverse + walk.favourable])
    hit = np.concatenate([[0], walk.adverse])
    found = []
    for tenth in range(1, TENTHS + 1):
        reached = walk.n * tenth / TENTHS
        captured = float(np.interp(reached, people, hit)) / walk.n_adverse
        at = min(int(np.searchsorted(people[1:], reached)), len(walk.score) - 1)
        share = tenth / TENTHS
        found.append(
            {
                "share": share,
                "captured": captured,
                "lift": captured / share,
                "score": float(walk.score[at]),
            }
        )
    return found
