"""A lender that scores age, in a way that can be planted: points by age added to the linear score."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from tests.worlds.lender import FEATURES, MODEL, REASONS, Plan, World, complete, profiles, write

#: 12 CFR 1002.6(b)(2)(ii): nobody from 62 on scores worse than anybody younger.
LAWFUL = 'np.where(columns["age"] >= 62, 0.0, np.where(columns["age"] < 25, 0.05, 0.02))'
#: Applicants from 25 to 39 are favoured above those of 62 and older; by averages nobody would see it.
UNLAWFUL = 'np.where(columns["age"] >= 62, 0.01, np.where(columns["age"] < 25, 0.05, 0.0))'

AGE = """age:
  columns: [age]
  code: C6
  statement: {en: Your age}
  priority: 6
  approved: {by: Model Risk, date: 2026-11-02}
"""
PERMITTED = {"basis": "validated under 12 CFR 1002.2(p), report 7", "by": "Counsel", "date": "2026-11-02"}


def build(
    folder: Path,
    *,
    points: str = LAWFUL,
    n: int = 400,
    seed: int = 7,
    coding: str = "high",
    leave: bool = True,
) -> World:
    """Write the world.

    Parameters
    ----------
    points : what age adds to the score, as an expression of the model; high is bad
    leave : whether the config says that age may be scored
    """
    rows = []
    for i, row in enumerate(islice(profiles(seed), n)):
        rows.append({**row, "sex": "female" if i // 3 % 2 else "male", "age": 18 + (i * 7) % 62})
    plan = Plan(
        coding=coding,
        features=(*FEATURES, "age"),
        model=MODEL.replace(
            "0.15 + sum(terms(columns).values())", f"0.15 + {points} + sum(terms(columns).values())"
        ),
        reasons=REASONS + AGE,
    )
    if leave:
        plan.protected["age"]["permitted"] = PERMITTED
    return write(folder, complete(rows), {}, plan)
