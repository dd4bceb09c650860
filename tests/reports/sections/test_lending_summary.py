"""Page 1 of a fair-lending report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reports.sections import lending_summary
from tests.worlds.told import AUDIT, ToldLedger


def test_lending_summary_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("lending_summary")


def test_direction_of_counsel_is_never_the_default() -> None:
    """It stands where it was asked for, and then the class is privileged."""
    plain = lending_summary.query(ToldLedger(), AUDIT)
    directed = lending_summary.query(ToldLedger(), AUDIT, counsel=True)
    assert (plain.counsel, plain.access) == (False, "Internal · fair lending")
    assert (directed.counsel, directed.access) == (True, "Prepared at the direction of counsel · privileged")


def test_a_privileged_finding_is_no_direction_of_counsel() -> None:
    """A house policy that marks a finding privileged closes the report; it does not speak for counsel."""
    told = ToldLedger()
    first, *rest = told.the_findings
    told.the_findings = (replace(first, access="privileged"), *rest)
    page = lending_summary.query(told, AUDIT)
    assert page.access == "Internal · fair lending, privileged"
    assert not page.counsel


def test_what_was_not_measured_stands_on_page_one() -> None:
    """Each open item has its cause there, in the number that the lead tells."""
    page = lending_summary.query(ToldLedger(), AUDIT)
    assert "three were not measured or not stated" in page.lead
    assert len(page.open) == 3
    assert all(one.says for one in page.open)


def test_the_verdict_on_duties_speaks_of_groups_alone() -> None:
    """A statement that nobody approved is no duty about groups; a house rule on a gap is."""
    page = lending_summary.query(ToldLedger(), AUDIT)
    assert page.duties.startswith("One duty speaks of groups. ")
    assert "approved reason" not in page.duties
    told = ToldLedger()
    told.the_requirements = tuple(r for r in told.the_requirements if r.access != "fair_lending")
    told.the_findings = tuple(f for f in told.the_findings if f.access != "fair_lending")
    assert lending_summary.query(told, AUDIT).duties == "No policy in force asks a duty about groups."
