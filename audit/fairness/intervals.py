"""95 % intervals of one group's numbers: a share, a mean against another, an AUC."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

LEVEL = 0.95
ALPHA = 0.05
Z = 1.959963984540054  # the normal quantile of 0.975
NARROWEST = 1e-14  # where a bisection stops, relative to the width of its start


def wilson_interval(n_selected: float, n: int, z: float = Z) -> tuple[float, float]:
    """Return the Wilson score interval of a share.

    Parameters
    ----------
    n_selected, n : float, int
        Of ``n`` > 0, how many were counted; or the sum of ``n`` shares, for whose mean the interval
        is at least as wide as it must be, since no variance within [0, 1] is above that of a count.

    Returns
    -------
    tuple of float
        Within [0, 1], never without ``n_selected / n``.

    Source: Wilson (1927), in the form of Newcombe (1998), Statistics in Medicine 17:857, method 3.

    Examples
    --------
    >>> tuple(round(end, 4) for end in wilson_interval(0, 10))
    (0.0, 0.2775)
    """
    share = n_selected / n
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    whole = 1 + z * z / n
    low = 0.0 if n_selected == 0 else max(0.0, (middle - half) / whole)
    high = 1.0 if n_selected == n else min(1.0, (middle + half) / whole)
    return min(low, share), max(high, share)


def auc_interval(auc: float, n_adverse: int, n_favourable: int, z: float = Z) -> tuple[float, float]:
    """Return the score interval of an area under the ROC curve.

    The ends are the areas that lie ``z`` of *their own* standard errors from the measured one, so
    they stay within [0, 1] and have a width even where the measured area is 1.

    Source: Newcombe (2006), Statistics in Medicine 25:559, method 5: the variance of Hanley and
    McNeil (1982), equation 1, with both sample sizes of its numerator replaced by their mean.
    """
    mean_size = (n_adverse + n_favourable) / 2 - 1

    def variance(area: float) -> float:
        shape = (1 - area) / (2 - area) + area / (1 + area)
        return area * (1 - area) * (1 + mean_size * shape) / (n_adverse * n_favourable)

    def beyond(area: float) -> bool:
        return abs(auc - area) > z * math.sqrt(variance(area))

    low = 0.0 if not beyond(0.0) else bisect(beyond, 0.0, auc)
    high = 1.0 if not beyond(1.0) else bisect(beyond, 1.0, auc)
    return low, high


@dataclass(frozen=True, slots=True)
class MeanDifference:
    """Interval and p-value of a difference of two means; the interval holds 0 when p >= 0.05."""

    low: float
    high: float
    p_value: float


def mean_difference(
    difference: float, variance: float, n: int, other_variance: float, other_n: int
) -> MeanDifference:
    """Return the interval of a difference of means; at least one variance > 0, both n > 1.

    Source: Welch (1947), unequal variances, with Satterthwaite's degrees of freedom.
    """
    from scipy.special import stdtr, stdtrit

    parts = variance / n, other_variance / other_n
    error = math.sqrt(sum(parts))
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (n - 1) + parts[1] ** 2 / (other_n - 1))
    p_value = 2 * float(stdtr(freedom, -abs(difference) / error))
    half = float(stdtrit(freedom, 1 - ALPHA / 2)) * error
    return MeanDifference(difference - half, difference + half, p_value)


def bisect(beyond: Callable[[float], bool], outside: float, inside: float) -> float:
    """Return the last point, going from ``inside`` to ``outside``, that is not beyond."""
    for _ in range(200):
        middle = (outside + inside) / 2
        if middle in (outside, inside) or abs(outside - inside) <= NARROWEST * abs(middle):
            break
        if beyond(middle):
            outside = middle
        else:
            inside = middle
    return inside
