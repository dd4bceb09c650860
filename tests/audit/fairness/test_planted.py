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
