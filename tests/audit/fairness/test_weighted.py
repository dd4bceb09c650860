"""Rates by weights: against counts where weights are memberships, and against worlds whose truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from audit.fairness.intervals import wilson_interval
from audit.fairness.weighted import DIFFERENCE, bounds, interval, unseen, weighted_rate, weighted_rates

GROUPS = ("white", "black")


def _world(n: int, seed: int, within: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return p, true members and approvals; ``within``: members are approved so much oftener at equal p."""
    draw = np.random.default_rng(seed)
    p = draw.beta(0.5, 1.5, n)
    member = draw.random(n) < p
    y = draw.random(n) < 0.75 - 0.2 * p + within * (member - p)
    return p, member, y.astype(float)


def test_memberships_are_weights_of_one_and_nought() -> None:
    """With p of 0 and 1 the weighted rate is the count's, and its interval is Wilson's."""
    p = np.array([1.0] * 40 + [0.0] * 60)
    y = np.array([1.0] * 30 + [0.0] * 10 + [1.0] * 20 + [0.0] * 40)
    assert weighted_rate(p, y)[0] == 0.75
    low, high = interval(p, y)
    ours, theirs = high - low, np.subtract(*wilson_interval(30, 40)[::-1])
    assert ours == pytest.approx(theirs, rel=0.02)  # n over n - 1
    assert unseen(p) == 0.0
    assert bounds(np.repeat([1.0, 0.0], 250), np.tile([1.0, 0.0], 250)) == (0.5, 0.5)


def test_the_weighted_rate_by_a_plain_loop() -> None:
    """The rate is sum(p * y) / sum(p), added up one by one."""
    p, _, y = _world(500, 3)
    above = below = 0.0
    for weight, approved in zip(p.tolist(), y.tolist(), strict=True):
        above += weight * approved
        below += weight
    assert weighted_rate(p, y)[0] == pytest.approx(above / below, abs=1e-14)


def test_calibrated_weights_find_the_true_rate() -> None:
    """Where membership says nothing more at equal p, the interval holds the truth 95 times in 100."""
    everybody = np.random.default_rng(10_000).beta(0.5, 1.5, 400_000)
    truth = float((everybody * (0.75 - 0.2 * everybody)).sum() / everybody.sum())
    covered = 0
    for seed in range(300):
        p, _, y = _world(1500, seed)
        low, high = interval(p, y)
        covered += low <= truth <= high
    assert 0.92 <= covered / 300 <= 0.98


@pytest.mark.parametrize("within", [-0.2, -0.05, 0.0, 0.05, 0.2])
def test_the_bias_is_what_is_unseen(within: float) -> None:
    """True rate less weighted rate is the difference within people of like p, times ``unseen``."""
    p, member, y = _world(400_000, 11, within)
    bias = y[member].mean() - weighted_rate(p, y)[0]
    assert bias == pytest.approx(within * unseen(p), abs=4e-3)


@pytest.mark.parametrize("within", [-0.4, -0.2, 0.0, 0.2, 0.24])
def test_the_bounds_hold_whatever_the_bias(within: float) -> None:
    """The true rate of members lies within the bounds, and so does the weighted one."""
    p, member, y = _world(100_000, 5, within)
    low, high = bounds(p, y)
    assert low <= y[member].mean() <= high
    assert low <= weighted_rate(p, y)[0] <= high


def test_ratio_interval_and_p_value_agree() -> None:
    """An interval holds 1 exactly when p is at least 0.05."""
    seen = set()
    for seed in range(60):
        p, _, y = _world(900, seed, 0.0)
        _, black = weighted_rates(np.stack([1 - p, p], axis=1), y, GROUPS, "white")
        assert black.ratio_low is not None
        assert black.ratio_high is not None
        assert black.p_value is not None
        holds = black.ratio_low <= 1 <= black.ratio_high
        assert holds == (black.p_value >= 0.05)
        seen.add(holds)
    assert seen == {True, False}


def test_the_interval_of_a_ratio_covers() -> None:
    """The ratio's interval holds the true ratio about 95 times in 100."""
    everybody = np.random.default_rng(1).beta(0.5, 1.5, 400_000)
    rate = 0.75 - 0.2 * everybody
    truth = ((everybody * rate).sum() / everybody.sum()) / (
        ((1 - everybody) * rate).sum() / (1 - everybody).sum()
    )
    covered = 0
    for seed in range(300):
        p, _, y = _world(1500, seed)
        _, black = weighted_rates(np.stack([1 - p, p], axis=1), y, GROUPS, "white")
        covered += (black.ratio_low or 0) <= truth <= (black.ratio_high or 9)
    assert 0.92 <= covered / 300 <= 0.985


def test_the_range_is_for_the_stated_difference() -> None:
    """The range of a ratio moves both rates by ``DIFFERENCE`` times what is unseen of each."""
    p, _, y = _world(2000, 9)
    white, black = weighted_rates(np.stack([1 - p, p], axis=1), y, GROUPS, "white")
    move, other = DIFFERENCE * unseen(p), DIFFERENCE * unseen(1 - p)
    assert white.rate is not None
    assert black.rate is not None
    assert black.ratio_error_low == pytest.approx((black.rate - move) / (white.rate + other))
    assert black.ratio_error_high == pytest.approx((black.rate + move) / (white.rate - other))
    assert white.ratio is None


def test_thresholds_stand_beside_the_weights() -> None:
    """Who would be called a member is counted at 0.5 and 0.8; under the minimum size there is no rate."""
    p = np.array([0.9] * 40 + [0.6] * 10 + [0.1] * 50)
    y = np.array([1.0] * 20 + [0.0] * 20 + [1.0] * 10 + [0.0] * 50)
    _, black = weighted_rates(np.stack([1 - p, p], axis=1), y, GROUPS, "white", 30)
    half, four_fifths = black.classified
    assert (half.at, half.n, half.rate) == (0.5, 50, 0.6)
    assert (four_fifths.at, four_fifths.n, four_fifths.rate) == (0.8, 40, 0.5)
    few = weighted_rates(np.stack([1 - p, p], axis=1), y, GROUPS, "white", 45)[1].classified
    assert (few[1].n, few[1].rate) == (40, None)


@pytest.mark.parametrize(
    ("p", "y", "cause"),
    [
        (np.full(100, 0.1), np.ones(100), "too few: 10.0 expected members"),
        (np.full(100, 0.5), np.zeros(100), "nobody of the reference group was approved"),
        (np.full(100, 0.5), np.ones(100), "every decision is alike"),
        (np.full(20, 1.0), np.ones(20), "too few"),
        (np.full(80, 0.8), np.ones(80), "the reference group has too few expected members"),
    ],
)
def test_what_cannot_be_compared_says_why(p: np.ndarray, y: np.ndarray, cause: str) -> None:
    """Small groups, none approved, all approved: a cause, and no interval."""
    black = weighted_rates(np.stack([1 - p, p], axis=1), y, GROUPS, "white")[1]
    assert (black.cause or "").startswith(cause)
    assert black.ratio_low is None
    assert black.p_value is None


def test_the_order_of_people_changes_nothing() -> None:
    """Rows in another order give the same numbers, bit for bit."""
    p, _, y = _world(777, 2)
    order = np.random.default_rng(0).permutation(777)
    one = weighted_rates(np.stack([1 - p, p], axis=1), y, GROUPS, "white")
    assert one == weighted_rates(np.stack([1 - p, p], axis=1)[order], y[order], GROUPS, "white")
    assert all(math.isfinite(each.expected) for each in one)
