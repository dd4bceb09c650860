"""Whether the order of the reasons of one decision is settled.

What a letter prints depends on some places of the ranking only: who stands at each of the first
``at_most`` places, who stands first behind them, and who lies below the floor (R3). There a
difference must be larger than ``z`` standard errors, or else so small that it is a tie (R13).

Why so, four standard errors: some thirty differences decide one ranking, and all rows of a run share
one design, so an unlucky one misleads several at once. On real applicants, forty designs each, three
left 11 of 49,000 rankings that were called certain wrong; four, none of 39,000.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audit.record import Certified

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Rule:
    """What decides which factors are printed, and what counts as settled.

    Parameters
    ----------
    at_most : reasons printed
    floor : share of the total adverse contribution below which no reason is printed
    tolerance : a difference below it, in the unit of the score, is a tie
    z : standard errors that a difference must exceed
    """

    at_most: int = 4
    floor: float = 0.05
    tolerance: float = 1e-5
    z: float = 4.0


def certified(
    contributions: NDArray[np.float64], covariance: NDArray[np.float64] | None, rule: Rule
) -> Certified:
    """Return exact, certain, tie or false for one decision.

    Parameters
    ----------
    contributions : float64[k], positive toward the adverse outcome
    covariance : float64[k, k] of their errors; None where they are exact
    rule : what is printed, and what counts as settled

    >>> import numpy as np
    >>> rule = Rule(at_most=2)
    >>> certified(np.array([0.3, 0.2, 0.1]), None, rule)
    'exact'
    >>> certified(np.array([0.3, 0.2, 0.2]), None, rule)
    'tie'
    >>> certified(np.array([0.3, 0.2, 0.1]), np.eye(3) * 0.01, rule)
    'false'
    """
    if covariance is None:
        return exactly(contributions[None], rule)[0]
    gaps, errors = _decisive(contributions, covariance, rule)
    settled = np.abs(gaps) > rule.z * errors
    tied = np.abs(gaps) + rule.z * errors < rule.tolerance
    if not np.all(settled | tied):
        return "false"
    return "tie" if np.any(tied) or np.any(np.abs(gaps) < rule.tolerance) else "certain"


def exactly(contributions: NDArray[np.float64], rule: Rule) -> tuple[Certified, ...]:
    """Return exact or tie for decisions whose contributions, float64[n, k], have no error.

    Of the differences that decide, only those to the next in the ranking can be the smallest.
    """
    ranked = -np.sort(-contributions, axis=1)
    to_floor = ranked - rule.floor * np.maximum(ranked, 0.0).sum(axis=1, keepdims=True)
    above = to_floor > 0
    printed = np.minimum(rule.at_most, above.sum(axis=1))[:, None]
    full = printed == rule.at_most
    places = np.arange(ranked.shape[1])
    follows = (places[:-1] < printed) & (above[:, 1:] | full)
    close = (ranked[:, :-1] - ranked[:, 1:] < rule.tolerance) & follows
    at_floor = (np.abs(to_floor) < rule.tolerance) & ((places < printed) | ~full)
    tied = close.any(axis=1) | at_floor.any(axis=1)
    return tuple("tie" if one else "exact" for one in tied.tolist())


def _decisive(
    contributions: NDArray[np.float64], covariance: NDArray[np.float64], rule: Rule
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the differences that decide what is printed, and their standard errors."""
    k = len(contributions)
    order = np.argsort(-contributions, kind="stable")
    # Distance of every factor to the floor, which moves with the total of what pushed.
    pushed = (contributions > 0).astype(float)
    to_floor = contributions - rule.floor * (pushed @ contributions)
    above = (to_floor > 0)[order]
    printed = min(rule.at_most, int(np.count_nonzero(above)))
    full = printed == rule.at_most
    # Each printed factor against all behind it; those below the floor only where they could move up.
    behind = np.arange(k) > np.arange(printed)[:, None]
    first, second = (order[one] for one in np.nonzero(behind & (above | full)))
    # Which factors lie above the floor matters until all places are taken.
    held = order[: printed if full else k]
    gaps = np.concatenate([contributions[first] - contributions[second], to_floor[held]])
    variance, with_pushed = np.diag(covariance), covariance @ pushed
    between = variance[first] + variance[second] - covariance[first, second] - covariance[second, first]
    of_floor = variance[held] + rule.floor * (rule.floor * (pushed @ with_pushed) - 2 * with_pushed[held])
    return gaps, np.sqrt(np.maximum(np.concatenate([between, of_floor]), 0.0))
