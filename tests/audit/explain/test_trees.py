"""Trees are explained as every other way explains them: by mixes, by shap and by woodelf."""

from __future__ import annotations

import contextlib
import io
import warnings

import numpy as np
import pandas as pd
import pytest
import xgboost

from audit.explain import shap, shapley
from audit.explain.design import all_coalitions
from audit.explain.game import mixed_mean
from audit.models import open_model
from audit.models.tree_mixing import MOST_PLAYERS, players_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import lightgbm
    import shap as library
    from woodelf import WoodelfExplainer

NAMES = tuple(f"x{at}" for at in range(6))
FACTORS = {column: [column] for column in NAMES}
N = 400


def drawn(n, seed):
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n, len(NAMES))).astype(np.float32).astype(float)
    return x, dict(zip(NAMES, x.T.copy(), strict=True))


def target(x):
    return x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2]) - x[:, 3]


def an_xgboost(folder, objective="reg:squarederror"):
    x, _ = drawn(N, 1)
    y = target(x) if objective.startswith("reg") else (target(x) > 0).astype(int)
    known = xgboost.DMatrix(x, y, feature_names=list(NAMES))
    booster = xgboost.train({"objective": objective, "max_depth": 4, "nthread": 1, "seed": 1}, known, 15)
    booster.save_model(folder / "model.json")
    return booster, open_model("model.json", folder=folder)


def a_lightgbm(folder):
    x, _ = drawn(N, 1)
    data = lightgbm.Dataset(x, target(x), feature_name=list(NAMES))
    booster = lightgbm.train({"num_leaves": 12, "verbosity": -1, "num_threads": 1, "seed": 1}, data, 15)
    booster.save_model(folder / "model.txt")
    return booster, open_model("model.txt", folder=folder, features=NAMES)


@pytest.mark.parametrize("build", [an_xgboost, a_lightgbm])
def test_the_engine_shap_and_woodelf_agree_where_the_score_is_a_sum_of_leaves(tmp_path, build):
    """Three ways through trees, and one by mixes that knows of none."""
    booster, scorer = build(tmp_path)
    (x, rows), (others, reference) = drawn(9, 2), drawn(30, 3)
    ours = shapley.explain(scorer, rows, reference, FACTORS)
    by_shap = shap.explain(scorer, rows, reference, FACTORS)
    assert by_shap.details["explainer"] == "TreeExplainer"
    assert by_shap.values == pytest.approx(ours.values, abs=1e-6)
    assert np.abs(by_shap.residual).max() < 1e-5
    by_kernel = shap.explain(scorer, rows, reference, FACTORS, by="kernel")
    assert by_kernel.details["explainer"] == "KernelExplainer"
    assert by_kernel.values == pytest.approx(ours.values, abs=1e-6)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        by_woodelf = WoodelfExplainer(booster, pd.DataFrame(others, columns=NAMES)).shap_values(
            pd.DataFrame(x, columns=NAMES)
        )
    assert np.asarray(by_woodelf) == pytest.approx(ours.values, abs=1e-6)


@pytest.mark.parametrize("build", [an_xgboost, a_lightgbm])
def test_a_sum_of_leaves_is_exact_for_any_number_of_factors(tmp_path, build):
    """Beyond ``exact_up_to`` nothing is sampled, also with factors of several columns and with none."""
    _, scorer = build(tmp_path)
    (_, rows), (_, reference) = drawn(6, 2), drawn(30, 3)
    for factors in (
        FACTORS,
        {"both": ["x0", "x1"], "three": ["x2", "x3", "x5"]},
        {"x0": ["x0"], "x2": ["x2"]},
    ):
        slow = shapley.explain(scorer, rows, reference, factors)
        found = shapley.explain(scorer, rows, reference, factors, exact_up_to=1)
        assert "evaluations" in slow.details
        assert "evaluations" not in found.details
        assert found.details["exact"]
        assert found.standard_error is None
        assert found.values == pytest.approx(slow.values, abs=1e-9)
        assert found.base == pytest.approx(slow.base, abs=1e-6)
        assert set(found.certified) <= {"exact", "tie"}
        alone = shapley.explain(
            scorer, {c: v[4:5] for c, v in rows.items()}, reference, factors, exact_up_to=1
        )
        assert alone.values[0].tobytes() == found.values[4].tobytes()


def test_a_probability_beyond_exact_up_to_is_sampled_as_ever(tmp_path):
    """Its sum of leaves goes through a link, so there is no closed form."""
    _, scorer = an_xgboost(tmp_path, "binary:logistic")
    (_, rows), (_, reference) = drawn(6, 2), drawn(30, 3)
    found = shapley.explain(scorer, rows, reference, FACTORS, exact_up_to=2, escalate=False)
    assert not found.details["exact"]
    assert found.standard_error.max() > 0


def test_shaps_trees_are_not_asked_for_probabilities(tmp_path):
    """Asked for them, TreeExplainer rescales: it adds up, and is another value than the game's."""
    booster, scorer = an_xgboost(tmp_path, "binary:logistic")
    (x, rows), (others, reference) = drawn(20, 2), drawn(30, 3)
    ours = shapley.explain(scorer, rows, reference, FACTORS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asked = library.TreeExplainer(
            booster, others, feature_perturbation="interventional", model_output="probability"
        )
        rescaled = asked.shap_values(x)
    assert rescaled.sum(axis=1) == pytest.approx(ours.values.sum(axis=1), abs=1e-5)
    assert np.abs(rescaled - ours.values).max() > 0.01
    by_shap = shap.explain(scorer, rows, reference, FACTORS)
    assert by_shap.details["explainer"] == "KernelExplainer"
    assert by_shap.values == pytest.approx(ours.values, abs=1e-6)


@pytest.mark.parametrize(
    "factors",
    [
        {"both": ["x0", "x1"], **{c: [c] for c in NAMES[2:]}},  # a factor of two columns
        {c: [c] for c in NAMES[:5]},  # a column of no factor, which stays the reference's
    ],
)
def test_shaps_trees_are_not_asked_where_they_would_play_another_game(tmp_path, factors):
    """Columns are players to TreeExplainer; where factors are not, the kernel is asked."""
    _, scorer = an_xgboost(tmp_path)
    (_, rows), (_, reference) = drawn(4, 2), drawn(12, 3)
    by_shap = shap.explain(scorer, rows, reference, factors)
    assert by_shap.details["explainer"] == "KernelExplainer"
    ours = shapley.explain(scorer, rows, reference, factors)
    assert by_shap.values == pytest.approx(ours.values, abs=1e-6)


def test_mixes_through_trees_are_the_scores_of_the_mixed_rows(tmp_path):
    """Any masks: players of many columns, columns that never or always are the row's, a single mask."""
    _, scorer = an_xgboost(tmp_path, "binary:logistic")
    rows, reference = (scorer.encode(drawn(n, seed)[1]) for n, seed in ((3, 2), (11, 3)))
    draw = np.random.default_rng(4)
    every = all_coalitions(len(NAMES))
    for masks in (every, every[::-1], draw.random((7, 6)) < 0.5, every[:1], every[-1:], every[[3, 3]]):
        assert scorer.mixed_mean(rows, reference, masks) == pytest.approx(
            mixed_mean(scorer, rows, reference, masks), abs=1e-6
        )
    assert scorer.notes == []


def test_blocks_of_reference_rows_change_nothing(tmp_path, monkeypatch):
    """A large reference is gone through in parts, in the same order."""
    _, scorer = an_xgboost(tmp_path, "binary:logistic")
    rows, reference = (scorer.encode(drawn(n, seed)[1]) for n, seed in ((3, 2), (11, 3)))
    masks = all_coalitions(len(NAMES))
    whole = scorer.mixed_mean(rows, reference, masks)
    monkeypatch.setattr("audit.models.tree_mixing._BLOCK", 4 * scorer.trees.n_nodes)
    np.testing.assert_allclose(scorer.mixed_mean(rows, reference, masks), whole, rtol=0, atol=1e-15)


def test_more_players_than_a_table_holds_are_scored_one_by_one(tmp_path):
    """Beyond it mixes go through the library, with the same answer."""
    n = MOST_PLAYERS + 2
    names = [f"x{at}" for at in range(n)]
    x = np.random.default_rng(1).normal(size=(100, n))
    booster = xgboost.train({"nthread": 1}, xgboost.DMatrix(x, x.sum(axis=1), feature_names=names), 3)
    booster.save_model(tmp_path / "model.json")
    scorer = open_model("model.json", folder=tmp_path)
    encoded = scorer.encode(dict(zip(names, x.T, strict=True)))
    masks = np.eye(n, dtype=bool)
    assert players_of(masks)[2] == n
    assert scorer.mixed_mean(encoded[:2], encoded[5:9], masks) == pytest.approx(
        mixed_mean(scorer, encoded[:2], encoded[5:9], masks)
    )
    assert scorer.mixes


def test_trees_deeper_than_there_are_players_ask_for_each_once(tmp_path):
    """A branch that asks for a column again follows the row that it already follows."""
    draw = np.random.default_rng(1)
    x = draw.normal(size=(500, 2))
    booster = xgboost.train(
        {"max_depth": 9, "nthread": 1, "min_child_weight": 0},
        xgboost.DMatrix(x, np.sin(9 * x[:, 0]) * np.cos(7 * x[:, 1]), feature_names=["a", "b"]),
        5,
    )
    booster.save_model(tmp_path / "model.json")
    scorer = open_model("model.json", folder=tmp_path)
    encoded = scorer.encode({"a": x[:, 0], "b": x[:, 1]})
    masks = all_coalitions(2)
    assert scorer.mixed_mean(encoded[:5], encoded[9:40], masks) == pytest.approx(
        mixed_mean(scorer, encoded[:5], encoded[9:40], masks), abs=1e-6
    )
