"""Which changes are worth a look: one factor at a time, then some together.

Of one factor: all its options where they are few; else the cheapest of each band of options that have
about the same mean effect, and others evenly along the values, for scores that do not add up. Of several
factors together: those whose best options alone help most, on a grid of each one's best options that
is as fine as the budget allows. Where all options of all factors fit into the budget, that is an
exhaustive search.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.explain.counterfactual.trial import Choices, Floats, Ints

_LOOKS = 24  # options of one factor that are tried at first
_EVENLY = 12  # of them, those evenly along the values


def looks(costs: Floats, along: Ints) -> Ints:
    """Return int64[n, t]: options worth a look for each applicant, no option twice, -1 for none.

    Parameters
    ----------
    costs : float64[n, m], the options by falling mean effect; infinite where an option is none
    along : int64[m], the same options in the order of their values
    """
    n, m = costs.shape
    if m <= _LOOKS:
        return np.where(np.isfinite(costs), np.arange(m), -1)
    wide = -(-m // (_LOOKS - _EVENLY))
    whole = m - m % wide
    bands = costs[:, :whole].reshape(n, -1, wide).argmin(axis=2) + np.arange(0, whole, wide)
    if whole < m:
        bands = np.column_stack([bands, costs[:, whole:].argmin(axis=1) + whole])
    evenly = along[np.linspace(0, m - 1, _EVENLY).astype(np.int64)]
    others = np.where(bands[:, evenly // wide] == evenly, -1, evenly)
    found = np.concatenate([bands, others], axis=1)
    found[np.isinf(costs.take(found + m * np.arange(n)[:, None], mode="clip"))] = -1
    return np.asarray(found, dtype=np.int64)


def together(
    size: int,
    options: Sequence[Ints],
    gains: Sequence[Floats],
    known: Sequence[Sequence[frozenset[int]]],
    budget: int,
) -> tuple[Ints, Choices, Ints]:
    """Return the candidates that change ``size`` of k factors together, within the budget of each.

    Parameters
    ----------
    options, gains : for each factor int64[n, t] and float64[n, t]
        The options looked at, and the score of each alone (higher is better, -inf where none).
    known : for each applicant the sets of factors that turn already; what holds one is left out

    Returns
    -------
    who : int64[c]
    choice : int16[c, k]
    which : int64[c]
        A number for each set of factors of an applicant.
    """
    n, k = len(known), len(options)
    reach = max((p for p in range(size, k + 1) if comb(p, size) << size <= budget), default=size)
    sets = np.array(list(combinations(range(reach), size)), dtype=np.int64)
    points = max(1, int((budget / len(sets)) ** (1 / size)))
    best = np.full((n, k, points), -1, dtype=np.int16)
    top = np.empty((n, k))
    for at in range(k):
        order = np.argsort(-gains[at], axis=1, kind="stable")[:, :points]
        best[:, at, : order.shape[1]] = np.take_along_axis(options[at], order, axis=1)
        top[:, at] = gains[at].max(axis=1)
    ranked = np.argsort(-top, axis=1, kind="stable")  # factors by what their best option does alone
    grid = np.stack(np.meshgrid(*[np.arange(points)] * size, indexing="ij"), -1).reshape(-1, size)
    members = ranked[:, sets]  # n, sets, size
    taken = best[np.arange(n)[:, None, None, None], members[:, :, None], grid[None, None]]
    wanted = (taken >= 0).all(axis=3) & ~_holding(members, known)[:, :, None]
    who, which, _ = np.nonzero(wanted)
    choice = np.full((len(who), k), -1, dtype=np.int16)
    changed = members.reshape(-1, size).take(who * len(sets) + which, axis=0)
    options_of = taken.reshape(-1, size).compress(wanted.ravel(), axis=0)
    for at in range(size):
        choice.reshape(-1)[np.arange(len(who)) * k + changed[:, at]] = options_of[:, at]
    return who, choice, which


def _holding(members: Ints, known: Sequence[Sequence[frozenset[int]]]) -> NDArray[np.bool_]:
    """Return bool[n, sets]: where a set holds one that is known."""
    holds = np.zeros(members.shape[:2], dtype=bool)
    for at, sets in enumerate(known):
        for one in sets:
            holds[at] |= (np.isin(members[at], list(one))).sum(axis=1) == len(one)
    return holds
