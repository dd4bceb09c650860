"""Interaction of two factors: what the pair does beyond the sum of what each does.

Friedman's H squared: the variance of the joint partial dependence that the two single ones do not
add up to, as a share of the variance of the joint one. 0 = the two add up; 1 = neither does anything
by itself. Its numerator's root is the *size* of the interaction in the unit of the score, by which
pairs are ordered: the share alone makes much of pairs that do next to nothing.

Why so, H squared and not the Shapley interaction index: the question is how the model behaves over a
population, and H answers it with one number a pair from 1 + pairs partial dependences; the index
is a number for each decision that needs all coalitions of all factors, and must then be averaged
by size, which hides its sign. A partial dependence of a factor is the value of its coalition in the
game of the reasons (``game``), so both speak of the same function.

Source: Friedman and Popescu (2008), equation 44. Interval: rows are resampled, as those that are
explained and as those that are averaged over, 200 times (basic bootstrap: Davison and Hinkley 1997);
of 80 to 150 rows nine in ten such intervals held the true size of a product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from audit.explain.game import Game
from audit.explain.population import FEWEST, Population

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

source = "Friedman and Popescu (2008), equation 44"
ROWS = 150  # each is mixed with each
AMONG = 6  # factors whose pairs are looked at
RESAMPLES = 200
_NOTHING = 1e-10  # of the scores' variance: what float32 may make of nothing


@dataclass(frozen=True, slots=True)
class Interaction:
    """One pair: H squared, the size in the unit of the score, and their 95 % intervals.

    ``share`` (H squared, 0 to 1; above 1 where the single effects cancel each other) is None where
    the pair does nothing at all, so that there is no share of it.
    """

    first: str
    second: str
    share: float | None
    share_low: float | None
    share_high: float | None
    size: float
    size_low: float
    size_high: float


def interactions(
    population: Population,
    among: Sequence[str],
    *,
    rows: int = ROWS,
    seed: int = 7,
    resamples: int = RESAMPLES,
) -> tuple[list[Interaction], int] | str:
    """Measure every pair of the named factors, largest size first.

    Returns
    -------
    list of Interaction, and the number of rows that were mixed; or why nothing was measured. A
    factor that the model does not read, or that all rows share, is in no pair.
    """
    if len(population) < FEWEST:
        return f"too few: n < {FEWEST}"
    moved = [factor for factor in among if population.unmoved(population.factors[factor]) is None]
    if len(moved) < 2:
        return "fewer than two factors move a score"
    n = min(rows, len(population))
    at = np.sort(np.random.default_rng(seed).choice(len(population), size=n, replace=False))
    pairs = list(combinations(range(len(moved)), 2))
    coalitions = np.zeros((len(moved) + len(pairs), len(moved)), dtype=bool)
    coalitions[: len(moved)] = np.eye(len(moved), dtype=bool)
    for place, pair in enumerate(pairs, start=len(moved)):
        coalitions[place, list(pair)] = True
    mixes = mixed_scores(population, moved, at, coalitions)
    weights = np.ones((1, n)) / n
    draws = np.random.default_rng([seed, n]).multinomial(n, np.full(n, 1 / n), size=resamples) / n
    weights = np.concatenate([weights, draws])
    effects = [centred_dependence(one, weights) for one in mixes]
    floor = _NOTHING * max(float(population.scores.var()), 1e-300)
    found = []
    for place, (first, second) in enumerate(pairs, start=len(moved)):
        joint = effects[place]
        apart = joint - effects[first] - effects[second]
        beyond = (weights * apart**2).sum(axis=1)
        whole = (weights * joint**2).sum(axis=1)
        beyond = np.where(beyond <= floor, 0.0, beyond)
        sizes = np.sqrt(beyond)
        shares = np.divide(beyond, whole, out=np.zeros_like(beyond), where=whole > floor)
        size = _with_interval(sizes)
        share = (None, None, None) if whole[0] <= floor else _with_interval(shares)
        found.append(
            Interaction(moved[first], moved[second], share[0], share[1], share[2], size[0], size[1], size[2])
        )
    return sorted(found, key=lambda one: (-one.size, one.first, one.second)), n


def _with_interval(values: Floats) -> tuple[float, float, float]:
    """Return the first value and its 95 % interval from the resampled ones behind it.

    Why so, the interval is turned around the value: resampled sizes fall short of the measured one
    as that falls short of the true one, and a plain percentile interval would fall short twice.
    """
    value = float(values[0])
    low, high = 2 * value - np.quantile(values[1:], (0.975, 0.025))
    return value, float(max(0.0, min(low, value))), float(max(high, value))


def mixed_scores(
    population: Population, factors: Sequence[str], at: NDArray[np.int64], coalitions: NDArray[np.bool_]
) -> list[Floats]:
    """Return, by coalition, float64[n, n]: row i's columns of the coalition, all others from row j."""
    owned = np.stack([population.owned(population.factors[factor]) for factor in factors])
    some = population.encoded[at]
    played = Game(population.scorer, some, some, tuple(factors), tuple(range(len(factors))), owned)
    background = np.tile(np.arange(len(at)), len(coalitions))
    scores = played.each(some, np.repeat(coalitions, len(at), axis=0), background)
    return [np.asarray(part) for part in np.split(scores, len(coalitions), axis=1)]


def centred_dependence(mixes: Floats, weights: Floats) -> Floats:
    """Return float64[draws, n]: the partial dependence at each row, its weighted mean taken off.

    Parameters
    ----------
    mixes : float64[n, n], the score of row i's columns with row j's others
    weights : float64[draws, n], each draw's weights of the rows, summing to 1
    """
    dependence = weights @ mixes.T
    return np.asarray(dependence - (weights * dependence).sum(axis=1, keepdims=True))
