"""The search: one factor, two together, and so on, until enough sets of factors turn the decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from audit.explain.counterfactual.looking import Together, looks, together
from audit.explain.counterfactual.shrinking import shrunk, shrunk_alone
from audit.explain.counterfactual.trial import Trial, cheapest

if TYPE_CHECKING:
    from audit.explain.counterfactual.trial import Choices, Floats, Ints

    # factors that turn the decision together -> what that costs, and the option of each factor
    Found = dict[frozenset[int], tuple[float, Choices]]


def search(trial: Trial, at_most: int, most_factors: int, budget: int) -> list[Found]:
    """Return, for each applicant, the sets of factors that turn the decision, each as cheap as found.

    Sets that are told beside the smallest one have at most one factor more than it, and hold no other.
    """
    n, k = len(trial.encoded), len(trial.options)
    found: list[Found] = [{} for _ in range(n)]
    looked = [looks(costs, one.along) for costs, one in zip(trial.costs, trial.options, strict=True)]
    gains = _alone(trial, looked, found, at_most)
    for size in range(2, min(most_factors, k) + 1):
        room = np.array([_room(sets, size, at_most) for sets in found], dtype=np.int64)
        wanted = np.flatnonzero(room)
        if not len(wanted):
            break
        some = together(
            size,
            [one[wanted] for one in looked],
            [one[wanted] for one in gains],
            [tuple(found[at]) for at in wanted],
            budget,
        )
        who, choice, cost = _turning(trial, wanted, some)
        best = np.lexsort((cost, who))
        best = best[_rank(who[best]) < room[who[best]]]
        small = shrunk(trial, who[best], choice[best], looked, budget)
        prices = trial.cost(who[best], small)
        for at, factors, price, one in zip(
            who[best].tolist(), _factors(small), prices.tolist(), small, strict=True
        ):
            _add(found[at], factors, price, one)
    return found


def _alone(trial: Trial, looked: Sequence[Ints], found: Sequence[Found], at_most: int) -> list[Floats]:
    """Keep the factors that turn the decision alone; return how well each look did, float64[n, t] each.

    Higher is better, -inf for none. All that turn are drawn back: any may be the cheapest once it is.
    """
    parts = [np.nonzero(options >= 0) for options in looked]
    ends = np.cumsum([len(who) for who, _ in parts]).tolist()
    which = np.repeat(np.arange(len(parts), dtype=np.int16), np.diff([0, *ends]))
    who = np.concatenate([one for one, _ in parts])
    option = np.concatenate([options[one] for options, one in zip(looked, parts, strict=True)])
    scores = trial.scores_of_one(which, who, option)
    turned = trial.rule.turned(scores)
    gains = [np.full(options.shape, -np.inf) for options in looked]
    for gain, one, each in zip(gains, parts, np.split(trial.rule.toward * scores, ends[:-1]), strict=True):
        gain[one] = each
    who, which, option = who[turned], which[turned], option[turned]
    cost = trial.cost_of_one(which, who, option)
    best = cheapest(who * len(looked) + which, cost, np.ones(len(who), dtype=bool))
    best = best[np.lexsort((cost[best], who[best]))]
    # What costs more than so many others is not told, so it need not be drawn back far.
    last = best[_rank(who[best]) == at_most - 1]
    below = np.full(len(found), np.inf)
    below[who[last]] = cost[last]
    who, which, option = who[best], which[best], option[best]
    option = shrunk_alone(trial, who, which, option, looked, below[who])
    _keep(found, who, which, option, trial.cost_of_one(which, who, option), len(looked))
    return gains


def _turning(trial: Trial, wanted: Ints, some: Together) -> tuple[Ints, Choices, Floats]:
    """Return who, choice and cost of the cheapest candidate of each set of factors that turns."""
    parts: list[tuple[Ints, Choices, Ints]] = []
    left = np.arange(len(wanted))
    for grid in some.grids:
        inside, choice, which = some.candidates(left, grid)
        turned = trial.rule.turned(trial.scores(wanted[inside], choice))
        parts.append((inside[turned], choice[turned], which[turned]))
        left = np.setdiff1d(left, parts[-1][0])
    inside, choice, which = (np.concatenate(one) for one in zip(*parts, strict=True))
    who = wanted[inside]
    cost = trial.cost(who, choice)
    best = cheapest(who * some.members.shape[1] + which, cost, np.ones(len(who), dtype=bool))
    return who[best], choice[best], cost[best]


def _rank(who: Ints) -> Ints:
    """Return which of its applicant's each is, of those of one applicant behind another's.

    >>> _rank(np.array([3, 3, 5, 9, 9])).tolist()
    [0, 1, 0, 0, 1]
    """
    return np.asarray(np.arange(len(who)) - np.searchsorted(who, who), dtype=np.int64)


def _keep(found: Sequence[Found], who: Ints, which: Ints, option: Ints, prices: Floats, k: int) -> None:
    """Keep changes of one factor each, the cheapest of an applicant first."""
    choices = np.full((len(who), k), -1, dtype=np.int16)
    choices[np.arange(len(who)), which] = option
    alone = [frozenset((at,)) for at in range(k)]
    order = np.lexsort((which, prices, who))
    for at, factor, price, choice in zip(
        who[order].tolist(), which[order].tolist(), prices[order].tolist(), choices[order], strict=True
    ):
        found[at][alone[factor]] = price, choice


def _factors(choice: Choices) -> list[frozenset[int]]:
    """Return which factors each candidate changes; they are few sets, of many candidates."""
    sets, which = np.unique(choice >= 0, axis=0, return_inverse=True)
    distinct = [frozenset(np.flatnonzero(one).tolist()) for one in sets]
    return [distinct[at] for at in which.ravel().tolist()]


def _room(sets: Found, size: int, at_most: int) -> int:
    """Return how many sets of this size are to be drawn back; 0 where none is asked for any more."""
    if not sets:
        return 2 * at_most  # what is cheapest before is not always so after
    return at_most - len(sets) if len(sets) < at_most and size <= min(map(len, sets)) + 1 else 0


def _add(sets: Found, factors: frozenset[int], cost: float, choice: Choices) -> None:
    """Keep a set of factors where it is new or cheaper, and no set that holds another."""
    if any(one < factors for one in sets) or (factors in sets and sets[factors][0] <= cost):
        return
    for one in [one for one in sets if factors < one]:
        del sets[one]
    sets[factors] = cost, choice
