"""The figures of the global methods: what is measured, what is not, and that they are plain JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest

from audit.config.explain import ALSO_METHODS, GLOBAL_METHODS, KNOWN_METHODS, LOCAL_METHODS
from audit.errors import ModelError, UsageError
from audit.explain import EXPLAINERS
from audit.explain.behaviour import NO_FACTORS, NO_MODEL, PORTRAITS, Setting, pictures_of
from audit.explain.weights import NOT_DENSE
from tests.worlds.small_scorers import BENT_COLUMNS, BENT_FACTORS, PlainScorer, bent, bent_rows

RESTRICTED = {"permutation_importance_by_group", "partial_dependence_by_group"}


def setting_of(factors=BENT_FACTORS, cutoff=0.5, orders=None, seed=7):
    """Return how the bent function is looked at."""
    return Setting(dict(factors), seed, cutoff=cutoff, orders=orders or {})


def asked(methods, n=120, scorer=None, setting=None, seed=7, **changes):
    """Ask the bent function; return the figures by name."""
    rows = {**bent_rows(n, 3), **changes}
    scorer = scorer or PlainScorer(bent, BENT_COLUMNS)
    outcomes = (np.random.default_rng(5).random(n) < 0.5).astype(float)
    groups = {"sex": np.array(["f", "m"] * (n // 2), dtype=object)}
    found = pictures_of(setting or setting_of(seed=seed), scorer, rows, groups, outcomes, None, methods)
    return {one.name: one for one in found}


def test_what_is_local_and_what_is_global_stand_apart():
    """Every name belongs to one side; every global method has its portrait, every local one its module."""
    assert set(PORTRAITS) == set(GLOBAL_METHODS)
    assert set(LOCAL_METHODS) < set(EXPLAINERS)
    assert set(EXPLAINERS) - set(LOCAL_METHODS) == {"shapley"}
    assert not set(LOCAL_METHODS) & set(GLOBAL_METHODS)
    assert set(ALSO_METHODS) == {*LOCAL_METHODS, "counterfactual", *GLOBAL_METHODS} <= set(KNOWN_METHODS)


def test_every_method_gives_plain_json():
    """No NaN, no numpy, no tuple: what comes back from JSON is what went in."""
    found = asked(list(PORTRAITS))
    assert set(found) == {*PORTRAITS, *RESTRICTED}
    for name, figure in found.items():
        assert json.loads(json.dumps(figure.body, allow_nan=False)) == figure.body, name
        assert figure.access == ("fair_lending" if name in RESTRICTED else "model_risk")


def test_the_same_seed_gives_the_same_figures():
    """Bit for bit; another seed draws anew."""
    one, two, other = (asked(list(PORTRAITS), seed=seed) for seed in (1, 1, 2))
    assert {name: figure.body for name, figure in one.items()} == {
        name: figure.body for name, figure in two.items()
    }
    assert one["permutation_importance"].body != other["permutation_importance"].body


def test_importance_is_ordered_by_what_outcomes_lose():
    """With outcomes by AUC; what could not be measured stands once, by measure."""
    body = asked(["permutation_importance"])["permutation_importance"].body
    lost = [row["auc"]["value"] for row in body["factors"]]
    assert (body["ordered_by"], body["n"], body["causes"]) == ("auc", 120, {})
    assert lost == sorted(lost, reverse=True)
    blind = setting_of(cutoff=None)
    found = pictures_of(
        blind,
        PlainScorer(bent, BENT_COLUMNS),
        bent_rows(60, 1),
        {},
        None,
        None,
        ["permutation_importance"],
    )
    body = found[0].body
    assert body["ordered_by"] == "moved"
    assert body["causes"]["auc"] == "what really happened was not observed"
    assert body["causes"]["turned"] == "no cutoff is stated"
    assert found[1].body == {"cause": "no group is large enough"}


def test_a_factor_that_shows_nothing_has_its_cause():
    """A constant factor stands last, with its cause and no number."""
    rows = asked(["permutation_importance"], c=np.ones(120))["permutation_importance"].body["factors"]
    assert rows[-1]["factor"] == "c"
    assert (rows[-1]["moved"], rows[-1]["cause"]) == (None, "all rows hold the same value")
    absent = asked(["partial_dependence"], c=np.ones(120))["partial_dependence"].body["not_measured"]
    assert absent == [{"factor": "c", "label": "C", "column": "c", "cause": "all rows hold the same value"}]


def test_curves_say_how_much_lies_beyond_the_data():
    """Each axis has its share, the widest axis stands first."""
    body = asked(["partial_dependence"], n=400)["partial_dependence"].body
    extents = [axis["extent"] for axis in body["axes"]]
    assert extents == sorted(extents, reverse=True)
    assert all(0 <= axis["beyond"]["share"] < 0.05 for axis in body["axes"])
    assert {axis["kind"] for axis in body["axes"]} == {"number", "category"}
    twin = bent_rows(400, 3)["a"]
    first = next(
        axis
        for axis in asked(["partial_dependence"], n=400, b=twin)["partial_dependence"].body["axes"]
        if axis["column"] == "a"
    )
    assert first["beyond"]["share"] > 0.5
    assert first["beyond"]["column"] == "b"


def test_text_has_an_effect_where_its_order_is_stated():
    """Else its cause says what is missing."""
    body = asked(["ale"])["ale"].body
    assert [one["column"] for one in body["not_measured"]] == ["town"]
    assert "no stated order" in body["not_measured"][0]["cause"]
    ordered = asked(["ale"], setting=setting_of(orders={"town": ["", "south", "north"]}))["ale"].body
    assert ordered["not_measured"] == []
    (town,) = [axis for axis in ordered["axes"] if axis["column"] == "town"]
    assert town["points"] == ["", "south", "north"]


def test_interactions_are_looked_for_among_the_factors_that_move_scores():
    """The idle factor is named last; no pair of it has a size."""
    body = asked(["interaction"])["interaction"].body
    assert body["among"][-1]["factor"] == "idle"
    assert all(pair["size"] == 0 for pair in body["pairs"] if "idle" in (pair["first"], pair["second"]))
    assert body["pairs"][0]["label"].endswith((" with d", " with town", " with c"))


def test_weights_need_a_network():
    """Any other model says so."""
    assert asked(["weights"])["weights"].body == {"cause": NOT_DENSE}


def test_weights_of_a_keras_model():
    """A dense network is read through its scorer."""
    from audit.models.keras import import_keras_quietly, scorer_of

    import_keras_quietly()
    import keras

    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(20, "relu"), keras.layers.Dense(1)])
    draw = np.random.default_rng(1)
    rows = {"x": draw.normal(size=60), "y": draw.normal(size=60)}
    job = setting_of({"one": ["x"], "two": ["y"]})
    scorer = scorer_of(model, features=("x", "y"))
    (figure,) = pictures_of(job, scorer, rows, {}, None, {k: v[:40] for k, v in rows.items()}, ["weights"])
    body = figure.body
    assert (body["n"], body["n_units"], len(body["units"])) == (40, 20, 12)
    assert {one["column"]: one["factor"] for one in body["columns"]} == {"x": "one", "y": "two"}
    assert [layer["units"] for layer in body["layers"]] == [20, 1]
    assert json.loads(json.dumps(body, allow_nan=False)) == body


def test_without_a_model_every_method_says_why():
    """Also without factors, and where there are no rows."""
    methods = ["ale", "weights"]
    found = pictures_of(setting_of(), None, {}, {}, None, None, methods)
    assert [one.body for one in found] == [{"cause": NO_MODEL}] * 2
    scorer = PlainScorer(bent, BENT_COLUMNS)
    found = pictures_of(setting_of({}), scorer, bent_rows(40, 1), {}, None, None, methods)
    assert [one.body for one in found] == [{"cause": NO_FACTORS}] * 2
    found = pictures_of(setting_of(), scorer, bent_rows(0, 1), {}, None, None, methods)
    assert "no rows" in found[0].body["cause"]


def test_a_model_that_knows_no_mixes_stops_no_other_method():
    """What it refuses has its cause; what needs no changed rows is measured."""
    known = set(np.round(bent_rows(120, 3)["a"], 9).tolist())

    class Narrow(PlainScorer):
        def score_encoded(self, encoded):
            scores = super().score_encoded(encoded)
            if len(encoded) != 120 or not {*np.round(encoded[:, 0], 9).tolist()} <= known:
                raise ModelError("model: 3 of 9 scores are NaN. Correct the model.")
            return scores

    found = asked(["partial_dependence", "weights"], scorer=Narrow(bent, BENT_COLUMNS))
    assert "scores are NaN" in found["partial_dependence"].body["cause"]
    assert found["weights"].body == {"cause": NOT_DENSE}


def test_an_unknown_method_is_refused():
    """A local method is no global one."""
    with pytest.raises(UsageError, match="no global method 'lime'"):
        asked(["lime"])
