"""Bars, strips of dots, histograms, calibration and effect curves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reports.charts.bars import Size, bars
from reports.charts.effects import EffectBin, effect
from reports.charts.scores import Bin, Counted, calibration, distribution
from reports.charts.swarm import Strand, swarm


def test_bars_start_at_zero() -> None:
    """Twice the value is twice the bar; the axis is never cut."""
    chart = bars([Size("a", "", 0.08), Size("b", "", 0.04)], "t", head="")
    assert abs(chart.bars[0].width - 2 * chart.bars[1].width) <= 0.2
    assert chart.ticks[0].label in ("0.00", "0")


def test_a_part_lies_in_front_of_its_whole() -> None:
    """Named first is a part of named at all."""
    chart = bars([Size("a", "", 0.8, 0.2)], "t", head="", percent=True)
    part = chart.bars[0].part
    assert part is not None
    assert 0 < part < chart.bars[0].width
    assert chart.ticks[-1].label.endswith("%")


points = st.lists(st.tuples(st.floats(-1, 1), st.one_of(st.none(), st.floats(0, 1))), max_size=60)


@given(points)
def test_no_dot_is_dropped_and_order_of_points_is_nothing(drawn: list[tuple[float, float | None]]) -> None:
    """Each sealed point is one dot, on its side of zero, wherever it stood in the series."""
    chart = swarm([Strand("a", tuple(drawn))], "t")
    assert len(chart.rows[0].dots) == len(drawn)
    again = swarm([Strand("a", tuple(reversed(drawn)))], "t")
    assert sorted((d.x, d.y) for d in chart.rows[0].dots) == sorted((d.x, d.y) for d in again.rows[0].dots)
    toward_refusal = sum(value > 0.02 for value, _ in drawn)
    assert sum(dot.x > chart.zero for dot in chart.rows[0].dots) >= toward_refusal


def test_a_histogram_draws_each_step() -> None:
    """One step a bin, and an empty group has no drawing."""
    chart = distribution(
        [Counted("all", (1, 2, 0)), Counted("none", (0, 0, 0))], [0, 1, 2, 3], "t", cutoff=1.0
    )
    assert chart.rows[0].path.count("L") == 2 * 3 + 1
    assert chart.rows[1].path == ""
    assert chart.cutoff is not None
    assert chart.start < chart.cutoff < chart.stop


def test_what_came_true_lies_on_the_diagonal() -> None:
    """A bin whose share equals its score is as far up as it is across."""
    chart = calibration([Bin(100, 0.5, 0.5, 0.4, 0.6)], "t", promises=True)
    place = chart.places[0]
    assert (place.x - chart.start) / (chart.stop - chart.start) == (chart.bottom - place.y) / (
        chart.bottom - chart.top
    )


def test_an_effect_is_not_drawn_past_its_data() -> None:
    """Steps lie inside the axis; a single value is a short dash."""
    chart = effect([EffectBin(0, 0, 10, -0.1), EffectBin(1, 4, 5, 0.1)], "a", "t", low=-0.2, high=0.2)
    assert all(chart.start <= step.left < step.right <= chart.stop for step in chart.steps)
    assert chart.steps[0].right - chart.steps[0].left == 4.0
    assert chart.steps[0].y > chart.zero > chart.steps[1].y
