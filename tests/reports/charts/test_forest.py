"""The forest and the strip of ratios."""

from __future__ import annotations

from reports.charts.forest import Ratio, forest, strip

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
