"""Counting every two columns together: how many rows, and how many of them were hit.

Two columns at a time, each pair of groups is one number, and numbers are counted. The counts are whole, so
partitions merge exactly, and no row is kept.

Why so, and not one product of all groups with each other: threads of a matrix product wait for one another,
and on a machine that others hold too they waited twenty times as long as this takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from audit.config.slices import SearchMetric

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
    chosen = hit[counted]
    names, codes = zip(*(_coded(column[counted]) for column in columns), strict=True) if columns else ((), ())
    starts = np.cumsum([0, *(len(one) for one in names)]).tolist()
    rows = np.zeros((starts[-1], starts[-1]), dtype=np.int64)
    hit_rows = rows.copy()
    for i, first in enumerate(codes):
        scaled = first * 2 + chosen  # the last bit says whether the row was hit
        for j in range(i, len(codes)):
            size = len(names[i]), len(names[j])
            joint = scaled + codes[j] * (2 * size[0])
            found = np.bincount(joint, minlength=2 * size[0] * size[1]).reshape(size[1], size[0], 2)
            across, down = slice(starts[i], starts[i + 1]), slice(starts[j], starts[j + 1])
            for table, counts in ((rows, found.sum(axis=2)), (hit_rows, found[:, :, 1])):
                table[down, across] = counts
                table[across, down] = counts.T
    groups = tuple((at, name) for at, column in enumerate(names) for name in column)
    return Together(groups, rows, hit_rows, int(counted.sum()), int(chosen.sum()))


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
