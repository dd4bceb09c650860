"""Estimated groups."""

from __future__ import annotations

from collections.abc import Callable

from reports.sections import estimated
from tests.reports.sections.test_gap import told
from tests.worlds.told import AUDIT, ToldLedger


def test_estimated_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("estimated")


def test_weights_are_called_what_they_are() -> None:
    """The title says that a group is estimated, and by what."""
    page = estimated.query(ToldLedger(), AUDIT)
    assert page is not None
    title = "The estimated group Black is approved 0.87 times as often as White"
    assert estimated.title(page) == title
    assert "These data cannot say" in page.meaning


def test_small_groups_have_no_rate() -> None:
    """Under the minimum size the expected number stands alone, and there is no range of error."""
    page = estimated.query(ToldLedger(), AUDIT)
    assert page is not None
    (few,) = [row for row in page.rows if row.tone == "few"]
    assert (few.expected, few.rate) == ("21.3", "too few")
    assert few.label not in {row.label for row in page.errors}
    assert page.errors[1].four_fifths == "too few, n = 12"


def test_without_estimates_there_is_no_section() -> None:
    """An audit without names has no such page."""
    assert estimated.query(told(estimated_groups=None), AUDIT) is None
