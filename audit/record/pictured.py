"""What a method says of pictures, and who can be asked about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Pictured:
    """What one method says of n pictures.

    Parameters
    ----------
    maps : float64[n, height, width]
        One number a pixel; the larger, the more it speaks for the class that is explained.
    regions : int64[n, height, width] or None
        The rank of each pixel's region, 1 = first; None where the method ranks single pixels.
    residual : float64[n] or None
        What the contributions leave out of the way from the baseline to the picture, in the unit of the
        class score: 0 where they are complete. None where the method promises no sum.
    way : float64[n] or None
        Class score of the picture minus that of the baseline: what ``residual`` is a part of.
    """

    method: str
    maps: Floats
    regions: NDArray[np.int64] | None = None
    residual: Floats | None = None
    way: Floats | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


class Classifier(Protocol):
    """A model that reads pictures and gives each class a score."""

    def scores(self, images: NDArray[np.float32]) -> Floats:
        """Return float64[n, classes], the model's own output; of one output its two sides.

        Parameters
        ----------
        images : float32[n, height, width, channels]
        """

    def gradients(
        self, images: NDArray[np.float32], targets: NDArray[np.int64]
    ) -> tuple[Floats, NDArray[np.float32]]:
        """Return the class score that is explained, float64[n], and its gradient, float32 as ``images``.

        The class score stands before the last softmax or sigmoid, where the model ends in one.
        """

    def features(
        self, images: NDArray[np.float32], targets: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return what the last convolution gives, float32[n, a, b, filters], and the gradient there."""
