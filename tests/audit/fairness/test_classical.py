"""Intervals and p-values of other tools, against those tools and published figures."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import contingency
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from audit.fairness.classical import clopper_pearson_interval, katz_interval, newcombe_interval
from audit.fairness.fisher import fisher_p_value, mid_p_value

TABLES = st.tuples(st.integers(1, 60), st.integers(1, 60)).flatmap(
    lambda sizes: st.tuples(
        st.integers(0, sizes[0]), st.just(sizes[0]), st.integers(0, sizes[1]), st.just(sizes[1])
    )
)


@given(TABLES)
def test_the_exact_interval_is_that_of_scipy_and_statsmodels(table) -> None:
    """Clopper-Pearson's interval of a share meets both."""
    x, n, _, _ = table
    ours = clopper_pearson_interval(x, n)
    theirs = stats.binomtest(x, n).proportion_ci(method="exact")
    assert ours == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    low, high = proportion_confint(x, n, method="beta")
    assert ours == pytest.approx((0.0 if x == 0 else low, 1.0 if x == n else high), abs=1e-9)


@given(TABLES)
def test_newcombes_interval_is_that_of_statsmodels(table) -> None:
    """The difference's interval by squared distances meets statsmodels', turned to reference - group."""
    x, n, y, m = table
    theirs = confint_proportions_2indep(y, m, x, n, method="newcomb", compare="diff")
    assert newcombe_interval(x, n, y, m) == pytest.approx(theirs, abs=1e-9)


def test_newcombes_own_examples() -> None:
    """Newcombe (1998), table II: 56/70 - 48/80, 9/10 - 3/10 and 10/10 - 0/20."""
    assert newcombe_interval(48, 80, 56, 70) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert newcombe_interval(3, 10, 9, 10) == pytest.approx((0.1705, 0.8090), abs=5e-5)
    assert newcombe_interval(0, 20, 10, 10) == pytest.approx((0.6791, 1.0), abs=5e-5)


@given(TABLES)
def test_katzs_interval_is_that_of_scipy(table) -> None:
    """The ratio's interval on logarithms meets scipy's; where it has none, ours has none."""
    x, n, y, m = table
    ours = katz_interval(x, n, y, m)
    if x == 0 or y == 0:
        assert ours is None
        return
    theirs = contingency.relative_risk(x, n, y, m).confidence_interval(0.95)
    assert ours == pytest.approx((theirs.low, theirs.high), rel=1e-9)


@given(TABLES)
def test_the_mid_p_value_is_that_of_plain_counting(table) -> None:
    """Half of the table observed, and all of every other that is not more likely, in whole numbers."""
    x, n, y, m = table
    total = x + y
    ways = {k: comb(n, k) * comb(m, total - k) for k in range(max(0, total - m), min(n, total) + 1)}
    others = sum(way for k, way in ways.items() if k != x and way <= ways[x])
    expected = Fraction(2 * others + ways[x], 2 * sum(ways.values()))
    assert mid_p_value(x, n, y, m) == pytest.approx(float(expected), abs=1e-9)
    assert mid_p_value(x, n, y, m) <= fisher_p_value(x, n, y, m)
