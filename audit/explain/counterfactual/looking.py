"""Which changes are worth a look: one factor at a time, then some together.

Of one factor: all its options where they are few; else the cheapest of each band of options that have
about the same mean effect, and others evenly along the values, for scores that do not add up. Of several
factors together: those whose best options alone help most, on a coarse grid of each one's best options,
then on one that is as fine as the budget allows. Where no factor has more than 20 options, and for every
set of factors a grid of all of them fits into the budget, that is an exhaustive search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.explain.counterfactual.trial import Choices, Floats, Ints

_LOOKS = 20  # options of one factor that are tried at first
_EVENLY = 12  # of them, those evenly along the values


def looks(costs: Floats, along: Ints) -> tuple[Ints, Ints]:
    """Return int64[n, s] and int64[n, t]: options worth a look for each applicant, and others; -1 for none.

    Worth a look are the cheapest options of the bands of mean effect from the best one down to the band
    that holds the cheapest of all, which is about what the applicant is. No option is listed twice.

    Parameters
    ----------
    costs : float64[n, m], the options by falling mean effect; infinite where an option is none
    along : int64[m], the same options in the order of their values
    """
    n, m = costs.shape
    if m <= _LOOKS:
        return np.where(np.isfinite(costs), np.arange(m), -1), np.empty((n, 0), dtype=np.int64)
    wide = -(-m // (_LOOKS - _EVENLY))
    whole = m - m % wide
    bands = costs[:, :whole].reshape(n, -1, wide).argmin(axis=2) + np.arange(0, whole, wide)
    if whole < m:
        bands = np.column_stack([bands, costs[:, whole:].argmin(axis=1) + whole])
    prices = costs.take(bands + m * np.arange(n)[:, None])
    beyond = np.arange(bands.shape[1]) > prices.argmin(axis=1)[:, None]
    bands[beyond | np.isinf(prices)] = -1
    evenly = along[np.linspace(0, m - 1, _EVENLY).astype(np.int64)]
    others = (bands[:, evenly // wide] != evenly) & np.isfinite(costs[:, evenly])
    return np.asarray(bands, dtype=np.int64), np.where(others, evenly, -1)


@dataclass(frozen=True, eq=False)
class Together:
    """The candidates that change some factors together, for n applicants.

    Attributes
    ----------
    members : int64[n, s, size], sets of factors, those first whose best options alone help most
    fresh : bool[n, s], where a set holds none that is known
    best : int16[n, k, points], the best looks of each factor, best first; -1 for none
    grids : int64[g, size] each, the later ones where too few sets turn on the first
    """

    members: Ints
    fresh: NDArray[np.bool_]
    best: Choices
    grids: Sequence[Ints]

    def candidates(self, among: Ints, grid: Ints) -> tuple[Ints, Choices, Ints]:
        """Return who int64[c] of ``among``, choice int16[c, k], and a number for each set of an applicant."""
        members, (n_sets, size) = self.members[among], self.members.shape[1:]
        fresh = np.repeat(self.fresh[among].ravel(), len(grid))
        row = np.arange(len(among))[:, None, None]
        taken = [self.best[among[row], members[:, :, at, None], grid[:, at]].ravel() for at in range(size)]
        at = np.flatnonzero(np.logical_and.reduce([fresh, *(one >= 0 for one in taken)]))
        which = at // len(grid)  # of the applicants' sets
        who = which // n_sets
        choice = np.full((len(at), self.best.shape[1]), -1, dtype=np.int16)
        for one, factor in zip(taken, members.reshape(-1, size).T, strict=True):
            choice.reshape(-1)[np.arange(len(at)) * choice.shape[1] + factor[which]] = one[at]
        return among[who], choice, which % n_sets


def most_points(budget: int, size: int) -> int:
    """Return how many points of each of ``size`` factors a grid of at most ``budget`` points has; 1 at least.

    >>> most_points(64, 3), most_points(63, 3), most_points(0, 2)
    (4, 3, 1)
    """
    points: int = round(budget ** (1 / size))  # not rounded down: in floating point the root of 64 is below 4
    return max(1, points - 1 if points**size > budget else points)


def together(
    size: int,
    options: Sequence[Ints],
    gains: Sequence[Floats],
    known: Sequence[Sequence[frozenset[int]]],
    budget: int,
) -> Together:
    """Return the candidates that change ``size`` of k factors together, within the budget of each.

    Parameters
    ----------
    options, gains : for each factor int64[n, t] and float64[n, t]
        The options looked at, and the score of each alone (higher is better, -inf where none).
    known : for each applicant the sets of factors that turn already; what holds one is left out
    """
    n, k = len(known), len(options)
    most = max(one.shape[1] for one in options)
    few = min(2, most) ** size
    reach = max((p for p in range(size, k + 1) if comb(p, size) * few <= budget), default=size)
    sets = np.array(list(combinations(range(reach), size)), dtype=np.int64)
    points = min(most, most_points(budget // len(sets), size))
    best = np.full((n, k, points), -1, dtype=np.int16)
    top = np.empty((n, k))
    for at in range(k):
        order = np.argsort(-gains[at], axis=1, kind="stable")[:, :points]
        best[:, at, : order.shape[1]] = np.take_along_axis(options[at], order, axis=1)
        top[:, at] = gains[at].max(axis=1)
    members = np.argsort(-top, axis=1, kind="stable")[:, sets]  # by what their best option does alone
    grid = np.stack(np.meshgrid(*[np.arange(points)] * size, indexing="ij"), -1).reshape(-1, size)
    coarse = np.isin(grid, (0, points // 2, points - 1)).all(axis=1)
    # All at once where these are all options that there are: of those the cheapest is to be found.
    every = coarse.all() or points == most
    return Together(
        members, ~_holding(members, known), best, [grid] if every else [grid[coarse], grid[~coarse]]
    )


def _holding(members: Ints, known: Sequence[Sequence[frozenset[int]]]) -> NDArray[np.bool_]:
    """Return bool[n, sets]: where a set holds one that is known."""
    holds = np.zeros(members.shape[:2], dtype=bool)
    for at, sets in enumerate(known):
        for one in sets:
            holds[at] |= (np.isin(members[at], list(one))).sum(axis=1) == len(one)
    return holds
