"""The KS distance against scipy, and how often its interval holds the truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from audit.fairness import count
from audit.fairness.ks import ks_difference, ks_rate

SCORES = st.lists(st.floats(0, 1).map(lambda value: round(value, 2)), min_size=2, max_size=60)


def of(adverse: list[float], favourable: list[float]):
    observed = [1] * len(adverse) + [0] * len(favourable)
    return count(["adverse"] * len(observed), {}, [*adverse, *favourable], observed).score_counts()


@given(SCORES, SCORES)
def test_the_distance_is_that_of_scipy(adverse, favourable) -> None:
    """With ties and samples of any size it equals scipy's two-sample statistic."""
    found = ks_rate("a", "g", of(adverse, favourable))
    assert found.value == pytest.approx(
        stats.ks_2samp(adverse, favourable, method="asymp").statistic, abs=1e-12
    )
    assert 0 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize(("apart", "m", "n"), [(1.0, 150, 200), (0.05, 900, 900), (2.0, 60, 90)])
def test_the_interval_covers(apart, m, n) -> None:
    """Of 300 samples of two normal distributions it holds the true distance 19 times in 20 or more."""
    rng = np.random.default_rng(4)
    truth = 2 * stats.norm.cdf(apart / 2) - 1
    held = 0
    for _ in range(300):
        found = ks_rate("a", "g", of(rng.normal(apart, 1, m).tolist(), rng.normal(0, 1, n).tolist()))
        held += found.low <= truth <= found.high
    assert held / 300 >= 0.95


def test_a_difference_is_reference_minus_group() -> None:
    """A group that scores part worse than the reference has a positive difference."""
    rng = np.random.default_rng(5)
    worse = of(rng.normal(0.2, 1, 300).tolist(), rng.normal(0, 1, 300).tolist())
    better = of(rng.normal(2, 1, 300).tolist(), rng.normal(0, 1, 300).tolist())
    found = ks_difference("a", "g", "r", (worse, better), None)
    assert found.value == ks_rate("a", "r", better).value - ks_rate("a", "g", worse).value > 0.4
    assert 0 < found.low < found.value < found.high
    none = of([0.5], [])
    assert "reference group 'r' has no KS" in ks_difference("a", "g", "r", (worse, none), None).cause


def test_the_interval_of_a_difference_covers() -> None:
    """Of 300 pairs of groups it holds the true difference 19 times in 20 or more."""
    rng = np.random.default_rng(6)
    truth = 2 * (stats.norm.cdf(0.6) - stats.norm.cdf(0.4))
    held = 0
    for _ in range(300):
        groups = [
            of(rng.normal(mean, 1, 120).tolist(), rng.normal(0, 1, 150).tolist()) for mean in (0.8, 1.2)
        ]
        found = ks_difference("a", "g", "r", (groups[0], groups[1]), None)
        held += found.low <= truth <= found.high
    assert held / 300 >= 0.95
