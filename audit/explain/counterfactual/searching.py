"""The search: one factor, two together, and so on, until enough sets of factors turn the decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from audit.explain.counterfactual.looking import Together, together
from audit.explain.counterfactual.shrinking import shrunk
from audit.explain.counterfactual.single import single
from audit.explain.counterfactual.trial import Trial, cheapest

if TYPE_CHECKING:
    from audit.explain.counterfactual.trial import Changes, Choices, Ints

    # factors that turn the decision together -> what that costs, and the option of each factor
    Found = dict[frozenset[int], tuple[float, list[int]]]


def search(trial: Trial, at_most: int, most_factors: int, budget: int) -> Changes:
    """Return changes that turn the decision, each as cheap as found, of each applicant the smallest first.

    Sets of factors that are told beside the smallest one have at most one factor more than it, and hold
    no other.

    Returns
    -------
    who : int64[q], rising
    choice : int16[q, k]
    cost : float64[q]
    """
    n, k = len(trial.encoded), len(trial.options)
    alone, looked, gains = single(trial, at_most)
    n_alone = np.bincount(alone[0], minlength=n)
    # One factor is told of as many as there are; others are searched for where these are too few.
    found: dict[int, Found] = {at: {} for at in np.flatnonzero(n_alone < at_most).tolist()}
    for at, choice, cost in zip(*(one.tolist() for one in _of(alone, found)), strict=True):
        found[at][_factors(choice)] = cost, choice
    for size in range(2, min(most_factors, k) + 1):
        room = {at: _room(sets, size, at_most) for at, sets in found.items()}
        wanted = np.array([at for at, places in room.items() if places], dtype=np.int64)
        if not len(wanted):
            break
        some = together(
            size,
            [one[wanted] for one in looked],
            [one[wanted] for one in gains],
            [tuple(found[at]) for at in wanted.tolist()],
            budget,
        )
        places = np.array([room[at] for at in wanted.tolist()], dtype=np.int64)
        who, choice = _turning(trial, wanted, some, places, at_most)
        small = shrunk(trial, who, choice, looked, budget)
        prices = trial.cost(who, small)
        for at, price, one in zip(who.tolist(), prices.tolist(), small.tolist(), strict=True):
            _add(found[at], _factors(one), price, one)
    return _smallest_first(alone, found, k)


def _of(changes: Changes, found: Mapping[int, Found], *, others: bool = False) -> Changes:
    """Return the changes of those applicants, or of all others."""
    who, choice, cost = changes
    mine = np.isin(who, list(found), invert=others)
    return who[mine], choice[mine], cost[mine]


def _smallest_first(alone: Changes, found: Mapping[int, Found], k: int) -> Changes:
    """Return all changes by applicant: few factors before many, then by cost."""
    listed = [
        (at, choice, cost)
        for at, sets in found.items()
        for _, cost, _, choice in sorted(
            (len(factors), cost, sorted(factors), choice) for factors, (cost, choice) in sets.items()
        )
    ]
    who, choice, cost = _of(alone, found, others=True)
    who = np.concatenate([who, np.array([at for at, _, _ in listed], dtype=np.int64)])
    more = np.array([one for _, one, _ in listed], dtype=np.int16).reshape(-1, k)
    cost = np.concatenate([cost, np.array([one for _, _, one in listed], dtype=np.float64)])
    order = np.argsort(who, kind="stable")
    return who[order], np.concatenate([choice, more])[order], cost[order]


def _turning(trial: Trial, wanted: Ints, some: Together, room: Ints, at_most: int) -> tuple[Ints, Choices]:
    """Return who and choice of the cheapest candidate of each set of factors that turns, in the room of each.

    The finer grid is for those for whom fewer sets than are told turn on the coarse one.
    """
    parts: list[tuple[Ints, Choices, Ints]] = []
    left = np.arange(len(wanted))
    for grid in some.grids:
        inside, choice, which = some.candidates(left, grid)
        turned = np.flatnonzero(trial.rule.turned(trial.scores(wanted[inside], choice)))
        parts.append((inside[turned], choice[turned], which[turned]))
        sets = np.unique(np.stack([parts[-1][0], parts[-1][2]]), axis=1)[0]
        left = np.flatnonzero(np.bincount(sets, minlength=len(wanted)) < np.minimum(room, at_most))
    inside, choice, which = (np.concatenate(one) for one in zip(*parts, strict=True))
    cost = trial.cost(wanted[inside], choice)
    best = cheapest(inside * some.members.shape[1] + which, cost, np.ones(len(inside), dtype=bool))
    best = best[np.lexsort((cost[best], inside[best]))]
    best = best[rank(inside[best]) < room[inside[best]]]
    return wanted[inside[best]], choice[best]


def rank(who: Ints) -> Ints:
    """Return which of its applicant's each is, of those of one applicant behind another's.

    >>> rank(np.array([3, 3, 5, 9, 9])).tolist()
    [0, 1, 0, 0, 1]
    """
    return np.asarray(np.arange(len(who)) - np.searchsorted(who, who), dtype=np.int64)


def _factors(choice: Sequence[int]) -> frozenset[int]:
    return frozenset(at for at, option in enumerate(choice) if option >= 0)


def _room(sets: Found, size: int, at_most: int) -> int:
    """Return how many sets of this size are to be drawn back; 0 where none is asked for any more."""
    if not sets:
        return 2 * at_most  # what is cheapest before is not always so after
    return at_most - len(sets) if len(sets) < at_most and size <= min(map(len, sets)) + 1 else 0


def _add(sets: Found, factors: frozenset[int], cost: float, choice: list[int]) -> None:
    """Keep a set of factors where it is new or cheaper, and no set that holds another."""
    if any(one < factors for one in sets) or (factors in sets and sets[factors][0] <= cost):
        return
    for one in [one for one in sets if factors < one]:
        del sets[one]
    sets[factors] = cost, choice
