"""Groups compared among people alike in declared, legitimate controls: by regression.

A logit of the decision on the group and the controls gives an odds ratio and, averaged over everybody
in both groups, a difference in the chance of selection. Means of scores and prices are compared by least
squares. Which controls are legitimate is for the user to say and to answer for: a control that carries
the group with it (its own effect, or a proxy) hides a gap instead of explaining it.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.fairness.design import Design, design
from audit.fairness.disparities import MOST_GROUPS, small_cause
from audit.fairness.groups import CountTable
from audit.fairness.intervals import Z
from audit.fairness.separation import SEPARATED, separated_by
from audit.record import Disparity

OF_DECISIONS = ("controlled_marginal_effect", "controlled_odds_ratio")
OF_SCORES = "controlled_standardized_mean_difference"
OF_PRICES = "controlled_price_gap"
EXTREME = 12.0  # a linear predictor beyond it (1 in 160,000) is what separation looks like
NOT_INSTALLED = "statsmodels is not installed: pip install 'plainspoken[statistics]'"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Effect:
    """An estimate with its 95 % interval and p-value."""

    value: float
    low: float | None = None
    high: float | None = None
    p_value: float | None = None


def controlled(
    table: CountTable,
    references: Mapping[str, str],
    controls: Mapping[str, str],
    adverse_high: bool = True,
    min_group: int = 30,
) -> tuple[Disparity, ...]:
    """Return effects on decision and score of belonging to each group, with the controls held.

    Returns
    -------
    tuple of Disparity
        ``controlled_marginal_effect``: chance of selection of the reference minus that of the group, averaged
        over the people of both; ``controlled_odds_ratio``: odds of selection, group over reference;
        ``controlled_standardized_mean_difference``: mean score, group minus reference, over the standard
        deviation of all scores, positive toward adverse. Each group is fitted with its reference alone.
    """
    sign = 1.0 if adverse_high else -1.0
    n_all, total, squares = table.moments()
    deviation = _deviation(n_all, total, squares)

    def fitted(found: Design) -> list[tuple[str, int, Effect | str]]:
        n = int((found.adverse + found.favourable)[found.x[:, 0] == 1].sum())
        effect, odds = selection_effects(found)
        rows: list[tuple[str, int, Effect | str]] = [
            (name, n, one) for name, one in zip(OF_DECISIONS, (effect, odds), strict=True)
        ]
        if n_all:
            mean: Effect | str = "every score is the same"
            if deviation:
                mean = mean_effect(found, sign / deviation)
            rows.append((OF_SCORES, n, mean))
        return rows

    return _each(
        table, references, controls, fitted, min_group, (*OF_DECISIONS, OF_SCORES)[: 3 if n_all else 2]
    )


def controlled_prices(
    prices: CountTable,
    references: Mapping[str, str],
    controls: Mapping[str, str],
    adverse_high: bool,
    min_group: int = 30,
) -> tuple[Disparity, ...]:
    """Return how much worse each group's price is than its reference's, with the controls held."""

    def fitted(found: Design) -> list[tuple[str, int, Effect | str]]:
        n = int(found.n_scored[found.x[:, 0] == 1].sum())
        return [(OF_PRICES, n, mean_effect(found, 1.0 if adverse_high else -1.0))]

    return _each(prices, references, controls, fitted, min_group, (OF_PRICES,))


def _each(
    table: CountTable,
    references: Mapping[str, str],
    controls: Mapping[str, str],
    fitted: Callable[[Design], list[tuple[str, int, Effect | str]]],
    min_group: int,
    names: tuple[str, ...],
) -> tuple[Disparity, ...]:
    rows: list[Disparity] = []
    for attribute, reference in references.items():
        groups = table.groups(attribute)
        if reference not in groups or len(groups) > MOST_GROUPS:
            continue
        for group in groups:
            if group == reference:
                continue
            found = design(table, attribute, group, reference, controls)
            if isinstance(found, str):
                n = int(table.matrix(attribute, group)[:2].sum())
                rows += [Disparity(attribute, group, reference, name, n, None, cause=found) for name in names]
                continue
            people = found.adverse + found.favourable
            inside = found.x[:, 0] == 1
            small = small_cause(int(people[inside].sum()), int(people[~inside].sum()), min_group)
            for name, n, one in fitted(found):
                if isinstance(one, str):
                    rows.append(Disparity(attribute, group, reference, name, n, None, cause=one))
                else:
                    numbers = one.value, one.low, one.high, one.p_value
                    rows.append(Disparity(attribute, group, reference, name, n, *numbers, cause=small))
    return tuple(rows)


def selection_effects(found: Design) -> tuple[Effect | str, Effect | str]:
    """Return the average marginal effect (reference - group) and the odds ratio (group / reference).

    Source: logistic regression by statsmodels over counts; the average over people of the difference that
    belonging to the group makes, its variance by the delta method; Wald intervals.
    """
    for decided, word in ((found.favourable, "adverse"), (found.adverse, "favourable")):
        if not decided.any():
            cause = f"every decision is {word}: there is nothing to compare"
            return cause, cause
    try:
        from statsmodels.genmod.families import Binomial
        from statsmodels.genmod.generalized_linear_model import GLM
        from statsmodels.tools.sm_exceptions import PerfectSeparationError
    except ImportError:
        return NOT_INSTALLED, NOT_INSTALLED
    endog = np.stack([found.favourable, found.adverse], axis=1)
    fit = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what they warn of is looked for below, and told as a cause
            fit = GLM(endog, found.x, family=Binomial()).fit(maxiter=100, tol=1e-12)
    except (PerfectSeparationError, np.linalg.LinAlgError):
        pass  # told below: `fit` is None
    settled = fit is not None and bool(fit.converged)
    if fit is None or not settled or float(np.abs(found.x @ fit.params).max()) > EXTREME:
        by = separated_by(found.x, found.adverse, found.favourable)
        if by is not None:
            cause = f"{SEPARATED}: {_named(found, by)} without exception"
            return cause, cause
        if fit is None or not settled:
            cause = "the regression did not settle within 100 steps"
            return cause, cause
    covariance = np.asarray(fit.cov_params(), dtype=np.float64)
    return _average_effect(found, np.asarray(fit.params), covariance), _odds_ratio(
        float(fit.params[0]), math.sqrt(float(covariance[0, 0]))
    )


def _named(found: Design, by: tuple[int, ...]) -> str:
    """Return what decides: the controls of the columns, each once, or the group itself."""
    names = dict.fromkeys(found.columns[i].partition(" = ")[0] for i in by)
    controls = [name.removeprefix("control: ") for name in names if name not in ("group", "constant")]
    if not controls:
        return "belonging to the group decides"
    return (
        f"control {controls[0]!r} decides" if len(controls) == 1 else f"controls {', '.join(controls)} decide"
    )


def _average_effect(found: Design, beta: Floats, covariance: Floats) -> Effect:
    people = found.adverse + found.favourable
    share = people / people.sum()
    inside, outside = found.x.copy(), found.x.copy()
    inside[:, 0], outside[:, 0] = 1.0, 0.0
    p_in, p_out = (1 / (1 + np.exp(-(x @ beta))) for x in (inside, outside))
    value = float((share * (p_out - p_in)).sum())
    gradient = ((share * p_out * (1 - p_out)) @ outside) - ((share * p_in * (1 - p_in)) @ inside)
    return _wald(value, math.sqrt(float(gradient @ covariance @ gradient)))


def _odds_ratio(log_odds: float, error: float) -> Effect:
    on_logs = _wald(log_odds, error)
    low, high = (None if end is None else math.exp(end) for end in (on_logs.low, on_logs.high))
    return Effect(math.exp(log_odds), low, high, on_logs.p_value)


def mean_effect(found: Design, scale: float) -> Effect | str:
    """Return the least-squares effect of the group on a mean, times ``scale``.

    Source: ordinary least squares over counts, with errors that hold where variances differ: White (1980)
    in the form HC1. The squares of single residuals follow from each row's mean and spread.
    """
    n = found.n_scored
    kept = n > 0
    inside = found.x[:, 0] == 1
    for who, its in (("the group", inside), ("the reference group", ~inside)):
        if not n[its].any():
            return f"nobody of {who} has a value"
    x, w = found.x[kept], n[kept]
    people, width = float(w.sum()), x.shape[1]
    gram = (x * w[:, None]).T @ x
    if np.linalg.matrix_rank(x) < width or people <= width:
        return "too few people with a value for these controls"
    inverse = np.linalg.inv(gram)
    beta = inverse @ ((x * w[:, None]).T @ found.mean[kept])
    squares = found.spread[kept] + w * (found.mean[kept] - x @ beta) ** 2
    meat = (x * squares[:, None]).T @ x
    variance = float((inverse @ meat @ inverse)[0, 0]) * people / (people - width)
    return _wald(scale * float(beta[0]), abs(scale) * math.sqrt(max(0.0, variance)))


def _wald(value: float, error: float) -> Effect:
    if error == 0:
        return Effect(value)
    from scipy.special import ndtr

    return Effect(value, value - Z * error, value + Z * error, 2 * float(ndtr(-abs(value) / error)))


def _deviation(n: int, total: int, squares: int) -> float:
    from audit.fairness.disparities import variance_of

    return math.sqrt(variance_of(n, total, squares)) if n else 0.0
