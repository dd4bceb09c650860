"""Accumulated local effects: plain loops, the terms of a sum, and where nothing can be said."""

from __future__ import annotations

import numpy as np
import pytest

from audit.explain.ale import NO_ORDER, PARTS, Effect, accumulated_local_effect
from audit.explain.axis import axes
from audit.explain.population import population
from tests.oracles.effects import accumulated
from tests.worlds.small_scorers import BENT_COLUMNS, BENT_FACTORS, PlainScorer, as_records, bent, bent_rows


def people_of(function, rows, factors=None):
    """Return a population of a function of columns."""
    columns = tuple(rows)
    return population(PlainScorer(function, columns), rows, factors or {c: [c] for c in columns})


def effect(people, column, **options):
    """Return the effect of the axis of one column."""
    axis = next(one for one in axes(people)[0] if one.column == column)
    found = accumulated_local_effect(people, axis, **options)
    assert isinstance(found, Effect), found
    return found


def test_steps_are_those_of_the_rows_of_each_bin():
    """Each row moved to both ends of its own bin, one at a time."""
    people = population(PlainScorer(bent, BENT_COLUMNS), bent_rows(60, 3), BENT_FACTORS)
    records = as_records(people.rows)

    def score(record):
        return float(bent({c: np.array([v]) for c, v in record.items()})[0])

    for column in ("a", "c", "d"):
        found = effect(people, column, bins=6)
        assert found.values == pytest.approx(accumulated(score, records, column, found.points), abs=1e-12)
        assert sum(found.counts) == 60


def test_of_a_sum_it_is_the_term_although_columns_go_together():
    """f = x^2 + 3 w with w nearly x: at the ends of the bins the effect is the term, but for a constant."""
    draw = np.random.default_rng(1)
    x = draw.normal(size=500)
    people = people_of(lambda r: r["x"] ** 2 + 3 * r["w"], {"x": x, "w": x + 0.05 * draw.normal(size=500)})
    for column, term in (("x", lambda v: v**2), ("w", lambda v: 3 * v)):
        found = effect(people, column)
        expected = term(np.array(found.points))
        assert found.values - found.values[0] == pytest.approx(expected - expected[0], abs=1e-9)
        middles = (found.values[:-1] + found.values[1:]) / 2
        assert np.average(middles, weights=found.counts) == pytest.approx(0, abs=1e-12)
        assert np.all(found.low <= found.values)
        assert np.all(found.values <= found.high)


def test_it_stays_near_the_rows_where_a_partial_dependence_leaves_them():
    """f = (x - w)^2 with w = x: nobody's score changes by more than one bin's width squared."""
    x = np.linspace(0, 1, 400)
    people = people_of(lambda r: (r["x"] - r["w"]) ** 2, {"x": x, "w": x})
    assert effect(people, "x").extent < 0.02
    from audit.explain.partial_dependence import dependence

    assert dependence(people, axes(people)[0][0]).extent > 0.2


def test_few_distinct_values_are_the_ends_of_bins():
    """A column of 0 and 1 has one bin: everybody is moved over it."""
    flag = np.arange(80) % 2 * 1.0
    found = effect(people_of(lambda r: 0.3 * r["p"] + r["q"], {"p": flag, "q": np.arange(80.0)}), "p")
    assert found.points == (0.0, 1.0)
    assert found.values == pytest.approx([-0.15, 0.15])
    assert found.counts == (80,)


def test_levels_with_a_stated_order():
    """A row moves to its neighbours; the mean over the rows is 0, and of a sum it is the term."""
    draw = np.random.default_rng(2)
    level = draw.integers(0, 3, 200)
    school = np.array(["none", "low", "high"], dtype=object)[level]
    value = {"none": 0.0, "low": 1.0, "high": 5.0}
    people = people_of(
        lambda r: np.array([value[w] for w in r["school"]]) + r["x"], {"school": school, "x": level * 2.0}
    )
    found = effect(people, "school", order=["none", "low", "high", "phd"])
    assert found.points == ("none", "low", "high")
    assert np.diff(found.values) == pytest.approx([1.0, 4.0])
    assert np.average(found.values, weights=found.counts) == pytest.approx(0, abs=1e-12)
    assert found.counts == tuple(np.bincount(level).tolist())


def test_levels_with_a_product_are_moved_both_ways():
    """From one level to the next count those of the lower one moved up and of the upper one moved down."""
    school = np.array(["a"] * 30 + ["b"] * 10, dtype=object)
    z = np.r_[np.full(30, 1.0), np.full(10, 5.0)]
    people = people_of(lambda r: (r["s"] == "b") * r["z"], {"s": school, "z": z})
    found = effect(people, "s", order=["a", "b"])
    assert np.diff(found.values) == pytest.approx([(30 * 1.0 + 10 * 5.0) / 40])


def test_what_has_no_order_is_not_measured():
    """A category without a stated order, and one in several columns."""
    level = np.arange(90) % 3
    people = people_of(
        lambda r: r["own"] + (r["town"] == "n") + 0 * r["rent"],
        {
            "own": (level == 0) * 1.0,
            "rent": (level == 1) * 1.0,
            "town": np.array(["n", "s"] * 45, dtype=object),
        },
        {"home": ["own", "rent"], "town": ["town"]},
    )
    home, town = axes(people)[0]
    assert accumulated_local_effect(people, home, order=["own", "rent"]) == PARTS
    assert accumulated_local_effect(people, town) == NO_ORDER
    assert "fewer than two" in accumulated_local_effect(people, town, order=["n", "x"])


def test_missing_values_are_left_out_and_counted():
    """Rows that do not know the value are in no bin."""
    x = np.arange(100.0)
    x[:20] = np.nan
    people = people_of(lambda r: np.nan_to_num(r["x"]) * 2, {"x": x})
    found = effect(people, "x")
    assert found.left_out == 20
    assert sum(found.counts) == 80
    assert found.extent == pytest.approx(2 * 79)


def test_a_flag_is_unset_while_its_value_moves():
    """No row is scored with a value and the flag that calls it missing."""
    flag = (np.arange(100) < 40) * 1.0
    seen = []

    def score(rows):
        seen.append((rows["v"], rows["m"]))
        return rows["v"] * (1 - rows["m"])

    people = people_of(score, {"v": np.where(flag == 1, 0.0, np.arange(100.0)), "m": flag}, {"f": ["v", "m"]})
    (axis,), _ = axes(people, {"f": ["m"]})
    seen.clear()
    found = accumulated_local_effect(people, axis)
    assert all(not m.any() for _, m in seen)
    assert (found.left_out, sum(found.counts)) == (40, 60)


def test_the_interval_covers_what_more_rows_say():
    """Of f = x z the true effect is x mean(z); in 100 samples the interval holds it nine times in ten."""
    held = 0
    for seed in range(100):
        draw = np.random.default_rng(seed)
        rows = {"x": draw.uniform(size=150), "z": 1 + draw.normal(size=150)}
        found = effect(people_of(lambda r: r["x"] * r["z"], rows), "x", bins=8)
        width = found.points[-1] - found.points[0]
        rise = found.values[-1] - found.values[0]
        assert rise == pytest.approx(width, abs=0.6)
        truth = found.points[-1] - np.mean(rows["x"])
        held += found.low[-1] - 0.02 <= truth <= found.high[-1] + 0.02
    assert held >= 90


def test_the_same_seed_gives_the_same_interval():
    """And numpy's global generator is left alone."""
    people = population(PlainScorer(bent, BENT_COLUMNS), bent_rows(60, 3), BENT_FACTORS)
    state = np.random.get_state()[1].copy()
    one, two, other = (effect(people, "a", seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.low, two.low)
    assert not np.array_equal(one.low, other.low)
    assert np.array_equal(np.random.get_state()[1], state)
