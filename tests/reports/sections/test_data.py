"""Data and people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reports.sections import data
from tests.worlds.told import AUDIT, ToldLedger


def test_data_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("data")


def test_missing_values_are_told_in_the_title() -> None:
    """Unknown is a group of its own and is said first."""
    told = data.query(ToldLedger(), AUDIT)
    assert data.title(told) == "5,000 applications, none set aside; 12 without marital status"


def test_rows_set_aside_have_causes_as_they_were_written() -> None:
    """A cause begins with a column's name, so its first letter stays as it is."""
    told = ToldLedger()
    body = {
        **told.the_figures["population"].body,
        "quarantined": 1,
        "quarantined_causes": [{"cause": "months_late: not a number", "n": 1}],
    }
    told.the_figures["population"] = replace(told.the_figures["population"], body=body)
    page = data.query(told, AUDIT)
    assert page.causes == (("months_late: not a number", "1"),)
    assert page.finding.startswith("5,000 applications, 1 set aside")


def test_small_groups_are_shown_and_not_judged() -> None:
    """A group under the minimum size keeps its row."""
    rows = [row for column in data.query(ToldLedger(), AUDIT).groups for row in column]
    assert ("unknown", "too few to judge", "12") in [(r.label, r.aside, r.n) for r in rows]
