"""Worlds in which the truth is known: how often a planted gap is found, and how often one that is none.

``python -m tests.worlds.planted`` prints the tables: false alarms by measure, and power beside what the
report states. Everything goes through the counts and the comparisons that an audit makes; only who is in
it is drawn here. How often intervals hold the truth is counted in ``covered``.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.fairness.disparities import disparities
from audit.fairness.error_gaps import error_gaps
from audit.fairness.families import families
from audit.fairness.groups import CountTable, count
from audit.fairness.power import power_of_gap

REFERENCES = {"sex": "male", "race": "white", "age": "40-61", "sex x race": "male x white"}
RACES = {"white": 0.6, "black": 0.14, "hispanic": 0.15, "asian": 0.09, "native": 0.02}
AGES = {"18-24": 0.12, "25-39": 0.33, "40-61": 0.38, "62+": 0.17}
APPROVED = 0.65
ALPHA = 0.05


@dataclass
class Alarms:
    """How many null worlds raised an alarm, measure by measure, with the family counted in and without."""

    worlds: int = 0
    adjusted: Counter[str] = field(default_factory=Counter)
    plain: Counter[str] = field(default_factory=Counter)
    any_family: int = 0
    screened: int = 0  # worlds in which a ratio's whole interval lay below four fifths


def people(rng: np.random.Generator, n: int) -> dict[str, NDArray[Any]]:
    """Draw the groups of n applicants."""
    sex = rng.choice(["male", "female"], n, p=[0.55, 0.45])
    race = rng.choice(list(RACES), n, p=list(RACES.values()))
    age = rng.choice(list(AGES), n, p=list(AGES.values()))
    both = np.char.add(np.char.add(sex, " x "), race)
    return {"sex": sex, "race": race, "age": age, "sex x race": both}


def table_of(rng: np.random.Generator, groups: dict[str, NDArray[Any]], approved: NDArray[Any]) -> CountTable:
    """Count a world whose scores order people as decided, with noise, and whose outcomes follow scores."""
    n = len(approved)
    score = np.round(np.clip(rng.normal(np.where(approved, 0.35, 0.55), 0.15), 0.0, 1.0), 3)
    bad = (rng.random(n) < score).astype(np.float64)
    return count(np.where(approved, "favourable", "adverse"), groups, score, bad)


def null_worlds(worlds: int, n: int, seed: int) -> Alarms:
    """Audit worlds in which no group differs from any other in anything."""
    rng, alarms = np.random.default_rng(seed), Alarms()
    for _ in range(worlds):
        table = table_of(rng, people(rng, n), rng.random(n) < APPROVED)
        tests = (*disparities(table, REFERENCES), *error_gaps(table, REFERENCES))
        alarms.worlds += 1
        raised = False
        for family in families(tests, {}):
            rows = [one for one in family["rows"] if one["cause"] is None]
            if any(one["statistical"] for one in rows):
                alarms.adjusted[family["metric"]] += 1
                raised = True
            alarms.plain[family["metric"]] += any(one["p_value"] < ALPHA for one in rows)
        alarms.any_family += raised
        ratios = [one for one in tests if one.metric == "adverse_impact_ratio" and one.cause is None]
        alarms.screened += any(one.high is not None and one.high < 0.8 for one in ratios)
    return alarms


def found_share(worlds: int, n: int, m: int, gap: float, seed: int) -> tuple[float, float]:
    """Return how often a planted gap in approvals is found at 5 %, and the power that the report states."""
    rng = np.random.default_rng(seed)
    group = np.array(["female"] * n + ["male"] * m)
    chance = np.where(group == "female", APPROVED - gap, APPROVED)
    found = 0
    for _ in range(worlds):
        outcome = np.where(rng.random(n + m) < chance, "favourable", "adverse")
        (one,) = (
            test
            for test in disparities(count(outcome, {"sex": group}, None), {"sex": "male"})
            if test.metric == "adverse_impact_ratio"
        )
        found += one.p_value is not None and one.p_value < ALPHA
    return found / worlds, power_of_gap(APPROVED - gap, n, APPROVED, m)


def main(worlds: int, tell: Callable[[str], None] = print) -> None:
    """Print every table."""
    tell("False alarms where nothing differs (12 comparisons with a reference, Holm, stated level 5 %)")
    for n in (500, 2_000, 10_000):
        alarms = null_worlds(worlds, n, seed=n)
        for metric in sorted(alarms.plain):
            share, plain = alarms.adjusted[metric] / worlds, alarms.plain[metric] / worlds
            tell(f"  n {n:>6}  {metric:<36} {share:6.1%} of {worlds} worlds; unadjusted {plain:6.1%}")
        tell(f"  n {n:>6}  {'screen below 0.80, whole interval':<36} {alarms.screened / worlds:6.1%}")
    tell("A planted gap in approvals, found at 5 %: measured, and the power that the report states")
    for n, m in ((150, 350), (600, 1_400), (3_000, 7_000)):
        for gap in (0.05, 0.10):
            measured, stated = found_share(worlds, n, m, gap, seed=n)
            tell(f"  {n:>5} against {m:>5}  {gap:4.0%}  found {measured:6.1%}  stated {stated:6.1%}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=1000)
    main(parser.parse_args().worlds)
