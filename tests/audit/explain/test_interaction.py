"""Interaction of two factors: 0 for a sum, known for products, and plain loops."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from audit.explain.interaction import interactions
from audit.explain.population import population
from tests.oracles.effects import interaction
from tests.worlds.small_scorers import BENT_COLUMNS, BENT_FACTORS, PlainScorer, as_records, bent, bent_rows


def corners(function, names=("a", "b", "c"), times=5):
    """Return the population of all corners of the cube of -1 and 1, each so many times."""
    table = np.repeat(np.array(list(product((-1.0, 1.0), repeat=len(names)))), times, axis=0)
    rows = dict(zip(names, table.T, strict=True))
    return population(PlainScorer(function, names), rows, {name: [name] for name in names})


def measured(people, among, **options):
    """Return the pairs by their names."""
    found, n = interactions(people, among, **options)
    return {(one.first, one.second): one for one in found}, n


def test_of_a_sum_there_is_none():
    """Every pair of an additive function, in any scale, has a size of exactly 0."""
    draw = np.random.default_rng(1)
    rows = {name: draw.normal(size=80) for name in "abc"}
    people = population(
        PlainScorer(lambda r: np.sin(r["a"]) + 1000 * r["b"] ** 2 - r["c"], tuple("abc")),
        rows,
        {name: [name] for name in "abc"},
    )
    pairs, n = measured(people, "abc")
    assert n == 80
    for one in pairs.values():
        assert (one.size, one.size_low, one.size_high) == (0.0, 0.0, 0.0)
        assert (one.share, one.share_high) == (0.0, 0.0)


def test_of_a_product_it_is_all():
    """a b on the corners: neither does anything alone, so the share is 1 and the size its spread."""
    pairs, _ = measured(corners(lambda r: 0.3 * r["a"] * r["b"] + 0.0 * r["c"]), "abc")
    assert pairs["a", "b"].share == pytest.approx(1.0)
    assert pairs["a", "b"].size == pytest.approx(0.3)
    assert (pairs["a", "c"].size, pairs["a", "c"].share) == (0.0, None)


def test_of_a_sum_and_a_product_it_is_their_part():
    """a + b + a b on the corners: the product is a third of the joint variance."""
    pairs, _ = measured(corners(lambda r: r["a"] + r["b"] + r["a"] * r["b"] + r["c"]), "abc")
    assert pairs["a", "b"].share == pytest.approx(1 / 3)
    assert pairs["a", "b"].size == pytest.approx(1.0)
    assert pairs["a", "c"].share == pytest.approx(0.0)


def test_plain_loops_agree():
    """Factors of several columns and of words, as the definition says."""
    people = population(PlainScorer(bent, BENT_COLUMNS), bent_rows(30, 4), BENT_FACTORS)
    records = as_records(people.rows)

    def score(record):
        return float(bent({c: np.array([v]) for c, v in record.items()})[0])

    pairs, _ = measured(people, ["ab", "c", "town"])
    for (first, second), one in pairs.items():
        expected = interaction(score, records, BENT_FACTORS[first], BENT_FACTORS[second])
        assert one.share == pytest.approx(expected, rel=1e-9), (first, second)


def test_pairs_stand_by_their_size_and_hold_their_interval():
    """The largest first; the measured number lies inside."""
    people = population(PlainScorer(bent, BENT_COLUMNS), bent_rows(60, 4), BENT_FACTORS)
    found, _ = interactions(people, list(BENT_FACTORS))
    sizes = [one.size for one in found]
    assert sizes == sorted(sizes, reverse=True)
    assert all(one.size_low <= one.size <= one.size_high for one in found)
    assert (found[0].first, found[0].second) == ("ab", "d")


def test_a_new_sample_lies_in_the_interval():
    """Of 60 samples nine in ten hold the size of the whole: 0.5 times both spreads, a sixth."""

    def people(n, seed):
        draw = np.random.default_rng(seed)
        rows = {name: draw.uniform(-1, 1, size=n) for name in "ab"}
        return population(
            PlainScorer(lambda r: r["a"] + r["b"] + 0.5 * r["a"] * r["b"], ("a", "b")),
            rows,
            {"a": ["a"], "b": ["b"]},
        )

    held = sum(
        one.size_low <= 1 / 6 <= one.size_high
        for seed in range(60)
        for one in interactions(people(150, seed), "ab")[0]
    )
    assert held >= 54


def test_what_moves_nothing_is_in_no_pair():
    """Factors that are not read or that all rows share are left out; one alone has no pair."""
    rows = {**bent_rows(40, 1), "c": np.ones(40)}
    factors = {**BENT_FACTORS, "other": ["nowhere"]}
    people = population(PlainScorer(bent, BENT_COLUMNS), rows, factors)
    pairs, _ = measured(people, ["ab", "c", "d", "other"])
    assert set(pairs) == {("ab", "d")}
    assert interactions(people, ["ab", "c"]) == "fewer than two factors move a score"
    few = population(PlainScorer(bent, BENT_COLUMNS), bent_rows(29, 1), BENT_FACTORS)
    assert interactions(few, ["ab", "d"]) == "too few: n < 30"


def test_the_same_seed_gives_the_same_numbers():
    """A bounded number of rows, drawn by seed."""
    people = population(PlainScorer(bent, BENT_COLUMNS), bent_rows(90, 1), BENT_FACTORS)
    one, two, other = (interactions(people, ["ab", "d"], rows=40, seed=s) for s in (1, 1, 2))
    assert one == two
    assert one[1] == 40
    assert one != other
