"""Power and the smallest detectable gap, against statsmodels and plain enumeration."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import power_proportions_2indep

from audit.fairness.fisher import fisher_p_value
from audit.fairness.power import power_of_gap, smallest_detectable_gap

RATE = st.floats(0.02, 0.98)
SIZE = st.integers(30, 5000)


@given(RATE, SIZE, RATE, SIZE)
def test_the_power_is_that_of_statsmodels(rate, n, reference_rate, m) -> None:
    """The two-sided power at 5 % meets statsmodels' for sizes that differ."""
    theirs = power_proportions_2indep(
        rate - reference_rate, reference_rate, n, ratio=m / n, return_results=False
    )
    assert power_of_gap(rate, n, reference_rate, m) == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize(("rate", "n", "reference_rate", "m"), [(0.4, 80, 0.65, 90), (0.5, 60, 0.8, 100)])
def test_exact_tests_find_a_little_less(rate, n, reference_rate, m) -> None:
    """Summed over all outcomes, Fisher's test has at most this power, and at most six points less."""
    found = 0.0
    for x, y in itertools.product(range(n + 1), range(m + 1)):
        chance = stats.binom.pmf(x, n, rate) * stats.binom.pmf(y, m, reference_rate)
        if chance > 1e-9 and fisher_p_value(x, n, y, m) < 0.05:
            found += chance
    assert 0 <= power_of_gap(rate, n, reference_rate, m) - found < 0.06


@given(SIZE, RATE, SIZE)
def test_the_smallest_gap_is_found_four_times_in_five(n, reference_rate, m) -> None:
    """At the gap the power is 80 %, below it less; where none is that large, there is none."""
    gap = smallest_detectable_gap(n, reference_rate, m)
    if gap is None:
        assert power_of_gap(0.0, n, reference_rate, m) < 0.8
        return
    assert 0 < gap <= reference_rate
    assert power_of_gap(reference_rate - gap, n, reference_rate, m) == pytest.approx(0.8, abs=1e-6)
    assert power_of_gap(reference_rate - 0.9 * gap, n, reference_rate, m) < 0.8


def test_nobody_selected_shows_nothing() -> None:
    """Where nobody of the reference is selected no gap can be found, and nothing is divided by zero."""
    assert smallest_detectable_gap(100, 0.0, 100) is None
    assert power_of_gap(0.0, 10, 0.0, 10) == 0.05
    assert power_of_gap(1.0, 10, 0.0, 10) == 1.0
