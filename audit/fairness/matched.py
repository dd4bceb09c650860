"""Matched pairs: each member of a group beside a member of the reference who is alike in what counts.

Why so: which two of many alike are paired is chance, and pairing everybody with everybody grows with the
square. Within a stratum of people alike, the average over *all* ways to pair them has a closed form, so the
pairs are never made: the result is that average, it hangs on no seed, and it comes from counts that merge.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from audit.fairness.intervals import Z
from audit.fairness.segments import Table


@dataclass(frozen=True, slots=True)
class Matched:
    """What pairs of people alike show, averaged over all ways to pair them.

    ``against`` and ``toward`` are the shares of pairs in which only the member of the reference, and only
    that of the group, was selected; ``difference`` is the first minus the second.
    """

    n_pairs: int
    against: float | None
    toward: float | None
    difference: float | None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None


def matched_pairs(tables: Iterable[Table]) -> Matched:
    """Return the difference in selection between pairs alike: in [-1, 1], positive = the group fares worse.

    Parameters
    ----------
    tables : of each stratum where both groups are: selected, n, reference selected, reference n
        Each stratum gives ``min(n, reference n)`` pairs; nobody is in two.

    Source: the randomization distribution within strata, where who belongs to which group is chance given
    how many were selected. Interval and p-value use its variance, so the interval holds 0 exactly when
    p >= 0.05. For pairs of one and one it is McNemar's test (1947) without continuity correction.

    Examples
    --------
    >>> found = matched_pairs([(1, 2, 2, 2), (0, 1, 2, 3)])
    >>> found.n_pairs, round(found.difference, 4)
    (3, 0.5556)
    """
    pairs, against, toward, variance = 0, 0.0, 0.0, 0.0
    for x, n, y, m in tables:
        if not n or not m:
            continue
        k = min(n, m)
        rate, reference, total, selected = x / n, y / m, n + m, x + y
        pairs += k
        against += k * reference * (1 - rate)
        toward += k * rate * (1 - reference)
        variance += k * k * selected * (total - selected) / (n * m * (total - 1))
    if not pairs:
        return Matched(0, None, None, None)
    difference = (against - toward) / pairs
    if variance == 0:
        return Matched(pairs, against / pairs, toward / pairs, difference)
    from scipy.special import ndtr

    error = math.sqrt(variance) / pairs
    ends = max(-1.0, difference - Z * error), min(1.0, difference + Z * error)
    p_value = 2 * float(ndtr(-abs(difference) / error))
    return Matched(pairs, against / pairs, toward / pairs, difference, *ends, p_value)
