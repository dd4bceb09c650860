"""Owner, access, retention, and what somebody needs to make a fair-lending report again."""

from __future__ import annotations

from collections.abc import Callable

from audit.theories import digest
from reports.sections import lending_record
from tests.worlds.told import AUDIT, ToldLedger


def test_lending_record_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("lending_record")


def test_the_digests_are_those_of_the_audit_and_of_the_law() -> None:
    """Data, model and environment as sealed; the law's files as they were read."""
    page = lending_record.query(ToldLedger(), AUDIT)
    found = {name: "".join(groups) for name, groups, _ in page.again}
    assert found == {"Data": "a7" * 32, "Model": "3f" * 32, "Environment": "5e" * 32, "Law": digest()}
    assert dict(page.run)["Seed"] == "7"


def test_retention_is_stated_with_its_source() -> None:
    """Self-tests: 25 months by law, 60 by the house."""
    page = lending_record.query(ToldLedger(), AUDIT)
    terms = {title: (term, source) for title, term, source in page.retention}
    term, source = terms["Protected groups by which decisions were tested"]
    assert term == "At least 25 months (law); at most 60 months (house)"
    assert "12 CFR 1002.12(b)(6)" in source


def test_direction_of_counsel_is_stated_either_way() -> None:
    """Neither statement is left to be guessed."""
    plain, directed = (dict(lending_record.query(ToldLedger(), AUDIT, counsel=c).rows) for c in (False, True))
    assert plain["Direction"] == "No direction of counsel is stated."
    assert directed["Direction"] == "Prepared at the direction of counsel."
    assert directed["Access"].startswith("Internal · fair lending, privileged.")
    assert "for counsel" in plain["Privilege"]
    assert plain["Due dates"].startswith("Not stated")
