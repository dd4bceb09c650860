"""Gradients of a Keras scorer: right to the digit, the same bits alone, and refused where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from audit.errors import UsageError
from audit.models.keras import import_keras_quietly, scorer_of
from audit.models.keras_gradients import BATCH
from tests.oracles.gradients import numerical_gradient, tanh_network
from tests.worlds.small_networks import COLUMNS, as_matrix, network, networked, some_rows

import_keras_quietly()
import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

TEXT = np.array(["own", "rent", "free"], dtype=object)


def named(*columns, text=(), whole=()):
    """Return one Keras input a column."""
    dtypes = dict.fromkeys(text, "string") | dict.fromkeys(whole, "int64")
    return {c: keras.Input((1,), name=c, dtype=dtypes.get(c, "float32")) for c in (*columns, *text, *whole)}


def scored(inputs, parts):
    """Return the scorer of a small network over parts."""
    hidden = keras.layers.Dense(4, activation="tanh")(keras.layers.Concatenate()(parts))
    return scorer_of(keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(hidden)))


def refusal(scorer, rows):
    """Return the words by which gradients are refused."""
    with pytest.raises(UsageError) as caught:
        scorer.gradients(scorer.encode(rows))
    return str(caught.value)


def test_they_are_the_differences_of_the_network_itself():
    """A network written down in plain float64 has the same scores and slopes."""
    model = network()
    scorer = scorer_of(model, features=COLUMNS)
    (kernel, bias), (out, shift) = (layer.get_weights() for layer in model.layers)
    score = tanh_network(kernel.tolist(), bias.tolist(), out[:, 0].tolist(), float(shift[0]))
    slope = numerical_gradient(score)
    rows = some_rows(6, 1)
    scores, gradients = scorer.gradients(scorer.encode(rows))
    matrix = as_matrix(rows).tolist()
    assert scores == pytest.approx([score(row) for row in matrix], abs=1e-6)
    assert gradients == pytest.approx(np.array([slope(row) for row in matrix]), abs=1e-6)
    assert gradients.dtype == np.float64
    assert np.abs(gradients[:, 0]).min() > 1e-3


@pytest.mark.parametrize("activation", ["relu", "swish", "gelu", "softplus"])
def test_they_are_the_differences_of_the_scores(activation):
    """For any activation a small step changes the score by slope times step."""
    scorer = networked(activation)
    encoded = scorer.encode(some_rows(40, 1))
    gradients = scorer.gradients(encoded)[1]
    step = 1e-2
    for column in range(len(COLUMNS)):
        shift = np.zeros(len(COLUMNS), dtype=np.float32)
        shift[column] = step
        change = (scorer.score_encoded(encoded + shift) - scorer.score_encoded(encoded - shift)) / (2 * step)
        assert np.median(np.abs(change - gradients[:, column])) < 2e-4


def test_a_row_alone_has_the_bits_that_it_has_in_a_batch():
    """Neither company nor place in a batch changes a gradient or a score."""
    scorer = networked()
    encoded = scorer.encode(some_rows(BATCH + 900, 1))
    scores, gradients = scorer.gradients(encoded)
    assert scores.tobytes() == scorer.score_encoded(encoded).tobytes()
    for at in (0, 7, BATCH - 1, BATCH, BATCH + 899):
        alone = scorer.gradients(encoded[at : at + 1])
        assert alone[0][0] == scores[at]
        assert alone[1][0].tobytes() == gradients[at].tobytes()
    assert scorer._gradients._compiled.experimental_get_tracing_count() == 1  # padded: one shape for all


@pytest.mark.parametrize("m", [1, 7, BATCH // 3, BATCH + 5])
def test_what_is_gathered_on_a_way_is_the_sum_over_its_points(m):
    """Points made and asked for one by one give the same, and a row alone has the bits of a batch."""
    scorer = networked("relu")
    rows, starts = (scorer.encode(some_rows(n, seed)) for n, seed in ((9, 1), (m, 2)))
    draw = np.random.default_rng(3)
    places, weights = draw.random(m), draw.random(m) / m
    found = scorer.gathered(rows, starts, places, weights)
    for at, row in enumerate(rows):
        points = starts + places.astype(np.float32)[:, None] * (row - starts)
        slopes = scorer.gradients(points)[1]
        true = (weights[:, None] * slopes * (row - starts)).sum(axis=0)
        assert found[at] == pytest.approx(true, abs=1e-13)
        alone = scorer.gathered(rows[at : at + 1], starts, places, weights)
        assert alone[0].tobytes() == found[at].tobytes()
    assert scorer.gathered(rows[:0], starts, places, weights).shape == (0, len(COLUMNS))


def test_a_slope_without_end_on_a_way_is_refused():
    """The column is named, though only the sum over the way came back."""
    inputs = named("income", "age")
    scorer = scored(inputs, [inputs["income"], keras.ops.sqrt(inputs["age"])])
    rows = scorer.encode({"income": np.array([1.0, 2.0]), "age": np.array([4.0, 1.0])})
    start = scorer.encode({"income": np.array([0.5]), "age": np.array([0.0])})
    with pytest.raises(UsageError, match="the gradient of the column 'age' is not finite at 1 of 1 points"):
        scorer.gathered(rows, start, np.zeros(1), np.ones(1))


def test_no_rows_have_no_gradients():
    """An empty batch is no error."""
    scores, gradients = networked().gradients(np.zeros((0, len(COLUMNS)), np.float32))
    assert scores.shape == (0,)
    assert gradients.shape == (0, len(COLUMNS))


def test_the_places_of_a_look_up_have_gradients():
    """Text that is looked up as one-hot places is numbers from there on."""
    inputs = named("income", text=("home",))
    look_up = keras.layers.StringLookup(vocabulary=["own", "rent"], output_mode="one_hot")
    scorer = scored(inputs, [inputs["income"], look_up(inputs["home"])])
    rows = {"income": np.array([0.5, -1.0, 2.0]), "home": TEXT}
    start, stop = scorer.spans["home"]
    assert np.abs(scorer.gradients(scorer.encode(rows))[1][:, start:stop]).min() > 1e-4


def test_an_embeddings_ids_have_none():
    """Text that becomes a code is named, and with it the ways that remain."""
    inputs = named("income", text=("home",))
    codes = keras.layers.StringLookup(vocabulary=["own", "rent"])(inputs["home"])
    embedded = keras.layers.Flatten()(keras.layers.Embedding(3, 2)(codes))
    scorer = scored(inputs, [inputs["income"], embedded])
    words = refusal(scorer, {"income": np.array([0.5, 1.0, 2.0]), "home": TEXT})
    assert "the column 'home' has no gradient: it goes into the model as a code" in words
    assert words.endswith("Use shapley, shap or occlusion")


def test_whole_numbers_have_none():
    """An integer input is a code as far as gradients go."""
    inputs = named("income", whole=("steps",))
    places = keras.layers.CategoryEncoding(5, output_mode="one_hot")(inputs["steps"])
    scorer = scored(inputs, [inputs["income"], places])
    words = refusal(scorer, {"income": np.array([0.5, 1.0]), "steps": np.array([1.0, 4.0])})
    assert "the column 'steps' has no gradient" in words


class Stairs(keras.layers.Layer):
    """A layer that answers in steps."""

    def __init__(self, kind, **rest):
        super().__init__(**rest)
        self.kind = kind

    def call(self, values):
        if self.kind == "round":
            return keras.ops.round(values)
        if self.kind == "above":
            return keras.ops.cast(values > 0, "float32")
        return keras.ops.stop_gradient(values)


@pytest.mark.parametrize(
    "layer",
    [
        lambda: keras.layers.Discretization([-1.0, 0.0, 1.0], output_mode="one_hot", name="bins"),
        lambda: Stairs("round", name="bins"),
        lambda: Stairs("above", name="bins"),
        lambda: Stairs("stopped", name="bins"),
    ],
)
def test_numbers_that_are_cut_into_steps_have_none(layer):
    """TensorFlow would answer 0; the column and the layer are named instead."""
    inputs = named("income", "age")
    scorer = scored(inputs, [inputs["income"], layer()(inputs["age"])])
    rows = {"income": np.linspace(-1, 1, 9), "age": np.linspace(-2, 2, 9)}
    assert "the column 'age' has no gradient: the layer 'bins' passes none" in refusal(scorer, rows)


def test_a_column_of_which_a_part_is_lost_is_refused_as_a_whole():
    """One way into the model has a gradient, the other has none: the sum would be wrong."""
    inputs = named("income", "age")
    scorer = scored(inputs, [inputs["income"], inputs["age"], Stairs("above", name="bins")(inputs["age"])])
    rows = {"income": np.linspace(-1, 1, 9), "age": np.linspace(-2, 2, 9)}
    assert "the column 'age' has no gradient" in refusal(scorer, rows)


def test_a_code_among_numbers_in_one_tensor_is_found():
    """Of one input for all columns only the place that is embedded is named, behind a softmax too."""
    given = keras.Input((4,))
    whole = keras.layers.Softmax()(given)
    code = keras.layers.Flatten()(keras.layers.Embedding(5, 2, name="town")(given[:, 2:3]))
    joined = keras.layers.Concatenate()([whole[:, :2], code])
    scorer = scorer_of(
        keras.Model(given, keras.layers.Dense(1)(joined)), features=("income", "debt", "town", "age")
    )
    draw = np.random.default_rng(1)
    rows = {c: draw.normal(size=20) for c in ("income", "debt", "age")}
    rows["town"] = draw.integers(0, 5, 20).astype(float)
    words = refusal(scorer, rows)
    assert "the column 'town' has no gradient: the layer 'town' passes none" in words


@pytest.mark.parametrize("kind", ["above", "stopped"])
def test_a_model_inside_of_the_model_is_walked_too(kind):
    """Preprocessing that stands as a model of its own hides nothing, though other columns pass it."""
    given = keras.Input((2,))
    parts = [given[:, :1], Stairs(kind, name="bins")(given[:, 1:])]
    before = keras.Model(given, keras.layers.Concatenate()(parts), name="before")
    model = keras.Sequential(
        [keras.Input((2,)), before, keras.layers.Dense(3, "tanh"), keras.layers.Dense(1)]
    )
    scorer = scorer_of(model, features=("income", "age"))
    rows = {"income": np.linspace(-1, 1, 9), "age": np.linspace(-2, 2, 9)}
    assert "the column 'age' has no gradient: the layer 'bins' passes none" in refusal(scorer, rows)


def test_what_a_layer_of_ones_own_loses_inside_is_refused():
    """A layer that cuts one column into steps and passes the others on: scores move, the slope does not."""

    class Own(keras.layers.Layer):
        def call(self, values):
            return keras.ops.concatenate([values[:, :1], keras.ops.round(values[:, 1:])], axis=1)

    model = keras.Sequential([keras.Input((3,)), Own(), keras.layers.Dense(3, "tanh"), keras.layers.Dense(1)])
    kernel, bias = model.layers[1].get_weights()
    kernel[2] = 0.0  # idle: no slope, and no score moves
    model.layers[1].set_weights([kernel, bias])
    scorer = scorer_of(model, features=("income", "age", "idle"))
    rows = {c: np.linspace(-2, 2, 9) for c in ("income", "age", "idle")}
    with pytest.raises(
        UsageError, match="the column 'age' has no gradient: it moves scores, and its slope is 0"
    ):
        scorer.gradients(scorer.encode(rows))
    assert list(scorer._gradients._lost) == ["age"]


def test_a_slope_without_end_is_refused():
    """The root of 0 has no slope: the column and the number of points are told."""
    inputs = named("income", "age")
    scorer = scored(inputs, [inputs["income"], keras.ops.sqrt(inputs["age"])])
    rows = {"income": np.array([1.0, 2.0, 3.0]), "age": np.array([4.0, 0.0, 1.0])}
    assert "the gradient of the column 'age' is not finite at 1 of 3 points" in refusal(scorer, rows)


def test_text_that_is_joined_before_it_is_looked_up_has_none():
    """Where the whole model is called on its text, nothing stands between codes and scores."""

    class Joined(keras.layers.Layer):
        def call(self, one, other):
            return tf.strings.join([one, other], "_")

        def compute_output_spec(self, one, other):
            return keras.KerasTensor(one.shape, dtype="string")

    inputs = named("income", text=("home", "town"))
    codes = keras.layers.Hashing(8, output_mode="one_hot")(Joined()(inputs["home"], inputs["town"]))
    scorer = scored(inputs, [inputs["income"], codes])
    words = refusal(scorer, {"income": np.array([1.0]), "home": TEXT[:1], "town": TEXT[1:2]})
    assert "the column 'home' has no gradient: the model is called on its text" in words


def test_what_xla_cannot_compile_is_run_without_it():
    """Where XLA refuses the way back, TensorFlow goes it."""
    scorer = networked()
    encoded = scorer.encode(some_rows(5, 1))
    true = scorer.gradients(encoded)[1]

    def refuse(padded):
        raise tf.errors.UnimplementedError(None, None, "no kernel for this operation")

    way = encoded, encoded[:2], np.array([0.0, 1.0]), np.array([0.5, 0.5])
    gathered = scorer.gathered(*way)
    for ask, answer in (
        (lambda: scorer.gradients(encoded)[1], true),
        (lambda: scorer.gathered(*way), gathered),
    ):
        scorer._gradients._compiled, scorer._gradients._jit = refuse, True
        assert ask() == pytest.approx(answer, abs=1e-6)
