"""Worlds in which the truth is known: how often a planted gap is found, and how often one that is none.

``python -m tests.worlds.planted`` prints the tables: false alarms by measure, power beside what the
report states, and how often an interval holds the truth. Everything goes through the counts and the
comparisons that an audit makes; only who is in it is drawn here.
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
from audit.fairness.rates import rates
from audit.fairness.weighted import weighted_rates

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


def coverage(worlds: int, n: int, seed: int) -> dict[str, tuple[float, int]]:
    """Return, by measure, how often a stated 95 % interval held the truth, and of how many intervals."""
    rng = np.random.default_rng(seed)
    true = {"sex": {"male": 0.7, "female": 0.6}}
    held: Counter[str] = Counter()
    told: Counter[str] = Counter()

    def see(name: str, truth: float, low: float | None, high: float | None) -> None:
        if low is not None and high is not None:
            told[name] += 1
            held[name] += low <= truth <= high

    for _ in range(worlds):
        sex = rng.choice(["male", "female"], n, p=[0.7, 0.3])
        chance = np.where(sex == "male", true["sex"]["male"], true["sex"]["female"])
        table = table_of(rng, {"sex": sex}, rng.random(n) < chance)
        for rate in rates(table):
            if rate.metric == "selection_rate" and rate.attribute == "sex":
                see("selection_rate", true["sex"][rate.group], rate.low, rate.high)
            if rate.metric == "auc" and rate.attribute == "sex":
                see("auc", _true_auc(true["sex"][rate.group]), rate.low, rate.high)
        for one in disparities(table, {"sex": "male"}):
            if one.metric == "adverse_impact_ratio":
                see(one.metric, 0.6 / 0.7, one.low, one.high)
            if one.metric == "marginal_effect":
                see(one.metric, -0.1 if (one.value or 0) < 0 else 0.1, one.low, one.high)
    return {name: (held[name] / n_told, n_told) for name, n_told in told.items()}


_AUC: dict[float, float] = {}


def _true_auc(share: float) -> float:
    """Return the AUC of a group of which this share is approved, from four million draws."""
    if share not in _AUC:
        rng, n = np.random.default_rng(5), 4_000_000
        approved = rng.random(n) < share
        score = np.round(np.clip(rng.normal(np.where(approved, 0.35, 0.55), 0.15), 0.0, 1.0), 3)
        bad = rng.random(n) < score
        at = np.rint(score * 1000).astype(np.int64)
        ones, zeros = np.bincount(at[bad], minlength=1001), np.bincount(at[~bad], minlength=1001)
        below = np.cumsum(zeros) - zeros
        _AUC[share] = float((ones * (below + zeros / 2)).sum() / (ones.sum() * zeros.sum()))
    return _AUC[share]


def estimated(worlds: int, n: int, seed: int) -> tuple[float, float, float]:
    """Return how often the interval and the error range of an estimated group's ratio hold the truth.

    Probabilities are calibrated and race is drawn from them; approvals differ by race within people of
    like probability, which weights cannot see. The third number is how often the bounds hold it.
    """
    rng = np.random.default_rng(seed)
    within = wide = bounded = 0
    for _ in range(worlds):
        p = rng.beta(0.5, 1.2, n)
        member = rng.random(n) < p
        chance = 0.7 - 0.1 * p  # what the probability itself carries
        y = rng.random(n) < chance
        truth = y[member].mean() / y[~member].mean()
        one = next(
            rate
            for rate in weighted_rates(np.stack([1 - p, p], axis=1), y, ("white", "black"), "white")
            if rate.group == "black"
        )
        assert one.ratio_low is not None
        assert one.ratio_high is not None
        assert one.ratio_error_low is not None
        within += one.ratio_low <= _ratio_of(chance, p) <= one.ratio_high
        wide += one.ratio_error_low <= truth <= (one.ratio_error_high or np.inf)
        assert one.bound_low is not None
        assert one.bound_high is not None
        bounded += one.bound_low <= y[member].mean() <= one.bound_high
    return within / worlds, wide / worlds, bounded / worlds


def _ratio_of(chance: NDArray[Any], p: NDArray[Any]) -> float:
    return float((chance * p).sum() / p.sum() / ((chance * (1 - p)).sum() / (1 - p).sum()))


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
    tell("Intervals of 95 % that hold the truth")
    for n in (300, 3_000):
        for name, (share, told) in sorted(coverage(worlds, n, seed=n).items()):
            tell(f"  n {n:>5}  {name:<24} {share:6.1%} of {told}")
    within, wide, bounded = estimated(worlds, 3_000, seed=3)
    tell("Estimated groups (weights), 3,000 people")
    tell(f"  interval holds the expected ratio {within:.1%}; error range holds the true one {wide:.1%};")
    tell(f"  bounds hold the true rate {bounded:.1%}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=1000)
    main(parser.parse_args().worlds)
