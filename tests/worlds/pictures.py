"""Pictures and small networks that read them: planted squares, whose answer is known, and real digits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUADRANT = (slice(16, 32), slice(0, 16))  # lower left of 32 x 32: all that the planted model looks at


def planted() -> Any:
    """Return a network of 32 x 32 pictures whose classes depend on one quadrant alone, before a softmax.

    Class 1 gets the mean of the quadrant's squared pixels, seen through one convolution; class 0 gets
    nothing.
    """
    import keras

    model = keras.Sequential(
        [
            keras.Input((32, 32, 1)),
            keras.layers.Conv2D(1, 1, use_bias=False, activation="softplus"),
            keras.layers.Flatten(),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    kernel = np.zeros((32, 32, 2), dtype=np.float32)
    kernel[(*QUADRANT, 1)] = 0.2
    model.layers[0].set_weights([np.full((1, 1, 1, 1), 2.0, dtype=np.float32)])
    model.layers[-1].set_weights([kernel.reshape(-1, 2), np.zeros(2, dtype=np.float32)])
    return model


def spotted(n: int = 3) -> NDArray[np.float32]:
    """Return pictures of 32 x 32 with a bright square in each quadrant, of other places each time."""
    draw = np.random.default_rng(5)
    images = np.full((n, 32, 32, 1), 0.05, dtype=np.float32)
    for image in images:
        for top in (0, 16):
            for left in (0, 16):
                y, x = draw.integers(2, 6, size=2)
                image[top + y : top + y + 8, left + x : left + x + 8] = 0.9
    return images


def tiny() -> Any:
    """Return a network of 5 x 6 pictures of three channels: one convolution, tanh, and three classes."""
    import keras

    keras.utils.set_random_seed(11)
    return keras.Sequential(
        [
            keras.Input((5, 6, 3)),
            keras.layers.Conv2D(4, 3, padding="same", activation="tanh"),
            keras.layers.Flatten(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )


def lay_digits(folder: Path, *, n: int = 200, epochs: int = 8) -> Path:
    """Train a small network on the digits of scikit-learn, lay it out with unseen ones, return the config."""
    import keras
    from sklearn.datasets import load_digits

    found = load_digits()
    shown = np.rint(found.images * (255 / 16)).astype(np.uint8)[..., None]
    images = shown.astype(np.float32) / 255
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(6e-3), "sparse_categorical_crossentropy")
    model.fit(images[:1200], found.target[:1200], epochs=epochs, batch_size=32, verbose=0)
    folder.mkdir(parents=True, exist_ok=True)
    model.save(folder / "digits.keras")
    np.savez(folder / "digits.npz", images=shown[1200 : 1200 + n], labels=found.target[1200 : 1200 + n])
    config = folder / "images.yaml"
    config.write_text(CONFIG)
    return config


CONFIG = """\
audit: {name: "Digits, read by a small network", kind: images, owner: Model Risk, as_of: 2026-11-20}
model: {path: digits.keras}
data: {path: digits.npz, range: [0, 1]}
explain: {also: [xrai, integrated_gradients, smoothgrad, grad_cam], sample: 8, shown: 4}
seed: 7
"""
