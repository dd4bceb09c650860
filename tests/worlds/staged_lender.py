"""An even lender that refuses by rule, by score, by judgment and in the gray band; the data say which."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path
from typing import Any

from tests.worlds.desk import Desk
from tests.worlds.lender import REASONS, Plan, World, complete, profiles, refused, write

GROUNDS = """bankruptcy:
  code: K1
  statement: {en: Bankruptcy}
  priority: 1
  approved: {by: Model Risk, date: 2026-11-02}
garnishment:
  code: K2
  statement: {en: Garnishment or attachment}
  priority: 2
  approved: {by: Model Risk, date: 2026-11-02}
collateral:
  code: J1
  statement: {en: Value or type of collateral not sufficient}
  approved: {by: Model Risk, date: 2026-11-02}
references:
  code: J2
  statement: {en: Unable to verify credit references}
  approved: {by: Model Risk, date: 2026-11-02}
"""
WORDS = {"R": "rule", "S": "score", "J": "judgmental", "G": "gray_band"}
DECISION = {
    "taken": {"column": "granted", "adverse": "no"},
    "stage": {"column": "decided_by", "values": WORDS},
    "rules": {"column": "fired", "separator": "|"},
    "judgment": {"column": "reviewer_wrote", "separator": "|"},
}


def build(folder: Path, *, n: int = 300, seed: int = 7) -> World:
    """Write the world: of five refused rows one each by rule, by judgment and in the gray band."""
    rows: list[dict[str, Any]] = []
    for i, row in enumerate(islice(profiles(seed), n)):
        rows.append({**row, "sex": "female" if i % 2 else "male", "age": 20 + i % 50, **_decided(i, row)})
    world = write(folder, complete(rows), {}, Plan(reasons=REASONS + GROUNDS))
    desk = Desk(folder)
    desk.set(**{f"decision__{key}": value for key, value in DECISION.items()})
    return world


def _decided(i: int, row: dict[str, Any]) -> dict[str, str]:
    fails = refused(row)
    by, fired, wrote = "S", "", ""
    if i % 5 == 1:
        by, fired = "R", ("K1", "garnishment|bankruptcy")[i % 2]  # by its code, or by its factor
    elif i % 5 == 2 and not fails:
        by, wrote = "J", ("references|J1", "J2")[i % 2]
    elif i % 5 == 3:
        by, wrote = "G", "collateral"
    return {
        "decided_by": by,
        "fired": fired,
        "reviewer_wrote": wrote,
        "granted": "no" if by != "S" or fails else "yes",
    }


def csv_rows(folder: Path) -> list[dict[str, str]]:
    """Return the applications as they stand in their file."""
    with (folder / "applications.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
