"""A Keras model read as dense layers, where it is one."""

from __future__ import annotations

import numpy as np
import pytest

from audit.explain.weights import weights
from audit.models.keras import scorer_of


@pytest.fixture(scope="module")
def keras():
    """Return Keras, imported without its start-up lines."""
    from audit.models.keras import import_keras_quietly

    import_keras_quietly()
    import keras

    keras.utils.set_random_seed(3)
    return keras


def rows_of(n=40, seed=1, columns=("a", "b", "c")):
    """Draw columns of numbers."""
    draw = np.random.default_rng(seed)
    return {column: draw.normal(size=n) for column in columns}


def read(model, rows=None, **options):
    """Return the network of a model, and its scorer."""
    rows = rows or rows_of()
    scorer = scorer_of(model, features=tuple(rows), **options)
    return scorer.dense(scorer.encode(rows)), scorer, rows


def replayed(network):
    """Return the outputs of the last layer, from the arrays alone."""
    act = {
        "relu": lambda x: np.maximum(x, 0),
        "tanh": np.tanh,
        "linear": lambda x: x,
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    }
    values = network.given
    for layer in network.layers:
        values = act[layer.activation](values @ layer.kernel + layer.bias)
        assert values == pytest.approx(layer.outputs, abs=1e-5)
    return values[:, 0]


def test_the_arrays_give_the_scores(keras):
    """Scaling before, dropout and activations of their own between: the arrays are the model."""
    layers = keras.layers
    scale = layers.Normalization()
    scale.adapt(np.stack([*rows_of().values()], axis=1) * 3 + 1)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            scale,
            layers.Dense(8),
            layers.Activation("relu"),
            layers.Dropout(0.5),
            layers.Dense(4, activation="tanh", use_bias=False),
            layers.Dense(1),
            layers.Activation("sigmoid"),
        ]
    )
    network, scorer, rows = read(model)
    assert [layer.activation for layer in network.layers] == ["relu", "tanh", "sigmoid"]
    assert network.columns == ("a", "b", "c")
    assert replayed(network) == pytest.approx(scorer.score(rows), abs=1e-5)
    assert network.given.mean() != pytest.approx(np.mean([*rows.values()]), abs=1e-3)


def test_the_chosen_output_is_the_last_unit(keras):
    """Of several outputs the score's own column is kept."""
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(5, activation="relu"), keras.layers.Dense(3)]
    )
    network, scorer, rows = read(model, output=2)
    assert network.layers[-1].kernel.shape == (5, 1)
    assert replayed(network) == pytest.approx(scorer.score(rows), abs=1e-5)


def test_words_are_columns_with_several_numbers(keras):
    """One-hot codes of a text input belong to its column."""
    layers = keras.layers
    town, debt = keras.Input((1,), name="town", dtype="string"), keras.Input((1,), name="debt")
    code = layers.StringLookup(vocabulary=["n", "s"], output_mode="one_hot")(town)
    joined = layers.Concatenate()([code, debt])
    model = keras.Model({"town": town, "debt": debt}, layers.Dense(1)(layers.Dense(4, "relu")(joined)))
    rows = {"town": np.array(["n", "s"] * 20, dtype=object), "debt": np.arange(40.0)}
    network, scorer, _ = read(model, rows)
    assert network.columns == ("town", "town", "town", "debt")
    assert replayed(network) == pytest.approx(scorer.score(rows), rel=1e-5, abs=1e-4)
    assert {one.column for one in weights(network).columns} == {"town", "debt"}


def test_a_linear_model_has_its_slopes(keras):
    """Two linear layers: the signed weight of a column is the slope times its spread."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(1)])
    network, scorer, rows = read(model)
    found = {one.column: one.signed for one in weights(network).columns}
    for column, cells in rows.items():
        moved = {**rows, column: cells + 1.0}
        slope = (scorer.score(moved) - scorer.score(rows)).mean()
        assert found[column] == pytest.approx(slope * cells.std(), abs=1e-4)


def test_what_is_not_dense_says_what_stands_in_the_way(keras):
    """The layer is named, with its kind; a residual network, a whole-row activation, one column."""
    layers = keras.layers
    start = keras.Input((3,))
    hidden = layers.Dense(4, "relu")(start)
    cases = {
        "no Dense layer (BatchNormalization)": layers.Dense(1)(layers.BatchNormalization()(hidden)),
        "not in a row": layers.Dense(1)(layers.Add()([hidden, layers.Dense(4)(hidden)])),
        "of a whole row (softmax)": layers.Dense(2, "softmax")(hidden),
        "do not first meet in a Dense layer": layers.Dense(1)(layers.LayerNormalization()(start)),
    }
    for words, output in cases.items():
        network, _, _ = read(keras.Model(start, output))
        assert isinstance(network, str)
        assert words in network
