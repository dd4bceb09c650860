"""Reasons against those that the lender stated: planted truth, and chance by all permutations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.reasons_stated import NOT_STATED, by_chance, figure
from audit.record import Decision, Person, Reason, ReasonCode
from tests.oracles import permutations

CODES = tuple(
    ReasonCode(factor, factor[:1].upper(), (factor,), {"en": factor}, hmda=hmda)
    for factor, hmda in (("debt", 1), ("income", 1), ("job", 2), ("file", 3), ("luck", None))
)


def refusal(*factors: str, outcome: Any = "adverse") -> Decision:
    """Return a refusal with reasons in that order."""
    reasons = tuple(
        Reason(rank, factor[:1].upper(), factor, factor, 0.1) for rank, factor in enumerate(factors, start=1)
    )
    return Decision("D", 0, 0, (Person("P"),), outcome, reasons=reasons)


def test_agreement_of_a_list_that_was_counted_by_hand() -> None:
    """Four refusals: one the same, one in another order, one apart, one whose factor has no code."""
    decisions = [
        refusal("debt", "job"),
        refusal("job", "file"),
        refusal("income"),
        refusal("luck"),
        refusal("debt"),  # the lender stated nothing
        refusal(),  # nothing was found
        refusal("debt", outcome="favourable"),
    ]
    stated = [(1, 2), (3,), (4,), (9,), (), (1,), (1,)]
    body = figure(decisions, stated, CODES, columns=("r1", "r2"), unread=3).body
    assert {key: body[key] for key in ("refusals", "n", "not_stated", "not_found", "unread", "columns")} == {
        "refusals": 6, "n": 4, "not_stated": 1, "not_found": 1, "unread": 3, "columns": ["r1", "r2"],
    }  # fmt: skip
    assert body["same_first"]["value"] == 1 / 4
    assert body["first_among"]["value"] == 2 / 4
    assert body["overlap"]["value"] == 2 / 4
    assert body["within_reach"]["value"] == body["first_within_reach"]["value"] == 2 / 4
    by_code = {row["hmda"]: row for row in body["codes"]}
    assert by_code[1] == {
        "hmda": 1, "label": "Debt-to-income ratio", "factors": ["debt", "income"],
        "stated": 1, "stated_first": 1, "found": 2, "found_first": 2, "both": 1, "by_chance": 0.5,
    }  # fmt: skip
    assert (by_code[9]["stated"], by_code[9]["found"], by_code[9]["factors"]) == (1, 0, [])
    assert 8 not in by_code


def test_without_a_column_and_without_a_pair_the_cause_is_told() -> None:
    """Nothing compared is no agreement."""
    assert figure([refusal("debt")], None, CODES).body == {"cause": NOT_STATED}
    body = figure([refusal("debt"), refusal()], [(), (1,)], CODES, columns=("r",)).body
    assert body["n"] == 0
    assert "both a reason" in body["cause"]
    assert "overlap" not in body


SETS = st.frozensets(st.integers(1, 4), max_size=3).map(lambda found: tuple(sorted(found)))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(SETS, SETS), min_size=1, max_size=6))
def test_chance_is_what_all_permutations_give(pairs: list[tuple[Any, Any]]) -> None:
    """Mean and spread equal those of all n! orders, for sets and for first codes."""
    for agree in (lambda one, other: bool({*one} & {*other}), lambda one, other: one[:1] == other[:1]):
        assert by_chance(pairs, agree) == pytest.approx(permutations.shares(pairs, agree), abs=1e-12)


def test_truth_stands_out_and_shuffled_truth_does_not() -> None:
    """Where the lender states what was found, all agree; dealt out anew, chance holds it."""
    kinds = ("debt", "job", "file")
    decisions = [refusal(kinds[i % 3]) for i in range(300)]
    truth = [(i % 3 + 1,) for i in range(300)]
    shuffled = [truth[(i * 7 + i // 3) % 300] for i in range(300)]
    exact, dealt = (figure(decisions, stated, CODES).body["same_first"] for stated in (truth, shuffled))
    assert exact["value"] == 1.0
    assert exact["low"] > exact["chance_high"]
    assert dealt["chance"] == pytest.approx(1 / 3)
    assert dealt["chance_low"] < dealt["value"] < dealt["chance_high"]


def test_a_notice_that_is_held_counts_all_the_same() -> None:
    """Holding moves no number."""
    from audit.record import Notice

    free = refusal("debt")
    held = replace(free, notice=Notice("held", "ranking_uncertain"))
    assert figure([held], [(1,)], CODES) == figure([free], [(1,)], CODES)
