"""What the audit of a linear lender must find, by plain loops over its rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.oracles.linear import principal

Row = Mapping[str, Any]
Terms = Callable[[Row], dict[str, float]]


def near_cutoff(
    rows: Sequence[Row], score: Callable[[Row], float], cutoff: float, min_rows: int
) -> list[int]:
    """Return which rows are the nearest tenth of those below the cutoff, at least ``min_rows``."""
    passed = [i for i, row in enumerate(rows) if score(row) < cutoff]
    passed.sort(key=lambda i: cutoff - score(rows[i]))
    return passed[: max(math.ceil(len(passed) / 10), min_rows)]


def losses(row: Row, reference: Sequence[Row], terms: Terms) -> dict[str, float]:
    """Return each factor's term less its mean in the reference: its Shapley value (R4)."""
    mine = terms(row)
    others = [terms(other) for other in reference]
    return {
        factor: value - math.fsum(other[factor] for other in others) / len(others)
        for factor, value in mine.items()
    }


def reasons(row: Row, reference: Sequence[Row], terms: Terms) -> list[tuple[str, float]]:
    """Return the principal reasons of a refused row, and what each contributed."""
    found = losses(row, reference, terms)
    return [(factor, found[factor]) for factor in principal(found, 0.05, 4)]
