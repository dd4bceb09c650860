"""Keras models are scored whole and explained in parts, and run no code that nobody answers for."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from audit.errors import ModelError
from audit.explain import shapley
from audit.explain.design import all_coalitions
from audit.explain.game import mixed, mixed_mean
from audit.models import digest_of, open_model
from audit.models.keras import import_keras_quietly, scorer_of
from audit.models.keras_code import code_in_keras
from audit.record import Scorer, Trust
from tests.oracles.shapley import shapley_values
from tests.worlds.small_scorers import as_records

import_keras_quietly()
import keras  # noqa: E402

DEMO = Path(__file__).parents[3] / "audit" / "demo"
TRUST = Trust("Model Risk", "read line by line", dt.date(2026, 11, 20))
NAMES = ("income", "debt", "age_of_file", "limit")
WORDS = np.array(["own", "rent", "free"], dtype=object)


@pytest.fixture(autouse=True)
def _same_weights():
    """Draw the same weights in every test."""
    keras.utils.set_random_seed(5)


def tensor_model(width=4, activation="relu", **dense):
    """Return a small network of one input, with a Normalization and a dropout in front."""
    scale = keras.layers.Normalization()
    scale.adapt(np.random.default_rng(1).normal(3.0, 2.0, (200, width)))
    return keras.Sequential(
        [
            keras.Input((width,)),
            scale,
            keras.layers.Dropout(0.3),
            keras.layers.Dense(8, activation=activation, **dense),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )


def dict_model():
    """Return a network of named columns: numbers, one-hot text, and text that is embedded."""
    inputs = {
        "income": keras.Input((1,), name="income"),
        "debt": keras.Input((1,), name="debt"),
        "home": keras.Input((1,), name="home", dtype="string"),
        "steps": keras.Input((1,), name="steps", dtype="int64"),
    }
    scale = keras.layers.Normalization()
    scale.adapt(np.random.default_rng(1).normal(size=(200, 1)))
    one_hot = keras.layers.StringLookup(vocabulary=["own", "rent"], output_mode="one_hot")
    coded = keras.layers.StringLookup(vocabulary=["own", "rent"])
    embedded = keras.layers.Flatten()(keras.layers.Embedding(3, 2)(coded(inputs["home"])))
    steps = keras.layers.CategoryEncoding(5, output_mode="one_hot")(inputs["steps"])
    joined = keras.layers.Concatenate()(
        [scale(inputs["income"]), inputs["debt"], one_hot(inputs["home"]), embedded, steps]
    )
    hidden = keras.layers.Dense(8, activation="relu")(joined)
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(hidden))


def numbers(n, seed, names=NAMES):
    """Draw columns of numbers."""
    draw = np.random.default_rng(seed)
    return {column: draw.normal(3.0, 2.0, n) for column in names}


def mixed_rows(n, seed):
    """Draw rows for ``dict_model``."""
    draw = np.random.default_rng(seed)
    rows = numbers(n, seed, ("income", "debt"))
    return rows | {"home": draw.choice(WORDS, n), "steps": draw.integers(0, 5, n).astype(float)}


def by_keras(model, rows):
    """Score rows by calling the model itself."""
    fed = {
        "income": rows["income"].astype("float32"),
        "debt": rows["debt"].astype("float32"),
        "home": rows["home"].astype(str),
        "steps": rows["steps"].astype("int64"),
    }
    return np.asarray(model({c: keras.ops.convert_to_tensor(v[:, None]) for c, v in fed.items()}))[:, 0]


def saved(model, folder, name="model.keras"):
    """Save a model; return its path."""
    path = folder / name
    with warnings.catch_warnings():  # Keras advises against .h5 and against lambdas
        warnings.simplefilter("ignore")
        model.save(path)
    return path


# --- scores -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_model_of_one_tensor_takes_the_columns_in_their_order(tmp_path, name):
    """Both formats give the scores that Keras gives."""
    model = tensor_model()
    scorer = open_model(saved(model, tmp_path, name), features=NAMES)
    rows = numbers(50, 2)
    true = np.asarray(model(np.stack([rows[c] for c in NAMES], axis=1).astype("float32")))[:, 0]
    assert isinstance(scorer, Scorer)
    assert scorer.columns == NAMES
    assert scorer.score(rows) == pytest.approx(true, abs=1e-6)
    assert scorer.score(dict(reversed(rows.items()))).tolist() == scorer.score(rows).tolist()


def test_named_columns_are_taken_by_name_and_text_is_coded_once(tmp_path):
    """The trunk starts behind the look-ups; unknown words are the model's own unknown."""
    model = dict_model()
    scorer = open_model(saved(model, tmp_path))
    rows = mixed_rows(40, 3)
    rows["home"][0] = ""
    assert set(scorer.columns) == {"income", "debt", "home", "steps"}
    assert scorer.score(rows) == pytest.approx(by_keras(model, rows), abs=1e-6)
    assert scorer.notes == []
    start, stop = scorer.spans["home"]
    assert stop - start == 3 + 1  # three places of the one-hot look-up, one code for the embedding
    assert scorer.encode(rows).shape == (40, 1 + 1 + 4 + 1)


def test_a_row_alone_has_the_bits_that_it_has_in_a_batch(tmp_path):
    """Neither company nor place in a batch changes a score."""
    scorer = open_model(saved(tensor_model(), tmp_path), features=NAMES)
    rows = numbers(5000, 4)  # more than one padded batch
    together = scorer.score(rows)
    for at in (0, 1, 4095, 4096, 4999):
        assert scorer.score({c: v[at : at + 1] for c, v in rows.items()})[0] == together[at]
    turned = scorer.score({c: v[::-1] for c, v in rows.items()})
    assert turned[::-1].tobytes() == together.tobytes()


def test_no_rows_have_no_scores(tmp_path):
    """An empty batch is no error."""
    scorer = open_model(saved(dict_model(), tmp_path))
    assert scorer.score({c: v[:0] for c, v in mixed_rows(1, 1).items()}).shape == (0,)


def test_columns_that_nobody_named_are_those_of_the_first_rows(tmp_path):
    """Without features the rows' own order counts, and their number must fit."""
    path = saved(tensor_model(), tmp_path)
    rows = numbers(6, 2)
    assert open_model(path).score(rows).tolist() == open_model(path, features=NAMES).score(rows).tolist()
    with pytest.raises(ModelError, match=r"it takes 4 columns, and data\.features names 2"):
        open_model(path).score(numbers(2, 1, ("income", "debt")))


def test_an_output_is_chosen_by_name_or_place(tmp_path):
    """Of two outputs each can be the score; a third cannot."""
    given = keras.Input((4,))
    outputs = {
        "default": keras.layers.Dense(1, activation="sigmoid", name="one")(given),
        "loss": keras.layers.Dense(1, name="two")(given),
    }
    model = keras.Model(given, outputs)
    path = saved(model, tmp_path)
    rows = numbers(5, 1)
    true = model(np.stack([rows[c] for c in NAMES], axis=1).astype("float32"))
    for output, key in (("loss", "loss"), (0, "default"), (1, "loss")):
        scores = open_model(path, features=NAMES, output=output).score(rows)
        assert scores == pytest.approx(np.asarray(true[key])[:, 0], abs=1e-6)
    with pytest.raises(ModelError, match=r"no output 'risk' \(outputs: default, loss\)"):
        open_model(path, features=NAMES, output="risk")


def test_a_place_in_a_vector_of_classes_is_an_output(tmp_path):
    """A softmax of three classes has outputs 0 to 2, and no more."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    path = saved(model, tmp_path)
    rows = numbers(5, 1)
    true = np.asarray(model(np.stack([rows[c] for c in NAMES], axis=1).astype("float32")))
    scorer = open_model(path, features=NAMES, output=2)
    assert scorer.score(rows) == pytest.approx(true[:, 2], abs=1e-6)
    assert scorer.describe().output.endswith("[2]")
    with pytest.raises(ModelError, match="no output 3"):
        open_model(path, features=NAMES, output=3)


def test_it_describes_itself(tmp_path):
    """Digest, layers and parameters are kept."""
    path = saved(tensor_model(), tmp_path)
    model = open_model(path, features=NAMES).describe()
    assert model.digest == digest_of(path)
    assert (model.framework, model.name, model.inputs) == ("keras", "model.keras", NAMES)
    assert [layer["kind"] for layer in model.layers] == ["Normalization", "Dropout", "Dense", "Dense"]
    assert model.layers[2]["units"] == 8
    assert model.n_parameters == (4 + 4 + 1) + (4 * 8 + 8) + (8 + 1)


def test_what_xla_cannot_compile_is_run_without_it():
    """A graph that XLA refuses is scored by TensorFlow itself, and the note says so."""
    import tensorflow as tf

    scorer = scorer_of(tensor_model(), features=NAMES)
    rows = numbers(5, 1)
    compiled = scorer.score(rows)

    def refuse(padded, n_parts):
        raise tf.errors.UnimplementedError(None, None, "no kernel for this operation")

    scorer._batches._compiled = refuse
    assert scorer.score(rows) == pytest.approx(compiled, abs=1e-6)
    assert scorer.notes == ["not compiled by XLA: no kernel for this operation"]


def test_a_model_that_states_no_inputs_is_refused():
    """A subclassed model has no graph to read; the way out is named."""

    class Own(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(ModelError, match="does not state its inputs"):
        scorer_of(Own())


def embedded(flat=False):
    """Return a network of whole numbers that are looked up, with two outputs, and how its rows are drawn."""
    if flat:
        given = keras.Input((3,), dtype="int32", name="ids")
        looked_up = keras.layers.Flatten()(keras.layers.Embedding(10, 4)(given))
        names: dict[str, int] = {"x": 10, "y": 10, "z": 10}
    else:
        given = {
            "debt": keras.Input((1,), name="debt"),
            "town": keras.Input((1,), name="town", dtype="int32"),
            "job": keras.Input((), name="job", dtype="int64"),
        }
        town = keras.layers.Flatten()(keras.layers.Embedding(10, 3)(given["town"]))
        looked_up = keras.layers.Concatenate()(
            [given["debt"], town, keras.layers.Embedding(5, 2)(given["job"])]
        )
        names = {"debt": 10, "town": 10, "job": 5}
    hidden = keras.layers.Dense(8, activation="relu")(looked_up)
    outputs = [
        keras.layers.Dense(1, activation="sigmoid", name="default")(hidden),
        keras.layers.Dense(1, name="loss")(hidden),
    ]
    return keras.Model(given, outputs), names


def places(n, names, seed=1):
    """Draw whole numbers below the size of each table."""
    draw = np.random.default_rng(seed)
    return {column: draw.integers(0, size, n).astype(float) for column, size in names.items()}


def by_keras_places(model, rows, at):
    """Score places by calling the model itself."""
    if len(model.inputs) == 1:
        fed = np.stack(list(rows.values()), axis=1).astype("int32")
    else:
        fed = {"debt": rows["debt"].astype("float32")[:, None], "town": rows["town"].astype("int32")[:, None]}
        fed["job"] = rows["job"].astype("int64")
    return np.asarray(model(keras.tree.map_structure(keras.ops.convert_to_tensor, fed))[at])[:, 0]


@pytest.mark.parametrize("flat", [True, False])
def test_whole_numbers_are_looked_up_for_either_of_two_outputs(tmp_path, flat):
    """As one matrix and as a column an input, also flat ones; exact values are those of brute force."""
    model, names = embedded(flat)
    path, rows, reference = saved(model, tmp_path), places(3, names), places(5, names, 2)
    for output, at in (("default", 0), (0, 0), ("loss", 1), (1, 1)):
        scorer = open_model(path, features=tuple(names), output=output)
        assert scorer.score(rows) == pytest.approx(by_keras_places(model, rows, at), abs=1e-6)
        assert scorer.describe().output == ("default", "loss")[at]
        factors = {column: [column] for column in names}
        found = shapley.explain(scorer, rows, reference, factors)
        assert scorer._mixer.through_first_layer
        assert scorer.notes == []

        def score(row, at=at):
            return float(by_keras_places(model, {c: np.array([v]) for c, v in row.items()}, at)[0])

        for place, row in enumerate(as_records(rows)):
            true = shapley_values(score, row, as_records(reference), factors)
            assert found.values[place] == pytest.approx([true[f] for f in factors], abs=1e-6)


@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize("at", [0, 60])
def test_a_number_that_a_table_has_no_place_for_is_refused(tmp_path, flat, at):
    """Among the first rows and behind them: XLA would take the last place without a word."""
    model, names = embedded(flat)
    scorer = open_model(saved(model, tmp_path), features=tuple(names))
    rows = places(80, names)
    column = "y" if flat else "town"
    rows[column][at] = 10.0
    with pytest.raises(ModelError, match=r"1 of 80 rows have a number that its Embedding of 10 places"):
        scorer.score(rows)
    for other in (np.nan, np.inf, 2.5):
        rows[column][at] = other
        with pytest.raises(ModelError, match=f"reads '{column}' as whole numbers, and 1 of 80 rows miss it"):
            scorer.score(rows)


def test_a_place_is_looked_for_wherever_the_graph_looks_it_up(tmp_path):
    """A column cut out of a matrix of numbers may be the place, too."""
    given = keras.Input((3,))
    looked_up = keras.layers.Embedding(4, 2)(given[:, 1])
    joined = keras.layers.Concatenate()([given, looked_up])
    scorer = open_model(
        saved(keras.Model(given, keras.layers.Dense(1)(joined)), tmp_path), features=NAMES[:3]
    )
    rows = {"income": np.array([0.5, 9.0]), "debt": np.array([3.0, 1.0]), "age_of_file": np.array([7.0, 0.1])}
    assert scorer.score(rows).shape == (2,)
    rows["debt"][1] = 4.0
    with pytest.raises(ModelError, match=r"1 of 2 rows have a number that its Embedding of 4 places"):
        scorer.score(rows)


# --- mixes --------------------------------------------------------------------------------------


def deep(first, second):
    """Return a network with two layers behind the first, an activation of its own, and three outputs."""
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(6, activation=first),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(5),
            keras.layers.Activation(second),
            keras.layers.Dense(3, use_bias=False, activation="sigmoid"),
        ]
    )


def unseparable():
    """Return a network whose columns meet by multiplication, before any Dense layer."""
    given = keras.Input((4,))
    product = keras.layers.Multiply()([given, given[:, ::-1]])
    return keras.Model(given, keras.layers.Dense(1, activation="sigmoid")(product))


def skipping():
    """Return a network that reads its inputs again behind the first Dense layer."""
    given = keras.Input((4,))
    hidden = keras.layers.Dense(4, activation="relu")(given)
    return keras.Model(
        given, keras.layers.Dense(1, activation="sigmoid")(keras.layers.Add()([given, hidden]))
    )


@pytest.mark.parametrize(
    ("build", "inside"),
    [
        (tensor_model, True),
        (lambda: tensor_model(activation=None, use_bias=False), True),
        (lambda: keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")]), True),
        (lambda: deep("tanh", "swish"), True),
        (lambda: deep("softmax", "relu"), True),
        (unseparable, False),
        (skipping, False),
    ],
)
def test_compiled_mixes_are_the_scores_of_the_mixed_rows(build, inside):
    """Through the first layer or through the whole trunk, mixes are what mixing rows by hand gives."""
    scorer = scorer_of(build(), features=NAMES)
    rows, reference = scorer.encode(numbers(5, 1)), scorer.encode(numbers(7, 2))
    masks = np.random.default_rng(3).random((6, 4)) < 0.5
    background = np.array([0, 6, 3, 3, 1, 2])
    assert scorer.mixed_mean(rows, reference, masks) == pytest.approx(
        mixed_mean(scorer, rows, reference, masks), abs=1e-6
    )
    assert scorer.mixed(rows, reference, masks, background) == pytest.approx(
        mixed(scorer, rows, reference, masks, background), abs=1e-6
    )
    assert scorer._mixer.through_first_layer is inside
    assert scorer.notes == []


@pytest.mark.parametrize(
    "build", [tensor_model, lambda: deep("softmax", "relu"), lambda: deep("tanh", "swish"), unseparable]
)
@pytest.mark.parametrize("players", [[0, 1, 2, 3], [2, 0, 1, 4], [0, 0, 0, 0], [0, 1, 1, 4]])
def test_all_coalitions_are_the_means_of_the_mixed_rows(build, players):
    """By halves of the players or whole, with columns of nobody (player 4) kept the reference's."""
    scorer = scorer_of(build(), features=NAMES)
    rows, reference = scorer.encode(numbers(5, 1)), scorer.encode(numbers(7, 2))
    n_players = len(set(players) - {4})
    owned = np.array(players) == np.arange(n_players)[:, None]
    masks = (all_coalitions(n_players).astype(int) @ owned).astype(bool)
    found = scorer.mixed_means_of_all(rows, reference, owned)
    assert found == pytest.approx(mixed_mean(scorer, rows, reference, masks), abs=1e-6)
    assert (scorer.mixed_means_of_all(rows[2:3], reference, owned)[0] == found[2]).all()
    assert scorer.notes == []


def test_coalitions_through_parts_of_a_reference(monkeypatch):
    """Steps, parts and what is kept of them change nothing but the last bits; no row weighs twice."""
    scorer = scorer_of(tensor_model(), features=NAMES)
    rows, reference = scorer.encode(numbers(70, 1)), scorer.encode(numbers(11, 2))
    owned = np.eye(4, dtype=bool)
    whole = scorer.mixed_means_of_all(rows, reference, owned)
    assert (scorer.mixed_means_of_all(rows, reference, owned) == whole).all()
    assert scorer.mixed_means_of_all(rows, reference[:5], owned) == pytest.approx(
        mixed_mean(scorer, rows, reference[:5], all_coalitions(4)), abs=1e-6
    )
    for step, held in ((1, 1), (1 << 8, 1 << 8), (1 << 9, 1 << 20)):
        monkeypatch.setattr("audit.models.keras_coalitions.STEP", step)
        monkeypatch.setattr("audit.models.keras_coalitions.HELD", held)
        assert scorer.mixed_means_of_all(rows, reference, owned) == pytest.approx(whole, abs=1e-6)


def test_a_chain_of_layers_is_run_numbers_before_rows():
    """Only activations of single numbers may lie across; a softmax takes the usual way."""
    rows = numbers(3, 1)
    for first, chained in (("relu", True), ("softmax", False)):
        scorer = scorer_of(deep(first, "relu"), features=NAMES)
        encoded = scorer.encode(rows)
        assert (scorer._mixing(encoded)._chain is not None) is chained


def test_text_columns_mix_as_a_whole():
    """All places of a look-up belong to its column; the first layer still serves."""
    scorer = scorer_of(dict_model())
    rows, reference = scorer.encode(mixed_rows(3, 1)), scorer.encode(mixed_rows(9, 2))
    masks = np.zeros((2, rows.shape[1]), dtype=bool)
    start, stop = scorer.spans["home"]
    masks[1, start:stop] = True
    assert scorer.mixed_mean(rows, reference, masks) == pytest.approx(
        mixed_mean(scorer, rows, reference, masks), abs=1e-6
    )
    assert scorer._mixer.through_first_layer


def test_more_mixes_than_one_block_holds(monkeypatch):
    """Blocks and their padding change nothing but the last bits of float32."""
    scorer = scorer_of(tensor_model(), features=NAMES)
    rows, reference = scorer.encode(numbers(70, 1)), scorer.encode(numbers(11, 2))
    masks = np.random.default_rng(3).random((13, 4)) < 0.5
    background = np.arange(13) % 11
    whole = scorer.mixed_mean(rows, reference, masks), scorer.mixed(rows, reference, masks, background)
    monkeypatch.setattr("audit.models.keras_mixing.BLOCK", 44)
    other = scorer_of(tensor_model(), features=NAMES)
    other._model.set_weights(scorer._model.get_weights())
    assert other.mixed_mean(rows, reference, masks) == pytest.approx(whole[0], abs=1e-6)
    monkeypatch.setattr("audit.models.keras_mixing.BLOCK", 5)
    assert other.mixed(rows, reference, masks, background) == pytest.approx(whole[1], abs=1e-6)


def test_a_first_layer_that_answers_otherwise_is_left_alone():
    """Where the trial finds a difference, mixes go through the whole trunk and the note says so."""
    scorer = scorer_of(tensor_model(), features=NAMES)
    rows, reference = scorer.encode(numbers(4, 1)), scorer.encode(numbers(6, 2))
    mixer = scorer._mixing(reference)
    mixer._mixing.owners[:] = mixer._mixing.owners[::-1].copy()  # as if read wrongly from the graph
    assert "differ from whole mixes" in mixer.try_on(reference, 1e-5)
    masks = np.random.default_rng(3).random((6, 4)) < 0.5
    assert not mixer.through_first_layer
    assert mixer.mean(rows, reference, masks) == pytest.approx(
        mixed_mean(scorer, rows, reference, masks), abs=1e-6
    )


def test_text_that_is_joined_before_it_is_looked_up_calls_the_whole_model():
    """No cut is made where words of two columns meet; scores and explanations are still right."""
    inputs = {c: keras.Input((1,), name=c, dtype="string") for c in ("home", "town")}
    both = keras.layers.Concatenate()([inputs["home"], inputs["town"]])
    coded = keras.layers.StringLookup(vocabulary=["own", "north"], output_mode="multi_hot")(both)
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(coded))
    scorer = scorer_of(model)
    rows = {"home": np.array(["own", "rent"], dtype=object), "town": np.array(["north", "x"], dtype=object)}
    fed = {c: keras.ops.convert_to_tensor(v.astype(str)[:, None]) for c, v in rows.items()}
    assert scorer.score(rows) == pytest.approx(np.asarray(model(fed))[:, 0], abs=1e-6)
    assert "combines text columns before they are looked up" in scorer.notes[0]
    assert not scorer.mixes
    found = shapley.explain(scorer, rows, rows, {"home": ["home"], "town": ["town"]})
    assert np.abs(found.residual).max() < 1e-6


def test_exact_values_equal_brute_force_through_keras():
    """Every coalition, every reference row, one call of the model each: the same Shapley values."""
    model = dict_model()
    scorer = scorer_of(model)
    rows, reference = mixed_rows(2, 1), mixed_rows(4, 2)
    factors = {"income": ["income"], "debt": ["debt"], "home": ["home"], "steps": ["steps"]}
    found = shapley.explain(scorer, rows, reference, factors)

    def score(row):
        cells = {c: np.array([v], dtype=object if c == "home" else float) for c, v in row.items()}
        return float(by_keras(model, cells)[0])

    for at, row in enumerate(as_records(rows)):
        true = shapley_values(score, row, as_records(reference), factors)
        assert found.values[at] == pytest.approx([true[f] for f in factors], abs=1e-6)
    assert np.abs(found.residual).max() < 1e-6


def test_contributions_of_a_row_alone_have_the_bits_of_a_batch():
    """Exact and sampled contributions do not depend on which rows come with one."""
    scorer = scorer_of(tensor_model(), features=NAMES)
    rows, reference = numbers(70, 1), numbers(40, 2)
    factors = {c: [c] for c in NAMES}
    alone = {c: v[66:67] for c, v in rows.items()}
    for exact_up_to in (10, 2):
        together = shapley.explain(scorer, rows, reference, factors, exact_up_to=exact_up_to)
        one = shapley.explain(scorer, alone, reference, factors, exact_up_to=exact_up_to)
        assert one.values[0].tobytes() == together.values[66].tobytes()


@pytest.mark.parametrize("exact_up_to", [10, 2])
def test_relu_networks_are_walked_with_the_answer_of_the_other_ways(monkeypatch, exact_up_to):
    """Layer by layer or through compiled mixes: the same values, errors and verdicts."""
    monkeypatch.setattr("audit.explain.shapley._WALKED", 1)
    scorer = scorer_of(deep("relu", "relu"), output=1, features=NAMES)
    rows, reference, factors = numbers(6, 1), numbers(40, 2), {c: [c] for c in NAMES}
    asked = {"exact_up_to": exact_up_to, "escalate": False}
    walked = shapley.explain(scorer, rows, reference, factors, **asked)
    assert scorer._mixer.walked
    assert scorer.notes == []
    monkeypatch.setattr("audit.models.keras_scorer.walker_of", lambda *_: None)
    mixed_ = shapley.explain(scorer, rows, reference, factors, **asked)
    assert walked.values == pytest.approx(mixed_.values, abs=1e-6)
    assert walked.certified == mixed_.certified
    if exact_up_to == 2:
        assert walked.standard_error == pytest.approx(mixed_.standard_error, abs=1e-6)
        assert walked.details["design"] == mixed_.details["design"]
    assert np.abs(walked.residual).max() < 1e-6


def test_changed_weights_are_walked_as_they_are_now():
    """What was read of the layers is not kept."""
    scorer = scorer_of(tensor_model(), features=NAMES)
    rows, reference = scorer.encode(numbers(2, 1)), scorer.encode(numbers(5, 2))
    owned = np.eye(4, dtype=bool)
    before = scorer.walker(reference, owned).all_means(rows)
    scorer._model.set_weights([one / 2 for one in scorer._model.get_weights()])
    after = scorer.walker(reference, owned).all_means(rows)
    assert after == pytest.approx(scorer.mixed_means_of_all(rows, reference, owned), abs=1e-6)
    assert np.abs(after - before).max() > 1e-4


def test_layers_that_answer_otherwise_are_left_to_the_model(monkeypatch):
    """Where the trial finds a difference nothing is walked, and the note says so once."""
    monkeypatch.setattr("audit.explain.shapley._WALKED", 1)
    monkeypatch.setattr("audit.models.keras_walk._TRIAL_TOLERANCE", -1.0)
    scorer = scorer_of(tensor_model(), features=NAMES)
    for _ in range(2):
        shapley.explain(scorer, numbers(2, 1), numbers(5, 2), {c: [c] for c in NAMES})
    assert scorer._mixer.walked is False
    assert [note.split(":")[0] for note in scorer.notes] == ["mixes are made by the model alone"]


@pytest.mark.parametrize("build", [lambda: deep("tanh", "relu"), lambda: deep("softmax", "relu"), skipping])
def test_other_networks_are_not_walked(build):
    """Only relu layers in a row are; the rest keeps its way, and nothing is noted."""
    scorer = scorer_of(build(), features=NAMES)
    reference = scorer.encode(numbers(5, 2))
    assert scorer.walker(reference, np.eye(4, dtype=bool)) is None
    assert scorer.notes == []


def test_a_column_without_owner_is_sampled_by_the_other_way(monkeypatch):
    """Beside each reference row the full score is another one then."""
    monkeypatch.setattr("audit.explain.shapley._WALKED", 1)
    scorer = scorer_of(tensor_model(), features=NAMES)
    rows, reference = numbers(4, 1), numbers(30, 2)
    factors = {c: [c] for c in NAMES[:3]}
    exact = shapley.explain(scorer, rows, reference, factors)
    sampled = shapley.explain(scorer, rows, reference, factors, exact_up_to=2, escalate=False)
    assert sampled.values.sum(axis=1) == pytest.approx(exact.values.sum(axis=1), abs=1e-6)
    assert scorer._mixer.walked


def test_the_examples_model_is_explained_through_its_first_layer():
    """The model that the package carries takes the fast way, and adds up."""
    path = DEMO / "credit_mlp.keras"
    width = json.loads(zipfile.ZipFile(path).read("config.json"))["config"]["layers"][0]["config"][
        "batch_shape"
    ][1]
    names = tuple(f"x{at}" for at in range(width))
    scorer = open_model(path, features=names)
    factors = {"one": names[:3], "two": names[3:9], "rest": names[9:]}
    found = shapley.explain(scorer, numbers(3, 1, names), numbers(60, 2, names), factors)
    assert scorer._mixer.through_first_layer
    assert np.abs(found.residual).max() < 1e-6


# --- what a file carries -------------------------------------------------------------------------


def with_lambda(folder, name):
    """Save a model with a Lambda layer."""
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Lambda(lambda x: x * 2.0, output_shape=(4,)), keras.layers.Dense(1)]
    )
    return saved(model, folder, name)


@keras.saving.register_keras_serializable(package="house")
class Doubled(keras.layers.Layer):
    """A layer of our own."""

    def call(self, inputs):
        return inputs * 2.0


@keras.saving.register_keras_serializable(package="house")
def steep(x):
    """An activation of our own."""
    return keras.ops.relu(x) * 3.0


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_lambda_is_found_before_anything_is_loaded(tmp_path, name):
    """Without trust the file is refused with its place, the fact and the way out; with it, it runs."""
    path = with_lambda(tmp_path, name)
    assert any("Lambda layer" in one for one in code_in_keras(path))
    with pytest.raises(ModelError, match=r"holds code that would run .*Lambda.*state model.trust"):
        open_model(path, features=NAMES)
    scorer = open_model(path, trust=TRUST, features=NAMES)
    assert scorer.score(numbers(3, 1)).shape == (3,)
    assert scorer.describe().trust == TRUST


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_custom_layers_and_functions_are_code(tmp_path, name):
    """Every class and function that is not Keras's own is named."""
    given = keras.Input((4,))
    hidden = keras.layers.Dense(3, activation=steep)(Doubled()(given))
    path = saved(keras.Model(given, keras.layers.Dense(1)(hidden)), tmp_path, name)
    assert any("Doubled" in one for one in code_in_keras(path))
    assert any("steep" in one for one in code_in_keras(path))
    with pytest.raises(ModelError, match="nobody is named"):
        open_model(path, features=NAMES)


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_model_of_keras_alone_is_data(tmp_path, name):
    """Look-ups, embeddings, regularizers, a compiled loss of our own: nothing that is run here."""
    model = dict_model()
    model.compile("adam", loss=lambda true, guess: keras.ops.mean(true - guess))
    assert code_in_keras(saved(model, tmp_path, name)) == []


def test_the_marker_of_a_lambda_is_never_written(tmp_path):
    """A Lambda that writes a file when it is called has not been called by a refusal."""
    marker = tmp_path / "marker"
    target = str(marker)

    def write(x):
        open(target, "w").close()
        return x

    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Lambda(write, output_shape=(4,)), keras.layers.Dense(1)]
    )
    path = saved(model, tmp_path)
    marker.unlink(missing_ok=True)
    with pytest.raises(ModelError, match="Lambda"):
        open_model(path, features=NAMES)
    assert not marker.exists()


def test_a_foreign_file_is_refused_in_words(tmp_path):
    """Neither a text nor a zip of something else is a traceback."""
    text, archive = tmp_path / "a.keras", tmp_path / "b.keras"
    text.write_text("no model")
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("config.json", "[]")
    (tmp_path / "c.h5").write_text("no model")
    for path in (text, archive, tmp_path / "c.h5"):
        with pytest.raises(ModelError, match=rf"model {path.name}: .*[Ss]ave"):
            open_model(path, features=NAMES)


def test_a_damaged_file_is_refused_in_words(tmp_path):
    """A model without its weights cannot be loaded, and the message says what to do."""
    path = saved(tensor_model(), tmp_path)
    config = zipfile.ZipFile(path).read("config.json")
    damaged = tmp_path / "damaged.keras"
    with zipfile.ZipFile(damaged, "w") as file:
        file.writestr("config.json", config)
    with pytest.raises(ModelError, match="Keras cannot load it"):
        open_model(damaged, features=NAMES)


def test_rows_that_do_not_fit_are_refused_by_column(tmp_path):
    """Text for a number, or a column that is not there, names the column."""
    scorer = open_model(saved(dict_model(), tmp_path))
    rows = mixed_rows(3, 1)
    with pytest.raises(ModelError, match="reads 'income' as a number, and the data hold text"):
        scorer.score(rows | {"income": rows["home"]})
    with pytest.raises(ModelError, match="reads the column 'debt', which the rows do not have"):
        scorer.score({c: v for c, v in rows.items() if c != "debt"})


def test_scores_that_are_no_numbers_are_the_models_fault(tmp_path):
    """A missing number in a model that knows none makes NaN, and NaN is refused."""
    scorer = open_model(saved(tensor_model(), tmp_path), features=NAMES)
    rows = numbers(3, 1)
    rows["debt"][1] = np.nan
    with pytest.raises(ModelError, match="1 of 3 scores are NaN"):
        scorer.score(rows)


def test_the_first_import_is_quiet():
    """TensorFlow's start-up lines never reach the user's terminal."""
    code = "from audit.models.keras import import_keras_quietly as quiet; quiet()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=DEMO.parents[1], check=True
    )
    assert done.stderr == ""
    assert done.stdout == ""
