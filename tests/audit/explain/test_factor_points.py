"""Factor points: what a scorecard says, by plain loops, and exactly so where the score is a sum."""

from __future__ import annotations

import numpy as np
import pytest

from audit.explain import factor_points, shapley
from tests.oracles.linear import contributions
from tests.worlds.small_networks import FACTORS, networked, some_rows
from tests.worlds.small_scorers import (
    BENT_COLUMNS,
    BENT_FACTORS,
    PlainScorer,
    as_records,
    bent,
    bent_rows,
    linear,
)


def one_score(row):
    """Score one row of plain values with the function itself."""
    return float(bent({column: np.array([cell]) for column, cell in row.items()})[0])


def points(row, columns, reference):
    """Return a factor's points: the mean score of the reference with that factor of the row."""
    total = 0.0
    for other in reference:
        total += one_score(other | {column: row[column] for column in columns})
    return total / len(reference)


def test_it_is_the_loop_over_reference_rows():
    """The row's points less the mean of the reference rows' own points, for text columns too."""
    rows, reference = bent_rows(3, 1), bent_rows(7, 2)
    found = factor_points.explain(PlainScorer(bent, BENT_COLUMNS), rows, reference, BENT_FACTORS)
    others = as_records(reference)
    for place, columns in enumerate(BENT_FACTORS.values()):
        achieved = [points(other, columns, others) for other in others]
        for at, row in enumerate(as_records(rows)):
            expected = points(row, columns, others) - sum(achieved) / len(achieved)
            assert found.values[at, place] == pytest.approx(expected, abs=1e-12)
    base = sum(one_score(other) for other in others) / len(others)
    assert found.base == pytest.approx([base] * 3, abs=1e-12)
    assert np.abs(found.residual).max() > 1e-3  # interactions: it does not add up


def test_of_a_sum_of_points_it_is_the_distance_from_the_average():
    """As the oracle of linear models says, which is the Shapley value too."""
    weights = {"a": 2.0, "b": -1.0, "c": 0.5}
    draw = np.random.default_rng(5)
    rows, reference = ({column: draw.normal(size=n) for column in weights} for n in (6, 9))
    factors = {"ab": ["a", "b"], "c": ["c"]}
    found = factor_points.explain(linear(weights), rows, reference, factors)
    for at, row in enumerate(as_records(rows)):
        true = contributions(weights, row, as_records(reference), factors)
        assert found.values[at] == pytest.approx(list(true.values()), abs=1e-12)
    assert np.abs(found.residual).max() < 1e-12
    quoted = shapley.explain(linear(weights), rows, reference, factors)
    assert found.values == pytest.approx(quoted.values, abs=1e-12)


def test_the_worked_scorecard_of_the_rules():
    """Averages 42, 35, 30, 28 near the passing score; an applicant with 20, 15, 28, 30 points."""
    columns = ("utilisation", "history", "inquiries", "income")
    scorer = linear(dict.fromkeys(columns, 1.0))
    averages = dict(zip(columns, (42.0, 35.0, 30.0, 28.0), strict=True))
    reference = {column: np.array([mean - 5, mean + 5]) for column, mean in averages.items()}
    applicant = {c: np.array([p]) for c, p in zip(columns, (20.0, 15.0, 28.0, 30.0), strict=True)}
    found = factor_points.explain(scorer, applicant, reference, {column: [column] for column in columns})
    assert (-found.values[0]).tolist() == pytest.approx([22.0, 20.0, 2.0, -2.0], abs=1e-9)


def test_the_compiled_way_and_the_generic_way_agree(monkeypatch):
    """Through a network's first layer it is what whole mixed rows give; progress ends at all rows."""
    scorer = networked()
    rows, reference = some_rows(70, 1), some_rows(30, 2)
    monkeypatch.setattr(factor_points, "_ROWS", 32)
    told = []
    fast = factor_points.explain(scorer, rows, reference, FACTORS, progress=told.append)
    slow = factor_points.explain(PlainScorer(scorer.score, scorer.columns), rows, reference, FACTORS)
    assert fast.values == pytest.approx(slow.values, abs=1e-6)
    assert told == [32, 64, 70]


def test_a_large_reference_is_paired_in_part(monkeypatch):
    """What factors do together comes from evenly spread rows; of a sum of points nothing is lost."""
    rows, reference = bent_rows(5, 1), bent_rows(41, 2)
    scorer = PlainScorer(bent, BENT_COLUMNS)
    whole = factor_points.explain(scorer, rows, reference, BENT_FACTORS)
    monkeypatch.setattr(factor_points, "_PAIRED", 21)
    part = factor_points.explain(scorer, rows, reference, BENT_FACTORS)
    assert (whole.details["exact"], part.details["exact"]) == (True, False)
    kept = as_records(reference)[::2]  # 21 of 41, evenly
    base = sum(map(one_score, kept)) / len(kept)
    others = as_records(reference)
    every = sum(map(one_score, others)) / len(others)
    for place, columns in enumerate(BENT_FACTORS.values()):
        together = sum(points(one, columns, kept) for one in kept) / len(kept) - base
        for at, row in enumerate(as_records(rows)):
            expected = points(row, columns, others) - every - together
            assert part.values[at, place] == pytest.approx(expected, abs=1e-12)
    assert np.abs(part.values - whole.values).max() > 1e-4
    weights = {"a": 2.0, "b": -1.0}
    factors = {"a": ["a"], "b": ["b"]}
    for_sum = factor_points.explain(linear(weights), rows, reference, factors)
    for at, row in enumerate(as_records(rows)):
        true = contributions(weights, row, others, factors)
        assert for_sum.values[at] == pytest.approx(list(true.values()), abs=1e-12)
