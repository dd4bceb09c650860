"""How often each kind of interval holds the truth: by counting all that can happen, else by drawn worlds.

``python -m tests.worlds.covered`` prints the tables. Of one or two groups every possible count is weighed
with its chance, so that the coverage of intervals made of counts is exact and no luck is in it; intervals of
scores and bootstraps are met by worlds of a seed. Beside them: how far a gap is from the sum of its parts,
and how often the search of slices finds one where there is none.
"""

from __future__ import annotations

import argparse
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from audit.fairness import count, disparities
from audit.fairness.bootstrap import interval
from audit.fairness.classical import clopper_pearson_interval, katz_interval, newcombe_interval
from audit.fairness.drawn_ratios import ratios
from audit.fairness.error_gaps import error_gaps
from audit.fairness.gap import APPROVED, REFUSED, Attributed, split
from audit.fairness.intervals import wilson_interval
from audit.fairness.two_rates import compare_rates
from audit.fairness.weighted import DIFFERENCE, weighted_rates
from audit.slicing.cuts import Cut
from audit.slicing.together import together
from audit.slicing.worst import search

Floats = NDArray[np.float64]
Ends = tuple[float | None, float | None] | None
TRUTHS = tuple(np.round(np.arange(0.05, 0.951, 0.05), 2).tolist())
PAIRS = ((0.5, 0.5), (0.6, 0.7), (0.3, 0.6), (0.85, 0.95), (0.1, 0.2), (0.65, 0.65))
SEEN = 1e-9  # ends are found by bisection


def of_one(n: int) -> dict[str, tuple[float, float]]:
    """Return, for the intervals of a share of n, the mean and the least coverage over ``TRUTHS``."""
    made = {
        "wilson": [wilson_interval(x, n) for x in range(n + 1)],
        "clopper_pearson": [clopper_pearson_interval(x, n) for x in range(n + 1)],
    }
    found = {}
    for name, ends in made.items():
        held = [
            sum(float(binom.pmf(x, n, p)) for x, (low, high) in enumerate(ends) if low <= p <= high)
            for p in TRUTHS
        ]
        found[name] = (sum(held) / len(held), min(held))
    return found


@cache
def _of_two(n: int, m: int) -> dict[str, list[list[Ends]]]:
    every = [[compare_rates(x, n, y, m) for y in range(m + 1)] for x in range(n + 1)]
    return {
        "newcombe (difference)": [
            [newcombe_interval(x, n, y, m) for y in range(m + 1)] for x in range(n + 1)
        ],
        "katz (ratio)": [[katz_interval(x, n, y, m) for y in range(m + 1)] for x in range(n + 1)],
        "exact test (difference)": [[(t.difference_low, t.difference_high) for t in row] for row in every],
        "exact test (ratio)": [[(t.ratio_low, t.ratio_high) for t in row] for row in every],
        "exact test (odds ratio)": [[(t.odds_low, t.odds_high) for t in row] for row in every],
    }


def of_two(n: int, m: int) -> dict[str, tuple[float, float]]:
    """Return the mean and the least coverage over ``PAIRS`` of what compares n people with m.

    An end that is not given is open; where there is no interval at all (nobody was selected), that table
    is left out, and the coverage is of those that have one.
    """
    found = {}
    for name, ends in _of_two(n, m).items():
        held = []
        for p, q in PAIRS:
            truth = {"difference": q - p, "ratio": p / q, "odds ratio": p * (1 - q) / (q * (1 - p))}
            true = truth[name[name.index("(") + 1 : -1]]
            chance = np.outer(binom.pmf(range(n + 1), n, p), binom.pmf(range(m + 1), m, q))
            told = np.array([[_told(one) for one in row] for row in ends])
            inside = np.array([[_holds(one, true) for one in row] for row in ends])
            held.append(float(chance[inside].sum() / chance[told].sum()))
        found[name] = (sum(held) / len(held), min(held))
    return found


def _told(ends: Ends) -> bool:
    return ends is not None and ends != (None, None)


def _holds(ends: Ends, true: float) -> bool:
    if ends is None or not _told(ends):
        return False
    low, high = ends
    return (low is None or low - SEEN <= true) and (high is None or true <= high + SEEN)


def of_worlds(worlds: int, n: int, seed: int) -> dict[str, tuple[int, int]]:
    """Return how often intervals of scores and drawn ones hold the truth, and of how many worlds.

    Both groups are scored alike, so that the true differences are 0; of the reference 0.7 are approved and
    0.6 of the group.
    """
    rng = np.random.default_rng(seed)
    names = ("auc_difference", "standardized_mean_difference", "bootstrap (ratio)")
    held, told = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    for world in range(worlds):
        sex = np.where(rng.random(n) < 0.4, "female", "male")
        score = np.round(rng.beta(2, 3, n), 3)
        bad = (rng.random(n) < score).astype(np.float64)
        approved = rng.random(n) < np.where(sex == "female", 0.6, 0.7)
        table = count(np.where(approved, "favourable", "adverse"), {"sex": sex}, score, bad)
        tests = (*disparities(table, {"sex": "male"}), *error_gaps(table, {"sex": "male"}))
        for one in tests:
            if one.metric in names and one.low is not None and one.high is not None:
                told[one.metric] += 1
                held[one.metric] += one.low <= 0 <= one.high
        drawn = ratios(table, "sex", "male", seed=world)["selection_rate", "female"]
        ratio = next(one.value for one in tests if one.metric == "adverse_impact_ratio")
        ends = None if ratio is None else interval(drawn, ratio)
        if ends is not None:
            told["bootstrap (ratio)"] += 1
            held["bootstrap (ratio)"] += ends[0] <= 0.6 / 0.7 <= ends[1]
    return {name: (held[name], told[name]) for name in names}


def of_estimates(worlds: int, n: int, seed: int) -> dict[str, int]:
    """Return in how many worlds the true ratio of an estimated group is held, by what is stated of it.

    Race is known here, and members are approved 0.05 oftener or less often than others of the same
    probability, the difference that the range of measurement error is stated for.
    """
    rng = np.random.default_rng(seed)
    held = {"interval alone": 0, "interval and range": 0, "bounds (rate)": 0}
    for world in range(worlds):
        within = DIFFERENCE if world % 2 else -DIFFERENCE
        p = rng.beta(0.8, 1.6, n)
        member = rng.random(n) < p
        y = rng.random(n) < 0.7 - 0.1 * p + within * (member - p)
        # Among members p is drawn as p * density, so that these sums are the rates of the whole people.
        mine = float((p * (0.7 - 0.1 * p + within * (1 - p))).sum() / p.sum())
        theirs = float(((1 - p) * (0.7 - 0.1 * p - within * p)).sum() / (1 - p).sum())
        both = np.stack([1 - p, p], axis=1)
        one = weighted_rates(both, y, ("white", "black"), "white")[1]
        known = one.ratio, one.ratio_low, one.ratio_high, one.ratio_error_low, one.ratio_error_high
        ratio, low, high, error_low, error_high = (float("nan") if each is None else each for each in known)
        held["interval alone"] += low <= mine / theirs <= high
        held["interval and range"] += error_low * low / ratio <= mine / theirs <= error_high * high / ratio
        assert one.bound_low is not None
        assert one.bound_high is not None
        held["bounds (rate)"] += one.bound_low <= y[member].mean() <= one.bound_high
    return held


def left_of_gaps(worlds: int, n: int, seed: int) -> tuple[float, float]:
    """Return the farthest that a gap lies from the sum of its parts, and the largest gap.

    Membership is known in even worlds and a probability in odd ones; the approved are sampled in half.
    """
    rng = np.random.default_rng(seed)
    farthest = largest = 0.0
    for world in range(worlds):
        group = rng.random(n) if world % 2 else (rng.random(n) < 0.3).astype(np.float64)
        parts = rng.normal(size=(n, 5)) - 0.4 * group[:, None] * rng.random(5)
        base = rng.normal(0.1, 0.02, n)  # a comparison group for each cutoff
        scores = base + parts.sum(axis=1)
        strata = np.where(scores > 0.2, REFUSED, APPROVED)
        rows = np.flatnonzero((strata == REFUSED) | (rng.random(n) < (0.3 if world % 4 < 2 else 1.0)))
        rest = np.stack([base[rows], np.zeros(len(rows))], axis=1)
        people = Attributed(scores, strata, rows, ("a", "b", "c", "d", "e"), parts[rows], rest)
        gap = split(people, group, 1 - group)
        assert gap.value is not None
        assert len(gap.parts) == 5
        whole = sum(part.value for part in gap.parts) + gap.base + gap.residual + gap.sampling
        farthest, largest = max(farthest, abs(whole - gap.value)), max(largest, abs(gap.value))
    return farthest, largest


def false_slices(worlds: int, n: int, seed: int) -> tuple[int, float]:
    """Return in how many worlds a slice was found though errors hang on nothing, and the mean of slices."""
    rng = np.random.default_rng(seed)
    names = ("region", "product", "channel", "age")
    alarms = looked = 0
    for _ in range(worlds):
        columns = [rng.choice([f"{k}" for k in range(size)], n).astype(object) for size in (5, 3, 6, 4)]
        counts = together(columns, np.ones(n, dtype=np.bool_), rng.random(n) < 0.2)
        found = search(counts, tuple(Cut(name, "categories") for name in names), 30)
        alarms += any(one.found for one in found)
        looked += len(found)
    return alarms, looked / worlds


def main(worlds: int) -> None:
    """Print every table."""
    print(f"Exact coverage of 95 % intervals of a share, over {len(TRUTHS)} true shares: mean, least")
    for n in (30, 100, 500):
        for name, (mean, least) in of_one(n).items():
            print(f"  n {n:>4}  {name:<26} {mean:6.2%} {least:6.2%}")
    print(f"Exact coverage of 95 % intervals of two shares, over {len(PAIRS)} true pairs: mean, least")
    for n, m in ((30, 30), (30, 80), (50, 100)):
        for name, (mean, least) in of_two(n, m).items():
            print(f"  {n:>3} against {m:>3}  {name:<26} {mean:6.2%} {least:6.2%}")
    print(f"Coverage in {worlds} worlds")
    for n in (200, 1000):
        for name, (held, told) in of_worlds(worlds, n, seed=n).items():
            print(f"  n {n:>5}  {name:<30} {held / told:6.1%} of {told}")
    print("Estimated groups whose members fare otherwise by the stated 0.05 than weights can see")
    for n in (2_000, 20_000):
        for name, inside in of_estimates(worlds, n, seed=n).items():
            print(f"  n {n:>5}  {name:<30} {inside / worlds:6.1%} of {worlds}")
    farthest, largest = left_of_gaps(worlds, 800, seed=3)
    print(f"A gap and the sum of its parts: at most {farthest:.1e} apart (gaps up to {largest:.2f})")
    alarms, looked = false_slices(worlds, 800, seed=11)
    print(f"Search of slices: {alarms} of {worlds} null worlds name one, of {looked:.0f} slices looked at")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=500)
    main(parser.parse_args().worlds)
