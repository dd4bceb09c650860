"""A change is told only where somebody could make it: nothing fixed moves, and all values occur."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.explain.counterfactual import counterfactuals
from audit.explain.counterfactual.movable import movable
from audit.record import NoCounterfactual, ReasonCode
from tests.worlds.changeable import COLUMNS, FLAGS, JOBS, PROTECTED, codes, people, refuses, scorer, taken
from tests.worlds.small_scorers import PlainScorer, as_records

WAYS = ("increase", "decrease", "any", "never")
FACTORS = {"income": 1, "late": 1, "balance": 2, "job": 3, "town": 1, "age": 1}


def dictionaries():
    """Draw which factors can change, and how."""
    one_way = st.sampled_from(WAYS)
    return st.fixed_dictionaries(
        {
            "fixed": st.sets(st.sampled_from(list(FACTORS))),
            "protected": st.sets(st.sampled_from(list(FACTORS))),
            "income": one_way,
            "late": one_way,
            "balance": one_way,
            "job_cook": st.sampled_from(("any", "never")),
        }
    )


def stated(drawn):
    """Return the dictionary that was drawn."""
    ways = {
        "income": {"income": drawn["income"]},
        "late": {"late": drawn["late"]},
        "balance": {"balance": drawn["balance"]},
        "job": {"job_cook": drawn["job_cook"]},
    }
    return codes(
        **{name: {"changeable": name not in drawn["fixed"], "change": ways.get(name, {})} for name in FACTORS}
    )


@settings(max_examples=60)
@given(dictionaries(), st.integers(0, 2**32 - 1), st.sampled_from(["high", "low"]))
def test_nothing_moves_that_is_said_not_to(drawn, seed, adverse):
    """Fixed and protected factors stay, ways are kept, and all that changes is of one approved row."""
    rows, reference = people(25, seed), people(40, seed + 1)
    # A missing number and a missing word, on either side.
    rows["income"][::5], reference["income"][::7] = np.nan, np.nan
    unknown = PlainScorer(
        lambda one: refuses(one | {"income": np.nan_to_num(one["income"], nan=1.5)}), COLUMNS
    )
    found = counterfactuals(
        unknown, rows, reference, stated(drawn), 0.5, adverse, protected=drawn["protected"], flags=FLAGS
    )
    owner = {column: code.factor for code in codes() for column in code.columns}
    values = unknown.score(reference)
    approved = as_records(taken(reference, values < 0.5 if adverse == "high" else values > 0.5))
    for row, answer in zip(as_records(rows), found, strict=True):
        if isinstance(answer, NoCounterfactual):
            continue
        for one in answer:
            after = row | {column: value for column, _, value in one.changes}
            for column, was, becomes in one.changes:
                factor = owner[column]
                assert factor not in drawn["fixed"] | drawn["protected"]
                way = drawn.get(column, "any")
                assert way != "never"
                assert becomes == becomes != was
                assert was is None or way != "increase" or becomes > was
                assert was is None or way != "decrease" or becomes < was
            for factor in one.factors:
                columns = [c for c in COLUMNS if owner[c] == factor and drawn.get(c) != "never"]
                assert any(all(_same(after[c], other[c]) for c in columns) for other in approved)
            if drawn["job_cook"] == "any":
                assert Counter(after[f"job_{job}"] for job in JOBS) == {0.0: 2, 1.0: 1}
            assert after["late"] == int(after["late"])
            assert after["balance_missing"] <= row["balance_missing"]


def _same(one, other):
    return one == other or (one != one and other != other)


def test_a_flag_is_lowered_with_the_value_that_was_missing():
    """Who had not said their balance can be told of one, and the flag falls with it."""
    rows = people(300, 5)
    rows = taken(rows, np.flatnonzero((refuses(rows) >= 0.5) & (rows["balance_missing"] == 1)))
    found = counterfactuals(
        scorer(), rows, people(200, 6), codes(), 0.5, "high", protected=PROTECTED, flags=FLAGS
    )
    told = [one for answer in found for one in answer if "balance" in one.factors]
    assert told
    for one in told:
        assert ("balance_missing", 1.0, 0.0) in one.changes


def test_what_was_missing_is_told_as_missing():
    """Before is None where a cell was empty; a known cell is never emptied, though that would approve."""
    town = {"north": 2.0, "south": 0.4}
    score = PlainScorer(
        lambda one: np.nan_to_num(one["a"], nan=0.0) + np.array([town.get(w, 0.0) for w in one["t"]]),
        ("a", "t"),
    )
    reference = {"a": np.array([np.nan, 0.5, 0.6]), "t": np.array(["", "south", "north"], dtype=object)}
    dictionary = [ReasonCode(name, name, (name,), {}) for name in ("a", "t")]
    rows = {"a": np.array([1.5, np.nan]), "t": np.array(["", "north"], dtype=object)}
    first, second = counterfactuals(score, rows, reference, dictionary, 1.0, "high")
    assert first[0].changes == (("a", 1.5, 0.5),)
    assert second[0].changes == (("t", "north", "south"),)
    told = {change for answer in (first, second) for one in answer for change in one.changes}
    assert ("t", None, "south") not in told  # it was missing, and naming a town helps nobody
    lacking = {"a": np.array([np.nan]), "t": np.array(["south"], dtype=object)}
    high = PlainScorer(lambda one: np.nan_to_num(one["a"], nan=9.0), ("a", "t"))
    ((one, *_),) = counterfactuals(high, lacking, reference, dictionary, 1.0, "high")
    assert one.changes == (("a", None, 0.5),)
    assert one.cost == 1


def test_a_category_costs_the_same_as_a_word_and_as_one_hot():
    """Re-encoding a category changes neither what is told nor what it costs."""
    words = np.array(["clerk", "cook", "driver"], dtype=object)
    draw = np.random.default_rng(3)
    plain = {"job": words[draw.integers(0, 3, 30)], "late": draw.integers(0, 4, 30).astype(float)}
    gain = {"clerk": 0.0, "cook": 1.0, "driver": -1.0}

    def by_word(one):
        return one["late"] * 0.3 + np.array([gain[word] for word in one["job"]])

    def split(one):
        return {"late": one["late"], **{f"job_{w}": (one["job"] == w).astype(float) for w in words}}

    def by_parts(one):
        return one["late"] * 0.3 + sum(gain[word] * one[f"job_{word}"] for word in words)

    late = ReasonCode("late", "L", ("late",), {})
    one = counterfactuals(
        PlainScorer(by_word, ("job", "late")),
        plain,
        plain,
        [ReasonCode("job", "J", ("job",), {}), late],
        0.5,
        "high",
    )
    parts = tuple(f"job_{word}" for word in words)
    two = counterfactuals(
        PlainScorer(by_parts, (*parts, "late")),
        split(plain),
        split(plain),
        [ReasonCode("job", "J", parts, {}), late],
        0.5,
        "high",
    )
    found = [[(c.factors, c.cost) for c in a] for a in one if not isinstance(a, NoCounterfactual)]
    assert found
    assert found == [[(c.factors, c.cost) for c in a] for a in two if not isinstance(a, NoCounterfactual)]


@pytest.mark.parametrize(
    ("given", "moved"),
    [
        ({}, {"a": ("x", "y"), "b": ("z",)}),
        ({"columns": ("x", "z")}, {"a": ("x",), "b": ("z",)}),
        ({"protected": {"a"}}, {"b": ("z",)}),
        ({"flags": {"y"}}, {"a": ("x", "y"), "b": ("z",)}),
        ({"flags": {"x", "y"}}, {"b": ("z",)}),
    ],
)
def test_which_columns_can_move(given, moved):
    """Those of changeable factors that the model reads; a flag alone is nothing that can change."""
    dictionary = [
        ReasonCode("a", "A", ("x", "y"), {}),
        # Its flag is a column of the factor before: that one has it.
        ReasonCode("b", "B", ("z",), {}, missing_columns=("y",)),
        ReasonCode("c", "C", ("w",), {}, changeable=False),
    ]
    found = movable(dictionary, **{"columns": ("x", "y", "z", "w", "v"), **given})
    assert {one.factor: one.columns for one in found} == moved
