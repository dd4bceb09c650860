"""Which of a model's inputs are a protected attribute under another name.

An input is one when it is the attribute's column or one of its one-hot parts (of one group, or of
several together), when it has at most 50 distinct values and knowing the value tells the group for
at least 99.9 % of rows, or when it is a monotone copy of a protected number (absolute rank
correlation of at least 0.999). Weaker likeness is a matter of degree, for a proxy scan.

Why so: a value that occurs once tells about nobody else, so such rows are left out, and at least
half of the rows must be left for a claim; otherwise forty people with forty incomes would make
income a perfect sign of sex. Where nearly everybody is of one group nothing is told by anything.
Counts are merged over partitions; ranks are taken of at most 200,000 rows, evenly spaced.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from audit.data.cells import as_words, numbers
from audit.data.slices import UNKNOWN, groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.config import ProtectedAttribute

DISTINCT = 50
TELLS = 0.999
RANK_ROWS = 200_000
_FEWEST = 10  # rows below which a rank correlation or an unnamed flag proves nothing

Pairs = Counter[tuple[str, str]]


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """What was counted of one or more partitions.

    ``pairs`` counts (value, group) for each input and attribute, None once an input has more than
    50 values; ``ranked`` holds the sampled numbers of inputs and protected columns.
    """

    pairs: Mapping[tuple[str, str], Pairs | None]
    ranked: Mapping[str, NDArray[np.float64]]


def stride(n_rows: int) -> int:
    """Return of how many rows one is ranked."""
    return max(1, -(-n_rows // RANK_ROWS))


def tally(
    frame: pl.DataFrame,
    rows: NDArray[np.int64],
    inputs: Sequence[str],
    protected: Mapping[str, ProtectedAttribute],
    every: int = 1,
) -> Likeness:
    """Count one partition; ``rows`` are its row numbers, ``every`` comes from ``stride``."""
    members = groups(protected, frame)
    pairs: dict[tuple[str, str], Pairs | None] = {}
    for column in inputs:
        words = as_words(frame[column]).fill_null("")
        few = words.n_unique() <= DISTINCT
        for attribute, names in members.items():
            pairs[column, attribute] = _count(words, names) if few else None
    sampled = frame.filter(pl.Series(rows % every == 0))
    numeric = {one.column for one in protected.values() if one.type != "category"}
    ranked = {
        column: numbers(sampled[column]).fill_null(np.nan).to_numpy()
        for column in sorted({*inputs, *numeric} if numeric else set())
        if column in numeric or frame[column].dtype.is_numeric()
    }
    return Likeness(pairs, ranked)


def _count(words: pl.Series, names: NDArray[Any]) -> Pairs:
    cells = pl.DataFrame({"value": words, "group": pl.Series(names.tolist(), dtype=pl.String)})
    return Counter(
        {(value, group): n for value, group, n in cells.group_by("value", "group").len().iter_rows()}
    )


def merge(parts: Iterable[Likeness]) -> Likeness:
    """Merge partitions, in the order of their rows."""
    pairs: dict[tuple[str, str], Pairs | None] = {}
    ranked: dict[str, list[NDArray[np.float64]]] = {}
    for part in parts:
        for key, counts in part.pairs.items():
            before = pairs.get(key, Counter())
            together = None if counts is None or before is None else before + counts
            few = together is not None and len({value for value, _ in together}) <= DISTINCT
            pairs[key] = together if few else None
        for column, values in part.ranked.items():
            ranked.setdefault(column, []).append(values)
    return Likeness(pairs, {column: np.concatenate(parts) for column, parts in ranked.items()})


def found(
    likeness: Likeness, inputs: Sequence[str], protected: Mapping[str, ProtectedAttribute]
) -> dict[str, str]:
    """Return the inputs that are a protected attribute, each with the first attribute that it is."""
    result: dict[str, str] = {}
    for column in inputs:
        for attribute, stated in protected.items():
            if _is_like(likeness, column, attribute, stated):
                result[column] = attribute
                break
    return result


def protected_inputs(
    frame: pl.DataFrame, inputs: Sequence[str], protected: Mapping[str, ProtectedAttribute]
) -> dict[str, str]:
    """Return column -> attribute for the inputs that are a protected attribute, over one whole pass."""
    rows = np.arange(frame.height)
    return found(tally(frame, rows, inputs, protected, stride(frame.height)), inputs, protected)


def _is_like(likeness: Likeness, column: str, attribute: str, stated: ProtectedAttribute) -> bool:
    if column == stated.column:
        return True
    pairs = likeness.pairs.get((column, attribute))
    if pairs and (_tells(pairs) or _is_one_hot(pairs, column, stated.column)):
        return True
    ranked = likeness.ranked
    return (
        stated.type != "category"
        and column in ranked
        and abs(rank_correlation(ranked[column], ranked[stated.column])) >= TELLS
    )


def _tells(pairs: Pairs) -> bool:
    """Return whether knowing the value tells the group, of people whose value is not theirs alone."""
    by_value: dict[str, list[int]] = {}
    by_group: Counter[str] = Counter()
    for (value, group), n in pairs.items():
        by_value.setdefault(value, []).append(n)
        by_group[group] += n
    n_rows = sum(by_group.values())
    shared = [counts for counts in by_value.values() if sum(counts) > 1]
    n_shared = sum(map(sum, shared))
    if 2 * n_shared < n_rows or max(by_group.values()) >= TELLS * n_rows:
        return False
    return sum(map(max, shared)) >= TELLS * n_shared


def _is_one_hot(pairs: Pairs, column: str, attribute_column: str) -> bool:
    """Return whether one of two values marks one group, or some groups together, and nobody else."""
    values = {value for value, _ in pairs}
    if len(values) != 2:
        return False
    named = column.lower().startswith(attribute_column.lower())
    groups = {group for _, group in pairs}
    sizes = {name: sum(pairs[value, name] for value in values) for name in groups}

    def shared(marked: str, those: set[str]) -> tuple[int, int]:
        both = sum(pairs[marked, name] for name in those)
        return both, sum(n for (value, name), n in pairs.items() if value == marked or name in those)

    for marked in values:
        # "Is of one of these two": parts added up are parts still.
        those = {name for name in groups - {UNKNOWN} if 2 * pairs[marked, name] > sizes[name]}
        (other,) = values - {marked}
        both, either = shared(marked, those)
        rest, of_rest = shared(other, groups - those)
        # Of the rest too, or a rare flag would mark everybody but a group of one.
        if 0 < both >= TELLS * either and 0 < rest >= TELLS * of_rest and (named or both >= _FEWEST):
            return True
    return False


def rank_correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return Spearman's rank correlation of the rows where both are known, 0 where there is none.

    >>> rank_correlation(np.arange(20.0), -np.arange(20.0) ** 3)
    -1.0
    """
    known = np.isfinite(one) & np.isfinite(other)
    if known.sum() < _FEWEST:
        return 0.0
    ranks = [_ranks(values[known]) for values in (one, other)]
    centred: list[Any] = [values - values.mean() for values in ranks]
    size = float(np.sqrt((centred[0] ** 2).sum() * (centred[1] ** 2).sum()))
    return float((centred[0] * centred[1]).sum()) / size if size else 0.0


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, place, n = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(n)
    return np.asarray((last - (n - 1) / 2)[place], dtype=np.float64)
