"""Seven in ten men are approved and 49 in 100 women: an adverse impact ratio of exactly 0.7."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.worlds.lender import Plan, World, complete, profiles, refused, write

AGES = (21, 33, 50, 70)


def build(folder: Path, *, of_each: int = 600, seed: int = 7, coding: str = "high") -> World:
    """Write the world; ``of_each`` is a multiple of 100."""
    approved = {"male": of_each * 70 // 100, "female": of_each * 49 // 100}
    places = {(sex, no): of_each - n if no else n for sex, n in approved.items() for no in (False, True)}
    rows: list[dict[str, Any]] = []
    for row in profiles(seed):
        for sex in ("female", "male"):
            if places[sex, refused(row)]:
                places[sex, refused(row)] -= 1
                rows.append({**row, "sex": sex, "age": AGES[len(rows) % 4]})
                break
        if not any(places.values()):
            break
    truth = {
        "n_rows": 2 * of_each,
        "adverse": 2 * of_each - sum(approved.values()),
        "selection_rate": {"male": 0.70, "female": 0.49},
        "adverse_impact_ratio": {"female": 0.49 / 0.70},
        "protected_inputs": {},
    }
    return write(folder, complete(rows), truth, Plan(coding=coding))
