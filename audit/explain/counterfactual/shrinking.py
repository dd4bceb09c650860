"""Each change drawn back toward what the applicant is, as long as the decision stays turned.

First all factors of a change together, on a grid of their options; then one after the other, each to
the cheapest option that still turns, or to no change at all, until nothing gets cheaper.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from audit.explain.counterfactual.looking import most_points
from audit.explain.counterfactual.trial import Trial, cheapest

if TYPE_CHECKING:
    from audit.explain.counterfactual.trial import Choices, Floats, Ints


def shrunk(trial: Trial, who: Ints, choice: Choices, looks: Sequence[Ints], budget: int) -> Choices:
    """Return int16[q, k]: changes that turn the decision and cost at most what the given ones do.

    Parameters
    ----------
    who, choice : candidates that turn
    looks : for each factor int64[n, t], options worth a look, -1 for none
    budget : evaluations that the grid may cost for one candidate
    """
    choice = choice.copy()
    for size in np.unique((choice >= 0).sum(axis=1)):
        if size > 1:
            alike = np.flatnonzero((choice >= 0).sum(axis=1) == size)
            choice[alike] = _on_grid(trial, who[alike], choice[alike], looks, budget, int(size))
    # Which factors have been tried with all others as they are now: to try them again would find nothing.
    settled = choice < 0
    while not settled.all():
        for at in range(len(trial.options)):
            mine = np.flatnonzero(~settled[:, at])
            if not len(mine):
                continue
            before = choice[mine, at]
            choice[mine] = _one_cheaper(trial, who[mine], choice[mine], at)
            moved = mine[choice[mine, at] != before]
            settled[moved] = choice[moved] < 0
            settled[mine, at] = True
    return choice


def _on_grid(
    trial: Trial, who: Ints, choice: Choices, looks: Sequence[Ints], budget: int, size: int
) -> Choices:
    """Return the cheapest on a grid of each one's ``size`` factors, or what was given."""
    q, points = len(who), min(most_points(budget, size), max(one.shape[1] for one in looks))
    factors = np.nonzero(choice >= 0)[1].reshape(q, size)
    option, price = np.full((q, size, points), -1, dtype=np.int16), np.full((q, size, points), np.inf)
    for at, (seen, costs) in enumerate(zip(looks, trial.costs, strict=True)):
        row, place = np.nonzero(factors == at)
        chosen, prices = _evenly(seen.take(who[row], axis=0), costs.take(who[row], axis=0), points)
        option[row, place, : chosen.shape[1]], price[row, place, : chosen.shape[1]] = chosen, prices
    grid = np.indices((points,) * size).reshape(size, -1)
    cost = price[:, 0]
    for at in range(1, size):
        cost = (cost[:, :, None] + price[:, None, at]).reshape(q, -1)
    below = np.flatnonzero(cost < trial.cost(who, choice)[:, None])
    group, point = below // grid.shape[1], below % grid.shape[1]
    tried = np.full((len(group), choice.shape[1]), -1, dtype=np.int16)
    for at in range(size):
        tried[np.arange(len(group)), factors[group, at]] = option[group, at, grid[at, point]]
    best = cheapest(group, cost.ravel()[below], trial.rule.turned(trial.scores(who[group], tried)))
    found = choice.copy()
    found[group[best]] = tried[best]
    return found


def _evenly(looks: Ints, costs: Floats, points: int) -> tuple[Ints, Floats]:
    """Return options and prices of the looks of each row evenly by cost, from the first to the last.

    At most ``points`` of them, each once; -1 and infinite for none.
    """
    points = min(points, looks.shape[1])
    prices = np.where(looks < 0, np.inf, np.take_along_axis(costs, np.maximum(looks, 0), axis=1))
    rising = np.argsort(prices, axis=1, kind="stable")
    last = np.maximum((looks >= 0).sum(axis=1) - 1, 0)
    places = np.rint(np.linspace(0.0, 1.0, points)[None] * last[:, None]).astype(np.int64)
    chosen = np.take_along_axis(rising, places, axis=1)
    options, prices = np.take_along_axis(looks, chosen, axis=1), np.take_along_axis(prices, chosen, axis=1)
    again = places[:, 1:] == places[:, :-1]
    options[:, 1:][again], prices[:, 1:][again] = -1, np.inf
    return options, prices


def _one_cheaper(trial: Trial, who: Ints, choice: Choices, at: int) -> Choices:
    """Return each candidate with one factor at its cheapest option that turns, the others kept."""
    costs = trial.costs[at].take(who, axis=0)
    now = costs[np.arange(len(who)), choice[:, at]]
    group, option = np.nonzero(costs < now[:, None])
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
