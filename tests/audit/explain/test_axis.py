"""What is moved: grids of values that rows hold, levels, and parts that belong together."""

from __future__ import annotations

import numpy as np

from audit.explain.axis import GRID, LEVELS, axes, grid
from audit.explain.population import population
from tests.worlds.small_scorers import PlainScorer


def people_with(factors, **columns):
    """Return a population whose score reads every column."""
    names = tuple(columns)

    def score(rows):
        return sum(
            np.nan_to_num(v) if v.dtype.kind == "f" else np.char.str_len(v.astype(str)) for v in rows.values()
        )

    return population(PlainScorer(score, names), columns, factors)


def test_a_grid_is_made_of_values_that_rows_hold():
    """At most 20 points, whole numbers stay whole, the outermost hundredth is left out."""
    draw = np.random.default_rng(1)
    values = draw.normal(size=1000)
    points = grid(values)
    assert len(points) == GRID
    assert set(points.tolist()) <= set(values.tolist())
    assert np.all(np.diff(points) > 0)
    assert values.min() < points[0]
    assert points[-1] < values.max()
    skewed = grid(np.r_[np.zeros(900), np.arange(100.0)])
    assert skewed[0] == 0
    assert len(skewed) < GRID


def test_a_column_of_numbers_and_a_column_of_words():
    """Numbers have points and the rows nearest to each; words have levels, the most frequent first."""
    numbers = np.array([1.0, 1.0, 2.0, np.nan] * 20)
    words = np.array(["north", "south", "north", ""] * 20, dtype=object)
    (one, two), absent = axes(people_with({"f": ["x", "town"]}, x=numbers, town=words))
    assert (one.column, one.kind, one.points, one.counts) == ("x", "number", (1.0, 2.0), (40, 20))
    assert one.known.sum() == 60
    assert (two.kind, two.points, two.counts) == ("category", ("north", "missing", "south"), (40, 20, 20))
    assert two.settings["town"].tolist() == ["north", "", "south"]
    assert absent == ()


def test_parts_of_one_category_move_together():
    """Columns of 0 and 1 of one factor, never two at once, are levels of one axis."""
    level = np.arange(90) % 3
    people = people_with(
        {"home": ["home_own", "home_rent", "years"]},
        home_own=(level == 0).astype(float),
        home_rent=(level == 1).astype(float),
        years=np.arange(90.0),
    )
    (home, years), _ = axes(people)
    assert (home.column, home.kind) == ("home", "category")
    assert home.points == ("own", "rent", "none of these")
    assert home.settings["home_own"].tolist() == [1.0, 0.0, 0.0]
    assert home.settings["home_rent"].tolist() == [0.0, 1.0, 0.0]
    assert home.counts == (30, 30, 30)
    assert years.columns == ("years",)


def test_flags_that_are_set_together_are_no_parts():
    """Two columns of 0 and 1 that may both be 1 are moved one by one."""
    draw = np.random.default_rng(2)
    people = people_with({"f": ["p", "q"]}, p=draw.integers(0, 2, 80) * 1.0, q=draw.integers(0, 2, 80) * 1.0)
    assert [one.columns for one in axes(people)[0]] == [("p",), ("q",)]


def test_a_value_moves_with_its_flag():
    """A known value has its flag unset; rows whose flag is set do not know it, whatever the cell says."""
    flag = (np.arange(100) < 40).astype(float)
    value = np.where(flag == 1, 0.0, np.arange(100.0))
    people = people_with({"f": ["value", "missing"]}, value=value, missing=flag)
    (one,), absent = axes(people, {"f": ["missing"]})
    assert (one.column, one.columns) == ("value", ("value", "missing"))
    assert one.known.sum() == 60
    assert min(one.points) >= 40
    assert set(one.settings["missing"].tolist()) == {0.0}
    assert absent == ()
    words = people_with(
        {"f": ["value", "missing"]}, value=value, missing=np.where(flag == 1, "Yes", "no").astype(object)
    )
    (one,), _ = axes(words, {"f": ["missing"]})
    assert set(one.settings["missing"].tolist()) == {"no"}
    assert one.known.sum() == 60


def test_a_flag_is_a_level_of_its_category():
    """Parts and the flag that says none of them is known are one axis."""
    level = np.arange(90) % 3
    people = people_with(
        {"home": ["own", "rent", "unknown"]},
        own=(level == 0) * 1.0,
        rent=(level == 1) * 1.0,
        unknown=(level == 2) * 1.0,
    )
    (one,), _ = axes(people, {"home": ["unknown"]})
    assert one.points == ("own", "rent", "unknown")


def test_what_cannot_be_moved_has_its_cause():
    """A constant, a column that is not read, too few rows, too few known values."""
    factors = {"f": ["same", "empty", "nowhere", "x"]}
    people = people_with(
        factors, same=np.ones(50), empty=np.r_[np.full(30, np.nan), np.arange(20.0)], x=np.arange(50.0)
    )
    found, absent = axes(people)
    assert [one.column for one in found] == ["x"]
    assert {one.column: one.cause for one in absent} == {
        "same": "all rows hold the same value",
        "empty": "too few known values: n < 30",
        "nowhere": "the rows have no such column",
    }
    few = people_with({"f": ["x"]}, x=np.arange(29.0))
    assert axes(few)[1][0].cause == "too few: n < 30"


def test_rare_levels_are_counted_and_a_stated_order_is_kept():
    """Twelve levels at most; where an order is stated, levels stand in it."""
    words = np.array([f"w{at % 20:02}" for at in range(400)], dtype=object)
    (one,), _ = axes(people_with({"f": ["w"]}, w=words))
    assert len(one.points) == LEVELS
    assert one.left_out == 400 - LEVELS * 20
    school = np.array(["high", "none", "low", "low"] * 20, dtype=object)
    (one,), _ = axes(people_with({"f": ["s"]}, s=school), orders={"s": ["none", "low", "high", "phd"]})
    assert (one.points, one.counts) == (("none", "low", "high"), (20, 40, 20))
    (one,), _ = axes(people_with({"f": ["s"]}, s=school), orders={"s": ["other", "high"]})
    assert one.points == ("low", "high", "none")
