"""How often a moved row is one that nobody has: the share of points beyond the data.

Moving one column of a row alone breaks its tie to the others; where columns go together, the model
is then asked about people that do not exist, and its answer there was never held against anything.

A moved row counts as beyond the data where, with some other column, its pair of values lies in a
cell that holds no row, although by chance alone (were the two columns independent) it would hold
ten or more. Cells are bins of equal count for numbers and levels for categories. So an empty cell
shows a tie between the columns and no lack of rows: by chance alone about one in 20,000 is empty.

Source: the question is that of Hooker, Mentch and Zhou, arXiv 1905.03151; the test of pairs is
Poisson's probability of an empty cell, exp(-10).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.explain.axis import Axis, as_numbers, as_words, is_number
from audit.explain.population import Population

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.int64]

EXPECTED = 10.0  # rows that chance alone would put into a cell
_MOST_BINS = 10
TOO_FEW = "too few rows to tell an empty cell from a rare one"


@dataclass(frozen=True, slots=True)
class Beyond:
    """The share of moved rows beyond the data, 0 to 1, and with which column most of them are.

    ``share`` is None where nothing can be said, and ``cause`` says why.
    """

    share: float | None
    column: str | None = None
    cause: str | None = None


def beyond(population: Population, axis: Axis) -> Beyond:
    """Return how many of the points (row, grid point) of an axis lie beyond the data."""
    mine, at_points = _places_of_axis(population, axis)
    n, n_points = len(population), len(axis.points)
    outside = np.zeros((n, n_points), dtype=bool)
    shares: dict[str, float] = {}
    judged = False
    for column, cells in population.rows.items():
        if column in axis.columns or not population.owned([column]).any():
            continue
        others = places(cells)
        if others is None:
            continue
        empty, telling = empty_cells(mine, others)
        judged |= telling
        here = empty[at_points[None, :], others[:, None]]
        shares[column] = float(here.mean())
        outside |= here
    if not judged:
        return Beyond(None, cause=TOO_FEW)
    worst = max(shares, key=lambda column: (shares[column], column))
    return Beyond(float(outside.mean()), worst if shares[worst] > 0 else None)


def empty_cells(first: Places, second: Places) -> tuple[NDArray[np.bool_], bool]:
    """Return bool[bins, bins], cells without a row where ten would be; and whether any could be judged.

    >>> import numpy as np
    >>> same = np.repeat([0, 1], 50)
    >>> empty_cells(same, same)[0].tolist()
    [[False, True], [True, False]]
    """
    counts = np.zeros((int(first.max()) + 1, int(second.max()) + 1))
    np.add.at(counts, (first, second), 1)
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / len(first)
    enough = expected >= EXPECTED
    return enough & (counts == 0), bool(enough.any())


def edges(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the upper ends of bins of about equal count; few distinct values stand each for itself."""
    n_bins = max(2, min(_MOST_BINS, isqrt(len(numbers) // 20)))
    distinct = np.unique(numbers)
    if len(distinct) <= n_bins:
        return distinct
    return np.unique(np.quantile(numbers, np.arange(1, n_bins + 1) / n_bins, method="inverted_cdf"))


def places(cells: NDArray[Any]) -> Places | None:
    """Return the bin or level of each row; what is missing has its own. None for too many words."""
    if is_number(cells):
        numbers = as_numbers(cells)
        known = np.isfinite(numbers)
        if not known.any():
            return np.zeros(len(numbers), dtype=np.int64)
        ends = edges(numbers[known])
        return np.where(known, np.searchsorted(ends, np.where(known, numbers, ends[0])), len(ends))
    words, place = np.unique(as_words(cells).astype(str), return_inverse=True)
    return place.ravel() if len(words) <= len(cells) / EXPECTED else None


def _places_of_axis(population: Population, axis: Axis) -> tuple[Places, Places]:
    """Return the bin or level of each row along an axis, and that of each of its points."""
    if axis.kind == "number":
        cells = as_numbers(population.rows[axis.column])
        ends = edges(cells[axis.known])
        inside = np.searchsorted(ends, np.where(axis.known, cells, ends[0]))
        points = np.minimum(np.searchsorted(ends, np.array(axis.points)), len(ends) - 1)
        return np.where(axis.known, inside, len(ends)), points
    level = np.full(len(population), len(axis.points), dtype=np.int64)
    for at in range(len(axis.points)):
        same = np.ones(len(population), dtype=bool)
        for column in axis.settings:
            cells = population.rows[column]
            setting = axis.settings[column][at]
            same &= as_numbers(cells) == setting if is_number(cells) else as_words(cells) == setting
        level[same] = at
    return level, np.arange(len(axis.points))
