"""Every profile applies as each sex and age: all rates are equal, all ratios 1."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from tests.worlds.lender import Plan, World, complete, profiles, refused, write

AGES = (21, 33, 50, 70)


def build(folder: Path, *, n_profiles: int = 100, seed: int = 7, coding: str = "high") -> World:
    """Write the world: eight applicants a profile."""
    drawn = list(islice(profiles(seed), n_profiles))
    rows = [{**row, "sex": sex, "age": age} for row in drawn for sex in ("female", "male") for age in AGES]
    n_refused = sum(refused(row) for row in drawn)
    truth = {
        "n_rows": len(rows),
        "adverse": 8 * n_refused,
        "selection_rate": 1 - n_refused / n_profiles,
        "adverse_impact_ratio": 1.0,
        "protected_inputs": {},
    }
    return write(folder, complete(rows), truth, Plan(coding=coding))
