"""What the model's scores say of what was decided and observed: which end is bad, and where it was cut.

Which scores are bad is stated in a config and never guessed by an audit. A draft proposes it where the data
leave no doubt, with the figures that it rests on, and leaves it open where they do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from audit.data.likeness import rank_correlation
from audit.fairness.intervals import auc_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FEWEST = 20  # rows of each outcome, below which a difference proves nothing
AGREES = 0.995  # share of decisions that one cutoff must give again to be proposed


@dataclass(frozen=True, slots=True)
class Orientation:
    """Which scores are bad (None: it cannot be told), and how that was seen."""

    adverse: Literal["high", "low"] | None
    how: str


@dataclass(frozen=True, slots=True)
class Cut:
    """The score that parts refused from approved; ``value`` is None where no score does."""

    value: float | None
    agrees: float  # share of decisions that the best cutoff gives again


def orientation(scores: NDArray[np.float64], adverse: NDArray[np.bool_], column: str) -> Orientation:
    """Return which scores go with the adverse outcomes.

    The area under the curve must lie twice its 95 % interval's half width from one half.

    Parameters
    ----------
    scores : float64[n]
    adverse : bool[n], whether the outcome of ``column`` is the adverse one
    """
    n_bad, n_good = int(adverse.sum()), int((~adverse).sum())
    if min(n_bad, n_good) < _FEWEST:
        return Orientation(
            None, f"{column} has {n_bad} adverse and {n_good} other rows, which is too few to tell"
        )
    ranks = pl.Series(scores).rank("average").to_numpy()
    auc = float((ranks[adverse].sum() - n_bad * (n_bad + 1) / 2) / (n_bad * n_good))
    low, high = auc_interval(auc, n_bad, n_good)
    half = (high - low) / 2
    seen = f"of {n_bad + n_good:,} rows, those with an adverse {column} have the"
    if auc - 2 * half > 0.5:
        return Orientation("high", f"{seen} higher scores (area under the curve {auc:.2f})")
    if auc + 2 * half < 0.5:
        return Orientation("low", f"{seen} lower scores (area under the curve {auc:.2f})")
    return Orientation(None, f"{column} does not tell: area under the curve {auc:.2f}, about one half")


def cut(scores: NDArray[np.float64], refused: NDArray[np.bool_], adverse: str) -> Cut:
    """Return the cutoff that gives the decisions again, a score at it being adverse.

    >>> cut(np.array([0.1, 0.2, 0.4, 0.9]), np.array([False, False, True, True]), "high")
    Cut(value=0.4, agrees=1.0)
    """
    turned = scores if adverse == "high" else -scores
    order = np.argsort(turned, kind="stable")
    values, no = turned[order], refused[order]
    # At each place: everybody from there on is refused, everybody before is approved.
    right = np.concatenate([[0], np.cumsum(~no)]) + (no.sum() - np.concatenate([[0], np.cumsum(no)]))
    real = np.concatenate([[True], values[1:] != values[:-1]])  # a cutoff cannot part equal scores
    right = np.where(real, right[:-1], -1)
    at = int(np.argmax(right))
    agrees = float(right[at] / len(values))
    found = float(values[at] if adverse == "high" else -values[at])
    return Cut(found if agrees >= AGREES else None, agrees)


def same_order(scores: NDArray[np.float64], column: NDArray[np.float64]) -> bool:
    """Return whether a column orders people as the model does, or the other way round."""
    return abs(rank_correlation(scores, column)) >= 0.999
