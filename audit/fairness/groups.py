"""Counting once: the one table that every rate, disparity and figure is computed from.

A row falls into a *cell*: one group of each protected attribute together. Rates of an attribute
are sums over cells, so an attribute more costs no second pass and intersections cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from audit.fairness.tally import Tally, add_tallies, exact_square_sums, exact_sums, tally

OUTCOMES = ("adverse", "favourable", "none")
ADVERSE, FAVOURABLE, NONE = 0, 1, 2  # rows of a count matrix: what was decided
UNKNOWN = 2  # third column of a count matrix: what really happened was not observed
ALL = "all"
AT_ONCE = 8  # tables that are merged at a time

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ScoreCounts:
    """The distinct scores of one group, ascending, and how many had which observed outcome."""

    score: Floats
    adverse: Integers
    favourable: Integers
    unknown: Integers

    @property
    def n(self) -> Integers:
        """Return how many decided applicants had each score."""
        return self.adverse + self.favourable + self.unknown


@dataclass(frozen=True, eq=False)
class CountTable:
    """What was decided and what happened, counted by cell.

    Which cells make up a group is looked up once an attribute, so that thousands of groups cost no
    more than one pass over the cells.

    Parameters
    ----------
    attributes : tuple of str
        Protected attributes and intersections, in the order of the config.
    cells : tuple of tuple of str
        The group of each attribute, one entry a cell, sorted.
    counts : int64[cells, 3, 3]
        Decided (adverse, favourable, none) by observed (adverse, favourable, unknown).
    n_scored, score_sum, square_sum : one a cell
        Over decided rows with a score: number, and exact sums in ``tally.UNIT``.
    scores : Tally
        Scores of decided rows; the key is ``3 * cell + observed``.
    """

    attributes: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    counts: Integers
    n_scored: tuple[int, ...]
    score_sum: tuple[int, ...]
    square_sum: tuple[int, ...]
    scores: Tally

    @cached_property
    def _members(self) -> dict[str, dict[str, Integers]]:
        """Attribute -> group -> its cells; groups sorted, ``unknown`` last."""
        found: dict[str, dict[str, Integers]] = {ALL: {ALL: np.arange(len(self.cells), dtype=np.int64)}}
        for place, attribute in enumerate(self.attributes):
            cells: dict[str, list[int]] = {}
            for number, cell in enumerate(self.cells):
                cells.setdefault(cell[place], []).append(number)
            names = sorted(cells, key=lambda name: (name == "unknown", name))
            found[attribute] = {name: np.array(cells[name], dtype=np.int64) for name in names}
        return found

    @cached_property
    def _tally_starts(self) -> Integers:
        """Return where each cell's scores begin in the tally, whose keys are sorted; one more for the end."""
        starts: Integers = np.searchsorted(self.scores.key, 3 * np.arange(len(self.cells) + 1))
        return starts

    def groups(self, attribute: str) -> tuple[str, ...]:
        """Return the groups of an attribute, sorted, ``unknown`` last."""
        return tuple(self._members[attribute])

    def cells_of(self, attribute: str, group: str) -> Integers:
        """Return which cells make up a group; none where nobody is in it."""
        return self._members[attribute].get(group, np.zeros(0, dtype=np.int64))

    def matrix(self, attribute: str = ALL, group: str = ALL) -> Integers:
        """Return int64[3, 3], decided by observed, of one group."""
        total: Integers = self.counts[self.cells_of(attribute, group)].sum(axis=0)
        return total

    def moments(self, attribute: str = ALL, group: str = ALL) -> tuple[int, int, int]:
        """Return number, exact sum and exact sum of squares of a group's scores."""
        cells = self.cells_of(attribute, group).tolist()
        return (
            sum(self.n_scored[cell] for cell in cells),
            sum(self.score_sum[cell] for cell in cells),
            sum(self.square_sum[cell] for cell in cells),
        )

    def score_counts(self, attribute: str = ALL, group: str = ALL) -> ScoreCounts:
        """Return the distinct scores of a group with their observed outcomes."""
        starts, cells = self._tally_starts, self.cells_of(attribute, group)
        spans = [np.arange(starts[cell], starts[cell + 1]) for cell in cells.tolist()]
        kept = np.concatenate(spans) if spans else np.zeros(0, dtype=np.int64)
        score, place = np.unique(self.scores.value[kept], return_inverse=True)
        observed, n = self.scores.key[kept] % 3, self.scores.n[kept]
        columns = np.zeros((3, len(score)), dtype=np.int64)
        np.add.at(columns, (observed, place), n)
        return ScoreCounts(score, columns[0], columns[1], columns[2])


def count(
    outcomes: Sequence[str] | NDArray[Any] | pl.Series,
    groups: Mapping[str, Sequence[str] | NDArray[Any] | pl.Series],
    scores: Sequence[float] | NDArray[Any] | None = None,
    observed: Sequence[Any] | NDArray[Any] | None = None,
) -> CountTable:
    """Count one partition.

    Parameters
    ----------
    outcomes : n of ``adverse``, ``favourable``, ``none``
        What happened to the person. Rows of outcome ``none`` are counted and enter no rate. Text
        columns of polars are counted fastest, here and in groups.
    groups : attribute -> n group names
        Missing is the group ``unknown``; intersections are attributes like any other.
    scores : float[n], optional
        NaN where a row has no score.
    observed : n of 1 (adverse), 0 (favourable), NaN, None or a negative number (unknown), optional
        What really happened later.

    Raises
    ------
    ValueError
        If lengths differ, or an outcome or observed value is none of the above.

    Examples
    --------
    >>> table = count(["adverse", "favourable"], {"sex": ["female", "male"]})
    >>> table.matrix("sex", "female").sum(axis=1).tolist()
    [1, 0, 0]
    """
    decided = _outcome_codes(outcomes)
    n_rows = len(decided)
    happened = _observed_codes(observed, n_rows)
    attributes = tuple(groups)
    cells, cell = _cells([groups[attribute] for attribute in attributes], n_rows)
    flat = np.bincount((cell * 3 + decided) * 3 + happened, minlength=9 * len(cells))
    counts = flat.reshape(len(cells), 3, 3).astype(np.int64)

    value = np.full(n_rows, np.nan) if scores is None else np.asarray(scores, dtype=np.float64)
    if len(value) != n_rows:
        raise ValueError(f"scores: {len(value)} values for {n_rows} outcomes")
    kept = ~np.isnan(value) & (decided != NONE) if scores is not None else np.zeros(n_rows, dtype=np.bool_)
    value, scored_cell, key = value[kept], cell[kept], cell[kept] * 3 + happened[kept]
    if not np.isfinite(value).all():
        raise ValueError("scores: an infinite score")
    return CountTable(
        attributes=attributes,
        cells=cells,
        counts=counts,
        n_scored=tuple(np.bincount(scored_cell, minlength=len(cells)).tolist()),
        score_sum=tuple(exact_sums(value, scored_cell, len(cells))),
        square_sum=tuple(exact_square_sums(value, scored_cell, len(cells))),
        scores=tally(key, value),
    )


def merge(tables: Iterable[CountTable]) -> CountTable:
    """Merge partitions; their order and the way they were cut change nothing.

    Tables are taken a few at a time, so that a lazy iterable of any length is merged in the memory that
    its result needs.

    Raises
    ------
    ValueError
        If there is no table, or tables count different attributes.
    """
    coming = iter(tables)
    parts = list(islice(coming, AT_ONCE))
    if not parts:
        raise ValueError("no counts to merge: an audit has at least one partition")
    merged = _merged(parts)
    while parts := list(islice(coming, AT_ONCE)):
        merged = _merged([merged, *parts])
    return merged


def _merged(parts: Sequence[CountTable]) -> CountTable:
    attributes = parts[0].attributes
    if any(part.attributes != attributes for part in parts):
        raise ValueError("partitions count different attributes")
    cells = tuple(sorted({cell for part in parts for cell in part.cells}))
    place = {cell: i for i, cell in enumerate(cells)}
    counts = np.zeros((len(cells), 3, 3), dtype=np.int64)
    n_scored, score_sum, square_sum = [0] * len(cells), [0] * len(cells), [0] * len(cells)
    tallies = []
    for part in parts:
        moved = np.array([place[cell] for cell in part.cells], dtype=np.int64)
        np.add.at(counts, moved, part.counts)
        for old, new in enumerate(moved.tolist()):
            n_scored[new] += part.n_scored[old]
            score_sum[new] += part.score_sum[old]
            square_sum[new] += part.square_sum[old]
        key = part.scores.key
        moved_key = moved[key // 3] * 3 + key % 3 if len(key) else key
        tallies.append(Tally(moved_key, part.scores.value, part.scores.n, part.scores.level))
    return CountTable(
        attributes, cells, counts, tuple(n_scored), tuple(score_sum), tuple(square_sum), add_tallies(tallies)
    )


def _cells(columns: list[Any], n_rows: int) -> tuple[tuple[tuple[str, ...], ...], Integers]:
    """Return the sorted cells that occur, and the cell of each row."""
    if not columns:
        return ((),), np.zeros(n_rows, dtype=np.int64)
    if n_rows == 0:
        return (), np.zeros(0, dtype=np.int64)
    names: list[list[str]] = []
    joint = np.zeros(n_rows, dtype=np.int64)
    for column in columns:
        column_names, codes = _factorized(column)
        if len(codes) != n_rows:
            raise ValueError(f"groups: {len(codes)} values for {n_rows} outcomes")
        # Only combinations that occur get a number, so the product never grows past the rows.
        joint = joint * len(column_names) + codes
        size = int(joint.max()) + 1
        if size <= 4 * n_rows + 1024:
            used = np.flatnonzero(np.bincount(joint, minlength=size))
            renumber = np.zeros(size, dtype=np.int64)
            renumber[used] = np.arange(len(used))
            joint = renumber[joint]
        else:
            used, joint = np.unique(joint, return_inverse=True)
        earlier = names or [[]]
        names = [
            [*earlier[code // len(column_names)], column_names[code % len(column_names)]]
            for code in used.tolist()
        ]
    cells = [tuple(name) for name in names]
    order = sorted(range(len(cells)), key=cells.__getitem__)
    rank = np.zeros(len(cells), dtype=np.int64)
    rank[order] = np.arange(len(cells))
    return tuple(cells[i] for i in order), rank[joint]


def _factorized(values: Any) -> tuple[list[str], Integers]:
    """Return the distinct names in the order of their first row, and each row's place among them."""
    words = _words(values)
    if words is not None:
        names = words.unique(maintain_order=True)
        codes = words.cast(pl.Enum(names)).to_physical().cast(pl.Int64).to_numpy()
        return names.to_list(), codes
    listed = values.tolist() if isinstance(values, np.ndarray) else list(values)
    index = {name: i for i, name in enumerate(dict.fromkeys(listed))}
    codes = np.fromiter(map(index.__getitem__, listed), dtype=np.int64, count=len(listed))
    return [str(name) for name in index], codes


def _words(values: Any) -> pl.Series | None:
    """Return text as a column, in which a million rows are told apart at once; None for anything else."""
    if isinstance(values, pl.Series):
        words = values.cast(pl.String) if values.dtype in (pl.Categorical, pl.Enum) else values
    elif isinstance(values, np.ndarray) and values.dtype.kind not in "OUT":
        return None
    else:
        try:
            words = pl.Series(values, dtype=pl.String)
        except (TypeError, ValueError, pl.exceptions.PolarsError):
            return None
    return words if words.dtype == pl.String and words.null_count() == 0 else None


def _outcome_codes(outcomes: Any) -> Integers:
    words = _words(outcomes)
    if words is not None:
        codes = np.full(len(words), NONE, dtype=np.int64)
        codes[(words == OUTCOMES[ADVERSE]).to_numpy()] = ADVERSE
        codes[(words == OUTCOMES[FAVOURABLE]).to_numpy()] = FAVOURABLE
        rest = words.filter(pl.Series(codes == NONE)).unique()
        strange = sorted(set(rest.to_list()) - {OUTCOMES[NONE]})
    else:
        names, codes = _factorized(outcomes)
        strange = sorted(set(names) - set(OUTCOMES))
    if strange:
        raise ValueError(f"outcomes: {strange[0]!r} is none of {', '.join(OUTCOMES)}")
    return codes


def _observed_codes(observed: Any, n_rows: int) -> Integers:
    if observed is None:
        return np.full(n_rows, UNKNOWN, dtype=np.int64)
    if len(observed) != n_rows:
        raise ValueError(f"observed: {len(observed)} values for {n_rows} outcomes")
    values = np.asarray(observed)
    if values.dtype == object:
        values = np.array([np.nan if value is None else value for value in values.tolist()], dtype=np.float64)
    if values.dtype.kind not in "biuf":
        raise ValueError("observed: neither 1, 0 nor unknown")
    if values.dtype.kind == "f":
        values = np.where(np.isnan(values), -1.0, values)
    known = values.astype(np.int64)
    if values.dtype.kind != "b" and ((known != values) | (known > 1)).any():
        raise ValueError("observed: neither 1, 0 nor unknown")
    return np.where(known == 1, ADVERSE, np.where(known == 0, FAVOURABLE, UNKNOWN))
