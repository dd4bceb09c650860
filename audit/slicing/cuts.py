"""How each column is cut into groups: by its categories, at stated edges, or at its quantiles.

A cut is settled before any row is counted, from what one pass over the data saw, so that every
partition cuts alike. Nobody is dropped: a missing cell, or one that is no number, is ``unknown``; a
category that was not kept is ``other values``.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from audit.config.protected import band_names
from audit.data.cells import as_words, numbers

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from audit.config import Config
    from audit.data.levels import ColumnSeen

UNKNOWN, OTHER = "unknown", "other values"
MOST_SEARCHED = 10  # categories of a column that a search tells apart; the rest are one group

Origin = Literal["protected", "bins", "quantiles", "categories", "values"]


@dataclass(frozen=True, slots=True)
class Cut:
    """One column and its groups.

    Parameters
    ----------
    name : str
        The column, or the protected attribute whose groups are taken.
    edges : tuple of float
        Where a bin begins, ascending; what lies below the first is a bin too.
    levels : tuple of str or None
        The categories kept apart; None keeps all.
    """

    name: str
    origin: Origin
    edges: tuple[float, ...] = ()
    whole: bool = False
    levels: tuple[str, ...] | None = None

    @property
    def bins(self) -> tuple[str, ...]:
        """Return the names of the bins, from low to high: ``20-49`` of whole numbers, else ``0.5 to 1.5``."""
        if not self.edges:
            return ("all",)
        first = f"under {_end(self.edges[0])}"
        if self.whole and self.edges[0] >= 0:
            return (first, *band_names(self.edges, whole=True))
        between = (f"{_end(low)} to {_end(high)}" for low, high in itertools.pairwise(self.edges))
        return (first, *between, f"{_end(self.edges[-1])}+")

    def members(self, frame: pl.DataFrame, protected: Mapping[str, NDArray[Any]]) -> NDArray[np.object_]:
        """Return the group of each row.

        Parameters
        ----------
        protected : attribute -> the group of each row
        """
        if self.origin == "protected":
            return self._kept(protected[self.name])
        if self.origin in ("bins", "quantiles"):
            values = numbers(frame[self.name]).fill_null(np.nan).to_numpy()
            known = np.isfinite(values)
            names = np.array([*self.bins, UNKNOWN], dtype=object)
            place = np.searchsorted(np.array(self.edges), np.where(known, values, 0.0), side="right")
            return np.asarray(names[np.where(known, place, len(names) - 1)], dtype=object)
        return self._kept(as_words(frame[self.name]).fill_null(UNKNOWN).to_numpy().astype(object))

    def _kept(self, words: NDArray[Any]) -> NDArray[np.object_]:
        if self.levels is None:
            return np.asarray(words, dtype=object)
        kept = {*self.levels, UNKNOWN}
        return np.array([word if word in kept else OTHER for word in words.tolist()], dtype=object)


def _end(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def cut_of(
    config: Config,
    name: str,
    seen: Mapping[str, ColumnSeen],
    *,
    bins: Sequence[float] = (),
    values: Sequence[str] = (),
) -> Cut:
    """Return how a column is cut: as stated, else at its categories or quantiles.

    A column of numbers with more than ``levels.MOST_LEVELS`` different values is cut at its quantiles.
    """
    if name in config.protected:
        return Cut(name, "protected", levels=tuple(values) or None)
    if bins:
        return Cut(name, "bins", tuple(bins), seen[name].whole)
    if values:
        return Cut(name, "values", levels=tuple(values))
    if seen[name].is_numbers:
        return Cut(
            name, "quantiles", seen[name].quantiles(config.performance.quantile_bins), seen[name].whole
        )
    return Cut(name, "categories")


def searched_cut(
    config: Config, name: str, seen: Mapping[str, ColumnSeen], groups: Mapping[str, Mapping[str, int]]
) -> Cut | None:
    """Return how a search cuts a column; None where it has one group only, so there is no rest.

    Parameters
    ----------
    groups : protected attribute -> group -> rows
    """
    cut = cut_of(config, name, seen)
    if cut.origin == "quantiles":
        return cut if cut.edges else None
    counted = groups[name] if cut.origin == "protected" else seen[name].words
    if counted is None:
        return None  # thousands of different words name nobody's group
    known = sorted((n, word) for word, n in counted.items() if word != UNKNOWN)
    if len(known) + (UNKNOWN in counted or cut.origin != "protected") < 2:
        return None
    common = sorted(known, key=lambda one: (-one[0], one[1]))[:MOST_SEARCHED]
    return Cut(name, cut.origin, levels=tuple(sorted(word for _, word in common)))


def crossed(parts: Sequence[NDArray[Any]]) -> NDArray[np.object_]:
    """Return the slice of each row where cuts meet: ``north x 20-49``.

    >>> crossed([np.array(["north"], dtype=object), np.array(["62+"], dtype=object)]).tolist()
    ['north x 62+']
    """
    if len(parts) == 1:
        return np.asarray(parts[0], dtype=object)
    names: dict[tuple[Any, ...], str] = {}
    rows = zip(*(part.tolist() for part in parts), strict=True)
    return np.array([names.get(row) or names.setdefault(row, " x ".join(row)) for row in rows], dtype=object)


def order(cut: Cut, groups: Sequence[str]) -> list[str]:
    """Return groups in their natural order: bins from low to high, categories by name, unknown last."""
    place = {name: at for at, name in enumerate((*cut.bins, OTHER, UNKNOWN))} if cut.edges else {}
    last = {OTHER: 1, UNKNOWN: 2}
    return sorted(groups, key=lambda name: (last.get(name, 0), place.get(name, 0), name))


def expected_slices(cuts: Sequence[Cut], n_groups: Mapping[str, int]) -> int:
    """Return how many slices a cross can have at most."""
    sizes = [len(cut.bins) if cut.edges else n_groups[cut.name] for cut in cuts]
    return int(np.prod(sizes, dtype=np.int64)) if sizes else 0
