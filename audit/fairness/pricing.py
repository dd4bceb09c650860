"""What those who were approved pay: the gap in a numeric outcome such as a rate of interest or a fee."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from audit.fairness.disparities import MOST_GROUPS, small_cause, variance_of
from audit.fairness.groups import CountTable
from audit.fairness.intervals import mean_difference
from audit.fairness.tally import UNIT
from audit.record import Disparity

PRICE_GAP = "price_gap"


def price_gaps(
    prices: CountTable, references: Mapping[str, str], adverse_high: bool, min_group: int = 30
) -> tuple[Disparity, ...]:
    """Return how much worse the average price of each group is than its reference's.

    Parameters
    ----------
    prices : counts over favourable decisions, whose scores are the prices
    adverse_high : whether a high price is bad for who pays it

    Returns
    -------
    tuple of Disparity
        ``price_gap`` in the unit of the price, positive where the group fares worse; ``n`` is how many of
        the group have a price.

    Source: means from exact sums; Welch (1947) for interval and p-value.
    """
    name, found = PRICE_GAP, []
    for attribute, reference in references.items():
        groups = prices.groups(attribute)
        if len(groups) > MOST_GROUPS:
            continue
        m, base, base_squares = prices.moments(attribute, reference)
        for group in groups:
            if group == reference:
                continue
            n, total, squares = prices.moments(attribute, group)
            if m == 0 or n == 0:
                who = f"nobody of the reference group {reference!r}" if m == 0 else "nobody of this group"
                cause = f"{who} was approved at a known price"
                found.append(Disparity(attribute, group, reference, name, n, None, cause=cause))
                continue
            sign = 1 if adverse_high else -1
            gap = sign * float(UNIT * (Fraction(total, n) - Fraction(base, m)))
            variances = float(variance_of(n, total, squares)), float(variance_of(m, base, base_squares))
            small = small_cause(n, m, min_group)
            if n < 2 or m < 2 or not any(variances):
                cause = small or "prices do not vary within the two groups"
                found.append(Disparity(attribute, group, reference, name, n, gap, cause=cause))
                continue
            test = mean_difference(gap, variances[0], n, variances[1], m)
            found.append(
                Disparity(attribute, group, reference, name, n, gap, test.low, test.high, test.p_value, small)
            )
    return tuple(found)
