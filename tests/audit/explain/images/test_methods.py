"""Image methods against closed forms, plain loops, and the library of XRAI's authors."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from audit.errors import UsageError
from audit.explain.images import (
    IMAGE_METHODS,
    View,
    grad_cam,
    image_method,
    integrated_gradients,
    smoothgrad,
    xrai,
)
from audit.explain.images.segments import least_pixels, segments
from audit.models.keras_classifier import KerasClassifier
from tests.oracles import pictures as plain
from tests.worlds.pictures import QUADRANT, planted, spotted, tiny

VIEW = View(0.0, 1.0, 0.0)


@pytest.fixture(scope="module")
def small() -> tuple[KerasClassifier, np.ndarray, np.ndarray]:
    """A tiny network with a few pictures of noise, and the class to explain of each."""
    images = np.random.default_rng(2).uniform(size=(3, 5, 6, 3)).astype(np.float32)
    return KerasClassifier(tiny(), name="tiny"), images, np.array([0, 2, 1])


@pytest.fixture(scope="module")
def corner() -> tuple[KerasClassifier, np.ndarray, np.ndarray]:
    """A network that looks at one quadrant alone, and pictures with a square in each."""
    images = spotted()
    return KerasClassifier(planted(), name="planted"), images, np.ones(len(images), dtype=np.int64)


def test_integrated_gradients_are_those_of_a_plain_loop(small: Any) -> None:
    """On one convolution with tanh they equal a loop in float64, to the bits of float32."""
    classifier, images, targets = small
    found = integrated_gradients.explain(classifier, images, targets, view=VIEW, steps=50)
    weights = plain.weights_of(classifier._model)
    for at, image in enumerate(images.astype(np.float64)):
        expected = plain.integrated(image, int(targets[at]), 0.0, 50, weights)
        assert np.abs(found.maps[at] - expected.sum(axis=2)).max() < 1e-5
        way = (
            plain.score_and_gradient(image, int(targets[at]), weights)[0]
            - plain.score_and_gradient(np.zeros(image.shape), int(targets[at]), weights)[0]
        )
        assert found.way is not None
        assert found.residual is not None
        assert abs(found.way[at] - way) < 1e-5
        assert abs(found.residual[at] - (way - expected.sum())) < 2e-5


def test_integrated_gradients_are_complete(small: Any) -> None:
    """What pixels leave out shrinks with the square of the steps, and is kept."""
    classifier, images, targets = small
    few, many = (
        integrated_gradients.explain(classifier, images, targets, view=VIEW, steps=steps)
        for steps in (4, 200)
    )
    assert few.residual is not None
    assert many.residual is not None
    assert many.way is not None
    assert np.abs(many.residual).max() < 1e-4 * np.abs(many.way).max() + 1e-5
    assert np.abs(few.residual).max() > 5 * np.abs(many.residual).max()
    assert np.allclose(many.maps.sum(axis=(1, 2)) + many.residual, many.way, atol=1e-9)


def test_smoothgrad_without_noise_is_the_plain_gradient(small: Any) -> None:
    """Shifts of size 0 leave the size of the gradient, by a loop in float64."""
    classifier, images, targets = small
    found = smoothgrad.explain(classifier, images, targets, view=VIEW, noise=0.0)
    weights = plain.weights_of(classifier._model)
    for at, image in enumerate(images.astype(np.float64)):
        expected = plain.score_and_gradient(image, int(targets[at]), weights)[1]
        assert np.abs(found.maps[at] - np.abs(expected).sum(axis=2)).max() < 1e-5


def test_smoothgrad_depends_on_its_seed_and_on_nothing_beside(small: Any) -> None:
    """The same seed gives the same bytes, a picture alone those among others; numpy's draw is untouched."""
    classifier, images, targets = small
    before = np.random.get_state()[1].tolist()  # type: ignore[index, union-attr]
    one = smoothgrad.explain(classifier, images, targets, view=VIEW, seed=7)
    alone = smoothgrad.explain(classifier, images[1:2], targets[1:2], view=VIEW, seed=7)
    other = smoothgrad.explain(classifier, images, targets, view=VIEW, seed=8)
    assert alone.maps.tobytes() == one.maps[1:2].tobytes()
    assert np.abs(one.maps - other.maps).max() > 0
    assert np.random.get_state()[1].tolist() == before  # type: ignore[index, union-attr]


def test_grad_cam_is_that_of_hand(small: Any) -> None:
    """On one convolution of the picture's size it equals the two equations in numpy."""
    classifier, images, targets = small
    found = grad_cam.explain(classifier, images, targets, view=VIEW)
    weights = plain.weights_of(classifier._model)
    for at, image in enumerate(images.astype(np.float64)):
        assert np.abs(found.maps[at] - plain.grad_cam(image, int(targets[at]), weights)).max() < 1e-5


def test_a_coarse_map_is_brought_to_size_as_tensorflow_does() -> None:
    """Bilinear interpolation between the middles of pixels, up and down, held at the edges."""
    import tensorflow as tf

    maps = np.random.default_rng(1).uniform(size=(2, 4, 3))
    for size in ((8, 9), (32, 5), (4, 3)):
        expected = tf.image.resize(maps[..., None], size, method="bilinear").numpy()[..., 0]
        assert np.abs(grad_cam.bilinear(maps, *size) - expected).max() < 1e-6


def test_xrai_ranks_regions_as_its_authors_library_does(corner: Any) -> None:
    """On the same segments, called the library's own way, maps are the same but for steps."""
    saliency = pytest.importorskip("saliency.core")
    classifier, images, targets = corner
    found = xrai.explain(classifier, images, targets, view=VIEW)

    def call_model(x: Any, call_model_args: Any = None, expected_keys: Any = None) -> Any:
        assert expected_keys == [saliency.INPUT_OUTPUT_GRADIENTS]
        _, slopes = classifier.gradients(np.asarray(x, dtype=np.float32), np.ones(len(x), dtype=np.int64))
        return {saliency.INPUT_OUTPUT_GRADIENTS: slopes}

    asked = saliency.XRAIParameters(return_xrai_segments=True, steps=100)
    asked.experimental_params["min_pixel_diff"] = least_pixels(32, 32)
    for at, image in enumerate(images):
        theirs = saliency.XRAI().GetMaskWithDetails(
            image,
            call_model,
            baselines=[np.zeros_like(image), np.ones_like(image)],
            segments=segments(image),
            batch_size=50,
            extra_parameters=asked,
        )
        # Their integral takes the left of each step, so values differ by a step, and near-ties by a rank.
        assert np.corrcoef(found.maps[at].ravel(), theirs.attribution_mask.ravel())[0, 1] > 0.999


def test_xrai_ranks_regions_as_plain_loops_do(corner: Any) -> None:
    """Of the same contributions and segments, the ranks are those of the rule written out."""
    classifier, images, targets = corner
    found = xrai.explain(classifier, images, targets, view=VIEW)
    assert found.regions is not None
    for at, image in enumerate(images):
        ways = [integrated_gradients.along(classifier, image, 1, end, 100)[0] for end in (0.0, 1.0)]
        masks = segments(image)
        expected = plain.ranked_regions(np.mean(ways, axis=0).max(axis=2), masks, least_pixels(32, 32))
        assert (found.regions[at] == expected).all()


def test_xrai_regions_cover_the_picture_and_nest(corner: Any) -> None:
    """Ranks run from 1 without a gap; the first k regions lie inside of the first k + 1."""
    classifier, images, targets = corner
    found = xrai.explain(classifier, images, targets, view=VIEW)
    assert found.regions is not None
    for ranks, values in zip(found.regions, found.maps, strict=True):
        most = int(ranks.max())
        assert set(np.unique(ranks)) == set(range(1, most + 1))
        masks = [ranks <= k for k in range(1, most + 1)]
        assert all((inner <= outer).all() for inner, outer in pairwise(masks))
        assert masks[-1].all()
        assert all(len(np.unique(values[ranks == k])) == 1 for k in range(1, most + 1))


@pytest.mark.parametrize("method", sorted(IMAGE_METHODS))
def test_a_planted_quadrant_is_found(method: str, corner: Any) -> None:
    """Where one quadrant alone moves the class, each method's first tenth of pixels lies in it."""
    classifier, images, targets = corner
    found = image_method(method).explain(classifier, images, targets, view=VIEW, seed=7)
    inside = np.zeros((32, 32), dtype=bool)
    inside[QUADRANT] = True
    for at, map_ in enumerate(found.maps):
        if method == "grad_cam":  # weighs whole maps: it sees the squares, and not which one counts
            assert map_.max() > 0
            continue
        first = map_ >= np.sort(map_.ravel())[-100]
        assert inside[map_ == map_.max()].all(), at
        if method != "xrai":
            assert (map_[~inside] == 0).all(), at
            assert first[inside].any()


def test_segments_of_a_large_picture_are_the_librarys() -> None:
    """At 224 pixels a side the masks are those of saliency, one for one."""
    pytest.importorskip("saliency")
    from saliency.core.xrai import _get_segments_felzenszwalb

    y, x = np.mgrid[0:224, 0:224] / 224.0
    image = np.stack([np.sin(9 * x) * y, np.cos(7 * y), x > 0.5], axis=2).astype(np.float32)
    ours, theirs = segments(image), _get_segments_felzenszwalb(image.astype(np.float64))
    assert len(ours) == len(theirs)
    assert all((one == other).all() for one, other in zip(ours, theirs, strict=True))


def test_a_small_picture_has_regions_and_one_colour_has_one() -> None:
    """By the library's defaults 8 x 8 pixels would be one flat region, and one colour would be NaN."""
    draw = np.random.default_rng(3)
    assert len(segments(draw.uniform(size=(8, 8, 1)))) > 6
    (whole,) = segments(np.full((8, 8, 1), 0.3))
    assert whole.all()


def test_a_certain_picture_still_has_a_gradient() -> None:
    """Behind the softmax its gradient is 0 in float32; what is explained stands before it."""
    import keras
    import tensorflow as tf

    model = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax")]
    )
    kernel = np.zeros((16, 2), dtype=np.float32)
    kernel[:, 1] = 40.0
    model.layers[-1].set_weights([kernel, np.zeros(2, dtype=np.float32)])
    images = np.full((1, 4, 4, 1), 0.9, dtype=np.float32)
    with tf.GradientTape() as tape:
        given = tf.constant(images)
        tape.watch(given)
        score = model(given)[:, 1]
    assert np.asarray(score).tolist() == [1.0]
    assert np.abs(np.asarray(tape.gradient(score, given))).max() == 0
    _, slopes = KerasClassifier(model, name="certain").gradients(images, np.array([1]))
    assert slopes.min() == slopes.max() == 40.0


def test_without_its_library_xrai_names_the_way_out(corner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing extra is a sentence with the command that installs it."""
    classifier, images, targets = corner
    monkeypatch.setitem(sys.modules, "saliency.core", None)
    with pytest.raises(UsageError, match=r"needs the library saliency.*plainspoken\[images\]"):
        xrai.explain(classifier, images, targets, view=VIEW)


def test_an_unknown_method_is_refused() -> None:
    """The error lists those that there are."""
    with pytest.raises(UsageError, match="xrai, integrated_gradients, smoothgrad, grad_cam"):
        image_method("lime")
