"""Slices, periods and a baseline of a small made-up population, for pages and figures to be tried on.

In the west the model errs more often than elsewhere; the isle has too few people to say; scores moved
in April.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from audit.fairness import count
from audit.record import Figure
from audit.slicing import figures
from audit.slicing.counts import Plan, Rows, SliceCounts, Spec, count_slices
from audit.slicing.cuts import Cut

N = 1200
REGION = Cut("region", "categories")
INCOME = Cut("income", "bins", (20.0, 50.0), whole=True)
SEX = Cut("sex", "protected")
PLAN = Plan(
    specs=(Spec("region", (REGION,)), Spec("region x income", (REGION, INCOME)), Spec("sex", (SEX,))),
    searched=(REGION, INCOME, SEX),
    left_out=("branch",),
    period=("decided_on", "month"),
    baseline_cutoff=0.4,
)
TERMS = figures.Terms(adverse_high=True, included=True, cutoff=0.3, thresholds=(), min_group=30)


def population() -> tuple[pl.DataFrame, dict[str, np.ndarray], Rows]:
    """Return the columns, the protected groups and what is known of each row."""
    rng = np.random.default_rng(20261120)
    region = np.array(["north", "south", "west", "isle"])[rng.choice(4, N, p=[0.4, 0.35, 0.23, 0.02])]
    income = rng.integers(5, 90, N)
    month = 1 + rng.integers(0, 4, N)
    risk = rng.beta(1.6, 3.4, N)
    risk = np.where(month == 4, np.sqrt(risk), risk)
    observed = (rng.random(N) < np.where(region == "west", 1 - risk, risk)).astype(np.float64)
    score = np.round(risk, 3)
    other = np.round(np.clip(risk + rng.normal(0, 0.2, N), 0.001, 0.999), 3)
    other[:9] = np.nan
    frame = pl.DataFrame(
        {
            "region": region,
            "income": [None if k % 97 == 0 else str(value) for k, value in enumerate(income.tolist())],
            "decided_on": [f"2026-{one:02}-15" for one in month.tolist()],
        }
    )
    rows = Rows(
        outcome=np.where(score >= 0.3, "adverse", "favourable").astype(object),
        score=score,
        observed=observed,
        baseline=other,
        model_adverse=score >= 0.3,
        baseline_adverse=other >= 0.4,
    )
    sex = np.array(["female", "male"], dtype=object)[rng.integers(0, 2, N)]
    return frame, {"sex": sex}, rows


def counts() -> SliceCounts:
    """Return the counts of the whole population, as one partition."""
    return count_slices(PLAN, *population())


def slices() -> dict[str, Figure]:
    """Return the figures that the run would seal."""
    _, sex, rows = population()
    whole = count(rows.outcome, sex, rows.score, rows.observed)
    counted = counts()
    told = {"column": "score_2024", "path": None, "digest": None, "cutoff": 0.4}
    found = (
        figures.performance(whole, TERMS),
        figures.over_time(counted, PLAN, TERMS, None),
        figures.slices(whole, counted, PLAN, TERMS),
        figures.worst(counted, PLAN, TERMS, 8),
        figures.baseline(counted, PLAN, TERMS, told),
    )
    return {one.name: one for one in found}
