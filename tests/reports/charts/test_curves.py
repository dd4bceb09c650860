"""Curves: nothing past the points, heights on one scale, levels never joined."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from reports.charts.curves import Curve, Series, curve, shared

heights = st.floats(-5, 5)


def places(path: str) -> list[tuple[float, float]]:
    """Return the places that a path goes through."""
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path)]


def inside(chart: Curve, path: str) -> bool:
    """Return whether a path stays inside the axes."""
    return all(chart.start <= x <= chart.stop and chart.top <= y <= chart.bottom for x, y in places(path))


@given(
    st.lists(st.tuples(st.floats(-1000, 1000), heights), min_size=2, max_size=20, unique_by=lambda p: p[0])
)
def test_a_curve_goes_through_every_point_and_no_further(drawn: list[tuple[float, float]]) -> None:
    """As many places as points, in their order, inside the axes, with a tick of data at each."""
    drawn = sorted(drawn)
    xs, ys = zip(*drawn, strict=True)
    series = Series(tuple(xs), tuple(ys), tuple(y - 1 for y in ys), tuple(y + 1 for y in ys), (tuple(ys),))
    low, high = shared([series])
    chart = curve(series, "t", low=low, high=high)
    assert len(places(chart.mean)) == len(chart.data) == len(drawn)
    assert [x for x, _ in places(chart.mean)] == sorted(x for x, _ in places(chart.mean))
    assert len(places(chart.band)) == 2 * len(drawn)
    assert chart.lines == (chart.mean,)
    assert inside(chart, chart.mean)
    assert inside(chart, chart.band)


def test_levels_are_dots_that_nothing_joins() -> None:
    """A category has one dot a level with its interval, and no line."""
    chart = curve(Series(("own", "rent"), (0.2, 0.4), (0.1, 0.3), (0.3, 0.5)), "t", low=0.0, high=1.0)
    assert (chart.mean, chart.band, chart.data) == ("", "", ())
    first, second = chart.dots
    assert first.x < second.x
    assert second.y < first.y  # higher scores lie higher
    assert first.low is not None
    assert [tick.label for tick in chart.x_ticks] == ["own", "rent"]


def test_a_mark_is_drawn_where_it_lies_inside() -> None:
    """The cutoff is a line where the heights reach it, and 0 where heights are differences."""
    series = Series((0.0, 1.0), (0.2, 0.4))
    assert curve(series, "t", low=0.1, high=0.5, mark=0.3).mark is not None
    assert curve(series, "t", low=0.1, high=0.5, mark=0.9).mark is None
    assert curve(series, "t", low=-0.1, high=0.5, sign=True).zero is not None
    assert curve(series, "t", low=0.1, high=0.5).zero is None
