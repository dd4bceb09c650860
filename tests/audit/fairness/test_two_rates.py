"""The exact test of two rates, and intervals that never contradict its p-value."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln
from scipy.stats import binom, fisher_exact
from scipy.stats.contingency import relative_risk

from audit.fairness.fisher import fisher_p_value, odds_interval
from audit.fairness.two_rates import compare_rates, difference_score, odds_score, ratio_score

TABLES = st.tuples(st.integers(1, 60), st.integers(1, 60), st.floats(0, 1), st.floats(0, 1)).map(
    lambda t: (round(t[0] * t[2]), t[0], round(t[1] * t[3]), t[1])
)


@settings(max_examples=300)
@given(TABLES)
def test_the_p_value_is_fishers(table) -> None:
    """The p-value equals scipy's exact two-sided one."""
    x, n, y, m = table
    assert fisher_p_value(x, n, y, m) == pytest.approx(fisher_exact([[x, n - x], [y, m - y]])[1], abs=1e-9)


@pytest.mark.parametrize(
    "table", [(60000, 100000, 61000, 100000), (50, 100, 600000, 1000000), (100, 1000000, 150, 900000)]
)
def test_large_tables_are_summed_where_it_matters(table) -> None:
    """Of a million tables only those near the modes are summed, and the p-value is the same."""
    x, n, y, m = table
    assert fisher_p_value(x, n, y, m) == pytest.approx(fisher_exact([[x, n - x], [y, m - y]])[1], rel=1e-6)


@settings(max_examples=300)
@given(TABLES)
def test_interval_and_p_value_never_disagree(table) -> None:
    """Ratio spans 1, difference spans 0 and p >= 0.05 are one statement; each interval holds its value."""
    two = compare_rates(*table)
    assert (two.difference_low <= 0 <= two.difference_high) == (two.p_value >= 0.05)
    assert -1 <= two.difference_low <= two.difference <= two.difference_high <= 1
    if two.ratio is not None:
        assert (two.ratio_low <= 1 <= two.ratio_high) == (two.p_value >= 0.05)
        assert 0 <= two.ratio_low <= two.ratio <= two.ratio_high < math.inf


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 20), st.integers(1, 20), st.floats(0, 1), st.floats(0, 1)).map(
        lambda t: (round(t[0] * t[2]), t[0], round(t[1] * t[3]), t[1])
    )
)
def test_the_odds_interval_is_the_set_that_is_not_rejected(table) -> None:
    """On a fine grid of odds ratios, the ends are the outermost ones with p >= 0.05."""
    x, n, y, m = table
    p_value = fisher_p_value(x, n, y, m)
    low, high = odds_interval(x, n, y, m, p_value)
    grid = np.linspace(-14, 14, 14001)
    k = np.arange(max(0, x + y - m), min(n, x + y) + 1)
    log = -(gammaln(k + 1) + gammaln(n - k + 1) + gammaln(x + y - k + 1) + gammaln(m - x - y + k + 1))
    log = log + grid[:, None] * k
    weight = np.exp(log - log.max(axis=1, keepdims=True))
    counted = log <= log[:, [x - k[0]]] + 1e-7
    accepted = grid[(weight * counted).sum(axis=1) / weight.sum(axis=1) >= 0.05]
    # A gap in the accepted set may lie at equality; then the interval stops there.
    if p_value < 0.05:
        accepted = accepted[accepted > 0] if x * m > y * n else accepted[accepted < 0]
    if low is None:
        assert x == 0 or y == m
    else:
        assert math.log(low) == pytest.approx(accepted[0], abs=3e-3)
    if high is None:
        assert x == n or y == 0
    else:
        assert math.log(high) == pytest.approx(accepted[-1], abs=3e-3)


@settings(max_examples=200)
@given(TABLES, st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_fitted_rates_are_the_most_likely_ones(table, at, other) -> None:
    """The score statistics use the most likely rates: no rates on the same line are likelier."""
    x, n, y, m = table
    # At equal rates, all three statistics are the pooled z.
    pooled = (x + y) / (n + m)
    if 0 < pooled < 1:
        z = (x / n - y / m) / math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        assert odds_score(x, n, y, m, 1.0) == pytest.approx(z, abs=1e-6)
        assert ratio_score(x, n, y, m, 1.0) == pytest.approx(z, abs=1e-6)
        assert difference_score(x, n, y, m, 0.0) == pytest.approx(-z, abs=1e-6)
    ratio, difference = at / other, other - at
    assert _score_at_best(x, n, y, m, lambda p: ratio * p, 1 / ratio) == pytest.approx(
        abs(ratio_score(x, n, y, m, ratio)), rel=1e-3, abs=1e-3
    )
    low = max(0.0, difference)
    assert _score_at_best(x, n, y, m, lambda p: p - difference, 1 + difference, low) == pytest.approx(
        abs(difference_score(x, n, y, m, difference)), rel=1e-3, abs=1e-3
    )


def _score_at_best(x, n, y, m, rate_of, high, low=0.0) -> float:
    """Find the likeliest rates by a grid that closes in, and return their chi."""
    high = min(high, 1.0)
    for _ in range(12):
        reference = np.linspace(low, high, 401)
        rate = np.clip(rate_of(reference), 0.0, 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = [
                np.where(count == 0, 0.0, count * np.log(p))
                for count, p in ((x, rate), (n - x, 1 - rate), (y, reference), (m - y, 1 - reference))
            ]
        best = int(np.argmax(np.nan_to_num(sum(terms), nan=-np.inf, neginf=-np.inf)))
        low, high = reference[max(best - 1, 0)], reference[min(best + 1, 400)]
    p, q = float(rate[best]), float(reference[best])
    square = 0.0
    for seen, size, fitted in ((x, n, p), (y, m, q)):
        if abs(seen - size * fitted) > 1e-6 * size:
            square += (seen - size * fitted) ** 2 / (size * fitted * (1 - fitted))
    return math.sqrt(square)


@pytest.mark.parametrize(("rate", "ratio"), [(0.5, 0.8), (0.7, 0.8), (0.85, 0.6), (0.3, 1.0), (0.95, 1.0)])
def test_intervals_cover_at_least_95_of_100(rate, ratio) -> None:
    """Over all tables of 30 and 40 applicants, the truth lies inside in at least 94.9 % of samples."""
    n, m = 30, 40
    likely = np.outer(binom.pmf(range(n + 1), n, rate * ratio), binom.pmf(range(m + 1), m, rate))
    covered = differences = 0.0
    for x, y in np.argwhere(likely > 1e-6).tolist():
        two = compare_rates(x, n, y, m)
        differences += likely[x, y] * (
            two.difference_low <= rate * (1 - ratio) + 1e-12
            and two.difference_high >= rate * (1 - ratio) - 1e-12
        )
        if two.ratio is not None:
            covered += likely[x, y] * (two.ratio_low <= ratio <= two.ratio_high)
    assert covered > 0.949
    assert differences > 0.949


def test_the_interval_is_close_to_the_logarithmic_one_where_both_hold() -> None:
    """With hundreds of applicants the interval differs from Katz's by little."""
    two = compare_rates(201, 310, 499, 690)
    katz = relative_risk(201, 310, 499, 690).confidence_interval()
    assert (two.ratio_low, two.ratio_high) == pytest.approx((katz.low, katz.high), abs=0.01)


@pytest.mark.parametrize(
    "table", [(0, 10, 0, 10), (10, 10, 10, 10), (0, 10, 10, 10), (10, 10, 0, 10), (1, 1, 0, 1)]
)
def test_empty_cells_have_intervals_too(table) -> None:
    """Nobody or everybody selected: no crash, the interval holds the value."""
    two = compare_rates(*table)
    assert two.difference_low <= two.difference <= two.difference_high
    assert (two.ratio is None) == (table[2] == 0)


def test_more_applicants_narrow_the_interval() -> None:
    """The same rates in ten times as many applicants give a narrower interval within the wider one."""
    few, many = compare_rates(30, 60, 40, 60), compare_rates(300, 600, 400, 600)
    assert few.ratio_low < many.ratio_low < many.ratio_high < few.ratio_high
