"""Agreement is counted on what letters would name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from audit.explain.agreement import agreement, overlaps, spearman
from audit.record import Attributions


def said(values, method="shapley"):
    """Return contributions as a method gives them."""
    values = np.array(values, dtype=float)
    nothing = np.zeros(len(values))
    factors = tuple(f"f{i}" for i in range(values.shape[1]))
    return Attributions(method, factors, values, nothing, nothing, nothing)


def test_a_method_agrees_with_itself():
    """Overlap, first factor and order are whole, the difference is 0."""
    one = said([[0.3, 0.2, -0.1], [0.1, 0.4, 0.2]])
    found = agreement(one, said(one.values, "shap"))
    assert found["top4_overlap"] == found["same_top1"] == 1.0
    assert found["rank_correlation"] == pytest.approx(1.0)
    assert found["max_difference"] == 0.0
    assert (found["method"], found["n"], found["cause"]) == ("shap", 2, None)


def test_only_factors_that_push_toward_refusal_count():
    """Of six factors each names four; three are shared."""
    one = said([[6, 5, 4, 3, -1, -2]])
    other = said([[6, 5, 4, -1, 3, -2]])
    assert agreement(one, other)["top4_overlap"] == 0.75
    assert agreement(said([[1, -1]]), said([[1, 1]]))["top4_overlap"] == 0.5


def test_low_scores_may_be_the_bad_ones():
    """Orientation turns which factors are named."""
    one, other = said([[-2.0, 1.0]]), said([[-2.0, -1.0]])
    assert agreement(one, other, orient=1.0)["same_top1"] == 0.0
    assert agreement(one, other, orient=-1.0)["same_top1"] == 1.0


def test_without_rows_nothing_is_measured():
    """The cause is told, and no number."""
    found = agreement(said(np.empty((0, 2))), said(np.empty((0, 2)), "lime"))
    assert found["top4_overlap"] is None
    assert found["cause"] == "no decision was explained by both"


def test_another_game_or_fewer_reference_rows_are_told():
    """Whoever reads the difference is told what it compares; the same game has nothing to tell."""
    one = said([[0.3, 0.2]])
    same = replace(one, details={"game": "factors", "explainer": "K", "whole_reference": True})
    fewer = replace(same, details={"game": "factors", "background": 126, "whole_reference": False})
    other = replace(same, details={"game": "columns, added up", "explainer": "DeepExplainer"})
    assert "how" not in agreement(one, one)
    assert "how" not in agreement(one, same)
    assert agreement(one, fewer)["how"] == "against 126 of the reference rows"
    assert agreement(one, other)["how"] == "DeepExplainer: columns, added up"


def test_other_rows_are_refused():
    """Two methods are compared on the same rows alone."""
    with pytest.raises(ValueError, match="other rows or other factors"):
        agreement(said([[1.0]]), said([[1.0], [2.0]]))


def test_rank_correlation_is_spearmans_with_ties():
    """Equal values share their rank, as in scipy."""
    a, b = np.array([1.0, 2.0, 2.0, 5.0]), np.array([3.0, 1.0, 4.0, 4.0])
    assert spearman(a, b) == pytest.approx(spearmanr(a, b).statistic)
    assert spearman(np.zeros(3), np.arange(3.0)) is None


def test_the_last_bit_of_a_sum_names_nobody():
    """A factor that does nothing is no reason for its rounding, and near ties are ties."""
    one, other = said([[0.3, 1e-17, -1e-17, 0.0]]), said([[0.3, -1e-17, 0.0, 1e-17]])
    assert agreement(one, other)["top4_overlap"] < 1.0
    found = agreement(one, other, tolerance=1e-9)
    assert (found["top4_overlap"], found["rank_correlation"]) == (1.0, pytest.approx(1.0))
    assert found["max_difference"] == pytest.approx(2e-17, abs=1e-16)


def test_every_method_is_held_against_every_other() -> None:
    """The table is symmetric, 1 with itself, and each cell is the overlap of that pair."""
    rng = np.random.default_rng(4)
    found = {
        name: Attributions(name, ("a", "b", "c", "d", "e"), rng.normal(size=(6, 5)), *[np.zeros(6)] * 3)
        for name in ("one", "two", "three")
    }
    told = overlaps(found)
    table = np.array(told["top4_overlap"])
    assert told["methods"] == ["one", "two", "three"]
    assert np.array_equal(table, table.T)
    assert np.diag(table).tolist() == [1.0, 1.0, 1.0]
    assert table[2, 0] == agreement(found["one"], found["three"])["top4_overlap"]
    assert overlaps({}) == {"methods": [], "top4_overlap": []}
