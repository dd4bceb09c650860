"""Partial dependence and its lines: plain loops, the terms of a sum, and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

from audit.explain.axis import axes
from audit.explain.partial_dependence import by_group, dependence, drawn_lines
from audit.explain.population import population
from tests.oracles.effects import partial_dependence
from tests.worlds.small_scorers import BENT_COLUMNS, BENT_FACTORS, PlainScorer, as_records, bent, bent_rows


def one_score(record):
    """Return the bent function's score of one row."""
    return float(bent({column: np.array([cell], dtype=object if isinstance(cell, str) else float)
                       for column, cell in record.items()})[0])  # fmt: skip


def people_of(function, rows, factors=None, groups=None):
    """Return a population of a function of columns."""
    columns = tuple(rows)
    return population(
        PlainScorer(function, columns), rows, factors or {column: [column] for column in columns}, groups
    )


def test_every_point_is_the_mean_over_all_rows():
    """Numbers and words: each row with the column set, one at a time."""
    people = population(PlainScorer(bent, BENT_COLUMNS), bent_rows(40, 3), BENT_FACTORS)
    records = as_records(people.rows)
    found, absent = axes(people)
    assert [one.column for one in found] == ["a", "b", "c", "d", "f", "town"]
    assert absent == ()
    for axis in found:
        curve = dependence(people, axis)
        assert curve.lines.shape == (40, len(axis.points))
        for at, value in enumerate(axis.settings[axis.column].tolist()):
            assert curve.mean[at] == pytest.approx(
                partial_dependence(one_score, records, axis.column, value), abs=1e-12
            )


def test_of_a_sum_it_is_the_term():
    """f = x^2 + 3 w + level: each curve is its own term, all lines are parallel."""
    draw = np.random.default_rng(1)
    x = draw.normal(size=300)
    rows = {"x": x, "w": x + draw.normal(size=300), "town": draw.choice(["n", "s"], 300).astype(object)}
    people = people_of(lambda r: r["x"] ** 2 + 3 * r["w"] + 5.0 * (r["town"] == "n"), rows)
    terms = {"x": lambda v: v**2, "w": lambda v: 3 * v, "town": lambda v: 5.0 * (v == "n")}
    for axis in axes(people)[0]:
        curve = dependence(people, axis)
        expected = np.array([terms[axis.column](value) for value in axis.points], dtype=float)
        shifted = curve.mean - curve.mean[curve.start]
        assert shifted == pytest.approx(expected - expected[curve.start], abs=1e-9)
        assert curve.spread == pytest.approx(0, abs=1e-9)
        assert curve.against == 0.0


def test_scikit_learn_agrees():
    """Average and single lines on the same grid."""
    from sklearn.ensemble import GradientBoostingRegressor
    from sklearn.inspection import partial_dependence as sklearns

    draw = np.random.default_rng(4)
    table = draw.normal(size=(150, 3))
    model = GradientBoostingRegressor(random_state=0, n_estimators=30).fit(table, table[:, 0] * table[:, 1])
    columns = ("a", "b", "c")
    people = people_of(
        lambda rows: model.predict(np.stack([rows[c] for c in columns], axis=1)),
        dict(zip(columns, table.T, strict=True)),
    )
    for place, axis in enumerate(axes(people)[0]):
        theirs = sklearns(
            model, table, [place], custom_values={place: np.array(axis.points)}, kind="both", method="brute"
        )
        found = dependence(people, axis)
        assert found.mean == pytest.approx(theirs["average"][0], abs=1e-12)
        assert found.lines == pytest.approx(theirs["individual"][0], abs=1e-12)


def test_parts_of_a_category_are_never_set_at_once():
    """The scorer sees each row with exactly one part set, or none."""
    level = np.arange(90) % 3
    rows = {"own": (level == 0) * 1.0, "rent": (level == 1) * 1.0, "years": np.arange(90.0)}
    seen = []

    def score(columns):
        seen.append(columns["own"] + columns["rent"])
        return columns["own"] - 2 * columns["rent"] + 0.0 * columns["years"]

    people = people_of(score, rows, {"home": ["own", "rent"], "years": ["years"]})
    home = axes(people)[0][0]
    curve = dependence(people, home)
    assert dict(zip(home.points, curve.mean.tolist(), strict=True)) == {
        "own": 1.0,
        "rent": -2.0,
        "none of these": 0.0,
    }
    assert max(one.max() for one in seen) == 1.0


def test_lines_that_cross_are_told():
    """f = x z with z of both signs: the mean is flat, half of the lines rise and half fall."""
    x, z = np.tile(np.linspace(-1, 1, 20), 10), np.repeat([1.0, -1.0], 100)
    people = people_of(lambda r: r["x"] * r["z"] + 0.1 * r["x"], {"x": x, "z": z})
    found = dependence(people, axes(people)[0][0])
    assert found.extent == pytest.approx(0.2)
    assert found.spread == pytest.approx(2.0)
    assert found.against == pytest.approx(0.5)


def test_the_interval_is_that_of_a_mean():
    """1.96 standard deviations over the root of n, at each point."""
    people = population(PlainScorer(bent, BENT_COLUMNS), bent_rows(50, 5), BENT_FACTORS)
    found = dependence(people, axes(people)[0][0])
    one = found.at_points()[3]
    assert one.high - one.value == pytest.approx(1.959963984540054 * found.lines[:, 3].std(ddof=1) / 50**0.5)


def test_drawn_lines_are_bounded_and_drawn_by_seed():
    """At most so many, each starts at 0, the same seed gives the same."""
    people = population(PlainScorer(bent, BENT_COLUMNS), bent_rows(50, 5), BENT_FACTORS)
    found = dependence(people, axes(people)[0][0])
    lines = drawn_lines(found, most=8, seed=1)
    assert lines.shape == (8, len(found.axis.points))
    assert np.all(lines[:, 0] == 0)
    assert np.array_equal(lines, drawn_lines(found, most=8, seed=1))
    assert not np.array_equal(lines, drawn_lines(found, most=8, seed=2))
    assert len(drawn_lines(found, most=80)) == 50


def test_a_group_with_a_slope_of_its_own_is_told_from_chance():
    """One group's scores rise twice as fast; in the other attribute groups are alike."""
    draw = np.random.default_rng(6)
    x, flag = draw.normal(size=400), np.arange(400) % 2
    groups = {
        "sex": np.where(flag == 1, "f", "m").astype(object),
        "team": draw.choice(["p", "q"], 400).astype(object),
    }
    noise = draw.normal(size=400)
    people = people_of(
        lambda r: r["x"] * (1 + r["flag"]) + 0.2 * r["x"] * r["noise"],
        {"x": x, "flag": flag * 1.0, "noise": noise},
        groups=groups,
    )
    axis = axes(people)[0][0]
    found = {(one.attribute, one.group): one for one in by_group(people, dependence(people, axis))}
    assert set(found) == {("sex", "f"), ("sex", "m"), ("team", "p"), ("team", "q")}
    assert found["sex", "f"].more_than_chance
    assert found["sex", "m"].gap == pytest.approx(-found["sex", "f"].gap)
    wide = axis.points[-1] - axis.points[0]
    assert found["sex", "f"].gap == pytest.approx(wide, rel=0.1)
    assert not found["team", "p"].more_than_chance


def test_equal_lines_of_groups_differ_by_nothing():
    """A sum of terms has one curve for all; rounding of float32 is no difference."""
    draw = np.random.default_rng(6)
    rows = {"x": draw.normal(size=200), "w": draw.normal(size=200)}
    people = people_of(
        lambda r: (r["x"] + r["w"]).astype(np.float32),
        rows,
        groups={"sex": np.array(["f", "m"] * 100, dtype=object)},
    )
    found = by_group(people, dependence(people, axes(people)[0][0]))
    assert [one.more_than_chance for one in found] == [False, False]
