"""Effects of a column the slow way: one row, one value, one score at a time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
Score = Callable[[dict[str, Any]], float]


def partial_dependence(score: Score, rows: Sequence[Row], column: str, value: Any) -> float:
    """Return the mean score of all rows with one column set to a value."""
    return sum(score({**row, column: value}) for row in rows) / len(rows)


def accumulated(score: Score, rows: Sequence[Row], column: str, ends: Sequence[float]) -> list[float]:
    """Return the accumulated local effect at the ends of bins, its mean over the rows taken off."""
    summed, counts = [0.0], []
    for low, high in itertools.pairwise(ends):
        inside = [row for row in rows if low < row[column] <= high or (low == ends[0] and row[column] == low)]
        steps = [score({**row, column: high}) - score({**row, column: low}) for row in inside]
        summed.append(summed[-1] + sum(steps) / len(steps))
        counts.append(len(inside))
    middles = [(one + two) / 2 for one, two in itertools.pairwise(summed)]
    mean = sum(middle * n for middle, n in zip(middles, counts, strict=True)) / sum(counts)
    return [value - mean for value in summed]


def interaction(score: Score, rows: Sequence[Row], first: Sequence[str], second: Sequence[str]) -> float:
    """Return the square of Friedman's H of two sets of columns, over the rows themselves."""

    def dependence(row: Row, columns: Sequence[str]) -> float:
        return sum(score({**other, **{c: row[c] for c in columns}}) for other in rows) / len(rows)

    def centred(columns: Sequence[str]) -> list[float]:
        values = [dependence(row, columns) for row in rows]
        return [value - sum(values) / len(values) for value in values]

    one, two, joint = centred(first), centred(second), centred([*first, *second])
    beyond = sum((j - a - b) ** 2 for j, a, b in zip(joint, one, two, strict=True))
    return beyond / sum(j**2 for j in joint)


def auc(scores: Sequence[float], adverse: Sequence[bool]) -> float:
    """Return the share of pairs (adverse, other) in which the adverse one scores higher; ties half."""
    pairs = [(a, b) for a, bad in zip(scores, adverse, strict=True) if bad
             for b, other in zip(scores, adverse, strict=True) if not other]  # fmt: skip
    return sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs)
