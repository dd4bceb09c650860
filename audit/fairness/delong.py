"""The error of an AUC by DeLong's method, from counts of scores, and two groups' AUCs compared.

DeLong's variance is that of the placements: for each later adverse outcome the share of favourable
ones that it is ranked above, and the other way round. Placements depend on a score alone, so they are
found once for each distinct score, never for pairs of people.

Source: DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44:837.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from audit.fairness.groups import ScoreCounts
from audit.fairness.intervals import ALPHA, Z
from audit.record import Disparity

Floats = NDArray[np.float64]


def placements(scores: Floats, adverse: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return of each later adverse row the share of the others that it is ranked above, and the reverse.

    Ties count half; high scores are those of adverse outcomes. The mean of either part is the AUC.
    """
    from scipy.stats import rankdata

    n_adverse, n_other = int(adverse.sum()), int((~adverse).sum())
    among_all = rankdata(scores)
    above = (among_all[adverse] - rankdata(scores[adverse])) / n_other
    below = 1 - (among_all[~adverse] - rankdata(scores[~adverse])) / n_adverse
    return above, below


def delong_variance(counts: ScoreCounts) -> float | None:
    """Return the variance of the AUC; None where an outcome was observed fewer than twice."""
    parts = _parts(counts)
    return None if parts is None else sum(variance for variance, _ in parts)


def _parts(counts: ScoreCounts) -> tuple[tuple[float, int], tuple[float, int]] | None:
    """Return the two variances that an AUC's is the sum of, and of how many placements each is."""
    adverse, favourable = counts.adverse, counts.favourable
    m, n = int(adverse.sum()), int(favourable.sum())
    if m < 2 or n < 2:
        return None
    below = (np.cumsum(favourable) - favourable + favourable / 2) / n  # placements of the adverse
    above = (m - np.cumsum(adverse) + adverse / 2) / m  # placements of the favourable
    return (_variance(below, adverse, m) / m, m), (_variance(above, favourable, n) / n, n)


def delong_interval(auc: float, counts: ScoreCounts, z: float = Z) -> tuple[float, float] | None:
    """Return the interval of an AUC, cut at 0 and 1; it has no width where the AUC is 0 or 1."""
    variance = delong_variance(counts)
    if variance is None:
        return None
    half = z * math.sqrt(variance)
    return max(0.0, auc - half), min(1.0, auc + half)


def auc_difference(
    attribute: str,
    group: str,
    reference: str,
    aucs: tuple[float | None, float | None],
    counts: tuple[ScoreCounts, ScoreCounts],
    small: str | None,
) -> Disparity:
    """Return the reference's AUC minus the group's: positive where scores rank the group worse.

    Parameters
    ----------
    aucs, counts : of the group and of the reference
    small : why the groups are too small for a verdict; None where they are large enough

    Source: the groups hold different people, so their variances add. They are estimated from few people,
    so Student's distribution stands for the normal one, with the degrees of freedom of Satterthwaite (1946),
    Biometrics Bulletin 2:110, as Brunner and Munzel (2000), Biometrical Journal 42:17, take them for one AUC:
    with the normal one, 66 of 1,000 audits of 500 people in whom nothing differs raised an alarm, not 50.
    """
    n = int(counts[0].adverse.sum() + counts[0].favourable.sum())
    name = "auc_difference"
    if aucs[0] is None or aucs[1] is None:
        who = "this group" if aucs[0] is None else f"the reference group {reference!r}"
        cause = f"{who} has no AUC: one of the outcomes was never observed"
        return Disparity(attribute, group, reference, name, n, None, cause=cause)
    difference = aucs[1] - aucs[0]
    parts = [of for one in counts for of in _parts(one) or ()]
    if len(parts) < 4 or not sum(variance for variance, _ in parts):
        cause = small or "the scores leave no error to be measured"
        return Disparity(attribute, group, reference, name, n, difference, cause=cause)
    from scipy.special import stdtr, stdtrit

    whole = sum(variance for variance, _ in parts)
    freedom = whole**2 / sum(variance**2 / (k - 1) for variance, k in parts)
    error = math.sqrt(whole)
    p_value = 2 * float(stdtr(freedom, -abs(difference) / error))
    half = float(stdtrit(freedom, 1 - ALPHA / 2)) * error
    low, high = difference - half, difference + half
    return Disparity(attribute, group, reference, name, n, difference, low, high, p_value, small)


def _variance(placement: Floats, count: NDArray[np.int64], n: int) -> float:
    mean = float((placement * count).sum() / n)
    return float(((placement - mean) ** 2 * count).sum() / (n - 1))
