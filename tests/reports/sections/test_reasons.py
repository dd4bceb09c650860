"""Reasons."""

from __future__ import annotations

from collections.abc import Callable

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
