"""Reasons by group: differences by plain counting, one stated family, and small groups without a verdict."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact
from statsmodels.stats.multitest import multipletests

from audit.explain.pictures import reasons_by_group
from audit.fairness.reason_mix import reason_gaps
from audit.record import Decision, Reason

CODES = ("A1", "B2", "C3")


def refused(at: int, codes: list[str]) -> Decision:
    """Return a refusal that is told these reasons."""
    reasons = tuple(Reason(rank, code, code.lower(), code, 0.1) for rank, code in enumerate(codes, start=1))
    return Decision(str(at), 0, at, (), "adverse", reasons=reasons)


def world(n: int, tilt: float, seed: int) -> tuple[list[Decision], dict[str, list[str]]]:
    """Draw refusals of which women are told B2 more often by ``tilt``."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["male", "female"], n, p=[0.6, 0.4]).tolist()
    race = rng.choice(["white", "black", "rare"], n, p=[0.7, 0.29, 0.01]).tolist()
    decisions = []
    for at, one in enumerate(sex):
        chance = {"A1": 0.9, "B2": 0.4 + tilt * (one == "female"), "C3": 0.2}
        told = [code for code in CODES if rng.random() < chance[code]]
        decisions.append(refused(at, told or ["A1"]))
    return decisions, {"sex": sex, "race": race}


def test_differences_are_those_of_plain_loops() -> None:
    """Shares, Fisher's p-values and both adjustments, over every group and reason at once."""
    decisions, groups = world(500, 0.2, seed=3)
    body = reason_gaps(
        reasons_by_group(decisions, groups, ()).body["attributes"], {"sex": "male", "race": "white"}, 30
    )
    assert body["n_tests"] == len(body["rows"]) == 3 * 3
    p_values = []
    for one in body["rows"]:
        told = {}
        for group in (one["group"], one["reference"]):
            mine = [d for d, g in zip(decisions, groups[one["attribute"]], strict=True) if g == group]
            told[group] = sum(any(r.code == one["code"] for r in d.reasons) for d in mine), len(mine)
        (x, n), (y, m) = told[one["group"]], told[one["reference"]]
        assert one["n"] == n
        assert one["value"] == pytest.approx(x / n - y / m, abs=1e-15)
        assert one["low"] <= one["value"] <= one["high"]
        assert one["p_value"] == pytest.approx(fisher_exact([[x, n - x], [y, m - y]])[1], rel=1e-9)
        assert (one["low"] <= 0 <= one["high"]) == (one["p_value"] >= 0.05)
        p_values.append(one["p_value"])
        few = n < 30
        assert (one["cause"] is not None, one["statistical"] is None) == (few, few)
    for name, method in (("holm", "holm"), ("benjamini_hochberg", "fdr_bh")):
        theirs = multipletests(p_values, method=method)[1]
        assert [one[name] for one in body["rows"]] == pytest.approx(list(theirs), rel=1e-12)
    beyond = [(one["group"], one["code"]) for one in body["rows"] if one["statistical"]]
    assert beyond == [("female", "B2")]


def test_null_worlds_name_a_reason_at_most_at_the_stated_level() -> None:
    """Where nobody is told otherwise, one family in twenty at most says so."""
    alarms = 0
    for seed in range(100):
        decisions, groups = world(300, 0.0, seed)
        body = reason_gaps(
            reasons_by_group(decisions, groups, ()).body["attributes"], {"sex": "male", "race": "white"}, 30
        )
        alarms += any(one["statistical"] for one in body["rows"])
    assert alarms <= 13  # once in a thousand runs at 5 %


def test_without_a_reference_or_refusals_nothing_is_tested() -> None:
    """An attribute whose reference nobody refused belongs to has counts and no tests."""
    decisions, groups = world(40, 0.0, seed=1)
    entries = reasons_by_group(decisions, {"sex": groups["sex"]}, ()).body["attributes"]
    assert reason_gaps(entries, {"sex": "other"}, 30) == {"n_tests": 0, "rows": []}
    assert reason_gaps((), {}, 30) == {"n_tests": 0, "rows": []}
