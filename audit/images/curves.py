"""The region curve: how much of a class's score comes back as a picture's first pixels are shown.

A picture begins as the baseline alone; the pixels that a method ranks first are put in, share by
share. What comes back is the class's score then, as a part of its score for the whole picture, and
counted as at most 1. A method that knows where the class stands brings it back with few pixels; the
control draws pixels by lot.

Why so, only here and not by the model's process: the score of each half-shown picture is asked for, and
everything that is counted of it is counted by the driver.

Source: the softmax information curve of Kapishnikov and others, arXiv 1906.02825, section 4.3; pixels
that are not shown have the baseline's colour here, where the authors blur them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from audit.record import Pictured

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARES = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
CONTROL = "random"


def order_of(found: Pictured) -> NDArray[np.int64]:
    """Return the place of each pixel, int64[n, height * width], 0 = shown first.

    Regions come whole, the first first, and within one the pixels as they stand; without regions the
    largest number comes first. Equal pixels come in the order of the page.
    """
    of = found.maps if found.regions is None else -found.regions
    flat = of.reshape(len(of), -1)
    return _places(np.argsort(-flat, axis=1, kind="stable"))


def has_order(found: Pictured) -> NDArray[np.bool_]:
    """Return, for each picture, whether its map prefers any pixel: of one that is flat nothing is first."""
    flat = found.maps.reshape(len(found.maps), -1)
    told: NDArray[np.bool_] = flat.max(axis=1) > flat.min(axis=1)
    return told


def by_lot(n: int, pixels: int, seed: int) -> NDArray[np.int64]:
    """Return places that know nothing of the pictures, int64[n, pixels]."""
    draw = np.random.default_rng([seed, n, pixels])
    return _places(np.stack([draw.permutation(pixels) for _ in range(n)]))


def recovered(
    images: NDArray[np.float32],
    targets: NDArray[np.int64],
    places: NDArray[np.int64],
    baseline: float,
    classify: Callable[[NDArray[np.float32]], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Return float64[n, shares]: the part of the score that is back at each of ``SHARES``.

    Parameters
    ----------
    places : int64[n, height * width], as ``order_of`` gives them
    classify : pictures to float64[n, classes]; scores of 0 to 1
    """
    n, height, width, _ = images.shape
    pixels = height * width
    whole = classify(images)[np.arange(n), targets]
    found = np.zeros((n, len(SHARES)))
    for at, share in enumerate(SHARES):
        shown = (places < round(share * pixels)).reshape(n, height, width, 1)
        part = np.where(shown, images, np.float32(baseline))
        told = classify(part)[np.arange(n), targets]
        found[:, at] = np.clip(told / np.maximum(whole, 1e-12), 0.0, 1.0)
    return found


def area(curves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the area under each curve, float64[n]: 1 = all is back at once, 0 = nothing ever is.

    >>> area(np.array([[0.0] + [1.0] * (len(SHARES) - 1)])).round(2).tolist()
    [0.99]
    """
    found: NDArray[np.float64] = np.trapezoid(curves, np.array(SHARES), axis=1)
    return found


def _places(order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each pixel stands in an order of pixels."""
    return np.argsort(order, axis=1, kind="stable")
