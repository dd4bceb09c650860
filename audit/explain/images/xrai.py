"""XRAI: regions of a picture in the order of how densely they speak for the class.

Integrated gradients from a black and from a white baseline are averaged, so that neither colour is
silenced; then regions are added one by one, the one of the highest mean first. Ranking is done by
the `saliency` library of the method's authors.

Source: Kapishnikov, Bolukbasi, Viégas and Terry, arXiv 1906.02825.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import UsageError
from audit.explain.images import View
from audit.explain.images.integrated_gradients import along
from audit.explain.images.segments import least_pixels, segments
from audit.record import Classifier, Pictured

if TYPE_CHECKING:
    from numpy.typing import NDArray

name = "xrai"
source = "Kapishnikov and others (2019), by the library saliency, from black and white, 100 steps each"
STEPS = 100


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
    """Return each region's mean contribution at its pixels, and the region's rank.

    Returns
    -------
    Pictured
        ``regions`` ranks from 1, the first; regions are disjoint and cover the picture.

    Raises
    ------
    UsageError
        The library is not installed, or the model has no gradient.
    """
    _library()
    maps = np.zeros(images.shape[:3])
    regions = np.zeros(images.shape[:3], dtype=np.int64)
    for at, image in enumerate(images):
        ways = [along(classifier, image, int(targets[at]), end, steps)[0] for end in (view.low, view.high)]
        maps[at], regions[at] = ranked(image, np.mean(ways, axis=0), segments(image))
        if progress is not None:
            progress(at + 1)
    return Pictured(name, maps, regions=regions, details={"steps": steps})


def ranked(
    image: NDArray[np.float32], contributions: NDArray[np.float64], masks: list[NDArray[np.bool_]]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the mean contribution of each pixel's region, and the region's rank.

    Parameters
    ----------
    contributions : float64[height, width, channels]
    masks : bool[height, width] each, which may lie over one another
    """
    library = _library()
    asked = library.XRAIParameters(return_xrai_segments=True)
    # The default of 50 pixels would leave no region of a small picture.
    asked.experimental_params["min_pixel_diff"] = least_pixels(*image.shape[:2])
    found = library.XRAI().GetMaskWithDetails(
        image, None, base_attribution=contributions, segments=masks, extra_parameters=asked
    )
    return np.asarray(found.attribution_mask, dtype=np.float64), np.asarray(found.segments, dtype=np.int64)


def _library() -> Any:
    try:
        import saliency.core as library
    except ImportError:
        raise UsageError(
            "explain: xrai needs the library saliency, which is not installed. "
            "Install it: pip install 'plainspoken[images]'"
        ) from None
    return library
