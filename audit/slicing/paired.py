"""A model beside a baseline on the same rows: who errs where the other does not.

Both are asked about the same people, so their errors are paired: rows on which both are right, or both
wrong, say nothing of which is better. What is left is tested exactly.
"""

from __future__ import annotations

from typing import Any

from audit.fairness.groups import ADVERSE, FAVOURABLE
from audit.fairness.intervals import ALPHA
from audit.slicing.counts import Compared
from audit.slicing.losses import losses
from audit.slicing.measures import measured
from audit.slicing.ranking import ranking

TOLD = ("auc", "ks", "average_precision", "brier", "log_loss")


def paired(
    compared: Compared, attribute: str, group: str, *, adverse_high: bool, min_group: int
) -> dict[str, Any]:
    """Return model and baseline of one slice, JSON values only.

    Returns
    -------
    dict
        ``measures`` of ``model`` and of ``baseline``; ``errors``: on how many observed outcomes both erred,
        only one, or neither; ``difference`` = the model's error rate minus the baseline's, with its interval
        and p-value (positive: the model errs more); or the cause why errors are not compared. Differences
        of the other measures are left to the reader: without the rows nothing says how sure they are.
    """
    entry: dict[str, Any] = {"name": attribute, "slice": group}
    for side, table in (("model", compared.model), ("baseline", compared.baseline)):
        counts = table.score_counts(attribute, group)
        rates = (*ranking(counts, adverse_high=adverse_high), *losses(counts, adverse_high=adverse_high))
        entry[side] = {metric: one for metric, one in measured(rates).items() if metric in TOLD}
        entry["n"] = int(counts.n.sum())
    entry["cause"] = f"too few: n < {min_group}" if entry["n"] < min_group else None
    if compared.errors is None:
        return {**entry, "errors": {"cause": "errors need outcomes, and a cutoff of each model"}}
    matrix = compared.errors.matrix(attribute, group)
    both, only_model = int(matrix[ADVERSE, ADVERSE]), int(matrix[ADVERSE, FAVOURABLE])
    only_baseline, neither = int(matrix[FAVOURABLE, ADVERSE]), int(matrix[FAVOURABLE, FAVOURABLE])
    n = both + only_model + only_baseline + neither
    if n == 0:
        return {**entry, "errors": {"cause": "no outcome was observed"}}
    difference, low, high = error_difference(only_model, only_baseline, n)
    return {
        **entry,
        "errors": {
            "n": n,
            "both": both,
            "only_model": only_model,
            "only_baseline": only_baseline,
            "neither": neither,
            "difference": difference,
            "low": low,
            "high": high,
            "p_value": sign_test(only_model, only_baseline),
        },
    }


def sign_test(one: int, other: int) -> float:
    """Return the exact two-sided p-value that errors of either alone are equally likely.

    Source: McNemar (1947), Psychometrika 12:153, by the binomial distribution.

    Examples
    --------
    >>> round(sign_test(1, 5), 5)
    0.21875
    """
    from scipy.special import bdtr

    n = one + other
    return min(1.0, 2 * float(bdtr(min(one, other), n, 0.5))) if n else 1.0


def error_difference(only_model: int, only_baseline: int, n: int) -> tuple[float, float | None, float | None]:
    """Return the model's error rate minus the baseline's, of ``n`` > 0 rows, with its 95 % interval.

    The interval is that of the share of differing rows on which the model erred, given how many differ; so
    it holds 0 exactly when ``sign_test`` is 0.05 or more. It has no ends where no row differs.

    Source: Clopper and Pearson (1934), Biometrika 26:404.
    """
    from scipy.special import betaincinv

    differ = only_model + only_baseline
    if not differ:
        return 0.0, None, None
    low = float(betaincinv(only_model, only_baseline + 1, ALPHA / 2)) if only_model else 0.0
    high = float(betaincinv(only_model + 1, only_baseline, 1 - ALPHA / 2)) if only_baseline else 1.0
    return (only_model - only_baseline) / n, (2 * low - 1) * differ / n, (2 * high - 1) * differ / n
