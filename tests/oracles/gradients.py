"""Gradients and what is gathered from them, the slow way: loops in float64, one point at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

Score = Callable[[Sequence[float]], float]
Gradient = Callable[[Sequence[float]], list[float]]


def tanh_network(
    kernel: Sequence[Sequence[float]], bias: Sequence[float], out: Sequence[float], shift: float
) -> Score:
    """Return the score of a network with one layer of tanh and a sigmoid at its end."""

    def score(row: Sequence[float]) -> float:
        total = shift
        for unit, weight in enumerate(out):
            inside = bias[unit]
            for column, value in enumerate(row):
                inside += kernel[column][unit] * value
            total += weight * math.tanh(inside)
        return 1.0 / (1.0 + math.exp(-total))

    return score


def numerical_gradient(score: Score, h: float = 1e-5) -> Gradient:
    """Return the gradient by differences: each column a little up, a little down."""

    def gradient(row: Sequence[float]) -> list[float]:
        slopes = []
        for column in range(len(row)):
            up, down = list(row), list(row)
            up[column] += h
            down[column] -= h
            slopes.append((score(up) - score(down)) / (2 * h))
        return slopes

    return gradient


def integrated_gradients(
    gradient: Gradient, row: Sequence[float], baseline: Sequence[float], steps: int
) -> list[float]:
    """Return each column's integrated gradient by the trapezoid rule."""
    totals = [0.0] * len(row)
    for step in range(steps + 1):
        place = step / steps
        point = [b + place * (x - b) for x, b in zip(row, baseline, strict=True)]
        weight = 0.5 / steps if step in (0, steps) else 1.0 / steps
        for column, slope in enumerate(gradient(point)):
            totals[column] += weight * slope * (row[column] - baseline[column])
    return totals
