"""Refused applicants with some factors changed: scored many at once, the cheapest that turn picked out.

A candidate is an applicant and, for each factor, the option that it takes (-1: it stays as it is).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.explain.counterfactual.options import Options
    from audit.record import Scorer

    Ints = NDArray[np.int64]
    Choices = NDArray[np.int16]  # they are many, and a factor has at most 256 options
    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]
    Changes = tuple[Ints, Choices, Floats]  # who int64[q], choice int16[q, k], cost float64[q]

_AT_ONCE = 1 << 13  # candidates in one call of the scorer


@dataclass(frozen=True, slots=True)
class Rule:
    """Which scores refuse."""

    cutoff: float
    adverse_high: bool
    at_cutoff: str

    @property
    def toward(self) -> float:
        """What makes the better score the higher one: -1 where high scores are adverse, else 1."""
        return -1.0 if self.adverse_high else 1.0

    def turned(self, scores: Floats) -> NDArray[np.bool_]:
        """Return where a score lies on the favourable side.

        >>> Rule(0.3, adverse_high=True, at_cutoff="adverse").turned(np.array([0.2, 0.3, 0.4])).tolist()
        [True, False, False]
        """
        past = scores < self.cutoff if self.adverse_high else scores > self.cutoff
        if self.at_cutoff != "adverse":
            past |= scores == self.cutoff
        return np.asarray(past, dtype=bool)


@dataclass(frozen=True, eq=False)
class Trial:
    """Some refused applicants, and what they could be instead.

    Attributes
    ----------
    encoded : encoded[n, width], the applicants as they are
    options : what each of k factors could be
    costs : for each factor float64[n, its options]
    tried : int64[n], evaluations spent on each applicant so far
    """

    scorer: Scorer
    encoded: NDArray[Any]
    options: Sequence[Options]
    costs: Sequence[Floats]
    rule: Rule
    tried: Ints

    def scores(self, who: Ints, choice: Choices) -> Floats:
        """Return float64[c] for candidates who int64[c] and choice int16[c, k]."""
        found = np.empty(len(who))
        for start in range(0, len(who), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            mixes = self.encoded.take(who[some], axis=0)
            for at, one in enumerate(self.options):
                taken = choice[some, at]
                moved = np.flatnonzero(taken >= 0)
                rows = taken[moved].astype(np.int64)
                for place, cells in zip(one.places.tolist(), one.encoded.T, strict=True):
                    mixes[:, place][moved] = cells.take(rows)  # a column at a time: several times faster
            found[some] = self.scorer.score_encoded(mixes)
        self.tried[:] += np.bincount(who, minlength=len(self.encoded))
        return found

    def scores_of_one(self, which: Ints, who: Ints, option: Ints) -> Floats:
        """Return float64[c] for candidates that change factor ``which`` alone, in the order of factors.

        All of them together: a model that is asked in batches of one size is asked less often.
        """
        found, factors = np.empty(len(who)), np.arange(len(self.options) + 1)
        for start in range(0, len(who), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            mixes, taken = self.encoded.take(who[some], axis=0), option[some]
            ends = np.searchsorted(which[some], factors).tolist()
            for one, first, last in zip(self.options, ends[:-1], ends[1:], strict=True):
                if first < last:
                    for place, cells in zip(one.places.tolist(), one.encoded.T, strict=True):
                        mixes[first:last, place] = cells.take(taken[first:last])
            found[some] = self.scorer.score_encoded(mixes)
        self.tried[:] += np.bincount(who, minlength=len(self.encoded))
        return found

    def cost(self, who: Ints, choice: Choices) -> Floats:
        """Return float64[c], summed over the factors that change."""
        total = np.zeros(len(who))
        for at, costs in enumerate(self.costs):
            taken = choice[:, at]
            moved = np.flatnonzero(taken >= 0)
            total[moved] += costs.take(who[moved] * costs.shape[1] + taken[moved])
        return total

    def cost_of_one(self, which: Ints, who: Ints, option: Ints) -> Floats:
        """Return float64[c] for candidates that change factor ``which`` alone."""
        total = np.empty(len(who))
        for at, costs in enumerate(self.costs):
            mine = np.flatnonzero(which == at)
            total[mine] = costs[who[mine], option[mine]]
        return total


def cheapest(group: Ints, cost: Floats, among: NDArray[np.bool_]) -> Ints:
    """Return, in the order of the groups, the cheapest candidate of each group that has one.

    Of equal costs the first counts.
    """
    at = np.flatnonzero(among)
    order = at[np.lexsort((at, cost[at], group[at]))]
    return order[np.unique(group[order], return_index=True)[1]]
