"""Shapley values the slow way: every coalition, every reference row, one score at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from math import factorial
from typing import Any


def shapley_values(
    score: Callable[[dict[str, Any]], float],
    row: Mapping[str, Any],
    reference: Sequence[Mapping[str, Any]],
    factors: Mapping[str, Sequence[str]],
) -> dict[str, float]:
    """Return the Shapley value of each factor for one row, straight from the definition."""

    def value(coalition: frozenset[str]) -> float:
        kept = {column for factor in coalition for column in factors[factor]}
        total = 0.0
        for other in reference:
            total += score({column: row[column] if column in kept else other[column] for column in row})
        return total / len(reference)

    names = list(factors)
    k = len(names)
    known = {
        frozenset(coalition): value(frozenset(coalition))
        for size in range(k + 1)
        for coalition in combinations(names, size)
    }
    values = {}
    for factor in names:
        others = [one for one in names if one != factor]
        total = 0.0
        for size in range(k):
            weight = factorial(size) * factorial(k - size - 1) / factorial(k)
            for coalition in combinations(others, size):
                with_it = frozenset((*coalition, factor))
                total += weight * (known[with_it] - known[frozenset(coalition)])
        values[factor] = total
    return values
