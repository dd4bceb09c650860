"""Two people apply together in every third application; every tenth has a guarantor."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from tests.worlds.lender import Plan, World, complete, profiles, refused, write


def build(
    folder: Path, *, n: int = 400, seed: int = 7, coding: str = "high", guarantors: bool = True
) -> World:
    """Write the world."""
    rows = [
        {**row, "sex": ("female", "male")[i % 2], "age": 20 + i % 50}
        for i, row in enumerate(islice(profiles(seed), n))
    ]
    whole = complete(rows)
    persons: dict[str, list[tuple[str, str]]] = {}
    for i, row in enumerate(whole):
        more = [(f"J{i:06d}", "joint")] if i % 3 == 0 else []
        more += [(f"G{i:06d}", "guarantor")] if guarantors and i % 10 == 0 else []
        if more:
            persons[row["application_id"]] = more
    truth = {
        "n_rows": n,
        "adverse": sum(refused(row) for row in rows),
        "persons": {key: 1 + len(more) for key, more in persons.items()},
        "n_letters": sum(1 + len(persons.get(row["application_id"], ())) for row in whole if refused(row)),
        "protected_inputs": {},
    }
    return write(folder, whole, truth, Plan(coding=coding, guarantors=persons))
