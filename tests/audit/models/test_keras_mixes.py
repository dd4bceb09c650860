"""Keras models are explained in parts, with the answers of the whole."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from audit.explain import shapley
from audit.explain.design import all_coalitions
from audit.explain.game import mixed, mixed_mean
from audit.models import open_model
from audit.models.keras import import_keras_quietly, scorer_of
from tests.oracles.shapley import shapley_values
from tests.worlds.keras_models import (
    NAMES,
    by_keras,
    dict_model,
    mixed_rows,
    numbers,
    tensor_model,
)
from tests.worlds.small_scorers import as_records

import_keras_quietly()
import keras  # noqa: E402

DEMO = Path(__file__).parents[3] / "audit" / "demo"


@pytest.fixture(autouse=True)
def _same_weights():
    """Draw the same weights in every test."""
    keras.utils.set_random_seed(5)


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
