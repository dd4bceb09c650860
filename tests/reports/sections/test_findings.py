"""Findings."""

from __future__ import annotations

from collections.abc import Callable

from reports.sections import findings
from tests.worlds.told import AUDIT, ToldLedger


def test_findings_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("findings")


def test_what_is_not_met_comes_first_and_law_before_house() -> None:
    """Cards are numbered from F-01, gravest kind first."""
    page = findings.query(ToldLedger(), AUDIT)
    assert [(c.number, c.kind) for c in page.cards] == [("F-01", "law"), ("F-02", "house")]
    assert all(card.way_out for card in page.cards)


def test_screens_stand_apart_with_their_own_words() -> None:
    """No screen is met or not met: it lies on a side of its line."""
    page = findings.query(ToldLedger(), AUDIT)
    words = {row.mark.word for block in page.screens for row in block.rows}
    assert words == {"Cannot say", "Above the line", "Over the line", "Under the line"}
    assert [block.heading for block in page.screens] == ["Four fifths", "Score gap of 0.30 SD"]
    assert not any(row.kind == "convention" for block in page.blocks for row in block.rows)


def test_long_lists_say_what_was_left_off() -> None:
    """Rows past the limit stand in the attached file, and the page counts them."""
    told = ToldLedger()
    told.the_findings = told.the_findings + tuple(f for f in told.the_findings if f.kind == "convention") * 3
    page = findings.query(told, AUDIT)
    shown = sum(len(block.rows) for block in page.screens)
    assert page.left_off == 28 * 4 - shown
    assert shown <= findings.MOST_ROWS
