"""Each group against the stated reference group: never the largest, never all others pooled.

Two other definitions are in use and give other numbers: the smallest group's rate over the largest
group's (no reference is stated), and the reference against everybody else in one pool. Here a ratio
is always group over reference, one group at a time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from audit.fairness.groups import FAVOURABLE, CountTable
from audit.fairness.intervals import mean_difference
from audit.fairness.rates import too_few
from audit.fairness.tally import UNIT
from audit.fairness.two_rates import compare_rates
from audit.record import Disparity

METRICS = (
    "adverse_impact_ratio",
    "marginal_effect",
    "shortfall",
    "odds_ratio",
    "standardized_mean_difference",
)
# More groups than people can be held against a reference: the column is an id, or a number without bands.
MOST_GROUPS = 500


def disparities(
    table: CountTable, references: Mapping[str, str], adverse_high: bool = True, min_group: int = 30
) -> tuple[Disparity, ...]:
    """Return how often each group is selected and how it is scored, against its reference.

    Parameters
    ----------
    references : attribute -> group
        Attributes without a reference are left out.
    adverse_high : bool
        Whether high scores are bad; turns the standardized mean difference.
    min_group : int
        Where the group or its reference is smaller, values are kept and have a cause.

    Returns
    -------
    tuple of Disparity
        ``n`` is the size of the group. ``adverse_impact_ratio`` = selection rate of the group over
        the reference's (1 = equal); ``marginal_effect`` = the reference's minus the group's;
        ``shortfall`` = persons of the group that would also have been selected at the reference's rate;
        ``odds_ratio`` = odds of selection of the group over the reference's (1 = equal);
        ``standardized_mean_difference`` = (mean score of the group - mean of the reference) over the
        standard deviation of all scores, positive toward adverse.

    Source: the first four with ``two_rates.compare_rates``: one exact test for all of them.
    """
    found: list[Disparity] = []
    for attribute, reference in references.items():
        groups = table.groups(attribute)
        others = [group for group in groups if group != reference]
        if not others or len(groups) > MOST_GROUPS:
            cause = f"only one group: every applicant is {reference!r}" if groups else "nobody was counted"
            if others:
                cause = f"{len(groups)} groups, more than {MOST_GROUPS}: state bands, or join groups"
            found += [
                Disparity(attribute, "all", reference, metric, 0, None, cause=cause) for metric in METRICS
            ]
            continue
        for group in others:
            found += _selection_disparities(table, attribute, group, reference, min_group)
            found.append(_score_disparity(table, attribute, group, reference, adverse_high, min_group))
    return tuple(found)


def _selection_disparities(
    table: CountTable, attribute: str, group: str, reference: str, min_group: int
) -> list[Disparity]:
    x, n = _selected(table, attribute, group)
    y, m = _selected(table, attribute, reference)
    all_selected, everybody = _selected(table, "all", "all")
    cause = None
    if m == 0:
        cause = f"the reference group {reference!r} is empty"
    elif n == 0:
        cause = "nobody of this group was decided upon"
    elif all_selected in (0, everybody):
        only = "adverse" if all_selected == 0 else "favourable"
        cause = f"every decision is {only}: there is nothing to compare"
    if cause is not None:
        return [Disparity(attribute, group, reference, name, n, None, cause=cause) for name in METRICS[:4]]
    two = compare_rates(x, n, y, m)
    small = small_cause(n, m, min_group)
    none_selected = "nobody of the reference group was selected" if two.ratio is None else None
    infinite = none_selected or ("all of the group were selected" if two.odds_ratio is None else None)
    d, d_low, d_high = two.difference, two.difference_low, two.difference_high
    rows: tuple[tuple[str, float | None, float | None, float | None, str | None], ...] = (
        ("adverse_impact_ratio", two.ratio, two.ratio_low, two.ratio_high, none_selected),
        ("marginal_effect", d, d_low, d_high, None),
        ("shortfall", n * d, n * d_low, n * d_high, None),
        ("odds_ratio", two.odds_ratio, two.odds_low, two.odds_high, infinite),
    )
    return [
        Disparity(
            attribute,
            group,
            reference,
            name,
            n,
            value,
            low,
            high,
            None if value is None else two.p_value,
            no_value or small,
        )
        for name, value, low, high, no_value in rows
    ]


def _score_disparity(
    table: CountTable, attribute: str, group: str, reference: str, adverse_high: bool, min_group: int
) -> Disparity:
    metric = "standardized_mean_difference"
    n, total, squares = table.moments(attribute, group)
    m, reference_total, reference_squares = table.moments(attribute, reference)
    n_all, total_all, squares_all = table.moments()
    cause = None
    if n_all == 0:
        cause = "the decisions have no scores"
    elif m == 0:
        cause = f"the reference group {reference!r} has no scores"
    elif n == 0:
        cause = "nobody of this group has a score"
    elif (variance_all := variance_of(n_all, total_all, squares_all)) == 0:
        cause = "every score is the same"
    elif n < 2 or m < 2:
        cause = "too few: one score has no spread"
    if cause is not None:
        return Disparity(attribute, group, reference, metric, n, None, cause=cause)
    deviation = math.sqrt(variance_all)
    sign = 1.0 if adverse_high else -1.0
    difference = sign * float(UNIT * (Fraction(total, n) - Fraction(reference_total, m)))
    variances = variance_of(n, total, squares), variance_of(m, reference_total, reference_squares)
    small = small_cause(n, m, min_group)
    if not any(variances):
        cause = small or "the scores do not vary within the two groups"
        return Disparity(attribute, group, reference, metric, n, difference / deviation, cause=cause)
    test = mean_difference(difference, float(variances[0]), n, float(variances[1]), m)
    return Disparity(
        attribute,
        group,
        reference,
        metric,
        n,
        difference / deviation,
        test.low / deviation,
        test.high / deviation,
        test.p_value,
        small,
    )


def _selected(table: CountTable, attribute: str, group: str) -> tuple[int, int]:
    matrix = table.matrix(attribute, group)
    return int(matrix[FAVOURABLE].sum()), int(matrix[:2].sum())


def small_cause(n: int, m: int, min_group: int) -> str | None:
    """Return why a comparison of ``n`` with ``m`` people bears no verdict; None where it does."""
    cause = too_few(n, min_group)
    if cause is None and m < min_group:
        return f"too few in the reference group: n < {min_group}"
    return cause


def variance_of(n: int, total: int, squares: int) -> Fraction:
    """Return the variance with n - 1, exactly; 0 for one row. Sums in ``tally.UNIT``."""
    if n < 2:
        return Fraction(0)
    return (UNIT * squares - (UNIT * total) ** 2 / n) / (n - 1)
