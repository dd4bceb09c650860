"""Rates by plain loops over rows: slow and obviously right."""

from __future__ import annotations

from collections.abc import Sequence


def share(rows: Sequence[tuple[str, int | None]], counted: str, of: str) -> tuple[int, int]:
    """Count over (decision, observed) pairs; ``observed`` is 1 adverse, 0 favourable, None unknown."""
    hits = total = 0
    for decision, observed in rows:
        if decision == "none":
            continue
        inside = {
            "decided": True,
            "observed adverse": observed == 1,
            "observed favourable": observed == 0,
            "refused and observed": decision == "adverse" and observed is not None,
            "selected and observed": decision == "favourable" and observed is not None,
            "observed": observed is not None,
        }[of]
        if not inside:
            continue
        total += 1
        if {
            "selected": decision == "favourable",
            "refused": decision == "adverse",
            "adverse": observed == 1,
            "favourable": observed == 0,
        }[counted]:
            hits += 1
    return hits, total


METRICS = {
    "selection_rate": ("selected", "decided"),
    "true_positive_rate": ("refused", "observed adverse"),
    "false_positive_rate": ("refused", "observed favourable"),
    "false_negative_rate": ("selected", "observed adverse"),
    "positive_predictive_value": ("adverse", "refused and observed"),
    "true_negative_rate": ("selected", "observed favourable"),
    "negative_predictive_value": ("favourable", "selected and observed"),
    "adverse_outcome_rate": ("adverse", "observed"),
}


def auc(scores: Sequence[float], observed: Sequence[int | None], adverse_high: bool) -> float | None:
    """Return the share of (adverse, favourable) pairs that the scores order rightly; ties a half."""
    right = pairs = 0.0
    for bad, bad_observed in zip(scores, observed, strict=True):
        if bad_observed != 1:
            continue
        for good, good_observed in zip(scores, observed, strict=True):
            if good_observed != 0:
                continue
            pairs += 1
            worse = bad > good if adverse_high else bad < good
            right += 1.0 if worse else 0.5 if bad == good else 0.0
    return right / pairs if pairs else None


def mean(values: Sequence[float]) -> float:
    """Return the mean."""
    total = 0.0
    for value in values:
        total += value
    return total / len(values)


def deviation(values: Sequence[float]) -> float:
    """Return the standard deviation with n - 1."""
    middle = mean(values)
    return float((sum((value - middle) ** 2 for value in values) / (len(values) - 1)) ** 0.5)


def ks(adverse: Sequence[float], favourable: Sequence[float]) -> float:
    """Return the largest gap between two cumulative shares, looked for at every score."""
    gaps = []
    for score in [*adverse, *favourable]:
        shares = [sum(one <= score for one in side) / len(side) for side in (adverse, favourable)]
        gaps.append(abs(shares[0] - shares[1]))
    return max(gaps)


def delong_variance(adverse: Sequence[float], favourable: Sequence[float]) -> float:
    """Return DeLong's variance of the AUC by placements of every single person."""

    def placed(high: float, low: float) -> float:
        return 1.0 if high > low else 0.5 if high == low else 0.0

    below = [mean([placed(bad, good) for good in favourable]) for bad in adverse]
    above = [mean([placed(bad, good) for bad in adverse]) for good in favourable]
    return deviation(below) ** 2 / len(adverse) + deviation(above) ** 2 / len(favourable)
