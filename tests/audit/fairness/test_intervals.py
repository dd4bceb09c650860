"""Intervals of one group's numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, ttest_ind

from audit.fairness.intervals import auc_interval, mean_difference, wilson_interval


@given(st.integers(1, 5000), st.floats(0, 1))
def test_wilson_equals_scipys(n, share) -> None:
    """The interval equals scipy's, holds the share and stays within 0 and 1."""
    k = round(n * share)
    low, high = wilson_interval(k, n)
    theirs = binomtest(k, n).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert 0 <= low <= k / n <= high <= 1


@given(st.floats(0, 1), st.integers(1, 3000), st.integers(1, 3000))
def test_the_auc_interval_holds_the_auc(auc, n_adverse, n_favourable) -> None:
    """It stays within 0 and 1, holds the area and has a width even at 1."""
    low, high = auc_interval(auc, n_adverse, n_favourable)
    assert 0 <= low <= auc <= high <= 1
    assert low < high
    mirrored = auc_interval(1 - auc, n_adverse, n_favourable)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_the_auc_interval_covers_the_truth() -> None:
    """Of 2,000 samples of a known area, 93 to 98 % have it inside."""
    rng = np.random.default_rng(5)
    shift, n_adverse, n_favourable = 1.0, 40, 80
    truth = 0.5 * (1 + math.erf(shift / 2))
    inside = 0
    for _ in range(2000):
        bad, good = rng.normal(shift, 1, n_adverse), rng.normal(0, 1, n_favourable)
        auc = float((bad[:, None] > good[None, :]).mean())
        low, high = auc_interval(auc, n_adverse, n_favourable)
        inside += low <= truth <= high
    assert 0.93 * 2000 < inside < 0.98 * 2000


@given(
    st.lists(st.floats(-5, 5), min_size=2, max_size=30), st.lists(st.floats(-5, 5), min_size=2, max_size=30)
)
def test_the_mean_difference_is_welchs(a, b) -> None:
    """Interval and p-value equal scipy's Welch test."""
    a, b = np.round(a, 3), np.round(b, 3)
    if np.ptp(a) == 0 or np.ptp(b) == 0:  # the variance of equal numbers may round to above 0
        return
    ours = mean_difference(
        float(a.mean() - b.mean()), float(a.var(ddof=1)), len(a), float(b.var(ddof=1)), len(b)
    )
    theirs = ttest_ind(a, b, equal_var=False)
    interval = theirs.confidence_interval()
    assert ours.p_value == pytest.approx(theirs.pvalue, abs=1e-9)
    assert (ours.low, ours.high) == pytest.approx((interval.low, interval.high), abs=1e-7)
