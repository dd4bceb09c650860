"""Whether printed reasons are what moved the score: they are put right, and the model is asked again.

A reason is put right by giving its factor's columns the values of the reference rows, each in turn;
what counts is the mean score. It is done rank by rank: the first reason, the first two, and so on to
all that are told; and the same number of factors that are not told, the strongest first, stand beside
it. Faithful reasons carry the score most of the way to the reference's mean, turn most decisions, and
move the score further than the next best factors would.

Each reason is also put right alone. Where that moves the score further toward refusal, the factor
hurt only together with others (R6): such reasons are counted.

Source: regulation.md R6; Samek et al. (2017), IEEE TNNLS 28:2660, for curves of deletion.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.explain.stability import share
from audit.fairness.intervals import Z
from audit.record import Figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Columns = Mapping[str, NDArray[Any]]
    Factors = frozenset[str]


@dataclass(frozen=True, slots=True)
class Trial:
    """Which factors of one refusal are put right, set by set.

    Attributes
    ----------
    printed : the factors of the first reason, of the first two, … of all
    others : as many factors that are no reason, the strongest first; shorter where there are fewer
    alone : the factors of each reason by itself
    """

    printed: tuple[Factors, ...]
    others: tuple[Factors, ...]
    alone: tuple[Factors, ...]

    @property
    def sets(self) -> tuple[Factors, ...]:
        """Every set of factors that is to be put right, each once."""
        return tuple(dict.fromkeys((*self.printed, *self.others, *self.alone)))


def trial(reasons: Sequence[Sequence[str]], unsaid: Sequence[str]) -> Trial:
    """Plan what is put right of one refusal.

    Parameters
    ----------
    reasons : the factors of each reason, in the order of ranks; several where words were merged
    unsaid : the factors that are no reason, the strongest toward refusal first

    >>> [sorted(one) for one in trial([["a"], ["b"]], ["c"]).sets]
    [['a'], ['a', 'b'], ['c'], ['b']]
    """
    printed = [frozenset(f for reason in reasons[: rank + 1] for f in reason) for rank in range(len(reasons))]
    others = [frozenset(unsaid[: len(one)]) for one in printed if len(one) <= len(unsaid)]
    return Trial(tuple(printed), tuple(others), tuple(frozenset(reason) for reason in reasons))


def mixed(
    rows: Columns,
    reference: Columns,
    sets: Sequence[tuple[int, Factors]],
    factors: Mapping[str, Sequence[str]],
) -> dict[str, NDArray[Any]]:
    """Return rows with some factors put right: for each set one row for every reference row.

    Parameters
    ----------
    sets : (which row, the factors that take the reference row's values)
    factors : factor -> its columns

    Returns
    -------
    column -> len(sets) x reference rows values, set after set
    """
    owner = {column: factor for factor, columns in factors.items() for column in columns}
    at = np.array([place for place, _ in sets], dtype=np.int64)
    found: dict[str, NDArray[Any]] = {}
    for column, cells in rows.items():
        theirs = np.array([owner.get(column) in those for _, those in sets], dtype=bool)
        found[column] = np.where(theirs[:, None], reference[column][None, :], cells[at][:, None]).ravel()
    return found


@dataclass(frozen=True, slots=True)
class Tried:
    """What came out of one refusal's trial.

    Parameters
    ----------
    score, aim : the row's score and the mean score of the reference
    means : set of factors -> the mean score when they are put right
    turned : set of factors -> whether the decision turns; empty where no cutoff refused this row
    """

    trial: Trial
    score: float
    aim: float
    means: Mapping[Factors, float]
    turned: Mapping[Factors, bool] = field(default_factory=dict)


def figure(tried: Sequence[Tried], *, sign: float, tolerance: float, reference_n: int) -> Figure:
    """Return how far the printed reasons carry the score.

    Parameters
    ----------
    sign : 1 where high scores are adverse, else -1
    tolerance : a score that moves by less stays, in the unit of the score
    reference_n : reference rows that each mean is over
    """
    with_reasons = [one for one in tried if one.trial.printed]
    if not with_reasons:
        return Figure("faithfulness", "model_risk", {"cause": "no refusal that was looked at has a reason"})

    def moved(one: Tried, those: Factors) -> float:
        return sign * (one.score - one.means[those])

    def gap(one: Tried) -> float:
        return sign * (one.score - one.aim)

    def told(ones: Sequence[tuple[Tried, Factors]]) -> dict[str, Any]:
        wide = [(one, those) for one, those in ones if gap(one) > tolerance]
        turned = [float(one.turned[those]) for one, those in ones if one.turned]
        return {
            "share_moved": _ratio([moved(*each) for each in wide], [gap(one) for one, _ in wide]),
            "turned": share(turned),
        }

    ranks = []
    for rank in range(max(len(one.trial.printed) for one in with_reasons)):
        having = [one for one in with_reasons if len(one.trial.printed) > rank]
        beside = [one for one in having if len(one.trial.others) > rank]
        ranks.append(
            {
                "rank": rank + 1,
                "n": len(having),
                "printed": told([(one, one.trial.printed[rank]) for one in having]),
                "others": told([(one, one.trial.others[rank]) for one in beside]),
            }
        )
    more, against = [], []
    for one in with_reasons:
        if one.trial.others:
            last = len(one.trial.others) - 1
            ahead = moved(one, one.trial.printed[last]) - moved(one, one.trial.others[last])
            more.append(float(ahead > tolerance))
        against += [float(moved(one, those) < -tolerance) for those in one.trial.alone]
    whole = told([(one, one.trial.printed[-1]) for one in with_reasons])
    body = {
        "n": len(with_reasons),
        "reference_n": reference_n,
        **whole,
        "moved_more": share(more),
        "against_alone": share(against),
        "ranks": ranks,
    }
    return Figure("faithfulness", "model_risk", body)


def _ratio(parts: Sequence[float], wholes: Sequence[float]) -> dict[str, Any]:
    """Return the ratio of two means with its 95 % interval, by the variance of its first order.

    Why so, no mean of ratios: a refusal near the reference's mean has next to no way to go, and its
    own ratio would outweigh all others.
    """
    n = len(parts)
    if not n:
        return {"value": None, "low": None, "high": None, "n": 0}
    part, whole = np.asarray(parts, dtype=np.float64), np.asarray(wholes, dtype=np.float64)
    value = float(part.mean() / whole.mean())
    if n < 2:
        return {"value": value, "low": None, "high": None, "n": n}
    apart = part - value * whole
    error = math.sqrt(float((apart**2).sum()) / (n * (n - 1))) / float(whole.mean())
    return {"value": value, "low": value - Z * error, "high": value + Z * error, "n": n}
