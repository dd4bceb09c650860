"""Integrated gradients of a picture: the gradient gathered on the way from a baseline to it.

A pixel's number is the sum over its channels, signed: what it adds to the class score. All pixels
together add up to the class score of the picture minus that of the baseline; what is left out is the
residual, kept for each picture.

A pixel that has the baseline's colour gets 0 whatever it means to the model: with a black baseline
nothing that is black can speak. Which baseline was taken is therefore printed.

Source: Sundararajan, Taly and Yan, arXiv 1703.01365, by the trapezoid rule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from audit.explain.images import View
from audit.record import Classifier, Pictured

if TYPE_CHECKING:
    from numpy.typing import NDArray

name = "integrated_gradients"
source = "Sundararajan and others (2017), 200 steps from the baseline"
STEPS = 200


def explain(
    classifier: Classifier,
    images: NDArray[np.float32],
    targets: NDArray[np.int64],
    *,
    view: View,
    seed: int = 7,
    steps: int = STEPS,
    progress: Callable[[int], None] | None = None,
) -> Pictured:
    """Return each pixel's part of the way from the baseline to the picture.

    Parameters
    ----------
    steps : how many steps the way is cut into

    Returns
    -------
    Pictured
        ``residual`` is what the pixels leave out of ``way``; nothing is drawn, so ``seed`` changes nothing.

    Raises
    ------
    UsageError
        Where the model has no gradient.
    """
    n = len(images)
    maps = np.zeros(images.shape[:3])
    residual, way = np.zeros(n), np.zeros(n)
    for at in range(n):
        gathered, way[at] = along(classifier, images[at], int(targets[at]), view.baseline, steps)
        maps[at] = gathered.sum(axis=2)
        residual[at] = way[at] - gathered.sum()
        if progress is not None:
            progress(at + 1)
    details = {"steps": steps, "baseline": view.baseline}
    return Pictured(name, maps, residual=residual, way=way, details=details)


def along(
    classifier: Classifier, image: NDArray[np.float32], target: int, baseline: float, steps: int = STEPS
) -> tuple[NDArray[np.float64], float]:
    """Return one picture's contributions, float64[height, width, channels], and the class score's way.

    Parameters
    ----------
    baseline : the value of every pixel of the picture that the way starts from
    """
    places = np.linspace(0.0, 1.0, steps + 1)
    weights = np.full(steps + 1, 1.0 / steps)
    weights[[0, -1]] /= 2
    apart = image.astype(np.float64) - baseline
    gathered = np.zeros(image.shape)
    ends = []
    for first in range(0, steps + 1, 64):
        some = places[first : first + 64]
        points = (baseline + some[:, None, None, None] * apart).astype(np.float32)
        told, slopes = classifier.gradients(points, np.full(len(some), target, dtype=np.int64))
        gathered += np.tensordot(weights[first : first + 64], slopes.astype(np.float64), axes=1)
        ends += [told[0], told[-1]]
    return gathered * apart, float(ends[-1] - ends[0])
