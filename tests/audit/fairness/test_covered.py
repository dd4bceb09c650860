"""Intervals hold the truth as often as they say: counted out where that can be done, else in drawn worlds."""

from __future__ import annotations

import pytest
from scipy.stats import binom

from tests.worlds import covered

NEAR = 0.94  # of the mean over truths: what approximations promise; exact ones promise 0.95 everywhere


@pytest.mark.parametrize("n", [30, 100, pytest.param(500, marks=pytest.mark.slow)])
def test_intervals_of_a_share(n: int) -> None:
    """Clopper and Pearson's hold 95 in 100 everywhere, Wilson's on average and nowhere under 92.5."""
    found = covered.of_one(n)
    assert found["clopper_pearson"][1] >= 0.95
    assert found["wilson"][0] >= NEAR
    assert found["wilson"][1] >= 0.925


@pytest.mark.parametrize(("n", "m"), [(30, 30), pytest.param(50, 100, marks=pytest.mark.slow)])
def test_intervals_of_two_shares(n: int, m: int) -> None:
    """Those that findings rest on hold at least 95 in 100 everywhere; Newcombe's and Katz's on average."""
    found = covered.of_two(n, m)
    for name in ("difference", "ratio", "odds ratio"):
        assert found[f"exact test ({name})"][1] >= 0.95
    for name in ("newcombe (difference)", "katz (ratio)"):
        assert found[name][0] >= NEAR
        assert found[name][1] >= 0.925


@pytest.mark.parametrize(("n", "worlds"), [(600, 100), pytest.param(200, 600, marks=pytest.mark.slow)])
def test_intervals_of_scores_and_drawn_ones(n: int, worlds: int) -> None:
    """DeLong's, Welch's and the bootstrap's hold 95 in 100, within chance."""
    for name, (held, told) in covered.of_worlds(worlds, n, seed=n).items():
        assert told > 0.95 * worlds, name
        assert held >= binom.ppf(0.0005, told, NEAR), name


def test_estimated_groups_with_an_error_that_weights_cannot_see() -> None:
    """With the stated measurement error the range holds the true ratio; the interval alone does not."""
    worlds = 100
    held = covered.of_estimates(worlds, 10_000, seed=5)
    assert held["interval and range"] >= binom.ppf(0.0005, worlds, 0.95)
    assert held["bounds (rate)"] == worlds
    assert held["interval alone"] < 0.9 * worlds


def test_a_gap_is_the_sum_of_its_parts() -> None:
    """In forty worlds with known, estimated and sampled groups: to the last bits."""
    farthest, largest = covered.left_of_gaps(40, 500, seed=3)
    assert farthest < 2e-15
    assert largest > 0.5


def test_worlds_bite() -> None:
    """An interval that is too narrow is seen: of shares at 90 %, and of gaps that leave a part out."""
    from audit.fairness.intervals import wilson_interval

    narrow = [wilson_interval(x, 100, 1.645) for x in range(101)]
    held = sum(float(binom.pmf(x, 100, 0.4)) for x, (low, high) in enumerate(narrow) if low <= 0.4 <= high)
    assert held < 0.925
