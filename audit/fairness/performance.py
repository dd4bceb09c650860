"""How well scores and decisions met what really happened: AUC, calibration, confusion."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from audit.fairness.groups import ADVERSE, FAVOURABLE, CountTable, ScoreCounts
from audit.fairness.intervals import Z, auc_interval, wilson_interval
from audit.record import Rate

BINS = 10
FEWEST_A_BIN = 30


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Neighbouring scores: what they promised on average, and what happened."""

    n: int
    mean_score: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Confusion:
    """Decisions against outcomes; positive = adverse."""

    true_positive: int
    false_positive: int
    true_negative: int
    false_negative: int

    @property
    def n(self) -> int:
        """Return how many decisions have an observed outcome."""
        return self.true_positive + self.false_positive + self.true_negative + self.false_negative


def auc_rate(attribute: str, group: str, counts: ScoreCounts, *, adverse_high: bool) -> Rate:
    """Return the share of (adverse, favourable) pairs of outcomes that the scores order rightly.

    1 = every later adverse outcome scored worse than every favourable one, 0.5 = no order; a pair
    of equal scores counts a half. Exact: pairs are counted in integers, over the merged scores (past a
    million different scores those that agree in all but their last bits count as equal: ``tally``).

    Source: the Mann-Whitney statistic, Bamber (1975); interval: ``intervals.auc_interval``.
    """
    n_adverse, n_favourable = int(counts.adverse.sum()), int(counts.favourable.sum())
    n = n_adverse + n_favourable
    if n == 0:
        cause = "no score has an observed outcome"
        return Rate(attribute, group, "auc", 0, None, cause=cause)
    if n_adverse == 0 or n_favourable == 0:
        only = "adverse" if n_favourable == 0 else "favourable"
        return Rate(attribute, group, "auc", n, None, cause=f"every observed outcome is {only}")
    below = np.cumsum(counts.favourable) - counts.favourable
    # Twice the number of pairs, so that a tie is a whole number too; Python integers never overflow.
    twice = sum(
        adverse * (2 * lower + same)
        for adverse, lower, same in zip(
            counts.adverse.tolist(), below.tolist(), counts.favourable.tolist(), strict=True
        )
        if adverse
    )
    if not adverse_high:
        twice = 2 * n_adverse * n_favourable - twice
    auc = twice / (2 * n_adverse * n_favourable)
    low, high = auc_interval(auc, n_adverse, n_favourable)
    return Rate(attribute, group, "auc", n, auc, low, high)


def confusion(table: CountTable) -> Confusion | None:
    """Return the decisions against their outcomes, None where no outcome was observed."""
    matrix = table.matrix()
    found = Confusion(
        true_positive=int(matrix[ADVERSE, ADVERSE]),
        false_positive=int(matrix[ADVERSE, FAVOURABLE]),
        true_negative=int(matrix[FAVOURABLE, FAVOURABLE]),
        false_negative=int(matrix[FAVOURABLE, ADVERSE]),
    )
    return found if found.n else None


def calibration_gap(attribute: str, group: str, counts: ScoreCounts, *, adverse_high: bool) -> Rate:
    """Return how much more adverse a group's scores are on average than what became of it.

    Returns
    -------
    Rate
        In [-1, 1]; positive: scores promised worse than came, so the group was scored too harshly.
        ``n`` is how many have a score and an observed outcome.

    Source: the mean of score - outcome (calibration in the large) with its own standard error.
    """
    name = "calibration_gap"
    known = counts.adverse + counts.favourable
    n = int(known.sum())
    if n == 0:
        return Rate(attribute, group, name, 0, None, cause="no score has an observed outcome")
    if counts.score[0] < 0 or counts.score[-1] > 1:
        return Rate(
            attribute, group, name, n, None, cause="the scores are no probabilities: they leave 0 to 1"
        )
    mean, variance = residual_moments(counts, adverse_high=adverse_high)
    if n < 2 or variance == 0:
        return Rate(attribute, group, name, n, mean)
    half = Z * math.sqrt(variance / n)
    return Rate(attribute, group, name, n, mean, max(-1.0, mean - half), min(1.0, mean + half))


def residual_moments(counts: ScoreCounts, *, adverse_high: bool) -> tuple[float, float]:
    """Return mean and variance of score - outcome, turned toward adverse; n > 0, variance 0 for n = 1."""
    happened = counts.adverse if adverse_high else counts.favourable
    other = counts.favourable if adverse_high else counts.adverse
    n = int((happened + other).sum())
    gaps = np.concatenate([counts.score - 1.0, counts.score])
    weights = np.concatenate([happened, other])
    mean = float((gaps * weights).sum() / n)
    variance = float(((gaps - mean) ** 2 * weights).sum() / (n - 1)) if n > 1 else 0.0
    return (mean if adverse_high else -mean), variance


def calibration(counts: ScoreCounts, *, adverse_high: bool) -> tuple[CalibrationBin, ...] | str:
    """Return bins of about equal count, or why there are none.

    ``observed`` is the share of the outcome that a high score stands for: adverse where high is
    adverse, else favourable. Equal scores share a bin. At most ten bins, of 30 or more each.

    Source: reliability diagram, DeGroot and Fienberg (1983); Wilson intervals.
    """
    known = counts.adverse + counts.favourable
    kept = known > 0
    score, n = counts.score[kept], known[kept]
    happened = (counts.adverse if adverse_high else counts.favourable)[kept]
    total = int(n.sum())
    if total == 0:
        return "no score has an observed outcome"
    if score[0] < 0 or score[-1] > 1:
        return "the scores are no probabilities: they leave 0 to 1"
    if total < FEWEST_A_BIN:
        return f"too few: n < {FEWEST_A_BIN}"
    n_bins = min(BINS, total // FEWEST_A_BIN)
    # A score belongs to the bin in which the middle one of its rows falls.
    middle = np.cumsum(n) - (n + 1) // 2
    place = middle * n_bins // total
    found = []
    for each in np.unique(place):
        mine = place == each
        size, hits = int(n[mine].sum()), int(happened[mine].sum())
        mean = float((score[mine] * n[mine]).sum() / size)
        low, high = wilson_interval(hits, size)
        found.append(CalibrationBin(size, mean, hits / size, low, high))
    return tuple(found)
