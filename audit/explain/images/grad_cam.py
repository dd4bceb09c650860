"""Grad-CAM: the maps of the last convolution, each weighed by how much the class score follows it.

The weighed sum is cut at 0 and brought to the picture's size by bilinear interpolation, so a place is
no finer than the last convolution is.

Why so, our own: the ready ones ask a Keras model for ``layer.output`` in ways that Keras 3 refuses for
Sequential models.

Source: Selvaraju and others, arXiv 1610.02391, equations 1 and 2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from audit.explain.images import View
from audit.record import Classifier, Pictured

if TYPE_CHECKING:
    from numpy.typing import NDArray

name = "grad_cam"
source = "Selvaraju and others (2017), on the last convolution"


def explain(
    classifier: Classifier,
    images: NDArray[np.float32],
    targets: NDArray[np.int64],
    *,
    view: View,
    seed: int = 7,
    progress: Callable[[int], None] | None = None,
) -> Pictured:
    """Return the weighed maps of the last convolution at the picture's size; 0 or more everywhere.

    Raises
    ------
    UsageError
        Where the model has no convolution, or none that passes a gradient.
    """
    given, slopes = classifier.features(images, targets)
    weights = slopes.mean(axis=(1, 2), dtype=np.float64)
    coarse = np.maximum(np.einsum("nhwk,nk->nhw", given.astype(np.float64), weights), 0.0)
    maps = bilinear(coarse, images.shape[1], images.shape[2])
    if progress is not None:
        progress(len(images))
    return Pictured(name, maps, details={"places": f"{given.shape[1]} x {given.shape[2]}"})


def bilinear(maps: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    """Return maps at another size; places are the middles of pixels, edges are held.

    >>> import numpy as np
    >>> bilinear(np.array([[[0.0, 1.0]]]), 1, 4)[0, 0].tolist()
    [0.0, 0.25, 0.75, 1.0]
    """
    return _along(_along(maps, height, 1), width, 2)


def _along(maps: NDArray[np.float64], size: int, axis: int) -> NDArray[np.float64]:
    n = maps.shape[axis]
    place = np.clip((np.arange(size) + 0.5) * n / size - 0.5, 0, n - 1)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, n - 1)
    part = (place - below).reshape([-1 if one == axis else 1 for one in range(3)])
    found: NDArray[np.float64] = np.take(maps, below, axis) * (1 - part) + np.take(maps, above, axis) * part
    return found
