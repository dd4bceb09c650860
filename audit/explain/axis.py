"""What an effect curve moves: a column of numbers on a grid, or the levels of a category.

The parts of one category that stand in several columns of 0 and 1 (at most one of them set in any
row) move together: setting one part alone would ask about somebody who rents and owns at once. A
number that a flag calls missing moves with its flag: a known value has its flag unset.

Grid points of numbers are values that rows hold, at equal steps of rank from the 1st to the 99th
percentile, so nothing is drawn past the data of the column itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from audit.data.cells import truth
from audit.explain.population import FEWEST, Population

if TYPE_CHECKING:
    from numpy.typing import NDArray

GRID = 20  # points of a column of numbers; as many distinct values stand each for itself
LEVELS = 12  # of a category; the most frequent ones
NOTHING_KNOWN = "missing"
_NONE_SET = "none of these"


@dataclass(frozen=True, eq=False)
class Axis:
    """One thing that is moved.

    Attributes
    ----------
    column : its name: the column, or what the names of its parts share
    columns : all columns that are set together, flags included
    points : what each point is: a number, or a level's name
    settings : column -> the value that it takes at each point
    known : bool[n], rows in which the value is known
    counts : rows at each level; for numbers, rows nearest to each point
    left_out : rows of levels too rare to have a point
    """

    factor: str
    column: str
    columns: tuple[str, ...]
    kind: Literal["number", "category"]
    points: tuple[Any, ...]
    settings: Mapping[str, NDArray[Any]]
    known: NDArray[np.bool_]
    counts: tuple[int, ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class NoAxis:
    """A column that cannot be moved, and why."""

    factor: str
    column: str
    cause: str


def axes(
    population: Population,
    flags: Mapping[str, Sequence[str]] | None = None,
    orders: Mapping[str, Sequence[str]] | None = None,
) -> tuple[tuple[Axis, ...], tuple[NoAxis, ...]]:
    """Return what can be moved of each factor, and what cannot.

    Parameters
    ----------
    flags : factor -> its columns that are set where a value of the factor is missing
    orders : column of a category -> its levels, in their natural order
    """
    found: list[Axis | NoAxis] = []
    for factor, columns in population.factors.items():
        own_flags = [column for column in (flags or {}).get(factor, ()) if column in columns]
        parts = parts_of_one(population, [column for column in columns if column not in own_flags])
        # A flag is one more level of a category whose other parts are then all 0.
        parts = (parts and parts_of_one(population, [*parts, *own_flags])) or parts
        if parts:
            found.append(_parts(population, factor, parts))
        for column in columns:
            if column in parts or column in own_flags:
                continue
            found.append(_column(population, factor, column, own_flags, (orders or {}).get(column, ())))
    return (
        tuple(one for one in found if isinstance(one, Axis)),
        tuple(one for one in found if isinstance(one, NoAxis)),
    )


def parts_of_one(population: Population, columns: Sequence[str]) -> list[str]:
    """Return the columns that are parts of one category: two or more of 0 and 1, never two at once."""
    switches = [
        column
        for column in columns
        if column in population.rows
        and is_number(population.rows[column])
        and set(np.unique(as_numbers(population.rows[column])).tolist()) <= {0.0, 1.0}
    ]
    if len(switches) < 2:
        return []
    together = np.sum([as_numbers(population.rows[column]) for column in switches], axis=0)
    return switches if together.max() <= 1 else []


def is_number(cells: NDArray[Any]) -> bool:
    """Return whether a column holds numbers."""
    return np.asarray(cells).dtype.kind in "fiub"


def as_numbers(cells: NDArray[Any]) -> NDArray[np.float64]:
    """Return a column of numbers as float64, NaN where nothing is known."""
    return np.asarray(cells, dtype=np.float64)


def as_words(cells: NDArray[Any]) -> NDArray[Any]:
    """Return a column of words as an array of str; empty where nothing is known."""
    return np.array(["" if cell is None else str(cell) for cell in np.asarray(cells).tolist()], dtype=object)


def _cause(population: Population, columns: Sequence[str]) -> str | None:
    if len(population) < FEWEST:
        return f"too few: n < {FEWEST}"
    if not set(columns) <= set(population.rows):
        return "the rows have no such column"
    return population.unmoved(columns)


def _column(
    population: Population, factor: str, column: str, flags: Sequence[str], order: Sequence[str]
) -> Axis | NoAxis:
    cause = _cause(population, [column])
    if cause:
        return NoAxis(factor, column, cause)
    cells = population.rows[column]
    if not is_number(cells):
        words = as_words(cells)
        present = set(words.tolist())
        in_order = [name for name in order if name in present]
        # An order that names none of the levels, or one, says nothing of these data.
        names = in_order if len(in_order) > 1 else _most_frequent(words)
        counts = tuple(int((words == name).sum()) for name in names)
        labels = tuple(name or NOTHING_KNOWN for name in names)
        return Axis(
            factor,
            column,
            (column,),
            "category",
            labels,
            {column: np.array(names, dtype=object)},
            words != "",
            counts,
            len(words) - sum(counts),
        )
    numbers = as_numbers(cells)
    known = np.isfinite(numbers)
    settings: dict[str, Any] = {}
    for flag in flags:
        unset, value = _unset(population.rows[flag])
        known &= unset
        settings[flag] = value
    values = numbers[known]
    if len(values) < FEWEST:
        return NoAxis(factor, column, f"too few known values: n < {FEWEST}")
    points = grid(values)
    if len(points) < 2:
        return NoAxis(factor, column, "all rows that know it hold the same value")
    nearest = np.abs(values[:, None] - points).argmin(axis=1)
    return Axis(
        factor,
        column,
        (column, *flags),
        "number",
        tuple(points.tolist()),
        {column: points, **{flag: np.array([value] * len(points)) for flag, value in settings.items()}},
        known,
        tuple(np.bincount(nearest, minlength=len(points)).tolist()),
    )


def grid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points of a column of numbers, lowest first; each is a value that a row holds.

    >>> grid(np.array([3.0, 1.0, 3.0, 2.0])).tolist()
    [1.0, 2.0, 3.0]
    """
    distinct = np.unique(values)
    if len(distinct) <= GRID:
        return distinct
    steps = np.linspace(0.01, 0.99, GRID)
    return np.unique(np.quantile(values, steps, method="inverted_cdf"))


def _unset(cells: NDArray[Any]) -> tuple[NDArray[np.bool_], Any]:
    """Return in which rows a flag is not set, and the value that it then has."""
    if is_number(cells):
        return np.nan_to_num(as_numbers(cells)) == 0.0, 0.0
    words = as_words(cells)
    unset = np.array([truth(word) is not True for word in words], dtype=bool)
    return unset, _most_frequent(words[unset])[0] if unset.any() else ""


def _most_frequent(words: NDArray[Any]) -> list[str]:
    names, counts = np.unique(words.astype(str), return_counts=True)
    order = sorted(range(len(names)), key=lambda at: (-counts[at], names[at]))
    return [str(names[at]) for at in order[:LEVELS]]


def _parts(population: Population, factor: str, parts: Sequence[str]) -> Axis | NoAxis:
    shared = _shared_beginning(parts)
    column = shared.rstrip("_-. =") or factor
    cause = _cause(population, parts)
    if cause:
        return NoAxis(factor, column, cause)
    set_in = np.stack([as_numbers(population.rows[part]) for part in parts], axis=1)
    patterns = np.vstack([np.eye(len(parts)), np.zeros((1, len(parts)))])
    names = [part[len(shared) :] or part for part in parts] + [_NONE_SET]
    counts = [int((set_in == pattern).all(axis=1).sum()) for pattern in patterns]
    order = [at for at in sorted(range(len(names)), key=lambda at: (-counts[at], at)) if counts[at]][:LEVELS]
    return Axis(
        factor,
        column,
        tuple(parts),
        "category",
        tuple(names[at] for at in order),
        {part: patterns[order, at] for at, part in enumerate(parts)},
        np.ones(len(set_in), dtype=bool),
        tuple(counts[at] for at in order),
        len(set_in) - sum(counts[at] for at in order),
    )


def _shared_beginning(names: Sequence[str]) -> str:
    """Return what all names begin with: what the first and the last in order begin with."""
    first, last = min(names), max(names)
    n = next((at for at, pair in enumerate(zip(first, last, strict=False)) if len(set(pair)) > 1), len(first))
    return first[:n]
