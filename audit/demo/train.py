"""Train the example's model and set aside the applicants that it never saw.

Run by hand: ``python -m audit.demo.train taiwan_default.csv.gz``. It writes ``credit_mlp.keras``
and ``applications.csv.gz`` beside this file. Weights depend on the machine's arithmetic, so the
model is kept, not trained again; its digest is what an audit pins.
"""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path

from audit.demo.prepare import FEATURES, features

SEED = 20261120
N_HELD_OUT = 5_000


def main(source: Path, out: Path) -> None:
    """Train on 25,000 card holders and keep the other 5,000 for the audit."""
    import keras
    import numpy as np

    keras.utils.set_random_seed(SEED)
    table = features(source)
    order = np.random.default_rng(SEED).permutation(table.height)
    held_out, seen = np.sort(order[:N_HELD_OUT]), order[N_HELD_OUT:]

    x = table.select(FEATURES).to_numpy()[seen].astype("float32")
    y = table["defaulted"].to_numpy()[seen].astype("float32")
    normalise = keras.layers.Normalization(name="scale")
    normalise.adapt(x)
    regular = keras.regularizers.L2(1e-4)
    model = keras.Sequential(
        [
            keras.Input((len(FEATURES),), name="applicant"),
            normalise,
            keras.layers.Dense(32, activation="relu", kernel_regularizer=regular, name="hidden_1"),
            keras.layers.Dense(16, activation="relu", kernel_regularizer=regular, name="hidden_2"),
            keras.layers.Dense(1, activation="sigmoid", name="probability_of_default"),
        ],
        name="credit_mlp",
    )
    model.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy", metrics=[keras.metrics.AUC()])
    stop = keras.callbacks.EarlyStopping(patience=6, restore_best_weights=True)
    model.fit(x, y, epochs=60, batch_size=256, validation_split=0.15, callbacks=[stop], verbose=2)
    model.save(out / "credit_mlp.keras")
    with gzip.GzipFile(out / "applications.csv.gz", "wb", mtime=0) as file:
        file.write(table[held_out].write_csv().encode())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    arguments = parser.parse_args()
    main(arguments.source, arguments.out)
