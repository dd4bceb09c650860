"""Tests of the thirty days."""

from __future__ import annotations

import datetime as dt

import pytest

from reports.deadline import deadline, read_date

RECORD = {"received_at": "2026-10-01", "completed_at": "2026-11-02", "decided_at": "2026-11-19"}


@pytest.mark.parametrize(
    ("action", "due"),
    [
        ("denied", dt.date(2026, 12, 2)),
        ("counteroffer", dt.date(2026, 12, 2)),
        ("limit_decrease", dt.date(2026, 12, 19)),
        ("terminate", dt.date(2026, 12, 19)),
        ("apr_increase", dt.date(2026, 12, 19)),
    ],
)
def test_the_days_run_from_the_completed_application_or_from_the_action(action: str, due: dt.date) -> None:
    """An application counts from its completion, an account from what was done to it."""
    found = deadline(action, RECORD)
    assert found is not None
    assert found.due == due
    assert found.days_left(due) == 0
    assert found.days_left(due + dt.timedelta(days=1)) == -1


def test_the_warning_starts_after_the_twentieth_day() -> None:
    """Day 20 is quiet, day 21 is near."""
    found = deadline("denied", RECORD)
    assert found is not None
    assert not found.is_near(dt.date(2026, 11, 22))
    assert found.is_near(dt.date(2026, 11, 23))


def test_no_date_is_no_deadline() -> None:
    """What is no date is None, and a time after the date is left aside."""
    assert deadline("denied", {"completed_at": "soon"}) is None
    assert deadline("denied", {}) is None
    assert read_date("2026-11-02T18:30:00") == dt.date(2026, 11, 2)
