"""Reasons."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from audit.record import HOLD_CAUSES, Figure
from reports.sections import reasons
from reports.sections.summary import hold_words
from tests.worlds.told import AUDIT, ToldLedger


def test_reasons_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("reasons")


def test_held_notices_are_told_with_cause_and_release() -> None:
    """Ready and held add up, and each cause says what releases it."""
    page = reasons.query(ToldLedger(), AUDIT)
    assert [(row.state, row.n) for row in page.notices] == [
        ("Ready", "1,014"),
        ("Held", "100"),
        ("Held", "32"),
    ]
    assert all(row.releases != "–" for row in page.notices if row.state == "Held")


def test_the_table_holds_what_the_chart_shows() -> None:
    """Each code stands once, most named first, with counts and shares of all refusals."""
    page = reasons.query(ToldLedger(), AUDIT)
    assert page.n == "1,146"
    first = page.codes[0]
    assert (first.code, first.hmda, first.first, first.first_share) == ("P1", "3", "878", "76.6%")
    assert (first.named, first.named_share) == ("986", "86.0%")
    assert len({row.code for row in page.codes}) == len(page.codes) == 8


def test_drift_is_told_with_the_audit_that_it_is_held_to() -> None:
    """Index, chance and reading; a change whose interval leaves out zero is marked; a new code is new."""
    drift = reasons.query(ToldLedger(), AUDIT).drift
    assert drift is not None
    assert "2b9d\u00a040f1 (the last accepted one)" in drift.about
    assert "0.024" in drift.meaning
    assert "0.012" in drift.meaning
    assert "Two of eight codes changed by more than chance" in drift.meaning
    assert [row.code for row in drift.rows if row.beyond] == ["P1", "P2"]
    assert [(row.then, row.label) for row in drift.rows if row.code == "L2"] == [
        ("–", "Months with a balance (new)")
    ]


def test_without_an_earlier_audit_the_cause_is_told() -> None:
    """No drift is not a drift of zero; an audit of an older program says nothing of it."""
    told = ToldLedger()
    told.the_figures["reason_drift"] = Figure("reason_drift", "model_risk", {"cause": "there is none"})
    drift = reasons.query(told, AUDIT).drift
    assert drift is not None
    assert (drift.cause, drift.rows) == ("There is none.", ())
    del told.the_figures["reason_drift"]
    assert reasons.query(told, AUDIT).drift is None


def test_the_lender_s_own_reasons_stand_beside_chance() -> None:
    """Each way to agree has its chance, and what no factor could name is told."""
    stated = reasons.query(ToldLedger(), AUDIT).stated
    assert stated is not None
    assert [row.label for row in stated.rows] == [
        "The same code first",
        "The lender’s first code among ours",
        "At least one code in common",
    ]
    assert stated.rows[0].found == "62.0% (58.7–65.2)"
    assert stated.rows[0].chance == "54.4% (52.1–56.7)"
    assert "within what chance" in stated.meaning
    assert "In 19% the lender names only codes for which no factor" in stated.meaning
    assert [(row.code, row.factors) for row in stated.codes] == [
        ("1", "B1"),
        ("3", "P1, P2"),
        ("4", "–"),
        ("9", "L1"),
    ]


@pytest.mark.parametrize(
    ("low", "high", "word"), [(0.74, 0.80, "above"), (0.72, 0.76, "within"), (0.6, 0.69, "below")]
)
def test_agreement_is_placed_beside_chance(low: float, high: float, word: str) -> None:
    """Only an interval wholly beyond that of chance lies above or below it."""
    told = ToldLedger()
    body = dict(told.the_figures["stated_reasons"].body)
    body["overlap"] = {**body["overlap"], "low": low, "high": high}
    told.the_figures["stated_reasons"] = Figure("stated_reasons", "model_risk", body)
    stated = reasons.query(told, AUDIT).stated
    assert stated is not None
    assert f"stated, {word} what chance" in stated.meaning


def test_a_lender_that_stated_nothing_is_told_so() -> None:
    """Where no refusal can be compared, the cause stands and no number."""
    told = ToldLedger()
    body = {**told.the_figures["stated_reasons"].body, "n": 0, "cause": "nobody has both"}
    told.the_figures["stated_reasons"] = Figure(
        "stated_reasons", "model_risk", {k: v for k, v in body.items() if k not in ("overlap", "codes")}
    )
    stated = reasons.query(told, AUDIT).stated
    assert stated is not None
    assert (stated.cause, stated.rows) == ("Nobody has both.", ())


def test_both_named_methods_stand_beside_and_the_nearer_is_judged() -> None:
    """Regulation B's methods A and B, in this order; the state belongs to the nearer one."""
    similar = reasons.query(ToldLedger(), AUDIT).similar
    assert [(row.method, row.overlap, row.mark is not None) for row in similar] == [
        ("Regulation B, applicants just past the cutoff", "83.2% (79.6–86.3)", True),
        ("Regulation B, all applicants", "80.7% (77.2–83.9)", False),
    ]


def test_every_cause_of_a_hold_has_words() -> None:
    """No cause is printed as its key."""
    for cause in HOLD_CAUSES:
        assert "_" not in hold_words(cause)
        assert hold_words(cause) != cause.replace("_", " ")
        assert cause in reasons._RELEASES


def test_the_example_is_never_a_held_refusal() -> None:
    """Reasons of a held notice are printed nowhere; the example is one that may be told."""
    example = reasons.query(ToldLedger(), AUDIT).example
    assert example is not None
    assert "4c1e\u00a007ab" in example.about
    assert [(row.code, row.letter) for row in example.rows] == [
        ("P1", "reason 1"),
        ("P2", "reason 2"),
        ("B1", "reason 3"),
        ("B3", "not printed: under the floor"),
        ("B4", "never printed: it helped"),
    ]


def test_a_small_group_shows_counts_and_no_share() -> None:
    """Cells under the minimum size have no shade."""
    heat = next(h for h in reasons.query(ToldLedger(), AUDIT).heats if "age" in h.heading)
    _, _, cells = heat.rows[0]
    assert (cells[3].value, cells[3].aside, cells[3].step) == ("too few", "4", 0)


def test_no_refusals_is_said() -> None:
    """An audit without refusals has no reasons, and says so."""
    told = ToldLedger()
    told.the_figures["reason_mix"] = Figure("reason_mix", "model_risk", {"n_notices": 0, "codes": []})
    assert reasons.query(told, AUDIT).finding == "No reasons were given"
