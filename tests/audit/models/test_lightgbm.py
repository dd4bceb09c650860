"""LightGBM's files score as the library does, are explained exactly, and are checked before it reads them."""

from __future__ import annotations

import hashlib
import warnings

import numpy as np
import pandas as pd
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import lightgbm

from audit.errors import ModelError
from audit.explain import shapley
from audit.models import describe, open_model
from tests.oracles.shapley import shapley_values
from tests.worlds.small_scorers import as_records

N = 600
WORDS = ("own", "rent", "free", "other", "shared", "none")
NAMES = ("income", "debt to income", "home", "branch")


def people(n=N, seed=0):
    """Draw numbers with gaps, a column of words, and a column of whole numbers that are categories."""
    draw = np.random.default_rng(seed)
    income = draw.normal(50, 10, n)
    income[::9] = np.nan
    return {
        "income": income,
        "debt to income": draw.normal(10, 3, n),
        "home": draw.choice(np.array(WORDS, dtype=object), n),
        "branch": draw.choice([1.0, 5.0, 9.0], n),
    }


def framed(rows):
    """Return the rows as the library's users hand them over, with categories as in the training."""
    frame = pd.DataFrame(rows)
    known = pd.CategoricalDtype(sorted(WORDS))
    frame["home"] = pd.Series([word if word in WORDS else None for word in rows["home"]], dtype=known)
    branches = [int(one) if one in (1, 5, 9) else None for one in rows["branch"]]
    frame["branch"] = pd.Series(branches, dtype=pd.CategoricalDtype([1, 5, 9]))
    return frame


def bad(rows):
    """Say who paid badly: a rule with an interaction, and noise."""
    draw = np.random.default_rng(3)
    risk = (
        np.nan_to_num(rows["income"], nan=40.0) - 2 * rows["debt to income"] - 12 * (rows["home"] == "rent")
    )
    return (risk + 4 * (rows["branch"] == 5) + draw.normal(0, 5, len(risk)) < 26).astype(int)


def trained(parameters=None, rounds=12, target=None):
    """Train a small booster on named columns with categories."""
    rows = people()
    known = lightgbm.Dataset(framed(rows), bad(rows) if target is None else target)
    chosen = {"objective": "binary", "num_leaves": 8, "seed": 1, "num_threads": 1, "verbosity": -1}
    return lightgbm.train(chosen | (parameters or {}), known, rounds)


def opened(folder, booster, name="model.txt", features=NAMES, **given):
    booster.save_model(folder / name)
    return open_model(name, folder=folder, features=features, **given)


# --- scores --------------------------------------------------------------------------------------


def test_it_scores_as_the_library_does(tmp_path):
    """Categories, gaps, and a name whose blank the library wrote as an underscore; no trust is needed."""
    booster, rows = trained(), people(90, 5)
    scorer = opened(tmp_path, booster)
    np.testing.assert_array_equal(scorer.score(rows), booster.predict(framed(rows)))
    alone = [scorer.score({c: v[at : at + 1] for c, v in rows.items()})[0] for at in range(9)]
    assert alone == scorer.score(rows)[:9].tolist()
    assert scorer.score({c: v[:0] for c, v in rows.items()}).shape == (0,)
    kept = describe(scorer)
    assert kept.digest == hashlib.sha256((tmp_path / "model.txt").read_bytes()).hexdigest()
    assert (kept.framework, kept.inputs) == ("lightgbm", NAMES)
    assert kept.output == "probability of 1"
    assert kept.layers == ({"name": "gbdt", "kind": "binary sigmoid:1", "units": 12},)
    assert kept.n_parameters == len(booster.trees_to_dataframe())


def test_an_unknown_category_and_a_gap_are_what_they_are_to_the_library(tmp_path):
    """Both count as missing."""
    booster, rows = trained(), people(8, 5)
    rows["home"][:2] = ["castle", ""]
    rows["branch"][3:5] = [7.0, np.nan]
    np.testing.assert_array_equal(opened(tmp_path, booster).score(rows), booster.predict(framed(rows)))


@pytest.mark.parametrize(
    ("parameters", "by_trees"),
    [
        ({"objective": "regression"}, True),
        ({"objective": "quantile"}, True),
        ({"objective": "binary", "sigmoid": 2.0, "is_unbalance": True}, True),
        ({"objective": "cross_entropy"}, True),
        ({"objective": "poisson"}, True),
        ({"objective": "binary", "boosting": "dart"}, True),
        ({"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}, True),
        ({"objective": "binary", "use_missing": False}, True),
        ({"objective": "binary", "max_cat_to_onehot": 1, "min_data_per_group": 1}, True),
        ({"objective": "binary", "min_gain_to_split": 1e9}, True),  # trees of one leaf
        ({"objective": "binary", "zero_as_missing": True}, False),
        ({"objective": "binary", "linear_tree": True}, False),
        ({"objective": "regression", "reg_sqrt": True}, False),
        ({"objective": "cross_entropy_lambda"}, False),
    ],
)
def test_objectives_are_scored_in_their_own_unit(tmp_path, parameters, by_trees):
    """The score is what the library predicts; its trees as read give the same, or are not asked."""
    booster, rows = trained(parameters), people(60, 5)
    scorer = opened(tmp_path, booster)
    np.testing.assert_array_equal(scorer.score(rows), booster.predict(framed(rows)))
    assert scorer.mixes is by_trees
    if by_trees:
        assert scorer.trees.scores(scorer.encode(rows)) == pytest.approx(scorer.score(rows), abs=1e-12)
        assert scorer.notes == []


def test_one_class_of_several_is_the_score(tmp_path):
    """By its number; there are no more than there are."""
    kinds = np.random.default_rng(2).integers(0, 3, N)
    booster, rows = trained({"objective": "multiclass", "num_class": 3}, target=kinds), people(40, 5)
    scorer = opened(tmp_path, booster, output=2)
    np.testing.assert_array_equal(scorer.score(rows), booster.predict(framed(rows))[:, 2])
    assert describe(scorer).output == "probability of 2"
    for output in (3, "late"):
        with pytest.raises(ModelError, match=r"it has no output .*it gives 3 a row"):
            opened(tmp_path, booster, output=output)


def test_arrays_take_the_order_of_the_config(tmp_path):
    """A booster trained without names reads the features in the order of the config."""
    x = np.random.default_rng(0).normal(size=(200, 2))
    booster = lightgbm.train({"verbosity": -1, "num_threads": 1}, lightgbm.Dataset(x, x @ [1.0, 5.0]), 5)
    scorer = opened(tmp_path, booster, features=("a", "b"))
    np.testing.assert_array_equal(scorer.score({"b": x[:, 1], "a": x[:, 0]}), booster.predict(x))
    with pytest.raises(ModelError, match=r"trained on 2 columns without names, the config names 1 features"):
        opened(tmp_path, booster, features=("a",))


# --- explanations --------------------------------------------------------------------------------

FACTORS = {"money": ["income", "debt to income"], "home": ["home"], "branch": ["branch"]}


@pytest.mark.parametrize("objective", ["binary", "regression"])
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
            known[key] = float(booster.predict(framed(cells))[0])
        return known[key]

    for at, row in enumerate(as_records(rows)):
        true = shapley_values(score, row, as_records(reference), FACTORS)
        assert found.values[at] == pytest.approx([true[f] for f in FACTORS], abs=1e-12)
    assert np.abs(found.residual).max() < 1e-12
    assert scorer.mixes


# --- what a file carries -------------------------------------------------------------------------


def changed(text, kind):
    """Return a model's text with one thing turned against its reader."""
    lines = text.split("\n")

    def put(key, change):
        at = next(i for i, line in enumerate(lines) if line.startswith(f"{key}="))
        lines[at] = f"{key}={change(lines[at].partition('=')[2].split())}"

    if kind == "child":
        put("left_child", lambda words: " ".join(["99999", *words[1:]]))
    elif kind == "circle":
        put("left_child", lambda words: " ".join(["0", *words[1:]]))
    elif kind == "column":
        put("split_feature", lambda words: " ".join(["4444", *words[1:]]))
    elif kind == "leaves":
        put("leaf_value", lambda words: " ".join(words[1:]))
    elif kind == "number":
        put("leaf_weight", lambda words: " ".join(['1"2', *words[1:]]))
    elif kind == "word":
        put("internal_value", lambda words: " ".join(["0.]09", *words[1:]]))
    elif kind == "sets":
        put("num_cat", lambda words: "50")
    elif kind == "nameless":
        lines = ["num_cat50" if line.startswith("num_cat=") else line for line in lines]
    elif kind == "steepness":
        put("objective", lambda words: "binary sigmoid:1-1")
    elif kind == "classes":
        put("num_class", lambda words: "999999999")
    elif kind == "sizes":
        put("tree_sizes", lambda words: " ".join(["1", *words[1:]]))
    elif kind == "fewer":
        put("tree_sizes", lambda words: " ".join(words[1:]))
    return "\n".join(lines) if kind in ("sizes", "fewer") else sized("\n".join(lines))


def sized(text):
    """State the lengths of the trees as they now are, as somebody with intent would."""
    start, end = text.index("Tree=0\n"), text.index("end of trees")
    trees = text[start:end].split("Tree=")[1:]
    sizes = " ".join(str(len("Tree=" + tree)) for tree in trees)
    head = [
        f"tree_sizes={sizes}" if one.startswith("tree_sizes=") else one for one in text[:start].split("\n")
    ]
    return "\n".join(head) + text[start:]


def test_a_text_that_is_only_sized_anew_is_taken(tmp_path):
    """What the next test refuses, it refuses for what was changed."""
    trained().save_model(tmp_path / "model.txt")
    (tmp_path / "model.txt").write_text(sized((tmp_path / "model.txt").read_text()))
    assert open_model("model.txt", folder=tmp_path, features=NAMES)


KINDS = ("child", "circle", "column", "leaves", "number", "word", "sets", "nameless", "steepness", "classes")


@pytest.mark.parametrize("kind", [*KINDS, "sizes", "fewer"])
def test_trees_that_lead_astray_are_refused_before_the_library_follows(tmp_path, kind):
    """LightGBM itself would end the process or never return on most of these."""
    trained().save_model(tmp_path / "model.txt")
    (tmp_path / "model.txt").write_text(changed((tmp_path / "model.txt").read_text(), kind))
    with pytest.raises(ModelError, match=r"^model model\.txt: LightGBM cannot read it \(.*\)\. Save it"):
        open_model("model.txt", folder=tmp_path, features=NAMES)


@pytest.mark.parametrize(
    "line", ["[valid: ]", "[data_random_seed: 1]", "[objective_seed: 1]", "[num_leaves: 8]"]
)
def test_parameters_of_the_training_are_not_read(tmp_path, line):
    """The library ends the process on some that it cannot read, and scoring needs none of them."""
    trained().save_model(tmp_path / "model.txt")
    text = (tmp_path / "model.txt").read_text()
    key = line.partition(":")[0]
    changed_text = "\n".join("[da" if one.startswith(key) else one for one in text.split("\n"))
    assert changed_text != text
    (tmp_path / "model.txt").write_text(changed_text)
    rows = people(20, 5)
    scorer = open_model("model.txt", folder=tmp_path, features=NAMES)
    np.testing.assert_array_equal(scorer.score(rows), trained().predict(framed(rows)))


@pytest.mark.parametrize("keep", [0, 5, 400, 0.5, 0.9])
def test_a_file_that_was_cut_short_is_refused_in_words(tmp_path, keep):
    """LightGBM itself ends the process on some of these."""
    trained().save_model(tmp_path / "model.txt")
    content = (tmp_path / "model.txt").read_bytes()
    end = content.index(b"end of trees")
    (tmp_path / "model.txt").write_bytes(content[: keep if isinstance(keep, int) else int(end * keep)])
    with pytest.raises(ModelError, match="LightGBM cannot read it"):
        open_model("model.txt", folder=tmp_path, features=NAMES)


@pytest.mark.parametrize(
    "content", [b"no model", b"tree\n", b"\xff\xfe", b"tree\nversion=v4\n\nend of trees\n"]
)
def test_a_foreign_file_is_refused_in_words(tmp_path, content):
    """A text of something else is no traceback."""
    (tmp_path / "model.txt").write_bytes(content)
    with pytest.raises(ModelError, match="LightGBM cannot read it"):
        open_model("model.txt", folder=tmp_path)


def test_a_file_that_was_replaced_is_refused(tmp_path):
    """The digest that is pinned is that of the bytes that are opened."""
    digest = describe(opened(tmp_path, trained())).digest
    assert open_model("model.txt", folder=tmp_path, features=NAMES, sha256=digest)
    with pytest.raises(ModelError, match="the config pins 0000"):
        open_model("model.txt", folder=tmp_path, features=NAMES, sha256="0" * 64)


def test_nothing_is_printed(tmp_path, capfd):
    """The library's own lines never stand between what a command prints."""
    scorer = opened(tmp_path, trained({"min_gain_to_split": 1e9}))
    capfd.readouterr()
    open_model("model.txt", folder=tmp_path, features=NAMES).score(people(3))
    assert scorer.score(people(3)).shape == (3,)
    assert capfd.readouterr().out == ""
