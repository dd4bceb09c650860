"""Counting every two columns together: how many rows, and how many of them were hit.

With each group of each column as a column of zeros and ones, the products of these columns count every
slice of one column (on the diagonal) and of two. The counts are whole numbers below 2 ** 24 a block, which
float32 holds exactly; blocks are added as integers, so partitions merge exactly, and no row is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from audit.config.slices import SearchMetric

BLOCK = 1 << 15  # rows of a product

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """Counts of every two groups.

    Parameters
    ----------
    groups : tuple of (column's place, group), sorted
    rows, hit : int64[g, g]
        How many rows are in both groups, and how many of these were hit; the diagonal is one group.
    n, n_hit : int
        Of all rows that count.
    """

    groups: tuple[tuple[int, str], ...]
    rows: Integers
    hit: Integers
    n: int
    n_hit: int


def hits(
    metric: SearchMetric, outcome: NDArray[Any], observed: NDArray[np.float64] | None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which rows a metric counts, and which of them it counts against the model.

    Returns
    -------
    counted, hit : bool[n]
        ``error_rate``: decided with an observed outcome; decided otherwise than it turned out.
        ``false_positive_rate`` and ``false_negative_rate``: those that turned out favourable (adverse);
        decided otherwise. ``adverse_rate``: decided; refused.
    """
    refused, decided = outcome == "adverse", outcome != "none"
    if metric == "adverse_rate":
        return decided, refused
    if observed is None:
        nobody = np.zeros(len(outcome), dtype=np.bool_)
        return nobody, nobody
    known = decided & ~np.isnan(observed)
    bad = observed == 1
    if metric == "false_positive_rate":
        return known & ~bad, known & ~bad & refused
    if metric == "false_negative_rate":
        return known & bad, known & bad & ~refused
    return known, known & (refused != bad)


def together(columns: Sequence[NDArray[Any]], counted: NDArray[np.bool_], hit: NDArray[np.bool_]) -> Together:
    """Count one partition.

    Parameters
    ----------
    columns : object[n] each, the group of each row
    """
    groups: list[tuple[int, str]] = []
    places = []
    for at, column in enumerate(columns):
        names, codes = _coded(column[counted])
        places.append(codes + len(groups))
        groups += [(at, name) for name in names]
    n = int(counted.sum())
    chosen = hit[counted]
    rows = np.zeros((len(groups), len(groups)), dtype=np.int64)
    hit_rows = rows.copy()
    for start in range(0, n, BLOCK):
        block = slice(start, start + BLOCK)
        ones = np.zeros((len(chosen[block]), len(groups)), dtype=np.float32)
        for place in places:
            ones[np.arange(len(ones)), place[block]] = 1.0
        struck = ones[chosen[block]]
        rows += (ones.T @ ones).astype(np.int64)
        hit_rows += (struck.T @ struck).astype(np.int64)
    return Together(tuple(groups), rows, hit_rows, n, int(chosen.sum()))


def add_together(parts: Sequence[Together]) -> Together:
    """Merge partitions; their order changes nothing."""
    groups = sorted({group for part in parts for group in part.groups})
    place = {group: at for at, group in enumerate(groups)}
    rows = np.zeros((len(groups), len(groups)), dtype=np.int64)
    hit_rows = rows.copy()
    for part in parts:
        moved = np.array([place[group] for group in part.groups], dtype=np.int64)
        if len(moved):
            rows[np.ix_(moved, moved)] += part.rows
            hit_rows[np.ix_(moved, moved)] += part.hit
    return Together(
        tuple(groups), rows, hit_rows, sum(part.n for part in parts), sum(part.n_hit for part in parts)
    )


def _coded(column: NDArray[Any]) -> tuple[list[str], Integers]:
    listed = column.tolist()
    index = {name: at for at, name in enumerate(sorted(set(listed)))}
    codes = np.fromiter(map(index.__getitem__, listed), dtype=np.int64, count=len(listed))
    return [str(name) for name in index], codes
