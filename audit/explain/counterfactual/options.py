"""What a changeable factor could be instead: combinations of values that occur, and what each costs.

Options are what the factor is for approved applicants of the reference, at most 256 of them, taken
evenly along their order: the quantiles of a single column. The cost of a change is its size in
robust standard deviations of the reference (1.4826 times the median absolute deviation, or the plain
one where that is 0). What has no size counts 1: another word, any switch of a factor's 0/1 columns
(so that a category written as one-hot costs what the word costs), a value for one that was missing.

Source: Wachter, Mittelstadt and Russell 2017, for distances in median absolute deviations; Poyiadzi et
al., "FACE", 2020, for values that occur.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.explain.counterfactual.movable import Movable, reachable
from audit.explain.kept import content, kept

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.explain.counterfactual.trial import Rule
    from audit.record import Scorer

    Cells = Mapping[str, NDArray[Any]]

MOST = 256  # options of one factor
_TRIED_ON = 16  # reference rows on which the mean effect of an option is measured
_NORMAL = 1.4826  # median absolute deviation to standard deviation, of normal numbers


@dataclass(frozen=True, eq=False)
class Options:
    """What one factor could be.

    Attributes
    ----------
    values : column -> m cells, as the data write them
    encoded : encoded[m, w], the same for the model
    places : int[w], where they go in an encoded row
    favour : float64[m], falling: mean score of some reference rows with each option; higher is better
    along : int64[m], the options in the order of their values
    spread : column of numbers -> its spread; None for switches, 0 where it has none
    """

    factor: Movable
    values: Cells
    encoded: NDArray[Any]
    places: NDArray[np.int64]
    favour: NDArray[np.float64]
    along: NDArray[np.int64]
    spread: Mapping[str, float | None]

    def costs(self, own: Cells) -> NDArray[np.float64]:
        """Return float64[n, m]: what each option costs n applicants; infinite where it is none for them."""
        n, m = (len(cells[self.factor.columns[0]]) for cells in (own, self.values))
        total: NDArray[np.float64] | None = None
        switched: NDArray[np.bool_] | None = None
        for column in self.factor.columns:
            mine, theirs = own[column][:, None], self.values[column][None]
            spread = self.spread[column]
            if mine.dtype.kind == "f" and spread is None:
                differs = (mine != theirs) & ~(np.isnan(mine) & np.isnan(theirs))
                switched = differs if switched is None else switched | differs
                continue
            priced = _priced(mine, theirs, spread)
            total = priced if total is None else np.add(total, priced, out=total)
        if total is None:
            total = np.zeros((n, m))
        if switched is not None:
            total += switched
        none = total == 0
        can = reachable(self.factor, own, self.values)
        if can is not None:
            none |= ~can
        np.copyto(total, np.inf, where=none)
        return total


def _priced(mine: NDArray[Any], theirs: NDArray[Any], spread: float | None) -> NDArray[np.float64]:
    """Return float64[n, m]: what n cells, one a row, cost to become each of m others, one a column."""
    if mine.dtype.kind == "f" and spread and np.isfinite(mine).all() and np.isfinite(theirs).all():
        apart = mine - theirs
        np.abs(apart, out=apart)
        apart /= spread
        return np.asarray(apart, dtype=np.float64)
    differs = mine != theirs
    if mine.dtype.kind == "f":
        differs &= ~(np.isnan(mine) & np.isnan(theirs))
        if spread:
            apart = np.nan_to_num(np.abs(mine - theirs)) / spread
            return np.asarray(np.where(np.isnan(mine), differs, apart), dtype=np.float64)
    return np.asarray(differs, dtype=np.float64)


def options(
    scorer: Scorer,
    factors: Sequence[Movable],
    reference: Cells,
    encoded: NDArray[Any],
    approved: NDArray[np.bool_],
    rule: Rule,
) -> tuple[Options, ...]:
    """Return what each factor could be, given the reference's columns and the same encoded.

    ``approved`` is bool[reference rows], with at least one of them set. They are found once for one scorer.
    """
    key = (
        "counterfactual options",
        rule,
        content(approved),
        tuple((one.factor, one.columns, one.flags, tuple((one.ways or {}).items())) for one in factors),
        tuple(content(reference[column]) for one in factors for column in one.columns),
    )
    return kept(scorer, encoded, key, lambda: _found(scorer, factors, reference, encoded, approved, rule))


def _found(
    scorer: Scorer,
    factors: Sequence[Movable],
    reference: Cells,
    encoded: NDArray[Any],
    approved: NDArray[np.bool_],
    rule: Rule,
) -> tuple[Options, ...]:
    among = np.flatnonzero(approved)
    some = among[np.unique(np.linspace(0, len(among) - 1, _TRIED_ON).astype(np.int64))]
    found = []
    for factor in factors:
        rows = among[_occurring([reference[column][among] for column in factor.columns])]
        spans = [scorer.spans[column] for column in factor.columns]
        places = np.concatenate([np.arange(start, stop) for start, stop in spans])
        taken = encoded[np.ix_(rows, places)]
        mixes = np.repeat(encoded[some], len(rows), axis=0)
        mixes[:, places] = np.tile(taken, (len(some), 1))
        favour = rule.toward * scorer.score_encoded(mixes).reshape(len(some), len(rows)).mean(axis=0)
        order = np.argsort(-favour, kind="stable")
        found.append(
            Options(
                factor=factor,
                values={column: reference[column][rows[order]] for column in factor.columns},
                encoded=taken[order],
                places=places,
                favour=favour[order],
                along=np.argsort(order),
                spread={column: _spread(reference[column]) for column in factor.columns},
            )
        )
    return tuple(found)


def _occurring(columns: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    """Return one row of each combination, at most 256, whatever the order of the rows.

    >>> _occurring([np.array([3.0, 1.0, 3.0]), np.array(["a", "b", "a"])]).tolist()
    [1, 0]
    """
    ranks = np.stack([np.unique(cells, return_inverse=True)[1].ravel() for cells in columns], axis=1)
    _, first, which = np.unique(ranks, axis=0, return_index=True, return_inverse=True)
    if len(first) > MOST:
        # Evenly among the applicants in order, so where many are there are many options.
        evenly = np.linspace(0, len(which) - 1, MOST).astype(np.int64)
        first = first[np.unique(np.sort(which.ravel())[evenly])]
    return np.asarray(first, dtype=np.int64)


def _spread(cells: NDArray[Any]) -> float | None:
    if cells.dtype.kind != "f":
        return None
    known = cells[~np.isnan(cells)]
    if not len(known):
        return 0.0
    if np.isin(known, (0.0, 1.0)).all():
        return None
    robust = _NORMAL * float(np.median(np.abs(known - np.median(known))))
    return robust if robust > 0 else float(known.std())
