"""XGBoost's files score as the library does, are explained exactly, and are checked before it reads them."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd
import pytest
import xgboost

from audit.errors import ModelError
from audit.explain import shapley
from audit.explain.game import mixed_mean
from audit.models import describe, open_model
from audit.models.ubjson import read_ubjson
from tests.oracles.shapley import shapley_values
from tests.worlds.small_scorers import as_records

N = 400
WORDS = ("own", "rent", "free", "other")


def people(n=N, seed=0):
    """Draw numbers with gaps, a column of words, and a column of whole numbers that are categories."""
    draw = np.random.default_rng(seed)
    income = draw.normal(50, 10, n)
    income[::9] = np.nan
    return {
        "income": income,
        "debt": draw.normal(10, 3, n),
        "home": draw.choice(np.array(WORDS, dtype=object), n),
        "branch": draw.choice([1.0, 5.0, 9.0], n),
    }


def framed(rows):
    """Return the rows as the library's users hand them over, with categories as in the training."""
    frame = pd.DataFrame(rows)
    known = pd.CategoricalDtype(sorted(WORDS))
    frame["home"] = pd.Series([word or None for word in rows["home"]], dtype=known)
    frame["branch"] = pd.Categorical(rows["branch"].astype(int), categories=[1, 5, 9])
    return frame


def bad(rows):
    """Say who paid badly: a rule with an interaction, and noise."""
    draw = np.random.default_rng(3)
    risk = np.nan_to_num(rows["income"], nan=40.0) - 2 * rows["debt"] - 12 * (rows["home"] == "rent")
    return (risk + 4 * (rows["branch"] == 5) + draw.normal(0, 5, len(risk)) < 26).astype(int)


def trained(parameters=None, rounds=12, rows=None, target=None):
    """Train a small booster on named columns with categories."""
    rows = people() if rows is None else rows
    known = xgboost.DMatrix(framed(rows), bad(rows) if target is None else target, enable_categorical=True)
    chosen = {"objective": "binary:logistic", "max_depth": 4, "seed": 1, "nthread": 1} | (parameters or {})
    return xgboost.train(chosen, known, rounds)


def by_library(booster, rows):
    """Score rows by the library itself."""
    return booster.predict(xgboost.DMatrix(framed(rows), enable_categorical=True))


def opened(folder, booster, name="model.json", **given):
    booster.save_model(folder / name)
    return open_model(name, folder=folder, **given)


# --- scores --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["model.json", "model.ubj"])
def test_both_forms_score_as_the_library_does(tmp_path, name):
    """Words and numbers that are categories, and missing values, come through; no trust is needed."""
    booster, rows = trained(), people(90, 5)
    scorer = opened(tmp_path, booster, name)
    np.testing.assert_array_equal(scorer.score(rows), by_library(booster, rows).astype(np.float64))
    alone = [scorer.score({c: v[at : at + 1] for c, v in rows.items()})[0] for at in range(9)]
    assert alone == scorer.score(rows)[:9].tolist()
    assert scorer.score({c: v[:0] for c, v in rows.items()}).shape == (0,)
    kept = describe(scorer)
    assert kept.digest == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    assert (kept.framework, kept.inputs) == ("xgboost", ("income", "debt", "home", "branch"))
    assert kept.output == "probability of 1"
    assert kept.layers == ({"name": "gbtree", "kind": "binary:logistic", "units": 12},)
    assert kept.n_parameters == len(booster.trees_to_dataframe())


@pytest.mark.parametrize(
    ("parameters", "by_trees"),
    [
        ({"objective": "reg:squarederror", "base_score": 3.5}, True),
        ({"objective": "binary:logistic", "base_score": 0.2}, True),
        ({"objective": "binary:logitraw"}, True),
        ({"objective": "reg:logistic"}, True),
        ({"objective": "count:poisson"}, True),
        ({"objective": "reg:gamma"}, True),
        ({"objective": "rank:pairwise"}, True),
        ({"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.5}, True),
        ({"objective": "binary:logistic", "num_parallel_tree": 3, "subsample": 0.6}, True),
        ({"objective": "binary:logistic", "grow_policy": "lossguide", "max_leaves": 6}, True),
        ({"objective": "binary:logistic", "max_cat_to_onehot": 1}, True),
        ({"objective": "binary:hinge"}, False),
        ({"objective": "survival:aft"}, False),
    ],
)
def test_objectives_are_scored_in_their_own_unit(tmp_path, parameters, by_trees):
    """The score is what the library predicts; its trees as read give the same, or are not asked."""
    target = bad(people()) + (1 if parameters["objective"] in ("reg:gamma", "survival:aft") else 0)
    if parameters["objective"] == "survival:aft":
        rows = people()
        known = xgboost.DMatrix(framed(rows), enable_categorical=True)
        known.set_float_info("label_lower_bound", target.astype(float))
        known.set_float_info("label_upper_bound", target.astype(float) + 1)
        booster = xgboost.train({**parameters, "nthread": 1}, known, 5)
    else:
        booster = trained(parameters, target=target)
    scorer = opened(tmp_path, booster)
    rows = people(60, 5)
    np.testing.assert_allclose(
        scorer.score(rows), by_library(booster, rows), rtol=1e-6
    )  # DART adds otherwise
    assert scorer.mixes is by_trees
    assert scorer.notes == [] or not by_trees
    if by_trees:
        size = max(1.0, float(np.abs(scorer.score(rows)).max()))
        assert scorer.trees.scores(scorer.encode(rows)) == pytest.approx(scorer.score(rows), abs=1e-6 * size)


@pytest.mark.parametrize("objective", ["multi:softprob", "multi:softmax"])
def test_one_class_of_several_is_the_score(tmp_path, objective):
    """Also where the library would answer with the number of a class, its probability is the score."""
    kinds = np.random.default_rng(2).integers(0, 3, N)
    booster = trained({"objective": objective, "num_class": 3}, target=kinds)
    rows = people(40, 5)
    scorer = opened(tmp_path, booster, output=2)
    raw = booster.predict(xgboost.DMatrix(framed(rows), enable_categorical=True), output_margin=True)
    raw = raw.reshape(40, 3)
    expected = np.exp(raw[:, 2]) / np.exp(raw).sum(axis=1)
    assert scorer.score(rows) == pytest.approx(expected, abs=1e-6)
    assert describe(scorer).output == "probability of 2"
    for output in (3, -1, "late"):
        with pytest.raises(ModelError, match=r"it has no output .*it gives 3 a row"):
            opened(tmp_path, booster, output=output)


def test_a_linear_booster_is_scored_without_trees(tmp_path):
    """It has no trees to be explained by, and says so."""
    x = np.random.default_rng(0).normal(size=(100, 2))
    booster = xgboost.train({"booster": "gblinear", "nthread": 1}, xgboost.DMatrix(x, x @ [1.0, 2.0]), 5)
    scorer = opened(tmp_path, booster, features=("a", "b"))
    np.testing.assert_array_equal(
        scorer.score({"a": x[:, 0], "b": x[:, 1]}), booster.predict(xgboost.DMatrix(x)).astype(np.float64)
    )
    assert not scorer.mixes


def test_rounds_after_early_stopping_are_those_of_who_saved_it(tmp_path):
    """scikit-learn's interface scores with the best rounds, the library's own with all."""
    rows = people()
    frame, target = framed(rows), bad(rows)
    model = xgboost.XGBClassifier(
        n_estimators=80, early_stopping_rounds=3, enable_categorical=True, n_jobs=1, learning_rate=0.8
    )
    model.fit(frame[:200], target[:200], eval_set=[(frame[200:], target[200:])], verbose=False)
    booster = model.get_booster()
    assert model.best_iteration + 1 < booster.num_boosted_rounds()
    model.save_model(tmp_path / "model.json")
    scorer = open_model("model.json", folder=tmp_path)
    np.testing.assert_array_equal(scorer.score(rows), model.predict_proba(frame)[:, 1].astype(np.float64))
    n = booster.num_boosted_rounds()
    assert describe(scorer).output == f"probability of 1, {model.best_iteration + 1} of {n} rounds"
    assert scorer.notes == []
    booster.set_attr(scikit_learn=None)
    scorer = opened(tmp_path, booster)
    np.testing.assert_array_equal(scorer.score(rows), by_library(booster, rows).astype(np.float64))


def test_arrays_take_the_order_of_the_config(tmp_path):
    """A booster trained without names reads the features in the order of the config."""
    x = np.random.default_rng(0).normal(size=(80, 2))
    booster = xgboost.train({"nthread": 1}, xgboost.DMatrix(x, x @ [1.0, 5.0]), 5)
    scorer = opened(tmp_path, booster, features=("a", "b"))
    expected = booster.predict(xgboost.DMatrix(x)).astype(np.float64)
    np.testing.assert_array_equal(scorer.score({"b": x[:, 1], "a": x[:, 0]}), expected)
    with pytest.raises(ModelError, match=r"trained on 2 columns without names, the config names 1 features"):
        opened(tmp_path, booster, features=("a",))


def test_a_category_that_was_never_seen_is_refused_by_its_column(tmp_path):
    """How many rows hold it is told, and not what it is."""
    scorer = opened(tmp_path, trained())
    rows = people(6, 5)
    rows["home"][2] = "castle"
    with pytest.raises(
        ModelError, match=r"1 of 6 rows hold a category of 'home' that .* not trained on"
    ) as told:
        scorer.score(rows)
    assert "castle" not in str(told.value)
    rows["home"][2] = ""
    expected = framed(rows)
    np.testing.assert_array_equal(
        scorer.score(rows),
        trained().predict(xgboost.DMatrix(expected, enable_categorical=True)).astype(np.float64),
    )


def test_rows_that_do_not_fit_are_refused_by_column(tmp_path):
    """Text for a number, or a column that is not there."""
    scorer = opened(tmp_path, trained())
    rows = people(3)
    with pytest.raises(ModelError, match="reads 'income' as a number, and the data hold text"):
        scorer.score(rows | {"income": rows["home"]})
    with pytest.raises(ModelError, match="reads the column 'debt', which the rows do not have"):
        scorer.score({c: v for c, v in rows.items() if c != "debt"})


# --- explanations --------------------------------------------------------------------------------

FACTORS = {"money": ["income", "debt"], "home": ["home"], "branch": ["branch"]}


@pytest.mark.parametrize("objective", ["binary:logistic", "reg:squarederror", "count:poisson"])
def test_exact_values_equal_brute_force_through_the_library(tmp_path, objective):
    """Every coalition, every reference row, one prediction each: the same Shapley values."""
    booster = trained({"objective": objective})
    scorer = opened(tmp_path, booster)
    rows, reference = people(3, 5), people(7, 6)
    found = shapley.explain(scorer, rows, reference, FACTORS)
    known = {}

    def score(row):
        key = tuple(map(str, row.values()))
        if key not in known:
            cells = {c: np.array([v], dtype=object if c == "home" else float) for c, v in row.items()}
            known[key] = float(by_library(booster, cells)[0])
        return known[key]

    for at, row in enumerate(as_records(rows)):
        true = shapley_values(score, row, as_records(reference), FACTORS)
        assert found.values[at] == pytest.approx([true[f] for f in FACTORS], abs=1e-6)
    assert np.abs(found.residual).max() < 1e-6
    assert scorer.notes == []


def test_contributions_of_a_row_alone_have_the_bits_of_a_batch(tmp_path):
    """Exact and sampled contributions do not depend on which rows come with one."""
    scorer = opened(tmp_path, trained())
    rows, reference = people(30, 5), people(20, 6)
    factors = {c: [c] for c in rows}
    alone = {c: v[17:18] for c, v in rows.items()}
    for exact_up_to in (10, 2):
        together = shapley.explain(scorer, rows, reference, factors, exact_up_to=exact_up_to)
        one = shapley.explain(scorer, alone, reference, factors, exact_up_to=exact_up_to)
        assert one.values[0].tobytes() == together.values[17].tobytes()


def test_trees_that_answer_otherwise_are_left_alone(tmp_path):
    """Where the trial finds a difference, the library alone is asked, and the note says why."""
    scorer = opened(tmp_path, trained())
    scorer.trees.value[:] *= 1.01  # as if read wrongly from the file
    rows, reference = scorer.encode(people(3, 5)), scorer.encode(people(5, 6))
    assert not scorer.mixes
    assert "its trees, as read from the model, give other scores" in scorer.notes[0]
    masks = np.random.default_rng(1).random((4, 4)) < 0.5
    np.testing.assert_array_equal(
        scorer.mixed_mean(rows, reference, masks), mixed_mean(scorer, rows, reference, masks)
    )


# --- what a file carries -------------------------------------------------------------------------


def harmed(kind):
    """Return a booster's JSON with one thing turned against its reader."""
    whole = json.loads(bytes(trained().save_raw("json")))
    model = whole["learner"]["gradient_booster"]["model"]
    tree = model["trees"][0]
    if kind == "child":
        tree["left_children"][0] = 99_999
    elif kind == "circle":
        tree["left_children"][1] = 0
    elif kind == "column":
        tree["split_indices"][0] = 1_000_000
    elif kind == "categories":
        tree["categories_segments"] = [999_999] * len(tree["categories_segments"])
        tree["categories_nodes"] = tree["categories_nodes"] or [0]
    elif kind == "parent":
        tree["parents"][2] = 3_014_658
    elif kind == "rounds":
        model["iteration_indptr"][1] = 99
    elif kind == "words":
        model["cats"]["enc"][2]["offsets"][1] = 99_999
    elif kind == "order":
        model["cats"]["sorted_idx"][0] = 99_999
    elif kind == "output":
        model["tree_info"][0] = 77
    elif kind == "short":
        tree["split_conditions"] = tree["split_conditions"][:1]
    elif kind == "learner":
        del whole["learner"]["objective"]
    return json.dumps(whole).encode()


KINDS = ("child", "circle", "column", "categories", "parent", "rounds", "words", "order", "output", "short")


@pytest.mark.parametrize("kind", [*KINDS, "learner"])
def test_trees_that_lead_astray_are_refused_before_the_library_follows(tmp_path, kind):
    """XGBoost itself would end the process or never return on most of these."""
    (tmp_path / "model.json").write_bytes(harmed(kind))
    with pytest.raises(ModelError, match=r"^model model\.json: XGBoost cannot read it \(.*\)\. Save it"):
        open_model("model.json", folder=tmp_path)


@pytest.mark.parametrize("name", ["model.json", "model.ubj"])
@pytest.mark.parametrize("keep", [0, 1, 40, 1000, -1])
def test_a_file_that_was_cut_short_is_refused_in_words(tmp_path, name, keep):
    """XGBoost itself ends the process on some of these."""
    trained().save_model(tmp_path / name)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[:keep])
    with pytest.raises(ModelError, match="XGBoost cannot read it"):
        open_model(name, folder=tmp_path)


@pytest.mark.parametrize("content", [b"{}", b"[]", b"no model", b'{"learner": 3}', b"[" * 5000, b"\xff\x00"])
def test_a_foreign_file_is_refused_in_words(tmp_path, content):
    """Neither a text nor other JSON is a traceback."""
    for name in ("model.json", "model.ubj"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ModelError, match="XGBoost cannot read it"):
            open_model(name, folder=tmp_path)


def test_a_file_that_was_replaced_is_refused(tmp_path):
    """The digest that is pinned is that of the bytes that are opened."""
    digest = describe(opened(tmp_path, trained())).digest
    assert open_model("model.json", folder=tmp_path, sha256=digest)
    with pytest.raises(ModelError, match="the config pins 0000"):
        open_model("model.json", folder=tmp_path, sha256="0" * 64)


def test_both_forms_hold_the_same_values(tmp_path):
    """Our reader of .ubj gives what JSON gives, to float32."""
    booster = trained()
    one = json.loads(bytes(booster.save_raw("json")))
    two = read_ubjson(bytes(booster.save_raw("ubj")))

    def same(a, b, place=""):
        if isinstance(a, dict):
            assert a.keys() == b.keys(), place
            for key in a:
                same(a[key], b[key], f"{place}.{key}")
        elif isinstance(a, list):
            assert len(a) == len(b), place
            for at, (x, y) in enumerate(zip(a, b, strict=True)):
                same(x, y, f"{place}[{at}]")
        elif isinstance(a, float) or isinstance(b, float):
            assert a == pytest.approx(b, rel=1e-6, abs=1e-30), place
        else:
            assert a == b, place

    same(one, two)
