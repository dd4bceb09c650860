"""Regulation B's two named methods, held against the reasons that letters quote.

A method that the regulation does not name may be used where its results are substantially similar
to those of one that it names: the factors on which an applicant fell furthest below the average
(1) of the applicants at or slightly above the passing score, or (2) of all applicants. Both are made
again on the same model, by factor points (``factor_points`` says how they are read where a score is
no sum of points), and compared on declined cases: the four strongest factors, the first, the order.

Source: 12 CFR part 1002, Supplement I, comment 9(b)(2)-5; regulation.md R5 for the number of cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from audit.explain.agreement import agreement, strongest
from audit.explain.stability import overlap
from audit.fairness.intervals import wilson_interval
from audit.record import Attributions, Figure

ASKED = 500  # declined cases that a test of similarity takes
POPULATIONS = ("near_cutoff", "all_applicants")  # in the order in which the comment names them


def similarity(
    population: str,
    quoted: Attributions,
    points: Attributions,
    *,
    orient: float,
    reference_n: int,
    tolerance: float = 0.0,
) -> dict[str, Any]:
    """Compare one named method with the quoted one on the same declined cases.

    Parameters
    ----------
    population : whose average the points are held against
    quoted, points : of the same rows and factors
    orient : 1.0 where high scores are adverse, -1.0 where low ones are
    reference_n : applicants whose average it is
    tolerance : what is closer is a tie, in the unit of the score

    Returns
    -------
    dict
        ``agreement`` of the two, with ``low`` and ``high`` of ``top4_overlap``.
    """
    found = agreement(quoted, points, orient=orient, tolerance=tolerance)
    low = high = None
    if found["top4_overlap"] is not None:
        low, high = wilson_interval(found["top4_overlap"] * found["n"], found["n"])
    del found["method"]
    return {"population": population, "reference_n": reference_n, **found, "low": low, "high": high}


def similarity_of_lists(
    population: str,
    told: Sequence[Sequence[str]],
    points: Attributions,
    *,
    orient: float,
    reference_n: int,
    tolerance: float,
) -> dict[str, Any]:
    """Compare one named method with reasons that came without sizes, as a vendor's do.

    Parameters
    ----------
    told : the factors of each case's reasons, in order

    Returns
    -------
    dict
        As ``similarity``; a list has no sizes, so neither correlation nor difference is known.
    """
    top = [
        [points.factors[at] for at in strongest(np.round(orient * row / tolerance))] for row in points.values
    ]
    if not top:
        return not_compared(population, "no decision was explained by both")
    pairs = [(list(mine), theirs) for mine, theirs in zip(told, top, strict=True)]
    mean = float(np.mean([overlap(mine, theirs) for mine, theirs in pairs]))
    low, high = wilson_interval(mean * len(pairs), len(pairs))
    return {
        "population": population,
        "reference_n": reference_n,
        "n": len(pairs),
        "top4_overlap": mean,
        "same_top1": float(np.mean([mine[:1] == theirs[:1] for mine, theirs in pairs])),
        "rank_correlation": None,
        "max_difference": None,
        "cause": None,
        "low": low,
        "high": high,
    }


def not_compared(population: str, cause: str) -> dict[str, Any]:
    """Return the entry of a named method that could not be made."""
    blank = dict.fromkeys(
        ("top4_overlap", "same_top1", "rank_correlation", "max_difference", "low", "high"), None
    )
    return {"population": population, "reference_n": 0, "n": 0, **blank, "cause": cause}


def figure(declined: int, rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Return how similar the quoted reasons are to those of the named methods.

    Parameters
    ----------
    declined : cases that a score declined and that were explained, of which ``n`` were compared
    rows : an entry of ``similarity`` or ``not_compared`` for each named method
    """
    body = {
        "n": max((int(row["n"]) for row in rows), default=0),
        "declined": declined,
        "asked": ASKED,
        "with": [dict(row) for row in rows],
    }
    return Figure("named_methods", "model_risk", body)
