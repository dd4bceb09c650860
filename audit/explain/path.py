"""Gradients gathered along straight ways from reference rows to the row that is explained.

Integrated gradients and expected gradients are one shape: points ``b + a (x - b)`` with weights,
and ``sum_m w_m * gradient(point_m) * (x - b_m)``. They differ in which starts, which places on the
way and which weights a design names. All rows share one design, so a row's contributions do not
depend on the rows that are explained beside it.

Source: Sundararajan, Taly and Yan, arXiv 1703.01365; Erion and others, arXiv 1906.10670.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.explain.differentiable import POINTS, gradients_at
from audit.explain.game import Game

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Path:
    """Where the gradient is asked for, and what each answer weighs.

    Attributes
    ----------
    starts : encoded[m, width], where each way begins
    places : float64[m] in [0, 1], how far along it
    weights : float64[m]; they add up to 1
    """

    starts: NDArray[Any]
    places: NDArray[np.float64]
    weights: NDArray[np.float64]


def along(played: Game, path: Path, tell: Callable[[int], None] | None = None) -> NDArray[np.float64]:
    """Return float64[n, width]: what each encoded number contributed on the way, per row."""
    rows = played.rows
    gather = _inside if callable(getattr(played.scorer, "gathered", None)) else _outside
    gathered = np.zeros((len(rows), rows.shape[1]))
    # Points are cut at fixed places and rows are not, so the bits of a row's sum are its own.
    for first in range(0, len(path.places), POINTS):
        starts = path.starts[first : first + POINTS]
        places = path.places[first : first + POINTS]
        weights = path.weights[first : first + POINTS]
        at_once = max(1, POINTS // len(starts))
        for row in range(0, len(rows), at_once):
            gathered[row : row + at_once] += gather(
                played, rows[row : row + at_once], starts, places, weights
            )
            if tell is not None and first + POINTS >= len(path.places):
                tell(min(len(rows), row + at_once))
    return gathered


def _inside(
    played: Game, rows: NDArray[Any], starts: NDArray[Any], places: Floats, weights: Floats
) -> Floats:
    """Let the scorer go the ways itself: the points never leave the model."""
    found: Floats = played.scorer.gathered(rows, starts, places, weights)  # type: ignore[attr-defined]
    return found


def _outside(
    played: Game, rows: NDArray[Any], starts: NDArray[Any], places: Floats, weights: Floats
) -> Floats:
    """Make the points and ask for the gradients, of any scorer that has some."""
    apart = rows[:, None] - starts
    slopes = gradients_at(played, starts + places.astype(rows.dtype)[:, None] * apart)
    gathered = np.zeros(rows.shape)
    for at, (of_row, distances) in enumerate(zip(slopes, apart, strict=True)):
        gathered[at] = (weights[:, None] * of_row * distances).sum(axis=0)
    return gathered


def trapezoid(starts: NDArray[Any], steps: int) -> Path:
    """Return the design that goes evenly from each start, by the trapezoid rule.

    Parameters
    ----------
    starts : encoded[b, width]
    steps : how many steps each way is cut into

    >>> import numpy as np
    >>> path = trapezoid(np.zeros((1, 3)), 2)
    >>> path.places.tolist(), path.weights.tolist()
    ([0.0, 0.5, 1.0], [0.25, 0.5, 0.25])
    """
    places = np.linspace(0.0, 1.0, steps + 1)
    weights = np.full(steps + 1, 1.0 / steps)
    weights[[0, -1]] /= 2
    return Path(
        starts=np.repeat(starts, steps + 1, axis=0),
        places=np.tile(places, len(starts)),
        weights=np.tile(weights / len(starts), len(starts)),
    )


def stratified(starts: NDArray[Any], generator: np.random.Generator) -> Path:
    """Return the design that asks once on the way from each start, spread evenly along the ways.

    [0, 1] is cut into as many parts as there are starts; each start gets one part by lot, and a
    place in it by lot.
    """
    n = len(starts)
    places = (generator.permutation(n) + generator.random(n)) / n
    return Path(starts=starts, places=places, weights=np.full(n, 1.0 / n))
