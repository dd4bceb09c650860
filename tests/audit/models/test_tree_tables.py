"""Tables of patterns give what walking the trees gives, and the scores that the library gives."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost

from audit.explain import shapley
from audit.models import open_model, tree_mixing, tree_tables

N_COLUMNS = 5
NAMES = [f"x{at}" for at in range(N_COLUMNS)]


def drawn(n, seed):
    """Return rows with steps and missing values."""
    draw = np.random.default_rng(seed)
    rows = draw.normal(size=(n, N_COLUMNS))
    rows[:, 1] = np.round(rows[:, 1])
    rows[draw.random(rows.shape) < 0.1] = np.nan
    return rows


def grown(folder, depth=5, n_trees=20):
    """Return a booster's scorer."""
    rows = np.nan_to_num(drawn(600, 1))
    target = rows[:, 0] * rows[:, 1] + np.sin(3 * rows[:, 2]) - rows[:, 3]
    known = xgboost.DMatrix(drawn(600, 1), target, feature_names=NAMES)
    booster = xgboost.train({"max_depth": depth, "nthread": 1, "min_child_weight": 0}, known, n_trees)
    booster.save_model(folder / "model.json")
    return open_model("model.json", folder=folder)


OWNERS = [[0, 1, 2, 3, 4], [0, 1, 0, 2, 1], [0, -1, 1, 1, -1], [0, 0, 0, 0, 0], [-1, -1, 0, -1, -1]]


@pytest.mark.parametrize("players", OWNERS)
def test_tables_and_walks_give_the_same_shares(tmp_path, players):
    """One column a player, several, columns that nobody owns, and one player for all."""
    trees = grown(tmp_path).trees
    rows, reference = drawn(9, 2), drawn(300, 3)  # more reference rows than one call counts
    owners, n_players = np.array(players, dtype=np.int32), max(players) + 1
    leaves = tree_tables.leaves_of(trees, owners)
    assert leaves is not None
    found = tree_tables.shares(trees, leaves, rows, reference, n_players)
    walked = tree_mixing.shares(trees, rows, reference, owners, n_players)
    assert found == pytest.approx(walked, abs=1e-12)
    assert np.abs(found).max() > 0


def test_a_row_alone_and_on_one_core_has_the_bytes_of_a_batch(tmp_path, monkeypatch):
    """Neither company nor cores change a bit."""
    scorer = grown(tmp_path)
    rows, reference = drawn(700, 2), drawn(40, 3)
    owners = np.arange(N_COLUMNS, dtype=np.int32)
    leaves = tree_tables.leaves_of(scorer.trees, owners)
    whole = tree_tables.shares(scorer.trees, leaves, rows, reference, N_COLUMNS)
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "1")
    assert tree_tables.shares(scorer.trees, leaves, rows, reference, N_COLUMNS).tobytes() == whole.tobytes()
    alone = tree_tables.shares(scorer.trees, leaves, rows[650:651], reference, N_COLUMNS)
    assert alone.tobytes() == whole[650:651].tobytes()


def test_scores_are_those_of_the_slow_way(tmp_path):
    """What is compared with the library is the same sum of leaves."""
    scorer = grown(tmp_path)
    rows = drawn(700, 2)
    assert tree_tables.scores(scorer.trees, rows) == pytest.approx(scorer.trees.scores(rows), abs=1e-12)
    answers = tree_tables.answers_of(scorer.trees, rows)
    inside = scorer.trees.feature >= 0
    assert (answers[inside] == scorer.trees.goes_left(rows).T[inside]).all()


def test_very_deep_trees_are_walked(tmp_path, monkeypatch):
    """Where tables would be too large the answer is the same, by the other way."""
    scorer = grown(tmp_path)
    rows, reference = (dict(zip(NAMES, drawn(n, seed).T, strict=True)) for n, seed in ((5, 2), (30, 3)))
    single = {name: [name] for name in NAMES}
    by_tables = shapley.explain(scorer, rows, reference, single, exact_up_to=2).values
    monkeypatch.setattr("audit.models.tree_tables._MOST", 10)
    assert tree_tables.leaves_of(scorer.trees, np.arange(N_COLUMNS, dtype=np.int32)) is None
    walked = shapley.explain(scorer, rows, reference, single, exact_up_to=2).values
    assert by_tables == pytest.approx(walked, abs=1e-12)
    by_coalitions = shapley.explain(scorer, rows, reference, single).values
    assert by_tables == pytest.approx(by_coalitions, abs=1e-6)


def test_a_tree_of_one_leaf_gives_nobody_anything(tmp_path):
    """A constant has no shares."""
    known = xgboost.DMatrix(drawn(50, 1), np.ones(50), feature_names=NAMES)
    booster = xgboost.train({"nthread": 1}, known, 2)
    booster.save_model(tmp_path / "model.json")
    trees = open_model("model.json", folder=tmp_path).trees
    leaves = tree_tables.leaves_of(trees, np.arange(N_COLUMNS, dtype=np.int32))
    assert not tree_tables.shares(trees, leaves, drawn(3, 2), drawn(4, 3), N_COLUMNS).any()
