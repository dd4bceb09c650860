"""Awkward populations: a cause or an error for each, where other tools print a number.

What is refused before any work (NaN scores, a reference that nobody belongs to, an attribute of one group,
scores where decisions are expected) is tested with its line in ``tests/audit/cli/test_bad_input.py``.
"""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from audit.fairness import count, disparities, measurements, rates
from audit.fairness.disparities import METRICS, MOST_GROUPS
from audit.fairness.error_gaps import error_gaps

OUTCOMES = ["favourable", "adverse", "favourable", "adverse"]


def everything(outcomes, sex, scores=None, observed=None, reference="m"):
    """Return every measurement of a small population."""
    table = count(outcomes, {"sex": sex}, scores, observed)
    of = {"sex": reference}
    return measurements(rates(table), (*disparities(table, of), *error_gaps(table, of)))


POPULATIONS = {
    "a group of one": (
        OUTCOMES * 20 + ["adverse"],
        ["m"] * 80 + ["f"],
        [0.1, 0.9] * 40 + [0.5],
        [0, 1] * 40 + [1],
    ),
    "a group of three": (
        OUTCOMES * 20 + ["adverse"] * 3,
        ["m"] * 80 + ["f"] * 3,
        [0.1, 0.9] * 40 + [0.5] * 3,
        [0, 1] * 40 + [1, 0, 1],
    ),
    "all refused": (["adverse"] * 80, ["f", "m"] * 40, [0.9] * 80, [0, 1, 1, 0] * 20),
    "all approved": (["favourable"] * 80, ["f", "m"] * 40, [0.1] * 80, [0, 1, 1, 0] * 20),
    "one class of outcome": (OUTCOMES * 20, ["f", "m"] * 40, [0.1, 0.9] * 40, [0] * 80),
    "one group": (OUTCOMES * 20, ["m"] * 80, [0.1, 0.9] * 40, [0, 1] * 40),
    "an unknown reference": (OUTCOMES * 20, ["f", "x"] * 40, [0.1, 0.9] * 40, [0, 1] * 40),
    "no scores": (OUTCOMES * 20, ["f", "f", "m", "m"] * 20, None, [0, 1] * 40),
    "scores of one group alone": (OUTCOMES * 20, ["f", "m"] * 40, [0.1, math.nan] * 40, [0, 1, 1, 0] * 20),
    "nobody decided upon": (["none"] * 80, ["f", "m"] * 40, [0.1, 0.9] * 40, [0, 1] * 40),
}


@pytest.mark.parametrize("population", POPULATIONS.values(), ids=POPULATIONS)
def test_every_number_is_finite_and_every_gap_has_a_cause(population) -> None:
    """No warning, no NaN, no interval without its value; what is missing says why."""
    for one in everything(*population):
        for number in (one.value, one.low, one.high):
            assert number is None or math.isfinite(number), one
        assert one.value is not None or one.cause, one
        if None not in (one.value, one.low, one.high):
            assert one.low <= one.value <= one.high, one


@pytest.mark.parametrize(
    ("name", "measure", "state", "cause"),
    [
        ("a group of one", "adverse_impact_ratio", "inconclusive", "too few: n < 30"),
        ("a group of three", "equal_opportunity_difference", "inconclusive", "too few: n < 30"),
        (
            "all refused",
            "adverse_impact_ratio",
            "not_measured",
            "every decision is adverse: there is nothing to compare",
        ),
        (
            "all approved",
            "odds_ratio",
            "not_measured",
            "every decision is favourable: there is nothing to compare",
        ),
        (
            "one class of outcome",
            "auc_difference",
            "not_measured",
            "this group has no AUC: one of the outcomes was never observed",
        ),
        (
            "one class of outcome",
            "false_negative_rate_difference",
            "not_measured",
            "of this group: no adverse outcome was observed",
        ),
        ("an unknown reference", "shortfall", "not_measured", "the reference group 'm' is empty"),
        ("scores of one group alone", "ks_difference", "not_measured", "the reference group 'm' has no KS"),
    ],
)
def test_the_cause_says_what_is_wrong(name, measure, state, cause) -> None:
    """Where fairlearn prints 1.0 or 0.0, aequitas drops rows and aif360 prints nan, a cause stands here."""
    found = [one for one in everything(*POPULATIONS[name]) if one.measure == measure and one.group != "all"]
    assert found
    for one in found:
        assert one.state == state
        assert one.cause.startswith(cause)


def test_missing_groups_are_a_group_and_nobody_is_dropped() -> None:
    """``unknown`` is counted and compared like any other, last in order."""
    table = count(OUTCOMES * 30, {"sex": ["f", "m", "unknown"] * 40})
    assert table.groups("sex") == ("f", "m", "unknown")
    assert {one.group for one in disparities(table, {"sex": "m"})} == {"f", "unknown"}
    assert table.matrix().sum() == 120


def test_thousands_of_groups_are_told_and_not_waited_for() -> None:
    """Five thousand groups are counted, and one cause stands where their comparisons would."""
    rng = np.random.default_rng(1)
    n = 50_000
    table = count(
        np.where(rng.random(n) < 0.5, "favourable", "adverse").astype(object),
        {"town": rng.integers(0, 5000, n).astype(str).astype(object)},
        rng.random(n),
        rng.integers(0, 2, n),
    )
    start = time.process_time()
    found = rates(table)
    compared = (*disparities(table, {"town": "7"}), *error_gaps(table, {"town": "7"}))
    assert time.process_time() - start < 30
    assert len({one.group for one in found if one.attribute == "town"}) == 5000
    assert [one.metric for one in compared] == list(METRICS)
    assert {one.cause for one in compared} == {
        f"5000 groups, more than {MOST_GROUPS}: state bands, or join groups"
    }


@pytest.mark.parametrize("outcome", [0.3, "0.3", 1, None, math.nan])
def test_scores_given_as_decisions_are_refused(outcome) -> None:
    """A number is no decision; fairlearn counts it as not selected and says nothing."""
    with pytest.raises(ValueError, match="is none of adverse, favourable, none"):
        count([outcome, "favourable"], {"sex": ["f", "m"]})
