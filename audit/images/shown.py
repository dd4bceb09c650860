"""Which pictures a report shows, and each with its maps: wrong ones first, then one of each class.

Why so, no ids: a figure is sealed in clear, and the name of a file may be that of a person. The place of
a picture in the order of ids leads its owner to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.images import png
from audit.images.curves import order_of
from audit.record import Pictured

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.data.pictures import Pictures

TOP = 0.2  # the share of pixels that the picture of the first regions shows


def chosen(
    targets: NDArray[np.int64], predicted: NDArray[np.int64], certainty: NDArray[np.float64], at_most: int
) -> list[int]:
    """Return which of the explained pictures are shown.

    Up to a third are wrong ones, the most certain first; the others are right ones, a class after the
    other, as they come.

    Parameters
    ----------
    certainty : float64[n], the score of the class that was predicted
    """
    wrong = [int(at) for at in np.argsort(-certainty, kind="stable") if targets[at] != predicted[at]]
    right = [at for at in range(len(targets)) if targets[at] == predicted[at]]
    rounds = _round_of(right, predicted)
    of_wrong = wrong[: max(at_most // 3, at_most - len(right))]
    of_right = sorted(right, key=lambda at: (rounds[at], at))[: at_most - len(of_wrong)]
    return [*of_wrong, *sorted(of_right)]


def drawn(
    pictures: Pictures,
    sample: NDArray[np.int64],
    which: Sequence[int],
    told: Mapping[str, Sequence[Any]],
    found: Mapping[str, Pictured],
) -> list[dict[str, Any]]:
    """Return each picture with its maps as base64 PNG.

    Parameters
    ----------
    sample : the explained pictures; ``which`` are places in it
    told : what stands beside each explained picture: "label", "predicted", "score"
    """
    rows = []
    for at in which:
        image = pictures.images[sample[at]]
        rows.append(
            {
                "row": int(sample[at]),
                **{name: values[at] for name, values in told.items()},
                "picture": png.picture(image, pictures.low, pictures.high),
                "maps": {method: png.heat(one.maps[at]) for method, one in found.items()},
                "top": _top(pictures, image, found["xrai"], at) if "xrai" in found else None,
            }
        )
    return rows


def _top(pictures: Pictures, image: NDArray[np.float32], xrai: Pictured, at: int) -> str:
    """Return the picture where only its first regions are seen; the rest is gray."""
    height, width = image.shape[:2]
    shown = order_of(xrai)[at].reshape(height, width, 1) < max(1, round(TOP * height * width))
    middle = np.float32((pictures.low + pictures.high) / 2)
    return png.picture(np.where(shown, image, middle), pictures.low, pictures.high)


def _round_of(right: Sequence[int], predicted: NDArray[np.int64]) -> dict[int, int]:
    """Return how many of the same class came before each."""
    seen: dict[int, int] = {}
    rounds = {}
    for at in right:
        of = int(predicted[at])
        rounds[at] = seen.get(of, 0)
        seen[of] = rounds[at] + 1
    return rounds
