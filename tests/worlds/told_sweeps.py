"""Scores of every group of the told audit: its sweep over cutoffs, its calibration, and where it lies.

The people are made up by a seed, as many of each group as the told audit has; ages 18 to 24 score worse, and
their scores promise more than comes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from audit.fairness import count, performance
from audit.fairness.groups import CountTable
from audit.fairness.quantiles import quantiles_by_group
from audit.slicing.by_group import sweeps
from audit.slicing.sweep import grid

MIN_GROUP = 30


def population(groups: dict[str, tuple[str, dict[str, tuple[int, int]]]]) -> CountTable:
    """Return the counts of people dealt out over the groups of each attribute by a seed."""
    rng = np.random.default_rng(20261128)
    single = {name: of for name, (_, of) in groups.items() if " x " not in name}
    n = max(sum(size for size, _ in of.values()) for of in single.values())
    dealt = {}
    for name, of in single.items():
        people = np.repeat(np.array(list(of), dtype=object), [size for size, _ in of.values()])
        dealt[name] = rng.permutation(people[:n])
    young = dealt["age"] == "18-24"
    score = np.round(rng.beta(np.where(young, 2.0, 1.6), 5.0, n), 3)
    observed = (rng.random(n) < np.where(young, score * 0.7, score)).astype(np.float64)
    outcome = np.where(score >= 0.3, "adverse", "favourable").astype(object)
    return count(outcome, dealt, score, observed)


def bodies(groups: dict[str, tuple[str, dict[str, tuple[int, int]]]]) -> dict[str, dict[str, Any]]:
    """Return the figures as a run would seal them."""
    table = population(groups)
    references = {name: reference for name, (reference, _) in groups.items() if " x " not in name}
    by_group: dict[str, dict[str, Any]] = {}
    for attribute in references:
        by_group[attribute] = {}
        for group in table.groups(attribute):
            found = performance.calibration(table.score_counts(attribute, group), adverse_high=True)
            told = {"cause": found} if isinstance(found, str) else [_bin(one) for one in found]
            by_group[attribute][group] = told
    return {
        "group_sweeps": sweeps(
            table,
            references,
            grid(table.score_counts(), (), 0.3),
            cutoff=0.3,
            adverse_high=True,
            included=True,
            min_group=MIN_GROUP,
        ),
        "calibration_by_group": {"by_group": by_group, "outcome": "adverse"},
        "score_quantiles": {"rows": quantiles_by_group(table, ("all", *references), MIN_GROUP)},
    }


def _bin(one: performance.CalibrationBin) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("n", "mean_score", "observed", "low", "high")}
