"""Which changes are worth a look: one factor at a time, then some together.

Of one factor: all its options where they are few; else those on the front of low cost and good mean
effect (for a score that adds up, the cheapest option for any effect is on it), and others evenly by
cost, for scores that do not add up. Of several factors together: those whose best options alone help
most, on a grid of each one's best options that is as fine as the budget allows. Where all options of
all factors fit into the budget, that is an exhaustive search.
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


def looks(costs: Floats, favour: Floats) -> Ints:
    """Return int64[n, t]: options worth a look for each applicant by rising cost, then -1.

    Parameters
    ----------
    costs : float64[n, m], infinite where an option is none
    favour : float64[m], mean effect of each option; higher is better
    """
    n, m = costs.shape
    order = _by_cost(costs)
    n_can = np.full(n, m)
    short = np.flatnonzero(np.isinf(costs[np.arange(n), order[:, -1]]))  # what is infinite comes last
    n_can[short] = np.count_nonzero(np.isfinite(costs[short]), axis=1)
    none = np.arange(m) >= n_can[short, None]
    if m <= _LOOKS:
        order[short] = np.where(none, -1, order[short])
        return np.asarray(order, dtype=np.int64)
    ranks = np.unique(favour, return_inverse=True)[1].astype(np.min_scalar_type(m - 1))
    better = ranks.take(order)
    better[short] = np.where(none, 0, better[short])
    for step in (1 << bit for bit in range((m - 1).bit_length())):  # each time over twice as many before
        better[:, step:] = np.maximum(better[:, step:], better[:, :-step])
    front = np.empty((n, m), dtype=bool)
    front[:, 0] = n_can > 0  # the cheapest option is always on the front
    np.greater(better[:, 1:], better[:, :-1], out=front[:, 1:])
    half = _LOOKS // 2
    n_front = front.view(np.uint8).sum(axis=1, dtype=np.int64)
    on_front = np.append(np.flatnonzero(front), m)  # those of one row behind another's
    first = np.cumsum(n_front) - n_front
    places = np.concatenate(
        [on_front[first[:, None] + _evenly(n_front, half)] % m, _evenly(n_can, half)], axis=1
    )
    places[n_can == 0] = m
    places.sort(axis=1)
    places[:, 1:][places[:, 1:] == places[:, :-1]] = m
    places.sort(axis=1)
    found = order.take(np.minimum(places, m - 1) + m * np.arange(n)[:, None])
    found[places == m] = -1
    return np.asarray(found, dtype=np.int64)


def _by_cost(costs: Floats) -> Ints:
    """Return int64[n, m]: the options of each applicant by rising cost, of equal ones the first before.

    Costs are not negative, so their bits are in the order of their sizes. The number of the option takes
    the place of the last bits: plain whole numbers sort several times faster than places do. Applicants
    with costs that differ by no more than those bits are sorted once more, by the costs themselves.

    >>> _by_cost(np.array([[2.0, np.inf, 0.5, 2.0]])).tolist()
    [[2, 0, 3, 1]]
    """
    m = costs.shape[1]
    bits = (1 << (m - 1).bit_length()) - 1
    order = np.ascontiguousarray(costs).view(np.int64) & ~bits
    order |= np.arange(m)
    order.sort(axis=1)
    alike = (order.ravel()[1:] ^ order.ravel()[:-1]) <= bits  # at a row's end too: looked at for nothing
    order &= bits
    doubtful = np.unique(np.flatnonzero(alike) // m)
    rising = np.take_along_axis(costs[doubtful], order[doubtful], axis=1)
    again = doubtful[(rising[:, 1:] < rising[:, :-1]).any(axis=1)]
    order[again] = np.argsort(costs[again], axis=1, kind="stable")
    return np.asarray(order, dtype=np.int64)


def _evenly(n_of: Ints, points: int) -> Ints:
    """Return int64[n, points]: whole numbers evenly from 0 to the last below each of ``n_of``."""
    last = np.maximum(n_of - 1, 0)[:, None]
    return np.asarray(np.rint(np.linspace(0.0, 1.0, points)[None] * last), dtype=np.int64)


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
