"""Does a factor's effect go one way? Each of its columns is moved over its grid, row by row (R19).

A line is one row's score as one column takes the values of its grid (individual conditional expectation).
It goes one way where what it moves the other way is at most a twentieth of all its movement; a column goes
one way where at least 95 % of the lines that move at all go that way. So "too high" is said only where less
of it would have helped nearly everybody, and not on the average alone.

Known limit: a category has no high and no low, unless ``explain.orders`` states its order; a column that is
moved alone may make rows that nobody has.

Source: Goldstein, Kapelner, Bleich and Pitkin (2015), arXiv 1309.6392; the two shares are ours. The first is
the one that an audit holds stated directions to on its own decisions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from audit.data.missing import is_empty, is_set
from audit.explain.axis import grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Columns = Mapping[str, NDArray[Any]]
    Score = Callable[[Columns], NDArray[np.float64]]

Way = Literal["high", "low", "none", "both", "not_measured"]

ROWS = 300
BACKWARDS = 0.05  # of a line's movement
LINES = 0.95
FEWEST = 10
_DUST = 1e-6  # of the scores' size: what float32 may make of equal scores


@dataclass(frozen=True, slots=True)
class Effect:
    """Which way a column pushes toward refusal: where it is high, where it is low, nowhere, or both.

    ``share`` is of the lines that move, those that go the way of most; 0 where none moves.
    """

    factor: str
    column: str
    way: Way
    share: float = 0.0
    lines: int = 0
    cause: str = ""


def effects(
    factor: str,
    columns: Sequence[str],
    flags: Sequence[str],
    rows: Columns,
    score: Score,
    *,
    adverse_high: bool,
    orders: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Effect, ...]:
    """Return the effect of each column of a factor.

    Parameters
    ----------
    columns : those that hold values; ``flags`` are set where a value is missing
    rows : column -> n cells, all columns that the model reads
    score : the model
    adverse_high : whether high scores are bad
    orders : column of words -> its levels, lowest first
    """
    parts = _parts_of_one({column: rows[column] for column in columns})
    found = []
    for column in columns:
        if column in parts:
            found.append(Effect(factor, column, "not_measured", cause="a part of a category"))
            continue
        points, known = _points(rows[column], (orders or {}).get(column, ()))
        for flag in flags:
            known &= ~is_set(rows[flag])
        if isinstance(points, str):
            found.append(Effect(factor, column, "not_measured", cause=points))
            continue
        at = np.flatnonzero(known)
        if len(at) < FEWEST:
            cause = f"too few rows know it ({len(at)}, at least {FEWEST})"
            found.append(Effect(factor, column, "not_measured", cause=cause))
            continue
        lines = _lines({name: cells[at] for name, cells in rows.items()}, column, points, score)
        found.append(way_of(factor, column, lines if adverse_high else -lines))
    return tuple(found)


def way_of(factor: str, column: str, lines: NDArray[np.float64]) -> Effect:
    """Return which way lines go, float64[n, points], high = toward refusal.

    >>> way_of("f", "x", np.array([[0.1, 0.2, 0.4]] * 20)).way
    'high'
    """
    steps = np.diff(lines, axis=1)
    steps[np.abs(steps) <= _DUST * max(float(np.abs(lines).max()), 1e-300)] = 0.0
    up, down = np.clip(steps, 0, None).sum(axis=1), np.clip(-steps, 0, None).sum(axis=1)
    moving = (up + down) > 0
    n = int(moving.sum())
    if n == 0:
        return Effect(factor, column, "none", 0.0, len(lines), "no score moves with it")
    total = (up + down)[moving]
    rises = float((down[moving] <= BACKWARDS * total).mean())
    falls = float((up[moving] <= BACKWARDS * total).mean())
    way: Way = "high" if rises >= falls else "low"
    share = max(rises, falls)
    return Effect(factor, column, way if share >= LINES else "both", share, n)


def _points(cells: NDArray[Any], order: Sequence[str]) -> tuple[NDArray[Any] | str, NDArray[np.bool_]]:
    known = ~is_empty(cells)
    if cells.dtype.kind == "f":
        points = grid(cells[known]) if known.any() else np.empty(0)
        return (points if len(points) > 1 else "all rows that know it hold the same value"), known
    present = set(cells[known].tolist())
    levels = [level for level in order if level in present]
    if len(levels) < 2:
        return "a category has no high and no low (explain.orders can state its order)", known
    return np.array(levels, dtype=object), known


def _lines(rows: Columns, column: str, points: NDArray[Any], score: Score) -> NDArray[np.float64]:
    n = len(rows[column])
    moved = {name: np.repeat(cells, len(points)) for name, cells in rows.items()}
    moved[column] = np.tile(points, n)
    return np.asarray(score(moved), dtype=np.float64).reshape(n, len(points))


def _parts_of_one(cells: Columns) -> frozenset[str]:
    """Return the columns that are parts of one category: two or more of 0 and 1, never two at once."""
    switches = [
        name
        for name, values in cells.items()
        if values.dtype.kind == "f" and set(np.unique(values).tolist()) == {0.0, 1.0}
    ]
    if len(switches) < 2 or np.sum([cells[name] for name in switches], axis=0).max() > 1:
        return frozenset()
    return frozenset(switches)
