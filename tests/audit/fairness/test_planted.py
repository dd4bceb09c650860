"""Where the truth is planted: false alarms at most at the stated level, gaps found as often as stated."""

from __future__ import annotations

import pytest
from scipy.stats import binom

from tests.worlds import planted


def most(worlds: int, share: float) -> int:
    """Return how many of these worlds would be hit once in a thousand runs at most, were the share true."""
    return int(binom.ppf(0.999, worlds, share))


@pytest.mark.parametrize(("n", "worlds"), [(600, 60), pytest.param(2_000, 600, marks=pytest.mark.slow)])
def test_a_null_world_raises_alarms_at_most_at_the_stated_level(n: int, worlds: int) -> None:
    """In each family of tests, with the family counted in; and without that, far more often."""
    alarms = planted.null_worlds(worlds, n, seed=41)
    assert len(alarms.plain) >= 10
    over = {name: hit for name, hit in alarms.adjusted.items() if hit > most(worlds, planted.ALPHA)}
    assert over == {}
    assert min(alarms.plain[name] for name in ("adverse_impact_ratio", "auc_difference")) > 0.15 * worlds
    assert alarms.screened <= most(worlds, 0.01)


@pytest.mark.parametrize(
    ("n", "m", "gap", "worlds"),
    [
        (150, 350, 0.10, 150),
        (600, 1_400, 0.05, 150),
        pytest.param(300, 700, 0.08, 1_500, marks=pytest.mark.slow),
    ],
)
def test_a_planted_gap_is_found_as_often_as_the_report_states(
    n: int, m: int, gap: float, worlds: int
) -> None:
    """Within chance; an exact test may find up to six points less, and never more."""
    measured, stated = planted.found_share(worlds, n, m, gap, seed=7)
    chance = 3.3 * (stated * (1 - stated) / worlds) ** 0.5
    assert stated - 0.06 - chance < measured < stated + chance


@pytest.mark.parametrize(("n", "worlds"), [(800, 100), pytest.param(300, 800, marks=pytest.mark.slow)])
def test_intervals_hold_the_truth_as_often_as_they_say(n: int, worlds: int) -> None:
    """Shares, differences, ratios and areas under the curve: 95 in 100, within chance."""
    for name, (share, told) in planted.coverage(worlds, n, seed=13).items():
        assert share * told >= binom.ppf(0.0005, told, 0.94), name


def test_estimated_groups_hold_what_weights_can_see() -> None:
    """With calibrated probabilities the interval holds the expected ratio, and the bounds the true rate."""
    within, _, bounded = planted.estimated(100, 1_500, seed=19)
    assert within * 100 >= binom.ppf(0.0005, 100, 0.95)
    assert bounded == 1.0
