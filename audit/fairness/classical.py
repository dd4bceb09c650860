"""Intervals as other tools print them, to be set beside ours: Clopper-Pearson, Newcombe, Katz.

Why so: the intervals that findings rest on come from one exact test (``two_rates``). An expert who
checks an audit with another tool meets these instead, so an audit seals them too; no finding reads them.
"""

from __future__ import annotations

import math

from audit.fairness.intervals import ALPHA, Z, wilson_interval


def clopper_pearson_interval(n_selected: int, n: int, alpha: float = ALPHA) -> tuple[float, float]:
    """Return the exact interval of a share, n > 0: it covers at least 1 - alpha, often more.

    Source: Clopper and Pearson (1934), by quantiles of the beta distribution.

    Examples
    --------
    >>> tuple(round(end, 4) for end in clopper_pearson_interval(0, 10))
    (0.0, 0.3085)
    """
    from scipy.special import betaincinv

    x = n_selected
    low = 0.0 if x == 0 else float(betaincinv(x, n - x + 1, alpha / 2))
    high = 1.0 if x == n else float(betaincinv(x + 1, n - x, 1 - alpha / 2))
    return low, high


def newcombe_interval(
    n_selected: int, n: int, n_reference_selected: int, n_reference: int, z: float = Z
) -> tuple[float, float]:
    """Return the interval of the difference of two shares, reference - group.

    Source: Newcombe (1998), Statistics in Medicine 17:873, method 10: the squared distances of both
    Wilson intervals from their shares.

    Examples
    --------
    >>> tuple(round(end, 4) for end in newcombe_interval(48, 80, 56, 70))
    (0.0524, 0.3339)
    """
    share, reference = n_selected / n, n_reference_selected / n_reference
    low, high = wilson_interval(n_selected, n, z)
    reference_low, reference_high = wilson_interval(n_reference_selected, n_reference, z)
    difference = reference - share
    below = math.hypot(reference - reference_low, high - share)
    above = math.hypot(reference_high - reference, share - low)
    return difference - below, difference + above


def katz_interval(
    n_selected: int, n: int, n_reference_selected: int, n_reference: int, z: float = Z
) -> tuple[float, float] | None:
    """Return the interval of a ratio of shares, group / reference; None where nobody was selected in one.

    Source: Katz et al. (1978), Biometrics 34:469: the ratio's logarithm is nearly normal.

    Examples
    --------
    >>> tuple(round(end, 4) for end in katz_interval(3, 10, 8, 10))
    (0.1385, 1.0155)
    """
    x, y = n_selected, n_reference_selected
    if x == 0 or y == 0:
        return None
    log = math.log(x / n / (y / n_reference))
    error = math.sqrt(max(0.0, 1 / x - 1 / n + 1 / y - 1 / n_reference))
    return math.exp(log - z * error), math.exp(log + z * error)
