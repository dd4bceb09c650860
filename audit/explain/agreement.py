"""How far another method's contributions agree with those that letters quote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.record import Attributions

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOP = 4


def agreement(
    quoted: Attributions, other: Attributions, orient: float = 1.0, tolerance: float = 0.0
) -> dict[str, Any]:
    """Compare two methods on the same rows.

    Parameters
    ----------
    quoted, other : Attributions of the same rows and factors
    orient : 1.0 where high scores are adverse, -1.0 where low ones are
    tolerance : contributions that differ by less are ties, and what is smaller did not push (R13): a
        factor that does nothing must not be named for the last bit of a sum

    Returns
    -------
    dict
        ``n``; ``method``; ``top4_overlap``: mean share of the other's four strongest adverse factors
        that are also among the quoted four, 0 to 1; ``same_top1``: share of rows with the same
        strongest factor; ``rank_correlation``: mean Spearman correlation; ``max_difference``:
        largest difference of two contributions, in the unit of the score; ``how``, where the other
        method played another game, or against fewer reference rows, than the one quoted.
    """
    if quoted.factors != other.factors or quoted.values.shape != other.values.shape:
        raise ValueError("the two methods explain other rows or other factors")
    n = len(quoted.values)
    how = _how(other.details)
    told = {"method": other.method, "n": n, **({"how": how} if how else {})}
    empty = dict.fromkeys(("top4_overlap", "same_top1", "rank_correlation", "max_difference"))
    if not n or not quoted.factors:
        return {**told, **empty, "cause": "no decision was explained by both"}
    a, b = orient * quoted.values, orient * other.values
    largest = float(np.abs(a - b).max())
    if tolerance > 0:
        a, b = np.round(a / tolerance), np.round(b / tolerance)
    overlaps, same = [], []
    for mine, theirs in zip(a, b, strict=True):
        top, their_top = strongest(mine), strongest(theirs)
        # Of two methods that name nobody, both say the same.
        overlaps.append(
            len(set(top) & set(their_top)) / max(len(top), len(their_top), 1) if top or their_top else 1.0
        )
        same.append(top[:1] == their_top[:1])
    correlations = [spearman(mine, theirs) for mine, theirs in zip(a, b, strict=True)]
    known = [value for value in correlations if value is not None]
    return {
        **told,
        "top4_overlap": float(np.mean(overlaps)),
        "same_top1": float(np.mean(same)),
        "rank_correlation": float(np.mean(known)) if known else None,
        "max_difference": largest,
        "cause": None,
    }


def overlaps(
    found: Mapping[str, Attributions], orient: float = 1.0, tolerance: float = 0.0
) -> dict[str, Any]:
    """Return how far each method agrees with each other one, on the rows that all of them explained.

    Returns
    -------
    dict
        ``methods`` in the order given, and ``top4_overlap``, a row a method: 0 to 1, 1 with itself;
        None where there were no rows.
    """
    names = list(found)
    table: list[list[float | None]] = [[None] * len(names) for _ in names]
    for i, one in enumerate(names):
        for j, other in enumerate(names[: i + 1]):
            told = agreement(found[one], found[other], orient, tolerance)
            table[i][j] = table[j][i] = told["top4_overlap"]
    return {"methods": names, "top4_overlap": table}


def _how(details: Mapping[str, Any]) -> str | None:
    """Return what a reader must know of a cross-check before its difference means anything."""
    if details.get("game", "factors") != "factors":
        return f"{details['explainer']}: {details['game']}"
    if details.get("whole_reference") is False:
        return f"against {details['background']} of the reference rows"
    return None


def strongest(contributions: NDArray[np.float64]) -> list[int]:
    """Return the first four factors that push toward the adverse outcome, strongest first."""
    order = np.argsort(-contributions, kind="stable")[:TOP]
    return [int(at) for at in order if contributions[at] > 0]


def spearman(a: NDArray[np.float64], b: NDArray[np.float64]) -> float | None:
    """Return the rank correlation; None where one side has no order."""
    both = ranks(a), ranks(b)
    if min(one.std() for one in both) == 0:
        return None  # all contributions are equal, so there is no order to compare
    return float(np.corrcoef(*both)[0, 1])


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return average ranks: equal values share theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: NDArray[np.float64] = (last - (counts - 1) / 2)[place]
    return ranks
