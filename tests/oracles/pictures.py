"""What image methods must give, by plain loops in float64: a tiny network of one convolution and tanh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def weights_of(model: Any) -> tuple[Floats, Floats, Floats, Floats]:
    """Return kernel, bias, dense kernel and dense bias of ``tests.worlds.pictures.tiny``, in float64."""
    found = [np.asarray(one, dtype=np.float64) for one in model.get_weights()]
    return found[0], found[1], found[2], found[3]


def convolved(image: Floats, kernel: Floats, bias: Floats) -> Floats:
    """Return what a convolution of 3 x 3 with equal size gives, before any activation."""
    height, width, _ = image.shape
    found = np.zeros((height, width, kernel.shape[3]))
    for y in range(height):
        for x in range(width):
            for k in range(kernel.shape[3]):
                total = bias[k]
                for dy in range(3):
                    for dx in range(3):
                        at, along = y + dy - 1, x + dx - 1
                        if 0 <= at < height and 0 <= along < width:
                            total += float(image[at, along] @ kernel[dy, dx, :, k])
                found[y, x, k] = total
    return found


def score_and_gradient(
    image: Floats, target: int, weights: tuple[Floats, Floats, Floats, Floats]
) -> tuple[float, Floats, Floats]:
    """Return the class score before the softmax, its gradient at the pixels, and at the convolution."""
    kernel, bias, dense, dense_bias = weights
    features = np.tanh(convolved(image, kernel, bias))
    score = float(features.ravel() @ dense[:, target] + dense_bias[target])
    at_features = dense[:, target].reshape(features.shape)
    before = at_features * (1 - features**2)
    gradient = np.zeros(image.shape)
    height, width, _ = image.shape
    for y in range(height):
        for x in range(width):
            for dy in range(3):
                for dx in range(3):
                    at, along = y + dy - 1, x + dx - 1
                    if 0 <= at < height and 0 <= along < width:
                        gradient[at, along] += kernel[dy, dx] @ before[y, x]
    return score, gradient, at_features


def integrated(
    image: Floats, target: int, baseline: float, steps: int, weights: tuple[Floats, Floats, Floats, Floats]
) -> Floats:
    """Return integrated gradients by the trapezoid rule, one step after the other."""
    start = np.full(image.shape, baseline)
    gathered = np.zeros(image.shape)
    for step in range(steps + 1):
        weight = (0.5 if step in (0, steps) else 1.0) / steps
        point = start + step / steps * (image - start)
        gathered += weight * score_and_gradient(point, target, weights)[1]
    return gathered * (image - start)


def grad_cam(image: Floats, target: int, weights: tuple[Floats, Floats, Floats, Floats]) -> Floats:
    """Return Grad-CAM at the convolution's own size, which is the picture's."""
    kernel, bias, _, _ = weights
    features = np.tanh(convolved(image, kernel, bias))
    slopes = score_and_gradient(image, target, weights)[2]
    found = np.zeros(image.shape[:2])
    for k in range(features.shape[2]):
        found += slopes[:, :, k].mean() * features[:, :, k]
    return np.maximum(found, 0.0)


def ranked_regions(contributions: Floats, masks: list[NDArray[np.bool_]], least: int) -> NDArray[np.int64]:
    """Return XRAI's ranks: take the region whose new pixels have the highest mean, until none adds enough.

    Source: Kapishnikov and others (2019), algorithm 1; ranks are by that mean, what is left comes last.
    """
    taken = np.zeros(contributions.shape, dtype=bool)
    left, added = list(masks), []
    while True:
        left = [mask for mask in left if (mask & ~taken).sum() >= least]
        if not left:
            break
        means = [float(contributions[mask & ~taken].mean()) for mask in left]
        at = means.index(max(means))
        added.append((means[at], left[at] & ~taken))
        taken |= left.pop(at)
    ranks = np.zeros(contributions.shape, dtype=np.int64)
    for rank, (_, new) in enumerate(sorted(added, key=lambda one: -one[0]), start=1):
        ranks[new] = rank
    ranks[~taken] = len(added) + 1
    return ranks
