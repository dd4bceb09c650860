"""How often decisions and scores went wrong for each group, against the reference group.

Every difference is reference minus group, so that one direction holds for all that compare the favourable
decision: positive = those of the group were treated worse than those of the reference who turned out alike.
What really happened is observed only of those whom it could be observed of: in lending mostly the approved.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from audit.fairness.classical import newcombe_interval
from audit.fairness.delong import auc_difference
from audit.fairness.disparities import MOST_GROUPS, small_cause
from audit.fairness.groups import CountTable, Integers, ScoreCounts
from audit.fairness.intervals import mean_difference
from audit.fairness.ks import ks_difference
from audit.fairness.performance import auc_rate, residual_moments
from audit.fairness.rates import WITH_OUTCOME
from audit.fairness.two_rates import compare_rates
from audit.record import Disparity

# What is compared -> the rate whose difference it is.
DIFFERENCES = {
    "equal_opportunity_difference": "true_negative_rate",
    "false_negative_rate_difference": "false_negative_rate",
    "positive_predictive_value_difference": "positive_predictive_value",
    "negative_predictive_value_difference": "negative_predictive_value",
}
EQUALIZED_ODDS = "equalized_odds_difference"
OF_SCORES = ("residual_standardized_mean_difference", "auc_difference", "ks_difference")
Z_OF_TWO = 2.241402727604947  # the normal quantile of 1 - 0.0125: two intervals hold together at 95 %


def error_gaps(
    table: CountTable,
    references: Mapping[str, str],
    adverse_high: bool = True,
    min_group: int = 30,
) -> tuple[Disparity, ...]:
    """Return the differences of error rates, predictive values and ranking of every group.

    Returns
    -------
    tuple of Disparity
        None where no outcome was observed at all, or an attribute has nothing to compare (``disparities``
        says why). ``n`` is what the group's own rate is a share of.
    """
    if not table.matrix()[:2, :2].sum():
        return ()
    found: list[Disparity] = []
    for attribute, reference in references.items():
        groups = table.groups(attribute)
        if reference not in groups or len(groups) > MOST_GROUPS:
            continue
        scores = {group: table.score_counts(attribute, group) for group in groups}
        aucs = {
            group: auc_rate(attribute, group, scores[group], adverse_high=adverse_high).value
            for group in groups
        }
        base = table.matrix(attribute, reference)
        for group in groups:
            if group == reference:
                continue
            found += _of_decisions(
                attribute, group, reference, table.matrix(attribute, group), base, min_group
            )
            pair = scores[group], scores[reference]
            if not len(scores[group].score) and not len(scores[reference].score):
                continue  # decisions without scores: `standardized_mean_difference` says so
            known = [int((one.adverse + one.favourable).sum()) for one in pair]
            small = small_cause(known[0], known[1], min_group)
            found += [
                residual_difference(attribute, group, reference, pair, adverse_high, small),
                auc_difference(attribute, group, reference, (aucs[group], aucs[reference]), pair, small),
                ks_difference(attribute, group, reference, pair, small),
            ]
    return tuple(found)


def _of_decisions(
    attribute: str, group: str, reference: str, mine: Integers, base: Integers, min_group: int
) -> list[Disparity]:
    found = []
    for name, rate in DIFFERENCES.items():
        share, cause = WITH_OUTCOME[rate]
        (x, n), (y, m) = ((int(one) for one in share(matrix)) for matrix in (mine, base))
        if n == 0 or m == 0:
            who = "of this group" if n == 0 else f"of the reference group {reference!r}"
            found.append(Disparity(attribute, group, reference, name, n, None, cause=f"{who}: {cause}"))
            continue
        two = compare_rates(x, n, y, m)
        small = small_cause(n, m, min_group)
        ends = two.difference_low, two.difference_high
        found.append(
            Disparity(attribute, group, reference, name, n, two.difference, *ends, two.p_value, small)
        )
    return [*found, equalized_odds(attribute, group, reference, mine, base, min_group)]


def equalized_odds(
    attribute: str, group: str, reference: str, mine: Integers, base: Integers, min_group: int
) -> Disparity:
    """Return the larger of the gaps among those who turned out well and those who turned out badly.

    0 = both kinds are treated alike in both groups, 1 = not at all alike; it has no side.

    Source: Hardt, Price and Srebro (2016). Interval: Newcombe's of both differences at 97.5 %, so that both
    hold together at 95 % at least (Bonferroni); the largest gap lies between the largest of their lower ends
    and the largest of their upper ends.
    """
    name, values, lows, highs, sizes = EQUALIZED_ODDS, [], [], [], []
    for rate in ("true_negative_rate", "false_negative_rate"):
        share, cause = WITH_OUTCOME[rate]
        (x, n), (y, m) = ((int(one) for one in share(matrix)) for matrix in (mine, base))
        if n == 0 or m == 0:
            who = "of this group" if n == 0 else f"of the reference group {reference!r}"
            known = int(mine[:2, :2].sum())
            return Disparity(attribute, group, reference, name, known, None, cause=f"{who}: {cause}")
        low, high = newcombe_interval(x, n, y, m, Z_OF_TWO)
        values.append(abs(y / m - x / n))
        lows.append(max(0.0, low, -high))
        highs.append(max(high, -low))
        sizes.append(small_cause(n, m, min_group))
    n_known = int(mine[:2, :2].sum())
    ends = min(max(lows), max(values)), min(1.0, max(highs))
    return Disparity(
        attribute, group, reference, name, n_known, max(values), *ends, cause=next(filter(None, sizes), None)
    )


def residual_difference(
    attribute: str,
    group: str,
    reference: str,
    counts: tuple[ScoreCounts, ScoreCounts],
    adverse_high: bool,
    small: str | None,
) -> Disparity:
    """Return how much harsher than what came of it the group is scored than the reference, in SDs.

    The mean of score - outcome in the group minus that in the reference, over the standard deviation of
    score - outcome in both together; positive toward adverse, 0 = scores err alike in both groups.

    Source: residuals instead of scores in the standardized mean difference; Welch (1947) for the interval.
    """
    name = "residual_standardized_mean_difference"
    sizes = [int((one.adverse + one.favourable).sum()) for one in counts]
    cause = None
    if min(sizes) < 2:
        who = "this group has" if sizes[0] < 2 else f"the reference group {reference!r} has"
        cause = f"{who} fewer than two scores with an observed outcome"
    elif any(len(one.score) and (one.score[0] < 0 or one.score[-1] > 1) for one in counts):
        cause = "the scores are no probabilities: they leave 0 to 1"
    if cause is not None:
        return Disparity(attribute, group, reference, name, sizes[0], None, cause=cause)
    (mean, variance), (base, base_variance) = (
        residual_moments(one, adverse_high=adverse_high) for one in counts
    )
    n, m = sizes
    middle = (n * mean + m * base) / (n + m)
    between = n * (mean - middle) ** 2 + m * (base - middle) ** 2
    deviation = math.sqrt(((n - 1) * variance + (m - 1) * base_variance + between) / (n + m - 1))
    if deviation == 0 or variance + base_variance == 0:
        cause = small or "score and outcome do not differ within the two groups"
        value = (mean - base) / deviation if deviation else None
        return Disparity(attribute, group, reference, name, n, value, cause=cause)
    test = mean_difference(mean - base, variance, n, base_variance, m)
    ends = test.low / deviation, test.high / deviation
    return Disparity(
        attribute, group, reference, name, n, (mean - base) / deviation, *ends, test.p_value, small
    )
