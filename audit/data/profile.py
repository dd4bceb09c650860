"""What the columns of the applications look like: gaps, range, middle, how many different values.

Counted partition by partition and merged in any order to the same profile; no value leaves it but
the range and the middle of numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.fairness.tally import Tally, add_tallies, tally

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_VALUES = 1 << 16  # different values a column, 1.5 MB; past it the middle is told less finely


@dataclass(frozen=True, slots=True, eq=False)
class NumberProfile:
    """A column of numbers: its values with their counts."""

    missing: int
    low: float | None
    high: float | None
    values: Tally


@dataclass(frozen=True, slots=True)
class TextProfile:
    """A column of words; ``words`` is None where there are more than ``MOST_VALUES``."""

    missing: int
    words: frozenset[str] | None


ColumnProfile = NumberProfile | TextProfile
Profile = Mapping[str, ColumnProfile]


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """What is told of a column. ``median`` is None for words, ``distinct`` where there are too many."""

    name: str
    type: str  # number | text
    missing: int
    low: float | None
    median: float | None
    high: float | None
    distinct: int | None


def profile(features: Mapping[str, NDArray[Any]]) -> dict[str, ColumnProfile]:
    """Profile one partition: float columns (NaN where missing) and columns of words (empty where missing)."""
    return {name: _column(np.asarray(values)) for name, values in features.items()}


def merge_profiles(profiles: Iterable[Profile]) -> dict[str, ColumnProfile]:
    """Merge the profiles of partitions; their order changes nothing.

    Raises
    ------
    ValueError
        If there is none, or a column is of numbers here and of words there.
    """
    parts = tuple(profiles)
    if not parts:
        raise ValueError("no profiles to merge")
    return {name: _merged(name, [part[name] for part in parts]) for name in parts[0]}


def facts(name: str, column: ColumnProfile) -> ColumnFacts:
    """Return what is told of a column.

    The median is the lower one of the two middle values, so that it is a value that occurs.
    """
    if isinstance(column, TextProfile):
        distinct = None if column.words is None else len(column.words)
        return ColumnFacts(name, "text", column.missing, None, None, None, distinct)
    seen = column.values
    total = int(seen.n.sum())
    median = None
    if total:
        place = int(np.searchsorted(np.cumsum(seen.n), (total + 1) // 2))
        median = float(seen.value[place])
    distinct = len(seen.value) if seen.level == 0 else None
    return ColumnFacts(name, "number", column.missing, column.low, median, column.high, distinct)


def _column(values: NDArray[Any]) -> ColumnProfile:
    if values.dtype.kind in "fiub":
        numbers = values.astype(np.float64)
        known = numbers[~np.isnan(numbers)]
        counted = tally(np.zeros(len(known), dtype=np.int64), known, MOST_VALUES)
        low, high = (float(known.min()), float(known.max())) if len(known) else (None, None)
        return NumberProfile(len(numbers) - len(known), low, high, counted)
    listed = values.tolist()
    words = frozenset(str(word) for word in listed if word not in ("", None))
    missing = sum(word in ("", None) for word in listed)
    return TextProfile(missing, words if len(words) <= MOST_VALUES else None)


def _merged(name: str, parts: list[ColumnProfile]) -> ColumnProfile:
    missing = sum(part.missing for part in parts)
    numbers = [part for part in parts if isinstance(part, NumberProfile)]
    if len(numbers) == len(parts):
        lows = [part.low for part in numbers if part.low is not None]
        highs = [part.high for part in numbers if part.high is not None]
        counted = add_tallies([part.values for part in numbers], MOST_VALUES)
        return NumberProfile(missing, min(lows, default=None), max(highs, default=None), counted)
    if numbers:
        raise ValueError(f"{name}: numbers in one partition, words in another")
    words: frozenset[str] | None = frozenset()
    for part in parts:
        mine = part.words if isinstance(part, TextProfile) else None
        words = None if words is None or mine is None else words | mine
    return TextProfile(missing, words if words is not None and len(words) <= MOST_VALUES else None)
