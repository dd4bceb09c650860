"""What one partition counts of its slices, and how partitions merge to the same thing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from audit.data.cells import as_words
from audit.fairness.groups import CountTable, count, merge
from audit.slicing.cuts import UNKNOWN, Cut, crossed
from audit.slicing.together import Together, add_together, hits, together

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.config.slices import Period, SearchMetric

WHOLE = "all"
PERIOD = "period"


@dataclass(frozen=True, slots=True)
class Spec:
    """One entry of ``slices``: its name, and how each of its columns is cut."""

    name: str
    cuts: tuple[Cut, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run slices, settled before any row is counted.

    Parameters
    ----------
    searched : tuple of Cut
        What the search crosses; empty where none was asked for.
    left_out : tuple of str
        Columns of a search that have one group only, or too many words.
    period : column and length of a period, or None
    baseline_cutoff : float or None
        Of the baseline model; None where none is compared or no cutoff is known.
    """

    specs: tuple[Spec, ...] = ()
    searched: tuple[Cut, ...] = ()
    left_out: tuple[str, ...] = ()
    metric: SearchMetric = "error_rate"
    period: tuple[str, Period] | None = None
    baseline_cutoff: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What is known of the rows of a partition, one entry a row.

    Parameters
    ----------
    outcome : object[n]
        adverse, favourable or none: what was decided.
    score, baseline : float64[n]
        NaN where there is none; ``baseline`` is None where no other model is compared.
    observed : float64[n] or None
        1 adverse, 0 favourable, NaN not known.
    model_adverse : bool[n] or None
        What the model says at its cutoff; None where it has none.
    baseline_adverse : bool[n] or None
    """

    outcome: NDArray[np.object_]
    score: NDArray[np.float64]
    observed: NDArray[np.float64] | None
    baseline: NDArray[np.float64] | None = None
    model_adverse: NDArray[np.bool_] | None = None
    baseline_adverse: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Model and baseline on the rows that both scored.

    Parameters
    ----------
    model, baseline : CountTable
        Scores, and decisions at the cutoff of each (as they were taken, where it has none).
    errors : CountTable or None
        Whose errors meet, over observed outcomes: "decided adverse" = the model erred, "observed
        adverse" = the baseline erred. None where one of them has no cutoff.
    """

    model: CountTable
    baseline: CountTable
    errors: CountTable | None


@dataclass(frozen=True, slots=True, eq=False)
class SliceCounts:
    """The counts of a partition, or of all of them.

    Parameters
    ----------
    tables : one CountTable an entry of ``slices``
    together : of the search
    periods : by date
    compared : for the whole and for each entry, the model beside its baseline
    n_uncompared : rows without a score of the baseline
    """

    tables: tuple[CountTable, ...] = ()
    together: Together | None = None
    periods: CountTable | None = None
    compared: tuple[Compared, ...] = ()
    n_uncompared: int = 0


def count_slices(
    plan: Plan, frame: pl.DataFrame, protected: Mapping[str, NDArray[Any]], rows: Rows
) -> SliceCounts:
    """Count the slices of one partition."""
    names = [
        {spec.name: crossed([cut.members(frame, protected) for cut in spec.cuts])} for spec in plan.specs
    ]
    whole = {WHOLE: np.full(frame.height, WHOLE, dtype=object)}
    pair_counts = None
    if plan.searched:
        coded = [cut.members(frame, protected) for cut in plan.searched]
        pair_counts = together(coded, *hits(plan.metric, rows.outcome, rows.observed))
    by_period = None
    if plan.period is not None:
        by_period = count(
            rows.outcome, {PERIOD: periods(frame[plan.period[0]], plan.period[1])}, rows.score, rows.observed
        )
    compared: tuple[Compared, ...] = ()
    if rows.baseline is not None:
        compared = tuple(_compared(groups, rows, rows.baseline) for groups in (whole, *names))
    return SliceCounts(
        tables=tuple(count(rows.outcome, groups, rows.score, rows.observed) for groups in names),
        together=pair_counts,
        periods=by_period,
        compared=compared,
        n_uncompared=0 if rows.baseline is None else int(np.isnan(rows.baseline).sum()),
    )


def _compared(groups: Mapping[str, NDArray[Any]], rows: Rows, baseline: NDArray[np.float64]) -> Compared:
    kept = ~np.isnan(baseline) & ~np.isnan(rows.score) & (rows.outcome != "none")
    mine = {name: group[kept] for name, group in groups.items()}
    observed = None if rows.observed is None else rows.observed[kept]
    tables = [
        count(
            rows.outcome[kept] if adverse is None else _words(adverse[kept]),
            mine,
            score[kept],
            observed,
        )
        for score, adverse in ((rows.score, rows.model_adverse), (baseline, rows.baseline_adverse))
    ]
    if observed is None or rows.model_adverse is None or rows.baseline_adverse is None:
        return Compared(tables[0], tables[1], None)
    known = ~np.isnan(observed)
    happened = observed == 1
    erred = [(adverse[kept] != happened)[known] for adverse in (rows.model_adverse, rows.baseline_adverse)]
    by_group = {name: group[known] for name, group in mine.items()}
    errors = count(_words(erred[0]), by_group, None, erred[1].astype(np.float64))
    return Compared(tables[0], tables[1], errors)


def _words(adverse: NDArray[np.bool_]) -> NDArray[np.object_]:
    return np.where(adverse, "adverse", "favourable").astype(object)


def periods(cells: pl.Series, by: Period) -> NDArray[np.object_]:
    """Return the period of each date: ``2026-11``, ``2026 Q4`` or ``2026``; ``unknown`` where there is none.

    >>> periods(pl.Series(["2026-11-20", "2026-02-01T10:00", "soon", None]), "quarter").tolist()
    ['2026 Q4', '2026 Q1', 'unknown', 'unknown']
    """
    days = as_words(cells).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    if by == "month":
        words = days.dt.strftime("%Y-%m")
    elif by == "year":
        words = days.dt.strftime("%Y")
    else:
        words = days.dt.strftime("%Y") + " Q" + days.dt.quarter().cast(pl.String)
    return np.asarray(words.fill_null(UNKNOWN).to_numpy(), dtype=object)


def merge_slices(parts: Iterable[SliceCounts]) -> SliceCounts:
    """Merge partitions; their order and the way they were cut change nothing.

    Raises
    ------
    ValueError
        If there is none.
    """
    every = tuple(parts)
    if not every:
        raise ValueError("no slices to merge: an audit has at least one partition")
    compared = zip(*(part.compared for part in every), strict=True)
    counted = [part.together for part in every if part.together is not None]
    by_period = [part.periods for part in every if part.periods is not None]
    return SliceCounts(
        tables=tuple(merge(tables) for tables in zip(*(part.tables for part in every), strict=True)),
        together=add_together(counted) if counted else None,
        periods=merge(by_period) if by_period else None,
        compared=tuple(_merged(of_entry) for of_entry in compared),
        n_uncompared=sum(part.n_uncompared for part in every),
    )


def _merged(parts: Sequence[Compared]) -> Compared:
    errors = [part.errors for part in parts if part.errors is not None]
    return Compared(
        merge(part.model for part in parts),
        merge(part.baseline for part in parts),
        merge(errors) if errors else None,
    )
