"""Occlusion takes one factor away at a time, for any scorer."""

from __future__ import annotations

import numpy as np
import pytest

from audit.explain import occlusion, shapley
from tests.worlds.small_networks import FACTORS, networked, some_rows
from tests.worlds.small_scorers import (
    BENT_COLUMNS,
    BENT_FACTORS,
    PlainScorer,
    as_records,
    bent,
    bent_rows,
)


def one_score(row):
    """Score one row of plain values with the function itself."""
    return float(bent({column: np.array([cell]) for column, cell in row.items()})[0])


def test_it_is_the_loop_over_reference_rows():
    """The score minus the mean score with the factor's columns, text too, of each reference row."""
    rows, reference = bent_rows(4, 1), bent_rows(9, 2)
    found = occlusion.explain(PlainScorer(bent, BENT_COLUMNS), rows, reference, BENT_FACTORS)
    others = as_records(reference)
    for at, row in enumerate(as_records(rows)):
        for place, columns in enumerate(BENT_FACTORS.values()):
            without = [one_score(row | {column: other[column] for column in columns}) for other in others]
            assert found.values[at, place] == pytest.approx(
                one_score(row) - sum(without) / len(without), abs=1e-12
            )
    assert found.values[:, list(BENT_FACTORS).index("idle")].tolist() == [0.0] * 4


def test_the_compiled_way_and_the_generic_way_agree():
    """Through a network's first layer it is what whole mixed rows give."""
    scorer = networked()
    rows, reference = some_rows(70, 1), some_rows(30, 2)
    fast = occlusion.explain(scorer, rows, reference, FACTORS)
    plain = PlainScorer(scorer.score, scorer.columns)
    slow = occlusion.explain(plain, rows, reference, FACTORS)
    assert fast.values == pytest.approx(slow.values, abs=1e-6)
    assert scorer.mixes


def test_without_interactions_it_is_the_shapley_value():
    """Of a sum of columns taking one away is all that there is."""
    scorer = PlainScorer(lambda rows: np.tanh(rows["a"]) + rows["b"] ** 2, ("a", "b"))
    rows, reference = ({c: np.random.default_rng(s).normal(size=6) for c in "ab"} for s in (1, 2))
    factors = {"a": ["a"], "b": ["b"]}
    found = occlusion.explain(scorer, rows, reference, factors)
    assert found.values == pytest.approx(shapley.explain(scorer, rows, reference, factors).values, abs=1e-12)
    assert np.abs(found.residual).max() < 1e-12


def test_any_number_of_factors_is_taken(monkeypatch):
    """Forty factors cost forty-one masks; progress ends at all rows."""
    names = tuple(f"x{at}" for at in range(40))
    weights = np.arange(1.0, 41.0)
    scorer = PlainScorer(lambda rows: sum(w * rows[c] for w, c in zip(weights, names, strict=True)), names)
    draw = np.random.default_rng(3)
    rows, reference = ({c: draw.normal(size=n) for c in names} for n in (5, 8))
    monkeypatch.setattr(occlusion, "_ROWS", 2)
    told = []
    found = occlusion.explain(scorer, rows, reference, {c: [c] for c in names}, progress=told.append)
    true = np.stack(
        [w * (rows[c] - reference[c].mean()) for w, c in zip(weights, names, strict=True)], axis=1
    )
    assert found.values == pytest.approx(true, abs=1e-10)
    assert told == [2, 4, 5]
