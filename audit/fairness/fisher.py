"""Fisher's exact test of two shares, and the interval of the odds ratio that matches it.

With both margins given, the number selected in the group has one distribution for each odds ratio.
The p-value adds up all tables that are not more likely than the one observed; the interval holds
the odds ratios whose p-value is 0.05 or more.

Source: Fisher (1935); Fay (2010), "Two-sided exact tests and matching confidence intervals for
discrete data", The R Journal 2:53. The p-value jumps where a table joins those that count, so the
set may have gaps; as there, the interval spans them, but it never spans odds ratio 1 when p < 0.05.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.fairness.intervals import ALPHA, bisect

SAME = 1e-7  # tables whose probabilities differ by less than this share count as equally likely, as in R
REACH = 30.0  # standard deviations on either side of a table that may matter; beyond is below 1e-100
TINY = 1e-6
GAPS = 8  # how many jumps of the p-value past the first crossing are looked at

Floats = NDArray[np.float64]


def fisher_p_value(x: int, n: int, y: int, m: int) -> float:
    """Return the two-sided p-value that ``x`` of ``n`` and ``y`` of ``m`` have one share in common.

    Examples
    --------
    >>> round(fisher_p_value(3, 4, 1, 4), 4)
    0.4857
    """
    return min(1.0, _tails(x, n, y, m)[0])


def mid_p_value(x: int, n: int, y: int, m: int) -> float:
    """Return Fisher's p-value with the table observed counted half: less cautious, as some tools print it.

    Source: Lancaster (1961), "Significance tests in discrete distributions", JASA 56:223.

    Examples
    --------
    >>> round(mid_p_value(3, 4, 1, 4), 4)
    0.3714
    """
    p_value, seen = _tails(x, n, y, m)
    return min(1.0, p_value - seen / 2)


def _tails(x: int, n: int, y: int, m: int) -> tuple[float, float]:
    """Return the share of tables that are not more likely than the one observed, and that of itself."""
    total = x + y
    mode = (total + 1) * (n + 1) // (n + m + 2)
    reach = _reach(n * m * total * (n + m - total) / (n + m) ** 3)
    # The other tail begins about as far from the mode as the table observed, on its other side.
    k = _near({x, mode, _mirrored(x, n, m, total, mode)}, reach, n, m, total)
    log = _log_weights(k, n, m, total)
    weight = np.exp(log - log.max())
    seen = int(np.searchsorted(k, x))
    counted = log <= log[seen] + SAME
    return float(weight[counted].sum() / weight.sum()), float(weight[seen] / weight.sum())


def odds_interval(x: int, n: int, y: int, m: int, p_value: float) -> tuple[float | None, float | None]:
    """Return the 95 % interval of the odds ratio, group to reference.

    An end is None where the table sets none: the lower one at ``x = 0`` or ``y = m``, the upper one
    at ``x = n`` or ``y = 0``.
    """
    low = _Tables.of(x, n, y, m).lower_end(p_value)
    inverse = _Tables.of(n - x, n, m - y, m).lower_end(p_value)
    return None if low is None else math.exp(low), None if inverse is None else math.exp(-inverse)


def _reach(variance: float) -> int:
    return int(REACH * math.sqrt(max(variance, 0.0))) + 100


def _near(places: set[int], reach: int, n: int, m: int, total: int) -> Floats:
    first, last = max(0, total - m), min(n, total)
    if last - first <= 8 * reach:
        return np.arange(first, last + 1, dtype=np.float64)
    pieces = [np.arange(max(first, k - reach), min(last, k + reach) + 1) for k in places]
    return np.unique(np.concatenate(pieces)).astype(np.float64)


def _log_weights(k: Floats, n: int, m: int, total: int) -> Floats:
    from scipy.special import gammaln

    log: Floats = -(gammaln(k + 1) + gammaln(n - k + 1) + gammaln(total - k + 1) + gammaln(m - total + k + 1))
    return log


def _mirrored(x: int, n: int, m: int, total: int, mode: int) -> int:
    """Return the table on the other side of the mode that is first not more likely than ``x``."""

    def log_weight(k: int) -> float:
        cells = (k, n - k, total - k, m - total + k)
        return -sum(math.lgamma(cell + 1) for cell in cells)

    inside, outside = mode, max(0, total - m) if x > mode else min(n, total)
    bound = log_weight(x) + SAME
    while abs(inside - outside) > 1:
        middle = (inside + outside) // 2
        if log_weight(middle) <= bound:
            outside = middle
        else:
            inside = middle
    return outside


@dataclass(frozen=True, slots=True, eq=False)
class _Tables:
    """Tables near the one observed: ``k`` selected more than in it, log weight at odds ratio 1."""

    k: Floats
    log_weight: Floats
    seen: int  # place of the table observed
    log_odds: float  # of the table observed, half a person added to each cell
    step: float  # its standard error
    bounded: bool  # whether the odds ratio has a lower end at all

    @classmethod
    def of(cls, x: int, n: int, y: int, m: int) -> _Tables:
        half = [cell + 0.5 for cell in (x, n - x, y, m - y)]
        information = 1 / sum(1 / cell for cell in half)
        k = _near({x}, _reach(information), n, m, x + y)
        log_weight = _log_weights(k, n, m, x + y)
        odds = math.log(half[0] * half[3] / (half[1] * half[2]))
        seen = int(np.searchsorted(k, x))
        return cls(k - x, log_weight, seen, odds, 1 / math.sqrt(information), x > 0 and y < m)

    def p_value(self, log_odds: float) -> float:
        log = self.log_weight + self.k * log_odds
        weight = np.exp(log - log.max())
        return float(weight[log <= log[self.seen] + SAME].sum() / weight.sum())

    def lower_end(self, p_value: float) -> float | None:
        """Return the log of the smallest odds ratio that is not rejected; None where it is 0."""
        if not self.bounded:
            return None
        inside = self.log_odds
        while self.p_value(inside) < ALPHA:  # an empty cell: half a person was not enough
            inside += self.step
        floor = 0.0 if p_value < ALPHA and inside > 0 else -math.inf
        inside = min(inside, 0.0) if p_value >= ALPHA else inside  # equality is not rejected, so it is inside
        outside = max(floor, inside - 2 * self.step)
        while outside > floor and self.p_value(outside) >= ALPHA:
            outside = max(floor, outside - self.step)
        end = bisect(self._rejected, outside, inside)
        return self._past_gaps(end, floor)

    def _rejected(self, log_odds: float) -> bool:
        return self.p_value(log_odds) < ALPHA

    def _past_gaps(self, end: float, floor: float) -> float:
        """Look below ``end`` for odds ratios that are accepted again: there the p-value jumps.

        Going down, the p-value jumps where a table of the other tail becomes the likelier one and
        counts no more; ``joins`` holds these odds ratios, ascending.
        """
        left = np.flatnonzero(self.log_weight[: self.seen] + self.k[: self.seen] * end <= self._seen_weight())
        left = left[-GAPS:]
        joins = (self._seen_weight() - self.log_weight[left]) / self.k[left]
        for place in range(len(left) - 1, -1, -1):
            here = float(joins[place])
            if not floor < here < end or self._rejected(here):
                continue
            end = here
            below = float(joins[place - 1]) if place > 0 else here - 4 * self.step
            if not self._rejected(here - TINY * self.step):
                end = bisect(self._rejected, max(below, floor), here - TINY * self.step)
        return end

    def _seen_weight(self) -> float:
        return float(self.log_weight[self.seen]) + SAME
