"""Rates of each group: how often it was selected, and how often the decision met the outcome.

``selection`` is the favourable decision. The *positive* of an error rate is the adverse one: a true
positive was refused and would have defaulted, a false positive was refused and would have paid.
Rows of outcome ``none`` (withdrawn, incomplete) stay out of every rate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from audit.fairness.groups import ADVERSE, ALL, FAVOURABLE, CountTable, Integers
from audit.fairness.intervals import wilson_interval
from audit.fairness.performance import auc_rate
from audit.record import Disparity, Measurement, Rate

# Of a count matrix: (how many, out of how many), and why there is none where the second is 0.
Share = Callable[[Integers], tuple[int, int]]


def _selection(matrix: Integers) -> tuple[int, int]:
    return int(matrix[FAVOURABLE].sum()), int(matrix[:2].sum())


def _true_positive(matrix: Integers) -> tuple[int, int]:
    return int(matrix[ADVERSE, ADVERSE]), int(matrix[:2, ADVERSE].sum())


def _false_positive(matrix: Integers) -> tuple[int, int]:
    return int(matrix[ADVERSE, FAVOURABLE]), int(matrix[:2, FAVOURABLE].sum())


def _false_negative(matrix: Integers) -> tuple[int, int]:
    return int(matrix[FAVOURABLE, ADVERSE]), int(matrix[:2, ADVERSE].sum())


def _positive_predictive(matrix: Integers) -> tuple[int, int]:
    return int(matrix[ADVERSE, ADVERSE]), int(matrix[ADVERSE, :2].sum())


SELECTION: dict[str, tuple[Share, str]] = {"selection_rate": (_selection, "nobody was decided upon")}
WITH_OUTCOME: dict[str, tuple[Share, str]] = {
    "true_positive_rate": (_true_positive, "no adverse outcome was observed"),
    "false_positive_rate": (_false_positive, "no favourable outcome was observed"),
    "false_negative_rate": (_false_negative, "no adverse outcome was observed"),
    "positive_predictive_value": (_positive_predictive, "nobody with an observed outcome was refused"),
}
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
        Whether high scores are bad; turns the AUC.

    Returns
    -------
    tuple of Rate
        First of ``all``, then of each attribute. ``n`` is what the rate is a share of. Where no
        outcome was observed at all, the measures that need one stand once, for ``all``, with the cause.

    Source: Wilson (1927) intervals; AUC as in ``performance``.
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
                auc = auc_rate(
                    attribute, group, table.score_counts(attribute, group), adverse_high=adverse_high
                )
                found.append(replace(auc, cause=auc.cause or too_few(auc.n, min_group)))
    if not observed:
        found += [Rate(ALL, ALL, metric, 0, None, cause=NOT_OBSERVED) for metric in (*WITH_OUTCOME, "auc")]
    return tuple(found)


def _share_rate(
    attribute: str, group: str, metric: str, share: tuple[int, int], cause: str, min_group: int
) -> Rate:
    counted, n = share
    if n == 0:
        return Rate(attribute, group, metric, 0, None, cause=cause)
    low, high = wilson_interval(counted, n)
    return Rate(attribute, group, metric, n, counted / n, low, high, too_few(n, min_group))


def measurements(rates: Sequence[Rate], disparities: Sequence[Disparity]) -> tuple[Measurement, ...]:
    """Return what requirements are judged by.

    A value with a cause is inconclusive (shown, and no basis for a verdict); no value is not measured.
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
            state="not_measured" if each.value is None else "inconclusive" if each.cause else "measured",
            cause=each.cause,
        )
        for each in found
    )
