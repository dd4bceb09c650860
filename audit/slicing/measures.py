"""Everything that is measured of one slice, from its counts alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from audit.fairness.groups import ADVERSE, FAVOURABLE, CountTable, Integers
from audit.fairness.intervals import wilson_interval
from audit.fairness.performance import calibration
from audit.record import Rate
from audit.slicing.losses import losses
from audit.slicing.ranking import ranking
from audit.slicing.sweep import sweep

Counted = tuple[int, int]

_NOT_OBSERVED = "no outcome was observed"
_NONE_ADVERSE = "no adverse outcome was observed"
_NONE_FAVOURABLE = "no favourable outcome was observed"

# Of decided by observed: (how many, out of how many), and why there is none where the second is 0.
SHARES: dict[str, tuple[Callable[[Integers], Counted], str]] = {
    "selection_rate": (
        lambda m: (int(m[FAVOURABLE].sum()), int(m[:2].sum())),
        "nobody was decided upon",
    ),
    "adverse_outcome_rate": (
        lambda m: (int(m[:2, ADVERSE].sum()), int(m[:2, :2].sum())),
        _NOT_OBSERVED,
    ),
    "error_rate": (
        lambda m: (int(m[ADVERSE, FAVOURABLE] + m[FAVOURABLE, ADVERSE]), int(m[:2, :2].sum())),
        _NOT_OBSERVED,
    ),
    "accuracy": (
        lambda m: (int(m[ADVERSE, ADVERSE] + m[FAVOURABLE, FAVOURABLE]), int(m[:2, :2].sum())),
        _NOT_OBSERVED,
    ),
    "positive_predictive_value": (
        lambda m: (int(m[ADVERSE, ADVERSE]), int(m[ADVERSE, :2].sum())),
        "nobody with an observed outcome was refused",
    ),
    "true_positive_rate": (
        lambda m: (int(m[ADVERSE, ADVERSE]), int(m[:2, ADVERSE].sum())),
        _NONE_ADVERSE,
    ),
    "false_positive_rate": (
        lambda m: (int(m[ADVERSE, FAVOURABLE]), int(m[:2, FAVOURABLE].sum())),
        _NONE_FAVOURABLE,
    ),
    "false_negative_rate": (
        lambda m: (int(m[FAVOURABLE, ADVERSE]), int(m[:2, ADVERSE].sum())),
        _NONE_ADVERSE,
    ),
}


def shares(matrix: Integers) -> tuple[Rate, ...]:
    """Return the rates of decided by observed (int64[3, 3]), with Wilson intervals.

    Precision is ``positive_predictive_value``, recall ``true_positive_rate``; positive = adverse.
    """
    found = []
    for metric, (share, cause) in SHARES.items():
        counted, n = share(matrix)
        if n == 0:
            found.append(Rate("all", "all", metric, 0, None, cause=cause))
        else:
            found.append(Rate("all", "all", metric, n, counted / n, *wilson_interval(counted, n)))
    return tuple(found)


def measured(rates: Sequence[Rate]) -> dict[str, dict[str, Any]]:
    """Return rates as a figure holds them: metric -> n, value, low, high, cause."""
    return {
        one.metric: {
            "n": one.n,
            "value": one.value,
            "low": one.low,
            "high": one.high,
            "cause": one.cause,
        }
        for one in rates
    }


def of_group(
    table: CountTable,
    attribute: str,
    group: str,
    thresholds: Sequence[float],
    *,
    adverse_high: bool,
    included: bool,
) -> dict[str, Any]:
    """Return the measures, confusion, calibration and sweep of one slice, JSON values only.

    Parameters
    ----------
    thresholds : of the sweep, on the scale of the scores
    included : whether a score at the threshold is adverse
    """
    matrix, counts = table.matrix(attribute, group), table.score_counts(attribute, group)
    rates = (
        *shares(matrix),
        *ranking(counts, adverse_high=adverse_high),
        *losses(counts, adverse_high=adverse_high),
    )
    bins = calibration(counts, adverse_high=adverse_high)
    return {
        "n": int(matrix[:2].sum()),
        "n_observed": int(matrix[:2, :2].sum()),
        "measures": measured(rates),
        "confusion": {
            "true_positive": int(matrix[ADVERSE, ADVERSE]),
            "false_positive": int(matrix[ADVERSE, FAVOURABLE]),
            "true_negative": int(matrix[FAVOURABLE, FAVOURABLE]),
            "false_negative": int(matrix[FAVOURABLE, ADVERSE]),
        },
        "calibration": {"cause": bins}
        if isinstance(bins, str)
        else {
            "bins": [
                {
                    "n": one.n,
                    "mean_score": one.mean_score,
                    "observed": one.observed,
                    "low": one.low,
                    "high": one.high,
                }
                for one in bins
            ]
        },
        "sweep": sweep(counts, thresholds, adverse_high=adverse_high, included=included)
        if len(counts.score)
        else {"cause": "the decisions have no scores"},
    }
