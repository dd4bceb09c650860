"""An even lender with a group of three, and people of whom neither sex nor age is known."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

from tests.worlds.lender import Plan, World, complete, profiles, refused, write

N_TINY, N_UNKNOWN = 3, 40


def build(folder: Path, *, n: int = 800, seed: int = 7, coding: str = "high") -> World:
    """Write the world."""
    rows: list[dict[str, Any]] = []
    for i, row in enumerate(islice(profiles(seed), n)):
        sex = "nonbinary" if i < N_TINY else None if i < N_TINY + N_UNKNOWN else ("female", "male")[i % 2]
        rows.append({**row, "sex": sex, "age": None if N_TINY <= i < N_TINY + N_UNKNOWN else 20 + i % 50})
    truth = {
        "n_rows": n,
        "adverse": sum(refused(row) for row in rows),
        "groups": {"nonbinary": N_TINY, "unknown": N_UNKNOWN},
        "protected_inputs": {},
    }
    return write(folder, complete(rows), truth, Plan(coding=coding))
