"""A network of 28 columns as lenders have them: 16 numbers, three categories as 12 places, 12 factors.

The applicants are drawn; the network (28-64-64-1, relu, sigmoid) is trained on them in a few seconds.
Nobody is real, and nothing is said of its fit: it is here for speed and for errors against exact values.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

N_ROWS, N_NUMBERS, CATEGORIES = 20_000, 16, (5, 4, 3)
UNITS = 64
COLUMNS = tuple(f"number_{at}" for at in range(N_NUMBERS)) + tuple(
    f"category_{which}_{place}" for which, size in enumerate(CATEGORIES) for place in range(size)
)
OWNED = tuple(
    tuple(column for column in COLUMNS if column.startswith(f"category_{which}_"))
    for which in range(len(CATEGORIES))
)


@dataclass(frozen=True)
class WideNetwork:
    """The trained network, its applicants float64[n, 28] and what it says of them."""

    model: Any
    table: np.ndarray

    @cached_property
    def scorer(self) -> Any:
        """The network as an audit asks it."""
        from audit.models.keras import scorer_of

        return scorer_of(self.model, features=COLUMNS)

    @cached_property
    def scores(self) -> np.ndarray:
        """float64[n]."""
        return np.asarray(self.scorer.score(named(self.table)))

    def apart(self, n_reference: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the fifth with the highest scores, and some of the others for reference."""
        cutoff = np.quantile(self.scores, 0.8)
        others = np.flatnonzero(self.scores < cutoff)
        chosen = np.random.default_rng(7).choice(others, n_reference, replace=False)
        return self.table[self.scores >= cutoff], self.table[np.sort(chosen)]


def named(matrix: np.ndarray) -> dict[str, np.ndarray]:
    """Return the columns of a matrix by name."""
    return {column: matrix[:, at] for at, column in enumerate(COLUMNS)}


def factors(n: int) -> dict[str, tuple[str, ...]]:
    """Return ``n`` factors (4 to 19) that own all columns: numbers evenly, each category whole."""
    parts = np.array_split(np.array(COLUMNS[:N_NUMBERS]), n - len(CATEGORIES))
    groups = [*(tuple(part.tolist()) for part in parts), *OWNED]
    return {f"factor_{at}": group for at, group in enumerate(groups)}


def build() -> WideNetwork:
    """Draw the applicants and train the network; the same every time on one machine."""
    from audit.models.keras import import_keras_quietly

    import_keras_quietly()
    import keras

    draw = np.random.default_rng(7)
    numbers = draw.normal(size=(N_ROWS, N_NUMBERS))
    places = [np.eye(size)[draw.integers(0, size, N_ROWS)] for size in CATEGORIES]
    table = np.concatenate([numbers, *places], axis=1).astype("float32").astype("float64")
    weights = draw.normal(size=table.shape[1]) / 2
    odds = table @ weights + np.tanh(numbers[:, 0] * numbers[:, 1]) - numbers[:, 2] * (numbers[:, 3] > 0) - 1
    late = draw.random(N_ROWS) < 1 / (1 + np.exp(-odds))
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [
            keras.Input((table.shape[1],)),
            keras.layers.Dense(UNITS, "relu"),
            keras.layers.Dense(UNITS, "relu"),
            keras.layers.Dense(1, "sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(2e-3), "binary_crossentropy")
    model.fit(table.astype("float32"), late.astype("float32"), epochs=2, batch_size=128, verbose=0)
    return WideNetwork(model, table)
