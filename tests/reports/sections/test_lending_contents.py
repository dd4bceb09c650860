"""Page 2 of a fair-lending report: what it holds, measured or not."""

from __future__ import annotations

from collections.abc import Callable

from reports.report import sections
from reports.report_kind import FAIR_LENDING
from reports.sections import lending_contents
from tests.worlds.told import AUDIT, ToldLedger


def test_lending_contents_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("lending_contents")


def test_every_item_leads_to_a_section_of_the_report() -> None:
    """No item points to where nothing stands."""
    names = {one.name for one in sections(ToldLedger(), AUDIT, FAIR_LENDING)}
    page = lending_contents.query(ToldLedger(), AUDIT)
    assert {item.anchor for _, items in page.held for item in items} <= names


def test_the_limits_deny_a_conclusion() -> None:
    """Whoever reads what was measured reads what it does not say."""
    page = lending_contents.query(ToldLedger(), AUDIT)
    assert "does not conclude that a model or a lender obeys the law" in page.limits[0]
    assert "names no applicant" in page.limits[1]
