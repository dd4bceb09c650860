"""How far the scores of later adverse and later favourable outcomes lie apart: the KS distance.

0 = both lie alike, 1 = a cutoff parts them without error.

Why so: bootstrap percentiles of a largest gap miss the truth far too often (in trials 13 to 70 times in a
hundred instead of 5, most where the gap is small). The interval here inverts Smirnov's own test: the two
measured curves stray from the true ones by no more than its critical value, so neither does their largest
gap. It holds 0 exactly when that test says p >= 0.05, and elsewhere it is wider than it would have to be.
"""

from __future__ import annotations

import math

import numpy as np

from audit.fairness.groups import ScoreCounts
from audit.record import Disparity, Rate

CRITICAL = 1.3580986393225505  # the quantile of 0.95 of Kolmogorov's distribution


def ks_distance(counts: ScoreCounts) -> tuple[float, float] | None:
    """Return the distance and half the width of its 95 % interval; None where an outcome is missing.

    Source: Smirnov (1939); the critical value is that of large samples.
    """
    m, n = int(counts.adverse.sum()), int(counts.favourable.sum())
    if m == 0 or n == 0:
        return None
    # Over a common denominator in whole numbers, so that equal shares have a gap of exactly 0.
    gap = np.abs(np.cumsum(counts.adverse) * n - np.cumsum(counts.favourable) * m).max()
    return int(gap) / (m * n), CRITICAL * math.sqrt(1 / m + 1 / n)


def ks_rate(attribute: str, group: str, counts: ScoreCounts) -> Rate:
    """Return the KS distance of a group; ``n`` is how many have a score and an observed outcome."""
    n = int((counts.adverse + counts.favourable).sum())
    if n == 0:
        return Rate(attribute, group, "ks", 0, None, cause="no score has an observed outcome")
    found = ks_distance(counts)
    if found is None:
        only = "adverse" if counts.adverse.any() else "favourable"
        return Rate(attribute, group, "ks", n, None, cause=f"every observed outcome is {only}")
    value, half = found
    return Rate(attribute, group, "ks", n, value, max(0.0, value - half), min(1.0, value + half))


def ks_difference(
    attribute: str,
    group: str,
    reference: str,
    counts: tuple[ScoreCounts, ScoreCounts],
    small: str | None,
) -> Disparity:
    """Return the reference's KS distance minus the group's: positive where scores part the group worse.

    Parameters
    ----------
    counts : of the group and of the reference
    small : why the groups are too small for a verdict; None where they are large enough

    Source: the groups hold different people, so the squares of both half widths add.
    """
    name, n = "ks_difference", int((counts[0].adverse + counts[0].favourable).sum())
    mine, base = ks_distance(counts[0]), ks_distance(counts[1])
    if mine is None or base is None:
        who = "this group" if mine is None else f"the reference group {reference!r}"
        cause = f"{who} has no KS: one of the outcomes was never observed"
        return Disparity(attribute, group, reference, name, n, None, cause=cause)
    value, half = base[0] - mine[0], math.hypot(base[1], mine[1])
    low, high = max(-1.0, value - half), min(1.0, value + half)
    return Disparity(attribute, group, reference, name, n, value, low, high, cause=small)
