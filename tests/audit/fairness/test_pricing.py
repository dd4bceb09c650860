"""Pricing gaps against plain means, with their direction."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from audit.fairness import count
from audit.fairness.pricing import price_gaps


def prices_of(sex, price):
    return count(["favourable"] * len(sex), {"sex": list(sex)}, list(price))


def test_the_gap_is_that_of_welch() -> None:
    """Difference, interval and p-value equal scipy's unequal-variance test."""
    rng = np.random.default_rng(1)
    f, m = np.round(rng.normal(5.2, 1, 150), 2), np.round(rng.normal(5, 0.5, 300), 2)
    (found,) = price_gaps(prices_of(["f"] * 150 + ["m"] * 300, [*f, *m]), {"sex": "m"}, True)
    theirs = stats.ttest_ind(f, m, equal_var=False)
    ends = theirs.confidence_interval(0.95)
    assert found.value == pytest.approx(f.mean() - m.mean(), abs=1e-12)
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high), rel=1e-9)
    assert found.p_value == pytest.approx(theirs.pvalue, rel=1e-9)


def test_positive_is_worse_for_the_group_whichever_side_is_bad() -> None:
    """A higher interest rate and a lower limit are both told as positive."""
    prices = prices_of(["f", "m"] * 40, [2.0, 1.0, 2.5, 1.5] * 20)
    assert price_gaps(prices, {"sex": "m"}, True)[0].value == pytest.approx(1.0)
    assert price_gaps(prices, {"sex": "m"}, False)[0].value == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("sex", "price", "cause"),
    [
        (
            ["f"] * 40 + ["m"] * 40,
            [np.nan] * 40 + [1.0, 2.0] * 20,
            "nobody of this group was approved at a known price",
        ),
        (
            ["f"] * 40 + ["m"] * 40,
            [1.0, 2.0] * 20 + [np.nan] * 40,
            "nobody of the reference group 'm' was approved",
        ),
        (["f"] * 40 + ["m"] * 40, [2.0] * 40 + [1.0] * 40, "prices do not vary within the two groups"),
        (["f"] * 3 + ["m"] * 40, [1.0, 2.0, 3.0] + [1.0, 2.0] * 20, "too few: n < 30"),
    ],
)
def test_what_cannot_be_compared_has_a_cause(sex, price, cause) -> None:
    """Missing, constant and few prices are told, never divided by."""
    (found,) = price_gaps(prices_of(sex, price), {"sex": "m"}, True)
    assert found.cause.startswith(cause)
