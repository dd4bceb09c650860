"""scikit-learn's trees: opened as data once they are checked, and explained through what they hold."""

from __future__ import annotations

import joblib
import numpy as np
import pytest
import skops.io
from sklearn import ensemble, tree
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from audit.errors import ModelError
from audit.explain import shapley
from audit.explain.game import mixed_mean
from audit.models import digest_of, open_model
from audit.models.sklearn_trees import check_trees
from tests.oracles.shapley import shapley_values
from tests.worlds.small_scorers import as_records

TRUST = {"by": "Model Risk", "reason": "ours", "date": "2026-11-02"}
NAMES = ("income", "debt", "limit", "late")
N = 300


def data(gaps=True):
    draw = np.random.default_rng(0)
    x = draw.normal(size=(N, 4))
    if gaps:
        x[::9, 0] = np.nan
    risk = np.nan_to_num(x[:, 0]) * x[:, 1] + x[:, 2]
    return x, risk, (risk + draw.normal(0, 0.3, N) > 0).astype(int)


def rows_of(x):
    return dict(zip(NAMES, x.T.copy(), strict=True))


MODELS = {
    "tree": (tree.DecisionTreeClassifier(max_depth=5, random_state=1), True, True),
    "regression tree": (tree.DecisionTreeRegressor(max_depth=5, random_state=1), False, True),
    "forest": (ensemble.RandomForestClassifier(9, max_depth=5, random_state=1), True, True),
    "regression forest": (ensemble.RandomForestRegressor(9, max_depth=5, random_state=1), False, True),
    "extra trees": (ensemble.ExtraTreesClassifier(9, max_depth=5, random_state=1), True, True),
    "boosting": (ensemble.GradientBoostingClassifier(n_estimators=9, random_state=1), True, False),
    "exponential boosting": (
        ensemble.GradientBoostingClassifier(n_estimators=9, loss="exponential", random_state=1),
        True,
        False,
    ),
    "regression boosting": (ensemble.GradientBoostingRegressor(n_estimators=9, random_state=1), False, False),
    "histograms": (ensemble.HistGradientBoostingClassifier(max_iter=9, random_state=1), True, True),
    "regression histograms": (
        ensemble.HistGradientBoostingRegressor(max_iter=9, random_state=1),
        False,
        True,
    ),
    "poisson histograms": (
        ensemble.HistGradientBoostingRegressor(max_iter=9, loss="poisson", random_state=1),
        False,
        True,
    ),
}


@pytest.mark.parametrize("output", [1, "0"])
@pytest.mark.parametrize("kind", list(MODELS))
def test_trees_as_read_score_and_explain_as_the_library(tmp_path, kind, output):
    """Opened from .skops without trust; every coalition by the library's own prediction is the oracle."""
    model, is_classifier, gaps = MODELS[kind]
    x, risk, bad = data(gaps)
    model.fit(x, bad if is_classifier else np.exp(risk / 3))
    skops.io.dump(model, tmp_path / "model.skops")
    if not is_classifier and output != 1:
        return
    scorer = open_model(tmp_path / "model.skops", features=NAMES, output=output if is_classifier else 0)

    def by_library(matrix):
        return model.predict_proba(matrix)[:, int(output)] if is_classifier else model.predict(matrix)

    np.testing.assert_array_equal(scorer.score(rows_of(x)), by_library(x))
    assert scorer.mixes
    rows, reference = rows_of(x[8:11]), rows_of(x[20:26])
    factors = {"money": ["income", "debt"], "limit": ["limit"], "late": ["late"]}
    found = shapley.explain(scorer, rows, reference, factors)
    known = {}

    def score(row):
        key = tuple(map(str, row.values()))
        if key not in known:
            known[key] = float(by_library(np.array([list(row.values())]))[0])
        return known[key]

    for at, row in enumerate(as_records(rows)):
        true = shapley_values(score, row, as_records(reference), factors)
        assert found.values[at] == pytest.approx([true[f] for f in factors], abs=1e-9)
    assert scorer.mixes


@pytest.mark.parametrize(
    "model",
    [
        ensemble.RandomForestClassifier(5, random_state=1),
        ensemble.GradientBoostingClassifier(n_estimators=3, random_state=1),
        ensemble.HistGradientBoostingClassifier(max_iter=3, random_state=1),
        ensemble.AdaBoostClassifier(n_estimators=3, random_state=1),
        make_pipeline(StandardScaler(), tree.DecisionTreeClassifier(max_depth=4, random_state=1)),
    ],
)
def test_other_ensembles_and_three_classes_go_the_slow_way_unless_a_sum_of_leaves(tmp_path, model):
    """A forest's class of three is a sum of leaves; boosting's is not, nor is what lies behind a scaler."""
    x, _, bad = data(gaps=False)
    three = np.where(x[:, 3] > 1, 2, bad)
    model.fit(x, three)
    skops.io.dump(model, tmp_path / "model.skops")
    scorer = open_model(tmp_path / "model.skops", features=NAMES, output=2)
    assert scorer.score(rows_of(x)) == pytest.approx(model.predict_proba(x)[:, 2], abs=1e-12)
    assert scorer.mixes is isinstance(model, ensemble.RandomForestClassifier)
    encoded = scorer.encode(rows_of(x))
    masks = np.random.default_rng(1).random((6, 4)) < 0.5
    assert scorer.mixed_mean(encoded[:3], encoded[50:60], masks) == pytest.approx(
        mixed_mean(scorer, encoded[:3], encoded[50:60], masks), abs=1e-12
    )


def test_histograms_with_categories_are_pickles_alone_and_go_the_slow_way(tmp_path):
    """Their own preprocessing stands before the trees, and holds functions, which are no data."""
    x, _, bad = data()
    x[:, 3] = np.random.default_rng(1).integers(0, 4, N)
    model = ensemble.HistGradientBoostingClassifier(max_iter=4, categorical_features=[3]).fit(x, bad)
    skops.io.dump(model, tmp_path / "model.skops")
    with pytest.raises(ModelError, match=r"types beyond scikit-learn's own \(functools\.partial"):
        open_model(tmp_path / "model.skops", features=NAMES)
    joblib.dump(model, tmp_path / "model.joblib")
    pinned = {"trust": TRUST, "sha256": digest_of(tmp_path / "model.joblib")}
    scorer = open_model(tmp_path / "model.joblib", features=NAMES, **pinned)
    np.testing.assert_array_equal(scorer.score(rows_of(x)), model.predict_proba(x)[:, 1])
    assert not scorer.mixes


def harm_tree(model, field, value):
    """Turn one number of a tree against its reader, as a file could."""
    state = model.tree_.__getstate__()
    state["nodes"][field][0] = value
    model.tree_.__setstate__(state)
    return model


@pytest.mark.parametrize(("field", "value"), [("left_child", 9999), ("left_child", 0), ("feature", 9999)])
@pytest.mark.parametrize("inside", [False, True])
def test_trees_that_lead_astray_are_refused_before_anything_follows_them(tmp_path, field, value, inside):
    """A child out of range, a circle, a column that is not there; alone and within an ensemble."""
    x, _, bad = data()
    if inside:
        model = ensemble.RandomForestClassifier(3, max_depth=3, random_state=1).fit(x, bad)
        harm_tree(model.estimators_[1], field, value)
    else:
        model = harm_tree(tree.DecisionTreeClassifier(max_depth=3).fit(x, bad), field, value)
    skops.io.dump(model, tmp_path / "model.skops")
    with pytest.raises(ModelError, match="it cannot be opened"):
        open_model(tmp_path / "model.skops", features=NAMES)


@pytest.mark.parametrize(
    ("field", "value"), [("left", 9999), ("right", 0), ("feature_idx", 9999), ("feature_idx", -1)]
)
def test_histograms_that_lead_astray_are_refused_too(tmp_path, field, value):
    """The same, in the other kind of tree."""
    x, _, bad = data()
    model = ensemble.HistGradientBoostingClassifier(max_iter=3).fit(x, bad)
    model._predictors[1][0].nodes[field][0] = value
    skops.io.dump(model, tmp_path / "model.skops")
    with pytest.raises(ModelError, match="it cannot be opened"):
        open_model(tmp_path / "model.skops", features=NAMES)


def test_a_set_of_categories_outside_of_a_tree_is_found():
    """The index of a set is followed by compiled code as well."""
    x, _, bad = data()
    x[:, 3] = np.random.default_rng(1).integers(0, 4, N)
    model = ensemble.HistGradientBoostingClassifier(max_iter=4, categorical_features=[3]).fit(
        x, bad ^ (x[:, 3] == 2)
    )
    check_trees(model)
    tree_of = next(one for (one,) in model._predictors if one.nodes["is_categorical"].any())
    tree_of.nodes["bitset_idx"][tree_of.nodes["is_categorical"].argmax()] = 77
    with pytest.raises(ValueError, match="categories lie outside"):
        check_trees(model)
