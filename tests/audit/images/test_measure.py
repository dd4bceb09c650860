"""What is measured of pictures: curves, means, agreement, completeness, which are shown, and PNG."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from audit.images import curves, measure, png, shown
from audit.record import Pictured

DRAW = np.random.default_rng(8)


def test_regions_come_whole_and_pixels_by_size() -> None:
    """The first region comes first whatever its numbers; single pixels by size, equal ones by place."""
    maps = np.array([[[0.1, 0.9], [0.5, 0.5]]])
    assert curves.order_of(Pictured("a", maps)).tolist() == [[3, 0, 1, 2]]
    regions = np.array([[[2, 2], [1, 3]]])
    assert curves.order_of(Pictured("xrai", maps, regions=regions)).tolist() == [[1, 2, 0, 3]]
    assert curves.has_order(Pictured("a", np.stack([maps[0], np.ones((2, 2))]))).tolist() == [True, False]


def test_a_curve_is_what_a_loop_over_pictures_gives() -> None:
    """Each share shows so many pixels of each picture and asks for the class's score again."""
    images = DRAW.uniform(size=(3, 4, 5, 2)).astype(np.float32)
    targets = np.array([1, 0, 1])
    places = curves.by_lot(3, 20, seed=7)

    def classify(some: np.ndarray) -> np.ndarray:
        bright = some.astype(np.float64).mean(axis=(1, 2, 3))
        return np.stack([1 - bright, bright], axis=1)

    found = curves.recovered(images, targets, places, 0.25, classify)
    for at in range(3):
        whole = classify(images[at : at + 1])[0, targets[at]]
        for j, share in enumerate(curves.SHARES):
            part = np.full((1, 4, 5, 2), 0.25, dtype=np.float32)
            for pixel in range(20):
                if places[at, pixel] < round(share * 20):
                    part[0, pixel // 5, pixel % 5] = images[at, pixel // 5, pixel % 5]
            expected = min(1.0, classify(part)[0, targets[at]] / whole)
            assert found[at, j] == pytest.approx(expected, abs=1e-12)
    assert (found[:, -1] == 1).all()


def test_the_first_pixels_of_a_good_order_bring_more_back() -> None:
    """Where one pixel is all that counts, the order that begins with it has the larger area, the worst 0."""
    images = np.ones((1, 5, 5, 1), dtype=np.float32)

    def classify(some: np.ndarray) -> np.ndarray:
        return np.stack([1 - some[:, 2, 2, 0], some[:, 2, 2, 0]], axis=1)

    best, worst = np.full((1, 25), 24), np.zeros((1, 25), dtype=np.int64)
    best[0, :], worst[0, :] = np.arange(25), np.arange(25)
    best[0, [0, 12]], worst[0, [24, 12]] = [12, 0], [12, 24]
    first, last = (
        curves.area(curves.recovered(images, np.array([1]), places, 0.0, classify))[0]
        for places in (best, worst)
    )
    assert first > 0.9
    assert last == pytest.approx(0.05)  # the last step, from 90 % of pixels to all of them


def test_a_mean_has_the_interval_of_its_pictures() -> None:
    """The textbook's mean and standard error, held to what the number can be."""
    values = DRAW.uniform(size=40)
    told = measure.mean_of(values, 0.0, 1.0)
    error = values.std(ddof=1) / np.sqrt(40)
    assert told.value == pytest.approx(values.mean())
    assert told.low == pytest.approx(values.mean() - 1.959963984540054 * error)
    assert measure.mean_of([0.0, 0.1], 0.0, 1.0).low == 0.0
    assert measure.mean_of([], 0.0, 1.0) == measure.Mean(0, None)


def test_recognised_is_counted_by_class() -> None:
    """Shares of all and of each class, with Wilson's interval; a class without pictures says so."""
    targets, predicted = np.array([0, 0, 0, 1]), np.array([0, 1, 0, 1])
    whole, first, second, third = measure.recognised(targets, predicted, ("a", "b", "c"))
    assert (whole.n, whole.value) == (4, 0.75)
    assert (first.n, first.value) == (3, pytest.approx(2 / 3))
    assert (second.value, third.value, third.cause) == (1.0, None, "no picture shows it")
    assert whole.low == pytest.approx(0.30064, abs=1e-5)  # Wilson's interval of 3 in 4
    assert whole.high == pytest.approx(0.95441, abs=1e-5)
    assert measure.confused(targets, predicted, ("a", "b", "c")) == [{"label": "a", "predicted": "b", "n": 1}]


def test_agreement_is_the_mean_rank_correlation() -> None:
    """Of equal orders 1, of opposite ones -1; a flat map takes no part."""
    maps = DRAW.normal(size=(3, 4, 4))
    found = {
        "a": Pictured("a", maps),
        "b": Pictured("b", np.exp(maps)),
        "c": Pictured("c", np.stack([-maps[0], np.zeros((4, 4)), -maps[2]])),
    }
    by = {(one["one"], one["other"]): (one["n"], one["value"]) for one in measure.agreement(found)}
    assert by["a", "b"] == (3, pytest.approx(1.0))
    assert by["a", "c"] == by["b", "c"] == (2, pytest.approx(-1.0))


def test_completeness_is_a_share_of_the_way() -> None:
    """What is left out, on average, over the average way."""
    maps = np.zeros((2, 2, 2))
    told = measure.completeness(
        Pictured("a", maps, residual=np.array([0.1, -0.3]), way=np.array([-4.0, 4.0]))
    )
    assert told is not None
    assert told["share"] == pytest.approx(0.05)
    assert (told["mean"], told["largest"], told["way"]) == (pytest.approx(0.2), 0.3, 4.0)
    assert measure.completeness(Pictured("a", maps)) is None


def test_scores_that_are_no_parts_become_parts() -> None:
    """Logits are put through a softmax, which large ones do not break."""
    assert measure.as_parts(np.array([[0.0, 1.0]]))
    assert not measure.as_parts(np.array([[-0.1, 1.0]]))
    assert measure.softmax(np.array([[1000.0, 0.0]])).tolist() == [[1.0, 0.0]]


def test_wrong_pictures_are_shown_first_and_classes_take_turns() -> None:
    """A third are wrong ones, the most certain first; of right ones no class comes twice before all came."""
    targets = np.array([0, 0, 0, 1, 2, 1, 2, 0])
    predicted = np.array([0, 0, 0, 1, 2, 0, 1, 0])
    certainty = np.array([0.9] * 5 + [0.6, 0.8, 0.9])
    assert shown.chosen(targets, predicted, certainty, 6) == [6, 5, 0, 1, 3, 4]
    assert shown.chosen(targets, predicted, certainty, 3) == [6, 0, 3]
    assert shown.chosen(targets, predicted, certainty, 12) == [6, 5, 0, 1, 2, 3, 4, 7]


def opened(text: str) -> np.ndarray:
    """Read a PNG with another program than wrote it."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))


def test_a_png_holds_the_pixels_and_nothing_else() -> None:
    """Small pictures are enlarged by whole pixels; equal pixels give equal bytes, with no date in them."""
    image = DRAW.uniform(size=(8, 6, 3))
    text = png.picture(image, 0.0, 1.0)
    read = opened(text)
    assert read.shape == (96, 72, 3)
    assert np.array_equal(read[::12, ::12], np.rint(image * 255).astype(np.uint8))
    assert text == png.picture(image.copy(), 0.0, 1.0)
    raw = base64.b64decode(text)
    assert [raw.count(kind) for kind in (b"tIME", b"tEXt", b"IHDR", b"IEND")] == [0, 0, 1, 1]
    gray = opened(png.picture(np.array([[[-1.0], [1.0]]]), -1.0, 1.0))
    assert (gray[0, 0], gray[0, -1]) == (0, 255)


def test_a_large_picture_is_shrunk_by_means() -> None:
    """No printed picture is longer than its limit, and its tone is kept."""
    image = DRAW.uniform(size=(300, 200, 1))
    read = opened(png.picture(image, 0.0, 1.0))
    assert read.shape == (75, 50)
    assert read[0, 0] == np.rint(image[:4, :4].mean() * 255)


def test_a_map_is_dark_where_it_speaks_most() -> None:
    """White is 0 and what speaks against; a flat map is white."""
    read = opened(png.heat(np.array([[-1.0, 0.0], [1.0, 2.0]])))
    assert read[0, 0].tolist() == read[0, -1].tolist() == [255, 255, 255]
    assert read[-1, -1].tolist() == [18, 58, 99]
    assert (opened(png.heat(np.zeros((2, 2)))) == 255).all()
