"""Cuts a picture into regions of one look, at six coarsenesses: what XRAI ranks.

The numbers are those of the `saliency` library for pictures of 224 x 224 pixels: there the same masks
come out. Why so, our own: the library widens each mask by 5 pixels of the picture as it came, and a
picture of 8 x 8 would then be one region; here the widening shrinks with the picture.

Source: Felzenszwalb and Huttenlocher, International Journal of Computer Vision 59 (2004); Kapishnikov
and others, arXiv 1906.02825, section 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 224  # pixels: the size that the numbers below are meant for
_COARSE = (50, 100, 150, 250, 500, 1200)
_SIGMA, _SMALLEST, _WIDEN = 0.8, 150, 5
_LEAST = 50  # pixels that a region must add, of SIDE x SIDE


def segments(image: NDArray[Any]) -> list[NDArray[np.bool_]]:
    """Return the masks of a picture's regions, bool[height, width] each; together they cover it.

    Parameters
    ----------
    image : float[height, width, channels]; a picture of one colour is one region
    """
    from skimage.morphology import dilation, disk
    from skimage.segmentation import felzenszwalb
    from skimage.transform import resize

    low, high = float(image.min()), float(image.max())
    shape = image.shape[:2]
    if low == high:  # dividing by its range would make a picture of NaN
        return [np.ones(shape, dtype=bool)]
    even = (image.astype(np.float64) - low) / (high - low) * 2.0 - 1.0
    large = resize(even, (SIDE, SIDE), order=3, mode="constant", preserve_range=True, anti_aliasing=True)
    masks: list[NDArray[np.bool_]] = []
    for coarse in _COARSE:
        cut = felzenszwalb(large, scale=coarse, sigma=_SIGMA, min_size=_SMALLEST)
        back = resize(cut, shape, order=0, mode="constant", preserve_range=True, anti_aliasing=False)
        labels = back.astype(np.int64)
        masks += [labels == label for label in range(int(labels.min()), int(labels.max()) + 1)]
    wide = round(_WIDEN * min(shape) / SIDE) if min(shape) < SIDE else _WIDEN
    if wide:
        masks = [dilation(mask, footprint=disk(wide)) for mask in masks]
    return [mask for mask in masks if mask.any()]


def least_pixels(height: int, width: int) -> int:
    """Return how many pixels a region must add to be ranked: 50 of 224 x 224, and as large a part of less.

    >>> least_pixels(224, 224), least_pixels(8, 8)
    (50, 1)
    """
    return max(1, min(_LEAST, round(_LEAST * height * width / SIDE**2)))
