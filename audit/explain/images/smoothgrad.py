"""SmoothGrad of a picture: the gradient as a mean over noisy copies of it.

A pixel's number is the size of that mean gradient, added up over its channels: how much the class
score moves with the pixel, whichever way. So it says where the model looks, not what speaks for the
class.

Why so, one draw of noise for all pictures: a picture's numbers then depend on the seed and on nothing
beside it.

Source: Smilkov, Thorat, Kim, Viégas and Wattenberg, arXiv 1706.03825.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from audit.explain.images import View
from audit.record import Classifier, Pictured

if TYPE_CHECKING:
    from numpy.typing import NDArray

name = "smoothgrad"
source = "Smilkov and others (2017), 32 noisy copies, noise 15% of the range of a pixel"
SAMPLES = 32
NOISE = 0.15


def explain(
    classifier: Classifier,
    images: NDArray[np.float32],
    targets: NDArray[np.int64],
    *,
    view: View,
    seed: int = 7,
    samples: int = SAMPLES,
    noise: float = NOISE,
    progress: Callable[[int], None] | None = None,
) -> Pictured:
    """Return the size of the smoothed gradient at each pixel.

    Parameters
    ----------
    samples : noisy copies of each picture
    noise : standard deviation, as a share of the range from black to white

    Raises
    ------
    UsageError
        Where the model has no gradient.
    """
    drawn = np.random.default_rng([seed, samples]).normal(size=(samples, *images.shape[1:]))
    shifts = (drawn * noise * (view.high - view.low)).astype(np.float32)
    maps = np.zeros(images.shape[:3])
    for at, image in enumerate(images):
        _, slopes = classifier.gradients(image + shifts, np.full(samples, targets[at], dtype=np.int64))
        maps[at] = np.abs(slopes.mean(axis=0, dtype=np.float64)).sum(axis=2)
        if progress is not None:
            progress(at + 1)
    return Pictured(name, maps, details={"samples": samples, "noise": noise, "seed": seed})
