"""Regulation B's named methods are compared on the four strongest, the first, and the order."""

from __future__ import annotations

import numpy as np
import pytest

from audit.explain import factor_points, shapley
from audit.explain.named_methods import ASKED, figure, not_compared, similarity, similarity_of_lists
from tests.worlds.small_scorers import BENT_COLUMNS, BENT_FACTORS, PlainScorer, bent, bent_rows, linear


def said(scorer, factors, rows, reference):
    """Return what both methods say of the same rows."""
    return [method.explain(scorer, rows, reference, factors) for method in (shapley, factor_points)]


def test_of_a_sum_of_points_the_quoted_method_is_the_named_one():
    """R4: for an additive model the Shapley value is the loss, so nothing differs."""
    names = tuple("abcdefgh")
    draw = np.random.default_rng(3)
    rows, reference = ({name: draw.normal(size=n) for name in names} for n in (40, 25))
    factors = {name: [name] for name in names}
    quoted, points = said(linear({name: at + 1.0 for at, name in enumerate(names)}), factors, rows, reference)
    found = similarity("near_cutoff", quoted, points, orient=1.0, reference_n=25)
    assert (found["top4_overlap"], found["same_top1"]) == (1.0, 1.0)
    assert found["rank_correlation"] == pytest.approx(1.0)
    assert found["max_difference"] < 1e-12
    assert found["low"] == pytest.approx(40 / (40 + 1.959963984540054**2))
    assert (found["population"], found["n"], found["reference_n"], found["cause"]) == (
        "near_cutoff",
        40,
        25,
        None,
    )


def test_interactions_make_the_two_differ():
    """Of a score with products the points are another answer, and the numbers say how far."""
    scorer = PlainScorer(bent, BENT_COLUMNS)
    quoted, points = said(scorer, BENT_FACTORS, bent_rows(60, 1), bent_rows(20, 2))
    found = similarity("all_applicants", quoted, points, orient=1.0, reference_n=20)
    assert 0.4 < found["top4_overlap"] < 1.0
    assert 0 <= found["low"] < found["top4_overlap"] < found["high"] <= 1
    assert found["max_difference"] > 0.01


def test_the_figure_keeps_what_could_not_be_made():
    """A method that could not be made has its cause; n is of what was compared."""
    body = figure(1146, [not_compared("all_applicants", "refusals alone")]).body
    assert (body["n"], body["declined"], body["asked"]) == (0, 1146, ASKED)
    assert body["with"][0]["top4_overlap"] is None
    assert body["with"][0]["cause"] == "refusals alone"


def test_lists_without_sizes_are_compared_by_their_names():
    """A vendor's reasons: two of four shared, the same first one, and no correlation to tell."""
    names = tuple("abcdef")
    rows = {name: np.array([value]) for name, value in zip(names, (9.0, 8, 7, 6, 5, -4), strict=True)}
    reference = {name: np.zeros(2) for name in names}
    factors = {name: [name] for name in names}
    points = factor_points.explain(linear(dict.fromkeys(names, 1.0)), rows, reference, factors)
    how = {"orient": 1.0, "reference_n": 2, "tolerance": 1e-9}
    found = similarity_of_lists("near_cutoff", [["a", "b", "e", "f"]], points, **how)
    assert (found["top4_overlap"], found["same_top1"], found["n"]) == (0.5, 1.0, 1)
    assert found["rank_correlation"] is found["max_difference"] is None
    assert similarity_of_lists("near_cutoff", [["f"]], points, **how)["top4_overlap"] == 0.0
