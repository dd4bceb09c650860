"""Keras models that read pictures: what is opened, what is refused, and which layer is looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from audit.errors import ModelError, UsageError
from audit.models import open_classifier, open_model
from audit.models.keras_classifier import KerasClassifier

IMAGES = np.random.default_rng(4).uniform(size=(3, 8, 8, 1)).astype(np.float32)
TARGETS = np.array([0, 1, 1])


def network(*end: Any, size: tuple[int | None, ...] = (8, 8, 1)) -> Any:
    """Return a small network with one convolution, ended as asked."""
    keras.utils.set_random_seed(5)
    body = [
        keras.Input(size),
        keras.layers.Conv2D(4, 3, activation="relu"),
        keras.layers.GlobalMaxPooling2D(),
    ]
    return keras.Sequential([*body, *end])


def test_a_saved_sequential_model_is_scored_and_looked_into(tmp_path: Path) -> None:
    """Scores are the model's; a loaded Sequential gives its last convolution too."""
    model = network(keras.layers.Dense(3, activation="softmax"))
    model.save(tmp_path / "m.keras")
    opened = open_classifier("m.keras", folder=tmp_path)
    assert np.allclose(opened.scores(IMAGES), model.predict(IMAGES, verbose=0), atol=1e-6)
    given, slopes = opened.features(IMAGES, TARGETS)
    assert given.shape == slopes.shape == (3, 6, 6, 4)
    expected = keras.Model(model.inputs, model.layers[0].output).predict(IMAGES, verbose=0)
    assert np.allclose(given, expected, atol=1e-6)
    described = opened.describe()  # type: ignore[attr-defined]
    assert described.inputs == ("pictures of 8 x 8 x 1",)
    assert described.output == "3 classes; explained: the class score before the softmax"


@pytest.mark.parametrize(
    "end",
    [
        [keras.layers.Dense(3), keras.layers.Softmax()],
        [keras.layers.Dense(3), keras.layers.Activation("softmax")],
        [keras.layers.Dense(3, activation="softmax")],
        [keras.layers.Dense(3)],
    ],
)
def test_the_score_before_the_softmax_is_explained(end: list[Any]) -> None:
    """However the softmax is written, and where there is none, the class score is that of the Dense layer."""
    model = network(*end)
    dense = next(one for one in model.layers if isinstance(one, keras.layers.Dense))
    pooled = keras.Model(model.inputs, model.layers[1].output).predict(IMAGES, verbose=0)
    expected = pooled @ np.asarray(dense.kernel) + np.asarray(dense.bias)
    told, _ = KerasClassifier(model, name="m").gradients(IMAGES, TARGETS)
    assert np.allclose(told, expected[np.arange(3), TARGETS], atol=1e-5)


def test_one_sigmoid_has_two_sides() -> None:
    """Scores of one output are 1 - p and p, and the two gradients are each other's opposite."""
    model = network(keras.layers.Dense(1, activation="sigmoid"))
    opened = KerasClassifier(model, name="m")
    p = model.predict(IMAGES, verbose=0)[:, 0]
    assert np.allclose(opened.scores(IMAGES), np.stack([1 - p, p], axis=1), atol=1e-6)
    one, other = (opened.gradients(IMAGES, np.full(3, side))[1] for side in (0, 1))
    assert np.array_equal(one, -other)
    assert np.abs(one).max() > 0


def test_a_model_inside_of_the_model_counts_as_the_last_convolution() -> None:
    """A backbone is looked at where it ends."""
    inner = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3), keras.layers.ReLU()])
    outer = keras.Sequential(
        [keras.Input((8, 8, 1)), inner, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)]
    )
    given, slopes = KerasClassifier(outer, name="m").features(IMAGES, TARGETS)
    assert np.allclose(given, inner.predict(IMAGES, verbose=0), atol=1e-6)
    kernel = np.asarray(outer.layers[-1].kernel)
    assert np.allclose(slopes, kernel[:, TARGETS].T[:, None, None, :] / 36, atol=1e-6)


def test_a_picture_has_the_same_bits_alone_and_among_others() -> None:
    """Batches have one size, so a replay may ask for every bit."""
    opened = KerasClassifier(network(keras.layers.Dense(3, activation="softmax")), name="m")
    alone, among = opened.gradients(IMAGES[1:2], TARGETS[1:2]), opened.gradients(IMAGES, TARGETS)
    assert alone[1].tobytes() == among[1][1:2].tobytes()
    assert opened.scores(IMAGES[1:2]).tobytes() == opened.scores(IMAGES)[1:2].tobytes()


def test_pictures_of_another_size_are_refused() -> None:
    """Both sizes are told; a model that takes any size takes any, but not other channels."""
    opened = KerasClassifier(network(keras.layers.Dense(2)), name="m")
    with pytest.raises(UsageError, match=r"they are 7 x 8 x 1 .*reads 8 x 8 x 1\. Bring"):
        opened.scores(IMAGES[:, :7])
    free = KerasClassifier(network(keras.layers.Dense(2), size=(None, None, 1)), name="m")
    assert free.scores(IMAGES[:, :7]).shape == (3, 2)
    with pytest.raises(UsageError, match="reads any x any x 1"):
        free.scores(np.repeat(IMAGES, 3, axis=3))


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (
            lambda: keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)]),
            r"reads no pictures.*population",
        ),
        (lambda: network(keras.layers.Dense(1)), "its one output is no probability"),
        (lambda: network(size=(8, 8, 2)), "no picture of one or three channels"),
        (lambda: keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3)]), "no score a class"),
    ],
)
def test_what_reads_no_pictures_is_refused(model: Any, words: str) -> None:
    """Each refusal says what the model is, and what to do."""
    with pytest.raises(ModelError, match=words):
        KerasClassifier(model(), name="m")


def test_no_convolution_and_no_gradient_are_named() -> None:
    """A method that cannot be used says so, and leaves the others."""
    flat = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
    with pytest.raises(UsageError, match="no convolution to look at"):
        KerasClassifier(flat, name="m").features(IMAGES, TARGETS)
    given = keras.Input((8, 8, 1))
    rounded = keras.ops.cast(keras.ops.cast(given, "int32"), "float32")
    cut = keras.Model(given, keras.layers.Dense(2)(keras.layers.Flatten()(rounded)))
    with pytest.raises(UsageError, match="no gradient to its pixels"):
        KerasClassifier(cut, name="m").gradients(IMAGES, TARGETS)


def test_a_score_that_is_no_number_is_refused() -> None:
    """It is counted, and no picture is named."""
    model = network(keras.layers.Dense(2))
    model.layers[-1].set_weights([np.full((4, 2), np.nan, dtype=np.float32), np.zeros(2, dtype=np.float32)])
    with pytest.raises(ModelError, match="the scores of 3 of 3 pictures are NaN"):
        KerasClassifier(model, name="m").scores(IMAGES)


def test_a_model_of_pictures_is_no_model_of_columns(tmp_path: Path) -> None:
    """An audit of a table that names it is sent to `kind: images`; other formats are none of pictures."""
    network(keras.layers.Dense(2)).save(tmp_path / "m.keras")
    with pytest.raises(ModelError, match=r"reads pictures.*audit\.kind: images"):
        open_model("m.keras", folder=tmp_path, features=("a", "b"))
    (tmp_path / "m.skops").write_bytes(b"")
    with pytest.raises(ModelError, match="read by Keras models alone"):
        open_classifier("m.skops", folder=tmp_path)


def test_code_and_another_digest_are_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    """The rules of trust are those of every model."""
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Lambda(lambda x: x), keras.layers.Flatten()]
    )
    model.save(tmp_path / "code.keras")
    with pytest.raises(ModelError, match="holds code that would run"):
        open_classifier("code.keras", folder=tmp_path)
    network(keras.layers.Dense(2)).save(tmp_path / "m.keras")
    with pytest.raises(ModelError, match="its SHA-256 is"):
        open_classifier("m.keras", folder=tmp_path, sha256="0" * 64)
