"""Each change drawn back toward what the applicant is, as long as the decision stays turned.

First all factors of a change together, on a grid of their options; then one after the other, each to
the cheapest option that still turns, or to no change at all, until nothing gets cheaper.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from audit.explain.counterfactual.trial import Trial, cheapest

if TYPE_CHECKING:
    from audit.explain.counterfactual.trial import Choices, Floats, Ints


def shrunk(
    trial: Trial, who: Ints, choice: Choices, looks: Sequence[Ints], budget: int, below: Floats | None = None
) -> Choices:
    """Return int16[q, k]: changes that turn the decision and cost at most what the given ones do.

    Parameters
    ----------
    who, choice : candidates that turn
    below : float64[q], the cost from which on a change is of no use; default: that of the candidate
    looks : for each factor int64[n, t], options worth a look, -1 for none
    budget : evaluations that the grid may cost for one candidate
    """
    choice = choice.copy()
    below = np.full(len(who), np.inf) if below is None else below
    for size in np.unique((choice >= 0).sum(axis=1)):
        if size > 1:
            alike = np.flatnonzero((choice >= 0).sum(axis=1) == size)
            choice[alike] = _on_grid(trial, who[alike], choice[alike], looks, int(budget ** (1 / size)))
    # Which factors have been tried with all others as they are now: to try them again would find nothing.
    settled = choice < 0
    while not settled.all():
        for at in range(len(trial.options)):
            mine = np.flatnonzero(~settled[:, at])
            if not len(mine):
                continue
            before = choice[mine, at]
            choice[mine] = _one_cheaper(trial, who[mine], choice[mine], at, below[mine])
            moved = mine[choice[mine, at] != before]
            settled[moved] = choice[moved] < 0
            settled[mine, at] = True
    return choice


def shrunk_alone(
    trial: Trial, who: Ints, which: Ints, option: Ints, looks: Sequence[Ints], below: Floats
) -> Ints:
    """Return int64[q]: the cheapest option that turns, of changes of one factor.

    Parameters
    ----------
    who, which, option : applicant, factor, and the cheapest of its looks that turns
    looks, below : as for ``shrunk``
    """
    parts = []
    for at, costs in enumerate(trial.costs):
        mine = np.flatnonzero(which == at)
        if not len(mine):
            continue
        prices = costs.take(who[mine], axis=0)
        rows = np.arange(len(mine))
        room = np.minimum(prices[rows, option[mine]], below[mine])
        seen = looks[at].take(who[mine], axis=0)
        # Of the looks those that cost less are known not to turn.
        prices[rows[:, None], np.where(seen < 0, option[mine, None], seen)] = np.inf
        group, other = np.nonzero(prices < room[:, None])
        parts.append((mine[group], other, np.full(len(group), at, dtype=np.int16), prices[group, other]))
    if not parts:
        return option
    group, other, factor, cost = (np.concatenate(one) for one in zip(*parts, strict=True))
    best = cheapest(group, cost, trial.rule.turned(trial.scores_of_one(factor, who[group], other)))
    found = option.copy()
    found[group[best]] = other[best]
    return found


def _on_grid(trial: Trial, who: Ints, choice: Choices, looks: Sequence[Ints], points: int) -> Choices:
    """Return the cheapest on a grid of ``points`` options a factor, or what was given."""
    found = choice.copy()
    for factors in np.unique(choice >= 0, axis=0):
        mine = np.flatnonzero(((choice >= 0) == factors).all(axis=1))
        moving = np.flatnonzero(factors).tolist()
        listed = [_evenly(looks[at][who[mine]], trial.costs[at][who[mine]], points) for at in moving]
        grid = np.stack(np.meshgrid(*(np.arange(one.shape[1]) for one in listed), indexing="ij"), -1)
        grid = grid.reshape(-1, len(moving))
        group = np.repeat(np.arange(len(mine)), len(grid))
        tried = np.full((len(group), choice.shape[1]), -1, dtype=np.int16)
        for place, at in enumerate(moving):
            tried[:, at] = listed[place][:, grid[:, place]].ravel()
        kept = (tried[:, moving] >= 0).all(axis=1)
        group, tried = group[kept], tried.compress(kept, axis=0)
        cost = trial.cost(who[mine][group], tried)
        below = cost < trial.cost(who[mine], choice[mine])[group]
        group, tried, cost = group[below], tried.compress(below, axis=0), cost[below]
        best = cheapest(group, cost, trial.rule.turned(trial.scores(who[mine][group], tried)))
        found[mine[group[best]]] = tried[best]
    return found


def _evenly(looks: Ints, costs: Floats, points: int) -> Ints:
    """Return int64[n, points] of the looks of each row evenly by cost, from the first to the last."""
    n_options = (looks >= 0).sum(axis=1)
    points = min(points, looks.shape[1])
    prices = np.where(looks < 0, np.inf, np.take_along_axis(costs, np.maximum(looks, 0), axis=1))
    rising = np.take_along_axis(looks, np.argsort(prices, axis=1, kind="stable"), axis=1)
    place = np.linspace(0.0, 1.0, points)[None] * np.maximum(n_options - 1, 0)[:, None]
    chosen = np.take_along_axis(rising, np.rint(place).astype(np.int64), axis=1)
    chosen[:, 1:][chosen[:, 1:] == chosen[:, :-1]] = -1
    return np.asarray(chosen, dtype=np.int64)


def _one_cheaper(trial: Trial, who: Ints, choice: Choices, at: int, below: Floats) -> Choices:
    """Return each candidate with one factor at its cheapest option that turns, the others kept."""
    costs = trial.costs[at].take(who, axis=0)
    now = costs[np.arange(len(who)), choice[:, at]]
    room = np.minimum(now, below - (trial.cost(who, choice) - now))
    group, option = np.nonzero(costs < room[:, None])
    # Without the change at all, where others are left: a smaller set of factors may do.
    alone = np.flatnonzero((choice >= 0).sum(axis=1) > 1)
    group, option = np.concatenate([group, alone]), np.concatenate([option, np.full(len(alone), -1)])
    tried = choice.take(group, axis=0)
    tried[:, at] = option
    cost = np.where(option < 0, 0.0, costs[group, np.maximum(option, 0)])
    best = cheapest(group, cost, trial.rule.turned(trial.scores(who[group], tried)))
    found = choice.copy()
    found[group[best]] = tried[best]
    return found
