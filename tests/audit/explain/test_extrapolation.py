"""How often a moved row is one that nobody has."""

from __future__ import annotations

import numpy as np
import pytest

from audit.explain.axis import axes
from audit.explain.extrapolation import TOO_FEW, beyond, edges, empty_cells, places
from audit.explain.population import population
from tests.worlds.small_scorers import linear


def axis_of(rows, column="x"):
    """Return a population that reads all columns, and the axis of one."""
    people = population(linear(dict.fromkeys(rows, 1.0)), rows, {name: [name] for name in rows})
    return people, next(one for one in axes(people)[0] if one.column == column)


def test_columns_that_have_no_tie_have_no_empty_cells():
    """Of independent columns next to nothing lies beyond the data."""
    draw = np.random.default_rng(1)
    found = beyond(*axis_of({name: draw.normal(size=2000) for name in ("x", "y", "z")}))
    assert found.share < 0.002
    assert found.cause is None


def test_columns_that_tell_the_same_leave_most_points_beyond():
    """x = y: of ten bins a moved row keeps its own only; the column that it belongs to is named."""
    draw = np.random.default_rng(2)
    x = draw.normal(size=2000)
    found = beyond(*axis_of({"x": x, "y": 3 * x, "z": draw.normal(size=2000)}))
    assert found.share == pytest.approx(0.9, abs=0.03)
    assert found.column == "y"


def test_the_share_is_counted_point_by_point():
    """A point is beyond where its pair of bins holds nobody and ten would be expected: plain loops."""
    draw = np.random.default_rng(3)
    x = draw.normal(size=600)
    rows = {"x": x, "y": x + 0.4 * draw.normal(size=600), "z": np.round(x + draw.normal(size=600))}
    people, axis = axis_of(rows)
    ends = edges(x)
    bin_of = np.searchsorted(ends, x)
    outside = 0
    for at in range(600):
        for point in axis.points:
            mine = min(np.searchsorted(ends, point), len(ends) - 1)
            hit = False
            for other in ("y", "z"):
                place = places(rows[other])
                observed = int(((bin_of == mine) & (place == place[at])).sum())
                expected = (bin_of == mine).sum() * (place == place[at]).sum() / 600
                hit |= observed == 0 and expected >= 10
            outside += hit
    assert beyond(people, axis).share == pytest.approx(outside / (600 * len(axis.points)))
    assert outside > 0


def test_words_have_levels():
    """A category that fixes the number leaves points beyond."""
    x = np.repeat([0.0, 1.0, 2.0, 3.0], 100)
    rows = {"x": x, "town": np.array(["n", "s"])[(x > 1).astype(int)].astype(object)}
    from tests.worlds.small_scorers import PlainScorer

    people = population(
        PlainScorer(lambda r: r["x"] + (r["town"] == "n"), ("x", "town")), rows, {"x": ["x"], "t": ["town"]}
    )
    (x_axis, town), _ = axes(people)
    assert beyond(people, x_axis).share == pytest.approx(0.5)
    assert beyond(people, town).share == pytest.approx(0.5)


def test_missing_is_a_bin_of_its_own():
    """Rows that do not know a value are no neighbours of those that do."""
    assert places(np.array([1.0, np.nan, 1.0, 2.0])).tolist() == [0, 2, 0, 1]
    assert places(np.full(3, np.nan)).tolist() == [0, 0, 0]
    assert places(np.array([str(at) for at in range(50)], dtype=object)) is None


def test_too_few_rows_cannot_tell():
    """Where chance alone would leave cells empty, nothing is said."""
    found = beyond(*axis_of({"x": np.arange(35.0), "y": np.arange(35.0)}))
    assert (found.share, found.cause) == (None, TOO_FEW)
    alone = beyond(*axis_of({"x": np.arange(500.0)}))
    assert alone.share is None


def test_a_rare_level_is_no_empty_cell():
    """Three people cannot be everywhere."""
    first, second = np.arange(200) % 10, np.r_[np.zeros(197, dtype=np.int64), np.ones(3, dtype=np.int64)]
    empty, telling = empty_cells(first, second)
    assert telling
    assert not empty.any()
