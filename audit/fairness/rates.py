"""Rates of each group: how often it was selected, and how often the decision met the outcome.

``selection`` is the favourable decision. The *positive* of an error rate is the adverse one: a true
positive was refused and would have defaulted, a false positive was refused and would have paid.
Rows of outcome ``none`` (withdrawn, incomplete) stay out of every rate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from audit.fairness.groups import ADVERSE, ALL, FAVOURABLE, CountTable, Integers
from audit.fairness.intervals import wilson_interval
from audit.fairness.ks import ks_rate
from audit.fairness.performance import auc_rate, calibration_gap
from audit.fairness.separation import SEPARATED
from audit.record import Disparity, Measurement, Rate
from audit.record.words import MeasurementState

# Of count matrices int64[..., 3, 3]: (how many, out of how many); each a whole number, or an array of them.
Share = Callable[[Integers], tuple[Any, Any]]


def _selection(matrix: Integers) -> tuple[Any, Any]:
    return matrix[..., FAVOURABLE, :].sum(axis=-1), matrix[..., :2, :].sum(axis=(-2, -1))


def _observed(decided: int, happened: int) -> Share:
    """Return the share decided so, of those that turned out so."""

    def share(matrix: Integers) -> tuple[Any, Any]:
        return matrix[..., decided, happened], matrix[..., :2, happened].sum(axis=-1)

    return share


def _predictive(decided: int, happened: int) -> Share:
    """Return the share that turned out so, of those decided so with an observed outcome."""

    def share(matrix: Integers) -> tuple[Any, Any]:
        return matrix[..., decided, happened], matrix[..., decided, :2].sum(axis=-1)

    return share


def _adverse_outcomes(matrix: Integers) -> tuple[Any, Any]:
    return matrix[..., :2, ADVERSE].sum(axis=-1), matrix[..., :2, :2].sum(axis=(-2, -1))


_NONE_ADVERSE = "no adverse outcome was observed"
_NONE_FAVOURABLE = "no favourable outcome was observed"
SELECTION: dict[str, tuple[Share, str]] = {"selection_rate": (_selection, "nobody was decided upon")}
WITH_OUTCOME: dict[str, tuple[Share, str]] = {
    "true_positive_rate": (_observed(ADVERSE, ADVERSE), _NONE_ADVERSE),
    "false_positive_rate": (_observed(ADVERSE, FAVOURABLE), _NONE_FAVOURABLE),
    "true_negative_rate": (_observed(FAVOURABLE, FAVOURABLE), _NONE_FAVOURABLE),
    "false_negative_rate": (_observed(FAVOURABLE, ADVERSE), _NONE_ADVERSE),
    "positive_predictive_value": (
        _predictive(ADVERSE, ADVERSE),
        "nobody with an observed outcome was refused",
    ),
    "negative_predictive_value": (
        _predictive(FAVOURABLE, FAVOURABLE),
        "nobody with an observed outcome was approved",
    ),
    "adverse_outcome_rate": (_adverse_outcomes, "no outcome was observed"),
}
OF_SCORES = ("auc", "ks", "calibration_gap")
NOT_OBSERVED = "what really happened was not observed"


def too_few(n: int, min_group: int) -> str | None:
    """Return the cause for which a group of ``n`` is inconclusive, None where it is large enough."""
    return f"too few: n < {min_group}" if n < min_group else None


def rates(table: CountTable, min_group: int = 30, *, adverse_high: bool = True) -> tuple[Rate, ...]:
    """Return every rate of the whole population and of every group, with 95 % intervals.

    Parameters
    ----------
    min_group : int
        A smaller group keeps its value and its n and has a cause: it is inconclusive.
    adverse_high : bool
        Whether high scores are bad; turns AUC and calibration gap.

    Returns
    -------
    tuple of Rate
        First of ``all``, then of each attribute. ``n`` is what the rate is a share of. Where no
        outcome was observed at all, the measures that need one stand once, for ``all``, with the cause.

    Source: Wilson (1927) intervals; AUC and calibration as in ``performance``, KS as in ``ks``.
    """
    found: list[Rate] = []
    observed = bool(table.matrix()[:2, :2].sum())
    for attribute in (ALL, *table.attributes):
        for group in table.groups(attribute):
            matrix = table.matrix(attribute, group)
            shares = SELECTION | WITH_OUTCOME if observed else SELECTION
            for metric, (share, cause) in shares.items():
                found.append(_share_rate(attribute, group, metric, share(matrix), cause, min_group))
            if observed:
                counts = table.score_counts(attribute, group)
                found += [
                    replace(one, cause=one.cause or too_few(one.n, min_group))
                    for one in (
                        auc_rate(attribute, group, counts, adverse_high=adverse_high),
                        ks_rate(attribute, group, counts),
                        calibration_gap(attribute, group, counts, adverse_high=adverse_high),
                    )
                ]
    if not observed:
        found += [
            Rate(ALL, ALL, metric, 0, None, cause=NOT_OBSERVED) for metric in (*WITH_OUTCOME, *OF_SCORES)
        ]
    return tuple(found)


def _share_rate(
    attribute: str, group: str, metric: str, share: tuple[Any, Any], cause: str, min_group: int
) -> Rate:
    counted, n = int(share[0]), int(share[1])
    if n == 0:
        return Rate(attribute, group, metric, 0, None, cause=cause)
    low, high = wilson_interval(counted, n)
    return Rate(attribute, group, metric, n, counted / n, low, high, too_few(n, min_group))


def measurements(rates: Sequence[Rate], disparities: Sequence[Disparity]) -> tuple[Measurement, ...]:
    """Return what requirements are judged by.

    A value with a cause is inconclusive (shown, and no basis for a verdict); no value is not measured,
    but for a regression whose controls decide without exception: it was made, and says nothing.
    """
    found: tuple[Rate | Disparity, ...] = (*rates, *disparities)
    return tuple(
        Measurement(
            measure=each.metric,
            value=each.value,
            low=each.low,
            high=each.high,
            n=each.n,
            attribute=each.attribute,
            group=each.group,
            state=_state(each),
            cause=each.cause,
        )
        for each in found
    )


def _state(each: Rate | Disparity) -> MeasurementState:
    if each.value is None and not (each.cause or "").startswith(SEPARATED):
        return "not_measured"
    return "inconclusive" if each.cause else "measured"
