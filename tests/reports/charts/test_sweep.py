"""The sweep of a ratio: one dot a measured cutoff, at its place on a log scale."""

from __future__ import annotations

import math

import pytest

from reports.charts.sweep import Measured, shared, sweep

POINTS = [
    Measured(0.1, None, None, None),
    Measured(0.2, 0.5, 0.3, 0.8),
    Measured(0.3, 0.8, 0.7, 0.91),
    Measured(0.5, 1.0, 0.9, 1.1),
    Measured(0.9, 1.25, 1.01, 4.0),
]


def drawn():
    return sweep(POINTS, "t", between=(0.4, 2.5), line=0.8, cutoff=0.3)


def test_dots_lie_where_logarithms_put_them() -> None:
    """Across by cutoff, up by the logarithm of the ratio; 1.00 lies midway between 0.4 and 2.5."""
    chart = drawn()
    for dot, point in zip(chart.dots, POINTS[1:], strict=True):
        part = (point.cutoff - 0.1) / 0.8
        assert dot.x == pytest.approx(chart.start + 4 + part * (chart.stop - chart.start - 8), abs=0.06)
        assert point.value is not None
        height = math.log(point.value / 0.4) / math.log(2.5 / 0.4)
        assert dot.y == pytest.approx(chart.bottom - height * (chart.bottom - chart.top), abs=0.06)
        assert dot.high <= dot.y <= dot.low  # up on paper is less
    assert chart.one == pytest.approx((chart.top + chart.bottom) / 2, abs=0.06)
    assert chart.line == chart.dots[1].y
    assert chart.cutoff == chart.dots[1].x


def test_shape_says_which_side_and_a_cut_line_has_a_tip() -> None:
    """In force, beyond 1.00, spanning it; what leaves the scale is drawn to the edge and marked."""
    chart = drawn()
    assert [dot.state for dot in chart.dots] == ["sure", "now", "spans", "sure"]
    assert [dot.cut_low for dot in chart.dots] == [True, False, False, False]
    assert [dot.cut_high for dot in chart.dots] == [False, False, False, True]
    assert chart.dots[0].low == chart.bottom
    assert chart.dots[3].high == chart.top


def test_a_cutoff_at_which_nobody_was_approved_has_no_dot() -> None:
    """Nor has a group of which nobody was approved at any."""
    assert len(drawn().dots) == len(POINTS) - 1
    none = sweep(POINTS[:1], "t", between=shared([POINTS[:1]], None), line=None, cutoff=None)
    assert none.dots == ()
    assert none.line is none.cutoff is None


def test_ends_at_zero_and_at_infinity_stay_on_the_paper() -> None:
    """An interval may reach 0 or never end; every place is a number inside the panel."""
    wild = [Measured(0.5, 1.0, 0.0, math.inf), Measured(0.6, 0.0, 0.0, 0.2)]
    between = shared([wild], 0.8)
    assert between == (0.4, 2.5)
    chart = sweep(wild, "t", between=between, line=0.8, cutoff=0.5)
    for dot in chart.dots:
        assert chart.top <= dot.high <= dot.y <= dot.low <= chart.bottom
    assert chart.dots[0].cut_low
    assert chart.dots[0].cut_high
