"""One factor at a time: the cheapest option of each factor that turns the decision alone.

First the options worth a look, and whatever costs less than the cheapest of them that turns; then others
of factors that have not turned, at costs that may still be told; then whatever of theirs costs less than
what is told. So of a factor that is told no option that turns is cheaper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audit.explain.counterfactual.looking import looks
from audit.explain.counterfactual.trial import Trial, cheapest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.explain.counterfactual.trial import Changes, Floats, Ints, Mask


_FARTHER = 3.0  # times the cost of what is told: what turns there may cost less once it is drawn back


class _Alone:
    """What is known of each factor alone.

    Attributes
    ----------
    price : float64[n, k], of the cheapest option that turns; infinite where none is known
    option : int16[n, k], that option; -1 for none
    """

    def __init__(self, trial: Trial) -> None:
        shape = len(trial.encoded), len(trial.options)
        self.trial = trial
        self.price = np.full(shape, np.inf)
        self.option = np.full(shape, -1, dtype=np.int16)

    def below(self, at_most: int) -> Floats:
        """Return float64[n]: the cost from which on nothing more is told."""
        if at_most > self.price.shape[1]:
            return np.full(len(self.price), np.inf)
        return np.asarray(np.partition(self.price, at_most - 1, axis=1)[:, at_most - 1])

    def ask(self, listed: Sequence[tuple[Ints, Ints]]) -> list[Floats]:
        """Score who and option of each factor, keep what turns at less cost, return the scores of each."""
        counts = [len(who) for who, _ in listed]
        which = np.repeat(np.arange(len(listed)), counts)
        who, option = (np.concatenate(one) for one in zip(*listed, strict=True))
        scores = self.trial.scores_of_one(which, who, option)
        turned = np.flatnonzero(self.trial.rule.turned(scores))
        place = who[turned] * len(listed) + which[turned]
        cost = self.trial.cost_of_one(which[turned], who[turned], option[turned])
        best = cheapest(place, cost, cost < self.price.take(place))
        self.price.put(place[best], cost[best])
        self.option.put(place[best], option[turned[best]])
        return np.split(scores, np.cumsum(counts)[:-1])


def single(trial: Trial, at_most: int) -> tuple[Changes, list[Ints], list[Floats]]:
    """Return the factors that turn the decision alone, and what was looked at.

    Returns
    -------
    changes : who, choice and cost, by applicant, the cheapest first
    looked, gains : for each factor int64[n, t] and float64[n, t]
        The options looked at, -1 for none, and the score of each, higher is better, -inf for none.
    """
    alone = _Alone(trial)
    both = [looks(costs, one.along) for costs, one in zip(trial.costs, trial.options, strict=True)]
    first = [one for one, _ in both]
    first_gains = _look(alone, first)
    told = alone.price <= alone.below(at_most)[:, None]
    _draw_back(alone, first, told, np.full(len(told), np.inf))
    drawn = np.where(told, alone.price, np.inf)
    others = []
    for at, (costs, (_, more)) in enumerate(zip(trial.costs, both, strict=True)):
        n, m = costs.shape
        least = np.where(np.isinf(alone.price[:, at]), _FARTHER * alone.below(at_most), 0.0)
        dear = costs.take(more + m * np.arange(n)[:, None], mode="clip") >= least[:, None]
        others.append(np.where(dear, -1, more))
    gains = [np.concatenate(one, axis=1) for one in zip(first_gains, _look(alone, others), strict=True)]
    looked = [np.concatenate(one, axis=1) for one in zip(first, others, strict=True)]
    _draw_back(alone, looked, alone.price < drawn, alone.below(at_most))
    who, which = np.nonzero(alone.option >= 0)
    cost = alone.price[who, which]
    order = np.lexsort((which, cost, who))
    choice = np.full((len(who), len(looked)), -1, dtype=np.int16)
    choice[np.arange(len(who)), which] = alone.option[who, which]
    return (who[order], choice[order], cost[order]), looked, gains


def _look(alone: _Alone, looked: Sequence[Ints]) -> list[Floats]:
    """Ask for int64[n, t] options of each factor, and return how well each does."""
    places = [np.nonzero(one >= 0) for one in looked]
    scores = alone.ask([(at[0], one[at]) for at, one in zip(places, looked, strict=True)])
    gains = []
    for one, at, each in zip(looked, places, scores, strict=True):
        gain = np.full(one.shape, -np.inf)
        gain[at] = alone.trial.rule.toward * each
        gains.append(gain)
    return gains


def _draw_back(alone: _Alone, looked: Sequence[Ints], which: Mask, below: Floats) -> None:
    """Ask for all options of these factors that cost less than what turns, and less than ``below``."""
    listed = []
    for at, (costs, seen) in enumerate(zip(alone.trial.costs, looked, strict=True)):
        mine = np.flatnonzero(which[:, at] & (alone.option[:, at] >= 0))
        prices = costs.take(mine, axis=0)
        room = np.minimum(alone.price[mine, at], below[mine])
        # Of the looks those that cost less are known not to turn.
        known = seen.take(mine, axis=0)
        prices[np.arange(len(mine))[:, None], np.where(known < 0, alone.option[mine, at, None], known)] = (
            np.inf
        )
        place = np.flatnonzero(prices < room[:, None])
        listed.append((mine[place // costs.shape[1]], place % costs.shape[1]))
    alone.ask(listed)
