"""A linear model, whose attributions and reasons are known in closed form.

Plain loops over plain lists: slow, and right by reading. For a score that is a sum of points, the
Shapley value of a factor against a reference is what the factor's points differ by from their
average in that reference, whatever the order of joining (R4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def score(weights: Mapping[str, float], row: Mapping[str, float]) -> float:
    """Return the sum of the points of one row."""
    total = 0.0
    for column, weight in weights.items():
        total += weight * row[column]
    return total


def contributions(
    weights: Mapping[str, float],
    row: Mapping[str, float],
    reference: Sequence[Mapping[str, float]],
    factors: Mapping[str, Sequence[str]],
) -> dict[str, float]:
    """Return factor -> its points in this row less its average points in the reference."""
    out = {}
    for factor, columns in factors.items():
        mine = 0.0
        for column in columns:
            mine += weights[column] * row[column]
        theirs = 0.0
        for other in reference:
            for column in columns:
                theirs += weights[column] * other[column]
        out[factor] = mine - theirs / len(reference)
    return out


def principal(toward_refusal: Mapping[str, float], floor: float, at_most: int) -> list[str]:
    """Return the factors told, by taking the largest that is left until none may be told.

    Distinct statements and no priorities: a tie goes to the earlier name.
    """
    total = 0.0
    for value in toward_refusal.values():
        if value > 0:
            total += value
    left = dict(toward_refusal)
    told: list[str] = []
    while left and len(told) < at_most:
        best = None
        for factor in sorted(left):
            if best is None or left[factor] > left[best]:
                best = factor
        assert best is not None
        if left[best] <= 0 or left[best] < floor * total:
            break
        told.append(best)
        del left[best]
    return told
