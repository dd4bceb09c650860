"""The model reads a district, and women live in one and men in the other, but for a few."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from tests.worlds.lender import FEATURES, MODEL, REASONS, Plan, World, complete, profiles, write

_DISTRICT = """district:
  columns: [district]
  code: C5
  statement: {en: District of residence}
  priority: 5
  approved: {by: Model Risk, date: 2026-11-02}
"""


def build(folder: Path, *, n: int = 2000, moved: int = 0, seed: int = 7, coding: str = "high") -> World:
    """Write the world; ``moved`` applicants live in the other district.

    District 2 adds 0.06 to the score, so ``moved`` up to n / 1000 leaves it a sign of sex.
    """
    rows = []
    for i, row in enumerate(islice(profiles(seed), n)):
        sex = "female" if i % 2 else "male"
        home = 2 if sex == "female" else 1
        rows.append({**row, "district": 3 - home if i < moved else home, "sex": sex, "age": 20 + i % 50})
    truth = {"n_rows": n, "protected_inputs": {"district": "sex"} if moved <= n / 1000 else {}}
    model = MODEL.replace(
        "0.15 + sum(terms(columns).values())",
        '0.15 + 0.06 * (columns["district"] == 2) + sum(terms(columns).values())',
    )
    plan = Plan(coding=coding, features=(*FEATURES, "district"), model=model, reasons=REASONS + _DISTRICT)
    return write(folder, complete(rows), truth, plan)
