"""Accumulated local effects: what moving a column by one small step changes, step after step.

The rows of a bin are moved to both ends of their own bin alone; the mean changes are added up along
the column and shifted so that their mean over the rows is 0. Rows are never moved far from where
they are, so columns that go together do less harm than in a partial dependence.

First order, for columns of numbers in bins of about equal count; and for categories whose natural
order is stated, where a row is moved to the next level up and down. A category without an order has
no "next", so its effect is not measured.

Source: Apley and Zhu (2020), JRSS B 82:1059, equations 15 and 16, centred as in their package
ALEPlot (by the middle of each bin); categories as there, with the order stated instead of guessed
from the other columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.explain.axis import Axis, as_numbers, as_words
from audit.explain.population import FEWEST, Population, scored_in_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

source = "Apley and Zhu (2020), JRSS B 82:1059"
BINS = 20
RESAMPLES = 200
NO_ORDER = "its levels have no stated order, so there is no next one to move to"
PARTS = "it is a category in several columns, without a stated order"


@dataclass(frozen=True, eq=False)
class Effect:
    """The accumulated effect at the ends of bins, or at the levels of a category.

    Attributes
    ----------
    points : the ends of bins, lowest first, or the levels in their order
    values : float64[points], in the unit of the score; the mean over the rows is 0
    low, high : float64[points], 95 % interval by resampling rows
    counts : rows in each bin (one fewer than points), or at each level (as many as points)
    left_out : rows whose value is not known, or whose level is not in the order
    """

    axis: Axis
    points: tuple[Any, ...]
    values: Floats
    low: Floats
    high: Floats
    counts: tuple[int, ...]
    left_out: int

    @property
    def extent(self) -> float:
        """From the lowest to the highest point, in the unit of the score."""
        return float(np.ptp(self.values))


def accumulated_local_effect(
    population: Population,
    axis: Axis,
    *,
    bins: int = BINS,
    order: Sequence[str] = (),
    seed: int = 7,
    resamples: int = RESAMPLES,
) -> Effect | str:
    """Return the accumulated local effect along an axis, or why there is none.

    Parameters
    ----------
    order : the levels of a category in their natural order; empty where none is stated
    """
    if axis.kind == "number":
        return _along_numbers(population, axis, bins, seed, resamples)
    if not order or len(axis.columns) > 1:
        return PARTS if len(axis.columns) > 1 else NO_ORDER
    return _along_levels(population, axis, order, seed, resamples)


def _along_numbers(population: Population, axis: Axis, bins: int, seed: int, resamples: int) -> Effect | str:
    at = np.flatnonzero(axis.known)
    if len(at) < FEWEST:
        return f"too few known values: n < {FEWEST}"
    values = as_numbers(population.rows[axis.column])[at]
    ends = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1), method="inverted_cdf"))
    if len(ends) < 2:
        return "all rows that know it hold the same value"
    place = np.clip(np.searchsorted(ends, values, side="left") - 1, 0, len(ends) - 2)
    unset = {column: cells[0] for column, cells in axis.settings.items() if column != axis.column}
    at_ends = _scores_at(
        population, at, axis, {axis.column: np.stack([ends[place], ends[place + 1]], axis=1)}, unset
    )
    steps = at_ends[:, 1] - at_ends[:, 0]
    counts = np.bincount(place, minlength=len(ends) - 1)

    def curve(weights: Floats) -> Floats:
        """Return float64[resamples, points] for weights float64[resamples, rows]."""
        by_bin = _by_place(weights, place, len(counts))
        changed = _by_place(weights * steps, place, len(counts))
        local = np.divide(changed, by_bin, out=np.zeros_like(changed), where=by_bin > 0)
        summed = np.concatenate([np.zeros((len(weights), 1)), np.cumsum(local, axis=1)], axis=1)
        middle = (summed[:, :-1] + summed[:, 1:]) / 2
        mean = (middle * by_bin).sum(axis=1, keepdims=True) / by_bin.sum(axis=1, keepdims=True)
        return np.asarray(summed - mean)

    found, low, high = _with_interval(curve, len(at), seed, resamples)
    return Effect(
        axis, tuple(ends.tolist()), found, low, high, tuple(counts.tolist()), len(population) - len(at)
    )


def _along_levels(
    population: Population, axis: Axis, order: Sequence[str], seed: int, resamples: int
) -> Effect | str:
    words = as_words(population.rows[axis.column])
    levels = [level for level in order if (words == level).any()]
    if len(levels) < 2:
        return "fewer than two levels of the stated order occur"
    place_of = {level: at for at, level in enumerate(levels)}
    at = np.array([i for i, word in enumerate(words) if word in place_of], dtype=np.int64)
    if len(at) < FEWEST:
        return f"too few known values: n < {FEWEST}"
    place = np.array([place_of[word] for word in words[at]], dtype=np.int64)
    names = np.array(levels, dtype=object)
    last = len(levels) - 1
    neighbours = np.stack(
        [names[np.maximum(place - 1, 0)], names[place], names[np.minimum(place + 1, last)]], axis=1
    )
    scores = _scores_at(population, at, axis, {axis.column: neighbours}, {})
    down, up = scores[:, 1] - scores[:, 0], scores[:, 2] - scores[:, 1]
    counts = np.bincount(place, minlength=len(levels))

    def curve(weights: Floats) -> Floats:
        by_level = _by_place(weights, place, len(levels))
        # From level k to k + 1: rows of k are moved up, rows of k + 1 are moved down.
        changed = _by_place(weights * up, place, len(levels))[:, :-1]
        changed = changed + _by_place(weights * down, place, len(levels))[:, 1:]
        rows = by_level[:, :-1] + by_level[:, 1:]
        local = np.divide(changed, rows, out=np.zeros_like(changed), where=rows > 0)
        summed = np.concatenate([np.zeros((len(weights), 1)), np.cumsum(local, axis=1)], axis=1)
        mean = (summed * by_level).sum(axis=1, keepdims=True) / by_level.sum(axis=1, keepdims=True)
        return np.asarray(summed - mean)

    found, low, high = _with_interval(curve, len(at), seed, resamples)
    return Effect(axis, tuple(levels), found, low, high, tuple(counts.tolist()), len(population) - len(at))


def _scores_at(
    population: Population,
    at: NDArray[np.int64],
    axis: Axis,
    cells: Mapping[str, NDArray[Any]],
    unset: Mapping[str, Any],
) -> Floats:
    """Return float64[rows, k]: each row's score with a column at each of its own k values."""
    (column, own), *_ = cells.items()
    n, k = own.shape
    one = {name: np.repeat(values[:1], n * k) for name, values in population.rows.items()}
    moved = population.scorer.encode(
        {**one, column: own.ravel(), **{name: np.array([value] * (n * k)) for name, value in unset.items()}}
    )
    owned = population.owned(axis.columns)
    moved = moved.reshape(n, k, -1)

    def changed(some: slice) -> NDArray[Any]:
        rows = np.repeat(population.encoded[at][some][:, None, :], k, axis=1)
        rows[:, :, owned] = moved[some][:, :, owned]
        return rows

    return scored_in_blocks(population.scorer, n, k, changed)


def _by_place(weights: Floats, place: NDArray[np.int64], n_places: int) -> Floats:
    """Return float64[resamples, places]: the sum of the weights of the rows of each place."""
    inside = np.zeros((len(place), n_places))
    inside[np.arange(len(place)), place] = 1.0
    return np.asarray(weights @ inside)


def _with_interval(curve: Any, n: int, seed: int, resamples: int) -> tuple[Floats, Floats, Floats]:
    """Return a curve over the rows, and its 95 % interval by resampling them."""
    found: Floats = curve(np.ones((1, n)))[0]
    draws = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples)
    low, high = np.quantile(curve(draws.astype(np.float64)), (0.025, 0.975), axis=0)
    return found, np.minimum(low, found), np.maximum(high, found)
