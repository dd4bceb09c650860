"""Requests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from audit.ledger.requests import Reviews
from reports.report import sections
from reports.sections import requests
from tests.worlds.followed import follow
from tests.worlds.issued import SENT_AT, a_letter
from tests.worlds.sealed import seal_small_audit
from tests.worlds.told import AUDIT, ToldLedger


def test_requests_as_accepted(golden: Callable[[str], None]) -> None:
    """The page is what was last read and accepted."""
    golden("requests")


def test_where_nobody_asked_there_is_no_section() -> None:
    """An audit without requests has no such page, and numbers its sections as before."""
    told = sections(ToldLedger(the_reviews=None), AUDIT)
    assert "requests" not in [one.name for one in told]


def test_no_review_decided_has_no_rate() -> None:
    """Requests that wait give counts and no share of nothing."""
    page = requests.query(ToldLedger(the_reviews=Reviews(2, 2, 0, 0, 0, 9)), AUDIT)
    assert page is not None
    assert requests.title(page) == "2 requests; no review was decided"
    assert "Overturned" not in dict(page.rows)


def test_the_rate_is_that_of_the_ledger(tmp_path: Path) -> None:
    """One review, overturned: 1 of 1, with the entry that closed it."""
    ledger, audit = seal_small_audit(tmp_path)
    with ledger:
        decision = next(d for d in ledger.decisions(audit, notice="ready") if len(d.persons) == 1)
        ledger.record_document(audit, a_letter(decision), SENT_AT)
        last = follow(ledger, audit)[-1]
        page = requests.query(ledger, audit)
    assert page is not None
    assert dict(page.rows)["Overturned"].startswith("1 of 1, 100.0")
    assert page.rests_on.endswith(f"log entry {last.entry}.")
