"""Small Keras networks with known answers, as scorers, for the tests of explanation methods."""

from __future__ import annotations

from typing import Any

import numpy as np

from audit.models.keras import import_keras_quietly, scorer_of

COLUMNS = ("a", "b", "c", "d", "idle")
FACTORS = {"a": ["a"], "b": ["b"], "cd": ["c", "d"], "idle": ["idle"]}


def network(activation: str = "tanh", columns: tuple[str, ...] = COLUMNS, units: int = 6) -> Any:
    """Return a network with one hidden layer where ``a`` and ``b`` are twins and ``idle`` is idle."""
    import_keras_quietly()
    import keras

    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((len(columns),)),
            keras.layers.Dense(units, activation=activation),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    kernel, bias = model.layers[0].get_weights()
    kernel[1] = kernel[0]
    kernel[-1] = 0.0
    model.layers[0].set_weights([kernel * 1.5, bias + 0.1])
    return model


def networked(activation: str = "tanh") -> Any:
    """Return the scorer of ``network``."""
    return scorer_of(network(activation), features=COLUMNS)


def weighted() -> Any:
    """Return the scorer of a linear network, whose weights a test may set: ``layer`` and ``scorer``."""
    import_keras_quietly()
    import keras

    layer = keras.layers.Dense(1)
    model = keras.Sequential([keras.Input((len(COLUMNS),)), layer])
    return layer, scorer_of(model, features=COLUMNS)


def some_rows(n: int, seed: int, columns: tuple[str, ...] = COLUMNS) -> dict[str, Any]:
    """Draw rows of numbers; ``b`` has the values of ``a``."""
    draw = np.random.default_rng(seed)
    rows = {column: draw.normal(size=n) for column in columns}
    return rows | {"b": rows["a"]} if "b" in rows else rows


def as_matrix(rows: dict[str, Any]) -> Any:
    """Return columns as float64[n, columns]."""
    return np.stack(list(rows.values()), axis=1)
