"""The sample that global methods look at: drawn by content, encoded and scored once."""

from __future__ import annotations

import numpy as np
import pytest

from audit.errors import UsageError
from audit.explain.population import Estimate, drawn, population, scored_in_blocks
from tests.worlds.small_scorers import BENT_COLUMNS, BENT_FACTORS, PlainScorer, bent, bent_rows


def bent_population(n=60, seed=3, **changes):
    """Return the population of the bent function."""
    return population(PlainScorer(bent, BENT_COLUMNS), {**bent_rows(n, seed), **changes}, BENT_FACTORS)


def test_the_sample_does_not_depend_on_the_order_of_rows():
    """The same decisions are drawn from a file that is sorted another way; none without a score."""
    keys = [f"{at:03}".encode() for at in range(100)]
    scores = np.arange(100.0)
    scores[[4, 9]] = np.nan
    chosen = [keys[at] for at in drawn(keys, scores, 20, seed=5)]
    order = np.random.default_rng(1).permutation(100)
    again = drawn([keys[at] for at in order], scores[order], 20, seed=5)
    assert [keys[order[at]] for at in again] == chosen
    assert len(chosen) == 20
    everyone = drawn(keys, scores, 200, seed=5)
    assert sorted(everyone.tolist()) == [at for at in range(100) if at not in (4, 9)]
    assert [keys[at] for at in drawn(keys, scores, 20, seed=6)] != chosen


def test_what_cannot_be_moved_says_why():
    """A column that the model does not read, and one that all rows share, show nothing."""
    same = bent_population(a=np.full(60, 2.0), town=np.full(60, "north", dtype=object))
    assert same.unmoved(["nowhere"]) == "the model does not read it"
    assert same.unmoved(["a"]) == "all rows hold the same value"
    assert same.unmoved(["town"]) == "all rows hold the same value"
    assert same.unmoved(["a", "b"]) is None
    missing = bent_population(a=np.full(60, np.nan))
    assert missing.unmoved(["a"]) == "all rows hold the same value"


def test_no_rows_are_refused():
    """Nothing can be said of nobody."""
    with pytest.raises(UsageError, match="no rows"):
        population(PlainScorer(bent, BENT_COLUMNS), bent_rows(0, 1), BENT_FACTORS)


def test_blocks_are_scored_as_one(monkeypatch):
    """Cutting a batch into blocks changes no score."""
    people = bent_population()

    def changed(some):
        rows = np.repeat(people.encoded[some][:, None, :], 3, axis=1)
        rows[:, :, 0] = np.array([0.0, 1.0, 2.0])
        return rows

    whole = scored_in_blocks(people.scorer, len(people), 3, changed)
    assert whole.shape == (60, 3)
    monkeypatch.setattr("audit.explain.population.AT_ONCE", 10)
    assert np.array_equal(scored_in_blocks(people.scorer, len(people), 3, changed), whole)


def test_groups_below_the_smallest_size_are_left_out():
    """Only groups of enough rows are told of, by name."""
    people = population(
        PlainScorer(bent, BENT_COLUMNS),
        bent_rows(60, 1),
        BENT_FACTORS,
        {"sex": np.array(["m"] * 40 + ["f"] * 15 + ["x"] * 5, dtype=object)},
    )
    assert [(a, g, int(m.sum())) for a, g, m in people.members(10)] == [("sex", "f", 15), ("sex", "m", 40)]


def test_an_estimate_has_its_95_percent_interval():
    """Mean plus and minus 1.96 standard errors."""
    one = Estimate(0.5, 0.1)
    assert (one.low, one.high) == pytest.approx((0.304, 0.696), abs=1e-4)
