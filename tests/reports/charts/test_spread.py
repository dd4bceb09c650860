"""The spread of scores, and calibration in small panels."""

from __future__ import annotations

import pytest

from reports.charts.calibrated import outside, panel
from reports.charts.scores import Bin
from reports.charts.spread import Spread, spreads

VALUES = (0.1, 0.2, 0.3, 0.5, 0.9)
GROUPS = (
    Spread("Age", head=True),
    Spread("40–61", "1,505", "0.300 (0.290–0.310)", VALUES),
    Spread("62+", "3", "too few"),
)


@pytest.mark.parametrize("narrow", [False, True])
def test_each_value_lies_at_its_place(narrow: bool) -> None:
    """The axis runs a little past the ends, evenly; the cutoff lies on it."""
    chart = spreads(GROUPS, "t", cutoff=0.3, narrow=narrow)
    low, high = 0.1 - 0.024, 0.9 + 0.024
    for value, place in zip(VALUES, chart.rows[1].places, strict=True):
        part = (value - low) / (high - low)
        assert place == pytest.approx(chart.start + part * (chart.stop - chart.start), abs=0.06)
    assert chart.cutoff == chart.rows[1].places[2]
    assert chart.rows[2].places == ()
    assert [row.spread.n for row in chart.rows] == ["", "1,505", "3"]


def test_one_group_of_one_score_and_no_group_at_all() -> None:
    """Equal values do not divide by nothing; an empty chart has an axis."""
    one = spreads([Spread("all", "40", "", (0.5,) * 5)], "t", cutoff=None)
    assert len(set(one.rows[0].places)) == 1
    assert one.start < one.rows[0].places[0] < one.stop
    assert spreads([], "t", cutoff=None).rows == ()


def test_a_long_name_is_cut_and_a_foreign_one_is_kept() -> None:
    """A label never runs into the numbers."""
    names = ("people of an exceedingly long and winding name", "ירושלים", "Málaga")
    chart = spreads([Spread(name, "40", "", VALUES) for name in names], "t", cutoff=None)
    labels = [row.spread.label for row in chart.rows]
    assert labels[0].endswith("…")
    assert labels[1:] == list(names[1:])


def test_calibration_lies_on_the_diagonal_where_scores_come_true() -> None:
    """Both axes run from 0 to 1 over a square; filled where the interval does not hold the promise."""
    true, wrong = Bin(100, 0.25, 0.25, 0.1, 0.4), Bin(100, 0.75, 0.5, 0.4, 0.6)
    chart = panel([true, wrong], "t")
    assert chart.stop - chart.start == chart.bottom - chart.top
    first, second = chart.places
    assert first.x - chart.start == chart.bottom - first.y == 30.0
    assert (second.x, second.y) == (chart.start + 90, chart.bottom - 60)
    assert (second.low, second.high) == (chart.bottom - 48, chart.bottom - 72)
    assert [place.outside for place in chart.places] == [False, True]
    assert outside(wrong)
    assert not outside(Bin(100, 0.4, 0.2, 0.1, 0.4))  # an end is inside
    assert panel([], "t").places == ()


def test_intervals_may_reach_both_ends() -> None:
    """0 and 1 are the edges of the square, and nothing leaves it."""
    (place,) = panel([Bin(30, 1.0, 0.0, 0.0, 1.0)], "t").places
    assert (place.low, place.high, place.x) == (126.0, 6.0, 144.0)
