"""The search: one factor, two together, and so on, until enough sets of factors turn the decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from audit.explain.counterfactual.looking import looks, together
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
    gains: list[Floats] = []
    for size in range(1, min(most_factors, k) + 1):
        # One factor is asked of everybody: each that turns alone may be the cheapest once it is drawn back.
        room = np.array([k if size == 1 else _room(sets, size, at_most) for sets in found], dtype=np.int64)
        wanted = np.flatnonzero(room)
        if not len(wanted):
            break
        if size == 1:
            who, option, which, cost, scores = _alone(trial, looked)
            gains = _gains(trial, looked, scores, which)
        else:
            inside, choice, which = together(
                size,
                [one[wanted] for one in looked],
                [one[wanted] for one in gains],
                [tuple(found[at]) for at in wanted],
                budget,
            )
            who = wanted[inside]
            scores = trial.scores(who, choice)
            cost = trial.cost(who, choice)
        n_sets = int(which.max(initial=0)) + 1
        best = cheapest(who * n_sets + which, cost, trial.rule.turned(scores))
        best = best[np.lexsort((cost[best], who[best]))]
        rank = np.arange(len(best)) - np.searchsorted(who[best], who[best])
        below = np.full(len(found), np.inf)
        if size == 1:  # what costs more than so many others is not told, so it need not be drawn back far
            below[who[best[rank == at_most - 1]]] = cost[best[rank == at_most - 1]]
        best = best[rank < room[who[best]]]
        if size == 1:  # each alone, and nothing found before: none can hold another
            mine, moved = who[best], which[best]
            option = shrunk_alone(trial, mine, moved, option[best], looked, below[mine])
            _keep(found, mine, moved, option, trial.costs)
            continue
        small = shrunk(trial, who[best], choice[best], looked, budget, below[who[best]])
        prices = trial.cost(who[best], small)
        for at, factors, price, one in zip(
            who[best].tolist(), _factors(small), prices.tolist(), small, strict=True
        ):
            _add(found[at], factors, price, one)
    return found


def _keep(found: Sequence[Found], who: Ints, which: Ints, option: Ints, costs: Sequence[Floats]) -> None:
    """Keep changes of one factor each, the cheapest of an applicant first."""
    prices = np.empty(len(who))
    for at, one in enumerate(costs):
        mine = np.flatnonzero(which == at)
        prices[mine] = one[who[mine], option[mine]]
    choices = np.full((len(who), len(costs)), -1, dtype=np.int16)
    choices[np.arange(len(who)), which] = option
    alone = [frozenset((at,)) for at in range(len(costs))]
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


def _alone(trial: Trial, looked: Sequence[Ints]) -> tuple[Ints, Ints, Ints, Floats, Floats]:
    """Return the candidates that change one factor: whom, the option, which factor, cost, score."""
    parts = []
    for at, options in enumerate(looked):
        who, place = np.nonzero(options >= 0)
        option = options[who, place]
        cost = trial.costs[at].take(who * trial.costs[at].shape[1] + option)
        parts.append((who, option, np.full(len(who), at, dtype=np.int16), cost))
    who, option, which, cost = (np.concatenate(one) for one in zip(*parts, strict=True))
    return who, option, which, cost, trial.scores_of_one(which, who, option)


def _gains(trial: Trial, looked: Sequence[Ints], scores: Floats, which: Ints) -> list[Floats]:
    """Return, for each factor, float64[n, t]: the score of each look, higher is better, -inf for none."""
    gains = []
    for at, options in enumerate(looked):
        gain = np.full(options.shape, -np.inf)
        gain[options >= 0] = trial.rule.toward * scores[which == at]
        gains.append(gain)
    return gains
