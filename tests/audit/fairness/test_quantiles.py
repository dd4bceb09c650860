"""Quantiles by group against numpy, their intervals against plain enumeration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from audit.fairness import count
from audit.fairness.quantiles import SHARES, quantiles_by_group


def rows_of(values, min_group=1):
    table = count(["favourable"] * len(values), {"g": ["a"] * len(values)}, values)
    return quantiles_by_group(table, ("g",), min_group)


@given(st.lists(st.floats(-5, 5).map(lambda v: round(v, 1)), min_size=1, max_size=80))
def test_quantiles_are_those_of_numpy(values) -> None:
    """The smallest value that enough do not exceed, and intervals by the binomial distribution."""
    (row,) = rows_of(values)
    ordered, n = sorted(values), len(values)
    for one, share in zip(row["quantiles"], SHARES, strict=True):
        assert one["value"] == np.quantile(values, share, method="inverted_cdf")
        low, high = int(stats.binom.ppf(0.025, n, share)), int(stats.binom.ppf(0.975, n, share)) + 1
        assert one["low"] == (ordered[low - 1] if low >= 1 else None)
        assert one["high"] == (ordered[high - 1] if high <= n else None)
    assert row["mean"] == pytest.approx(np.mean(values))


def test_a_small_group_has_no_numbers() -> None:
    """A median of three people tells of one of them."""
    assert rows_of([1.0, 2.0, 3.0], 30) == [
        {"attribute": "g", "group": "a", "n": 3, "cause": "too few: n < 30"}
    ]


def test_the_interval_of_a_median_covers() -> None:
    """Of 400 samples it holds the true median at least 19 times in 20."""
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        median = rows_of(rng.exponential(size=51).tolist())[0]["quantiles"][2]
        held += median["low"] <= np.log(2) <= median["high"]
    assert held / 400 >= 0.94
