"""Small Keras models, rows for them, and their scores by Keras itself."""

from __future__ import annotations

import warnings

import numpy as np

from audit.models.keras import import_keras_quietly

import_keras_quietly()
import keras  # noqa: E402

NAMES = ("income", "debt", "age_of_file", "limit")
WORDS = np.array(["own", "rent", "free"], dtype=object)


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
