"""Explains what a classifier sees: which pixels, or regions of them, speak for a class.

A method is a module with ``name``, ``source`` and ``explain(classifier, images, targets, *, view,
seed, progress) -> Pictured``. They are functions over a ``Classifier`` and see no label, no id and no
count: only pictures, and the class of each that is explained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from audit.errors import UsageError
from audit.record import Classifier, Pictured

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["IMAGE_METHODS", "ImageMethod", "View", "image_method"]

IMAGE_METHODS: Mapping[str, str] = {
    "xrai": "audit.explain.images.xrai",
    "integrated_gradients": "audit.explain.images.integrated_gradients",
    "smoothgrad": "audit.explain.images.smoothgrad",
    "grad_cam": "audit.explain.images.grad_cam",
}


@dataclass(frozen=True, slots=True)
class View:
    """How pixels are read: the values of black and white, and of the baseline that shows nothing."""

    low: float
    high: float
    baseline: float


class ImageMethod(Protocol):
    """One explanation method for pictures."""

    name: str
    source: str

    def explain(
        self,
        classifier: Classifier,
        images: NDArray[np.float32],
        targets: NDArray[np.int64],
        *,
        view: View,
        seed: int,
        progress: Callable[[int], None] | None = None,
    ) -> Pictured:
        """Return what each pixel says for the class ``targets[i]`` of ``images[i]``.

        Raises
        ------
        UsageError
            The method cannot be used on this model, or its library is not installed.
        """


def image_method(name: str) -> ImageMethod:
    """Return one method by its name.

    Raises
    ------
    UsageError
        Where no method has that name.
    """
    if name not in IMAGE_METHODS:
        known = ", ".join(IMAGE_METHODS)
        raise UsageError(
            f"explain: no method {name!r} explains pictures (methods: {known}). Name one of these"
        )
    return cast(ImageMethod, import_module(IMAGE_METHODS[name]))
