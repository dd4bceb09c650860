"""Two selection rates compared: the exact p-value, and the interval of ratio and difference with it.

Why so: a report that prints "the ratio spans 1.00" beside "p = 0.04" contradicts itself, and the
usual pairing (an exact p-value beside a logarithmic interval) does so near the line. Here there is
one test. Fisher's exact test with the two-sided p-value of the less likely tables is inverted for
the odds ratio (Fay 2010, "Two-sided exact tests and matching confidence intervals for discrete
data", The R Journal 2:53): the interval holds 1 exactly when p >= 0.05. Its two ends are carried to
the ratio and to the difference of the rates by the score statistic: the ratio (difference) that the
data contradict exactly as strongly as they contradict that odds ratio. At equal rates the score
statistics of odds ratio, ratio and difference are one and the same number, so the carried intervals
hold 1 (0) exactly when p >= 0.05 too; away from it they have the width of the score intervals of
Koopman (1984), Biometrics 40:513, and Miettinen and Nurminen (1985), Statistics in Medicine 4:213,
widened by what exactness costs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from audit.fairness.fisher import fisher_p_value, odds_interval
from audit.fairness.intervals import ALPHA, Z, bisect


@dataclass(frozen=True, slots=True)
class TwoRates:
    """A group's selection rate against the reference's, with one test's p-value and intervals.

    ``ratio`` = group / reference (1 = equal, 0 = nobody of the group selected); ``difference`` =
    reference - group. The ratio and its ends are None where nobody of the reference was selected.
    ``odds_ratio`` = odds of selection of the group / of the reference; it, or an end of it, is None
    where an empty cell makes it infinite.
    """

    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    difference: float
    difference_low: float
    difference_high: float
    p_value: float
    odds_ratio: float | None
    odds_low: float | None
    odds_high: float | None


def compare_rates(n_selected: int, n: int, n_reference_selected: int, n_reference: int) -> TwoRates:
    """Compare ``n_selected`` of ``n`` with ``n_reference_selected`` of ``n_reference``; n's > 0.

    Examples
    --------
    >>> two = compare_rates(3, 10, 8, 10)
    >>> round(two.ratio, 3), round(two.difference, 3), round(two.p_value, 4)
    (0.375, 0.5, 0.0698)
    """
    x, n, y, m = n_selected, n, n_reference_selected, n_reference
    p_value = fisher_p_value(x, n, y, m)
    differs = p_value < ALPHA
    # Where a cell is empty the odds ratio has no such end: the plain score interval stands in.
    odds_low, odds_high = odds_interval(x, n, y, m, p_value)
    z_low = Z if odds_low is None else odds_score(x, n, y, m, odds_low)
    z_high = Z if odds_high is None else -odds_score(x, n, y, m, odds_high)
    difference = y / m - x / n
    # The difference falls where the ratio rises, so its upper end belongs to the lower odds ratio.
    low = bisect(lambda d: difference_score(x, n, y, m, d) > z_high, -1.0, difference)
    high = bisect(lambda d: difference_score(x, n, y, m, d) < -z_low, 1.0, difference)
    low, high = _around(low, high, difference, 0.0, differs)
    odds = _odds(x, n, y, m, odds_low, odds_high)
    if y == 0:
        return TwoRates(None, None, None, difference, low, high, p_value, *odds)
    ratio = (x * m) / (n * y)
    ratio_low = 0.0
    if x > 0:
        ratio_low = math.exp(
            bisect(lambda r: ratio_score(x, n, y, m, math.exp(r)) > z_low, -50.0, math.log(ratio))
        )
    start = math.log(ratio) if x > 0 else -50.0
    ratio_high = math.exp(bisect(lambda r: ratio_score(x, n, y, m, math.exp(r)) < -z_high, 50.0, start))
    ratio_low, ratio_high = _around(ratio_low, ratio_high, ratio, 1.0, differs)
    return TwoRates(ratio, ratio_low, ratio_high, difference, low, high, p_value, *odds)


def _odds(
    x: int, n: int, y: int, m: int, low: float | None, high: float | None
) -> tuple[float | None, float | None, float | None]:
    """Return the odds ratio of the table and its exact ends; an empty lower cell makes an end 0."""
    if y == 0 or x == n:
        return None, None, None
    ratio = x * (m - y) / ((n - x) * y)
    low = 0.0 if low is None else low
    return ratio, min(low, ratio), None if high is None else max(high, ratio)


def _around(low: float, high: float, value: float, equal: float, differs: bool) -> tuple[float, float]:
    """Put right what the last bit of a bisection may have put on the wrong side of equality."""
    low, high = min(low, value), max(high, value)
    if not differs:
        return min(low, equal), max(high, equal)
    if value > equal:
        return max(low, math.nextafter(equal, math.inf)), high
    return low, min(high, math.nextafter(equal, -math.inf))


# --- the score statistics: signed, positive where the data lie above the parameter -------------


def odds_score(x: int, n: int, y: int, m: int, odds_ratio: float) -> float:
    """Return the score statistic of an odds ratio (group to reference); 0 < odds_ratio < inf.

    Source: Cornfield (1956): rates with that odds ratio and the margins that were observed.
    """
    a, b, c = m * (odds_ratio - 1), n * odds_ratio + m - (x + y) * (odds_ratio - 1), -(x + y)
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    reference = -2 * c / (b + root) if b + root > 0 else 1.0
    rate = (x + y - m * reference) / n
    spread = n * rate * (1 - rate), m * reference * (1 - reference)
    if min(spread) <= 0:
        return 0.0 if abs(x - n * rate) < 1e-9 else math.copysign(math.inf, x - n * rate)
    return (x - n * rate) * math.sqrt(1 / spread[0] + 1 / spread[1])


def ratio_score(x: int, n: int, y: int, m: int, ratio: float) -> float:
    """Return the score statistic of a ratio of rates (group / reference), ratio > 0.

    Source: Koopman (1984); the fitted rates after Miettinen and Nurminen (1985), equation 12.
    """
    a, b, c = (n + m) * ratio, -(n * ratio + x + m + y * ratio), x + y
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    reference = min(2 * c / (root - b), 1.0)
    return _score(x, n, y, m, min(ratio * reference, 1.0), reference, x * m > ratio * n * y)


def difference_score(x: int, n: int, y: int, m: int, difference: float) -> float:
    """Return the score statistic of a difference of rates (reference - group), within [-1, 1].

    Source: Miettinen and Nurminen (1985), appendix 1 (the cubic and its root), without N / (N - 1).
    """
    total, d = n + m, difference
    l2 = (m + 2 * n) * d - total - (x + y)
    l1 = (n * d - total - 2 * x) * d + (x + y)
    l0 = x * d * (1 - d)
    third = l2 / (3 * total)
    q = third**3 - l1 * l2 / (6 * total * total) + l0 / (2 * total)
    p = math.copysign(math.sqrt(max(0.0, third * third - l1 / (3 * total))), q)
    turn = (math.pi + math.acos(max(-1.0, min(1.0, q / p**3)))) / 3 if p != 0 else 0.0
    rate = min(max(2 * p * math.cos(turn) - third, max(0.0, -d)), min(1.0, 1 - d))
    return _score(x, n, y, m, rate, min(max(rate + d, 0.0), 1.0), y * n - x * m > d * n * m)


def _score(x: int, n: int, y: int, m: int, rate: float, reference: float, above: bool) -> float:
    square = 0.0
    for seen, size, fitted in ((x, n, rate), (y, m, reference)):
        gap, variance = seen - size * fitted, size * fitted * (1 - fitted)
        if abs(gap) > 1e-9 * size:
            square += gap * gap / variance if variance > 0 else math.inf
    return math.sqrt(square) if above else -math.sqrt(square)
