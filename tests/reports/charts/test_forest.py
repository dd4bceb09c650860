"""The forest and the strip of ratios."""

from __future__ import annotations

import math

import pytest

from reports.charts.forest import Ratio, forest, strip
from reports.ratios import fitting

ROWS = (
    Ratio("head", "Age"),
    Ratio("reference", "40–61", "1,479", "reference"),
    Ratio("dot", "18–24", "443", "0.90 (0.83–0.97)", 0.9, 0.832, 0.968),
    Ratio("few", "62+", "3", "0.20 (0.01–9.00)", 0.2, 0.01, 9.0),
    Ratio("none", "unknown", "0", "not measured"),
)


def test_a_lower_ratio_lies_further_left() -> None:
    """Places follow the values, and the interval holds its dot."""
    chart = forest(ROWS, "t", 0.8)
    dot = chart.rows[2]
    assert chart.line is not None
    assert dot.left is not None
    assert dot.x is not None
    assert dot.right is not None
    assert chart.line < dot.left < dot.x < dot.right < chart.one


def test_a_line_that_leaves_the_axis_ends_in_an_arrow() -> None:
    """Nothing is clipped in silence, and a small group does not squeeze the others."""
    few = forest(ROWS, "t", 0.8).rows[3]
    assert few.cut_left
    assert few.cut_right
    assert (few.left, few.right) == (150.0, 356.0)


def test_every_group_has_its_row() -> None:
    """A group without a ratio keeps its label and its cause."""
    chart = forest(ROWS, "t", 0.8)
    assert [row.ratio.label for row in chart.rows] == ["Age", "40–61", "18–24", "62+", "unknown"]
    assert chart.rows[4].x is None
    assert [row.y for row in chart.rows] == sorted(row.y for row in chart.rows)


def test_both_widths_hold_the_same_groups() -> None:
    """The narrow drawing leaves nothing out."""
    wide, narrow = forest(ROWS, "t", 0.8), forest(ROWS, "t", 0.8, narrow=True)
    assert [r.ratio.text for r in wide.rows] == [r.ratio.text for r in narrow.rows]
    assert narrow.width == 240


def test_the_strip_names_the_far_ends_only() -> None:
    """The lowest and the highest are labelled, and no label crosses the screening line."""
    ratios = [Ratio("dot", f"group {i}", value=0.82 + i * 0.04) for i in range(8)]
    chart = strip(ratios, "t", 0.8)
    assert [dot.label for dot in chart.dots if dot.label] == ["group 0", "group 7"]
    assert chart.line is not None
    assert chart.dots[0].label_x > chart.line
    assert [dot.x for dot in chart.dots] == sorted(dot.x for dot in chart.dots)


@pytest.mark.parametrize("narrow", [False, True])
def test_marks_lie_where_logarithms_put_them(narrow: bool) -> None:
    """Places are those of the logarithm between the drawing's ends, computed here from the ticks alone."""
    chart = forest(ROWS, "t", 0.8, narrow=narrow)
    dot = chart.rows[2]
    # Two known ratios give the scale: 1.00 and the screening line.
    assert chart.line is not None
    unit = (chart.one - chart.line) / math.log(1 / 0.8)
    for value, place in ((0.9, dot.x), (0.832, dot.left), (0.968, dot.right)):
        assert place == pytest.approx(chart.one + unit * math.log(value), abs=0.2)


@pytest.mark.parametrize("narrow", [False, True])
def test_a_bound_is_drawn_at_its_place_and_named(narrow: bool) -> None:
    """A house's bound is no screening line: it has its own line, its name, and room for it."""
    bounds = ((0.9, "house bound"), (0.85, "guidance bound"))
    chart = forest(ROWS, "t", 0.8, bounds=bounds, narrow=narrow)
    assert [bound.label for bound in chart.bounds] == ["0.90 house bound", "0.85 guidance bound"]
    assert chart.bounds[0].at == chart.rows[2].x
    assert chart.line is not None
    assert chart.line < chart.bounds[1].at < chart.bounds[0].at < chart.one
    assert len({bound.label_y for bound in chart.bounds}) == 2
    assert all(bound.label_y < chart.top + 20 for bound in chart.bounds)
    assert chart.top == forest(ROWS, "t", 0.8, narrow=narrow).top + 18


def test_an_interval_to_zero_or_without_end_stays_on_the_paper() -> None:
    """Nobody of the group approved, or hardly anybody of the reference: arrows, never a place outside."""
    wild = (Ratio("dot", "a", "40", "", 0.0, 0.0, 0.3), Ratio("dot", "b", "40", "", 3.0, 0.9, math.inf))
    for narrow in (False, True):
        chart = forest(wild, "t", None, narrow=narrow)
        none, all_ = chart.rows
        assert (none.cut_left, none.cut_right) == (True, False)
        assert none.left == none.right == chart.start  # 0 to 0.3 lies wholly left of the drawing
        assert all_.cut_right
        for row in chart.rows:
            assert row.left is not None
            assert row.x is not None
            assert row.right is not None
            assert chart.start <= row.left <= row.x <= row.right <= chart.stop


def test_one_group_and_none() -> None:
    """A drawing of one row, and of no row, has an axis."""
    assert len(forest([Ratio("dot", "a", "40", "", 0.9, 0.8, 1.0)], "t", 0.8).rows) == 1
    assert forest([], "t", None).rows == ()


def test_of_thousands_of_groups_the_gravest_are_drawn() -> None:
    """Below the line, spanning it, then the lowest; names and references stay, and the rest is counted."""
    many = [Ratio("dot", f"g{i}", "40", "", 1 + i / 1000, 0.9, 1.1) for i in range(3000)]
    many[2500] = Ratio("below", "far", "40", "", 0.5, 0.4, 0.6)
    many[2600] = Ratio("span", "near", "40", "", 0.82, 0.7, 0.9)
    rows, n_left = fitting([Ratio("head", "Shop"), Ratio("reference", "main"), *many], 10)
    assert [row.label for row in rows] == ["Shop", "main", *(f"g{i}" for i in range(6)), "far", "near"]
    assert n_left == 2992
    assert fitting(many[:5], 10) == (tuple(many[:5]), 0)
    assert forest(rows, "t", 0.8).height < 200


def test_long_and_foreign_names() -> None:
    """A long one is cut before the numbers; letters with accents and from right to left are kept."""
    names = ("an exceedingly long name of a group of people", "Málaga–Ñuñoa", "ירושלים")
    chart = forest([Ratio("dot", name, "40", "0.90", 0.9, 0.8, 1.0) for name in names], "t", None)
    labels = [row.ratio.label for row in chart.rows]
    assert labels[0].endswith("…")
    assert labels[1:] == list(names[1:])
