"""Requests: their last day, who may decide a review, what came of them, and how often one overturned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from audit.clocks import load_clocks
from audit.errors import UsageError
from audit.ledger import Ledger, documents, events, requests, verify
from audit.ledger.requests import Answer, Asked
from audit.record import Span
from tests.worlds.issued import SENT_AT, a_letter
from tests.worlds.sealed import seal_small_audit

AT = dt.datetime(2027, 1, 31, 9, 0, tzinfo=dt.UTC)
DAY = dt.date(2027, 1, 31)
CLOCKS = load_clocks(DAY)
REVIEWED = Answer("overturned", "entered twice", "Complaints", "A Reviewer", True)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with a sealed audit and one letter."""
    opened, audit = seal_small_audit(tmp_path)
    with opened:
        decision = next(d for d in opened.decisions(audit, notice="ready") if len(d.persons) == 1)
        opened.record_document(audit, a_letter(decision), SENT_AT)
        yield opened


def ask(ledger: Ledger, kind: str = "human_review", received: dt.date = DAY, at: dt.datetime = AT) -> Asked:
    """Open a request about the decision of the one letter."""
    (letter,) = documents.letters(ledger)
    assert letter.decision is not None
    return requests.open_(
        ledger, letter.audit, letter.decision, CLOCKS[kind], by="Complaints", at=at, received=received
    )


@pytest.mark.parametrize(
    ("kind", "received", "due_on"),
    [
        ("gdpr_15", dt.date(2027, 1, 31), dt.date(2027, 2, 28)),  # a month without such a day ends before
        ("human_review", dt.date(2026, 12, 15), dt.date(2027, 1, 15)),
        ("reasons_asked", dt.date(2027, 1, 1), dt.date(2027, 1, 31)),
        ("fcra_615b", dt.date(2026, 12, 31), dt.date(2027, 1, 30)),
    ],
)
def test_the_last_day_follows_from_the_clock(
    ledger: Ledger, kind: str, received: dt.date, due_on: dt.date
) -> None:
    """Days are days, months end on the day of the same number, or on the month's last."""
    assert ask(ledger, kind, received).due_on == due_on


def test_a_request_after_its_time_is_taken_down_as_such(ledger: Ledger) -> None:
    """The letter of 21 November leaves 60 days, to 20 January; what comes later says by how much."""
    assert ask(ledger, "reasons_asked", dt.date(2027, 1, 20)).late_by is None
    assert ask(ledger, "reasons_asked", dt.date(2027, 1, 23)).late_by == 3
    assert ask(ledger, "gdpr_15", dt.date(2027, 1, 23)).late_by is None


def test_a_review_is_decided_by_somebody_who_can_change_the_decision(ledger: Ledger) -> None:
    """Without a reviewer, or without the authority, it is neither upheld nor overturned."""
    one = ask(ledger)
    clock = CLOCKS["human_review"]
    for answer, fault in (
        (Answer("upheld", "r", "b"), "can change the decision"),
        (Answer("upheld", "r", "b", "A Reviewer", False), "can change the decision"),
        (Answer("upheld", "r", "b", " ", True), "can change the decision"),
        (Answer("kept", "r", "b"), "no outcome"),
        (Answer("answered", "", "b"), "--reason"),
        (Answer("answered", "r", ""), "--by"),
    ):
        with pytest.raises(UsageError, match=fault):
            requests.close(ledger, one.request, clock, answer, day=DAY, at=AT)
    done = requests.close(ledger, one.request, clock, REVIEWED, day=DAY, at=AT)
    assert (done.outcome, done.closed_on) == ("overturned", DAY)
    with pytest.raises(UsageError, match="was closed on 2027-01-31"):
        requests.close(ledger, one.request, clock, REVIEWED, day=DAY, at=AT)
    assert verify(ledger).ok


@pytest.mark.parametrize(("at_open", "at_close"), [(True, False), (False, True), (False, False)])
def test_a_view_counts_whenever_it_came(ledger: Ledger, at_open: bool, at_close: bool) -> None:
    """With the request or with its close; another request's view is none of this one's."""
    (letter,) = documents.letters(ledger)
    assert letter.decision is not None
    assert letter.person is not None
    clock, whom = CLOCKS["human_review"], (letter.audit, letter.decision)
    for view in ("It is another's debt.", None) if not at_open else ("I repaid it.",):
        one = requests.open_(ledger, *whom, clock, by="b", at=AT, received=DAY, view=view)
        answer = replace(REVIEWED, view="I repaid it." if at_close else None)
        closed = requests.close(ledger, one.request, clock, answer, day=DAY, at=AT)
        assert closed.outcome == "overturned"
    found = requests.last_review(ledger, *whom, letter.person)
    assert found is not None
    assert found["received_view"] == str(at_open or at_close).lower()
    first = min(one.entry for one in events.events(ledger, "request"))
    assert requests.last_review(ledger, *whom, letter.person, before=first) is None


def test_what_asks_for_no_review_has_none(ledger: Ledger) -> None:
    """The reasons that were asked for are given or refused, not upheld; a clock of notices is no request."""
    one = ask(ledger, "reasons_asked", dt.date(2027, 1, 10))
    with pytest.raises(UsageError, match="asks for no review"):
        requests.close(ledger, one.request, CLOCKS["reasons_asked"], REVIEWED, day=DAY, at=AT)
    with pytest.raises(UsageError, match="is no request"):
        ask(ledger, "counteroffer")
    with pytest.raises(UsageError, match="still to come"):
        ask(ledger, "gdpr_15", DAY + dt.timedelta(days=1))
    with pytest.raises(UsageError, match="no such request"):
        requests.named(ledger, "request-9")


def test_an_answer_is_put_off_once_within_its_time(ledger: Ledger) -> None:
    """Art. 12(3) GDPR: three months in all, said within the first; no other law lets it."""
    one = ask(ledger, "gdpr_15")
    later = requests.extend(ledger, one.request, CLOCKS["gdpr_15"], by="b", reason="complex", at=AT)
    assert (later.due_on, later.extended) == (dt.date(2027, 4, 30), True)
    with pytest.raises(UsageError, match="put off before"):
        requests.extend(ledger, one.request, CLOCKS["gdpr_15"], by="b", reason="more", at=AT)
    late = ask(ledger, "gdpr_15", dt.date(2026, 12, 1))
    with pytest.raises(UsageError, match="its time ended on 2027-01-01"):
        requests.extend(ledger, late.request, CLOCKS["gdpr_15"], by="b", reason="more", at=AT)
    us = ask(ledger, "reasons_asked", dt.date(2027, 1, 10))
    with pytest.raises(UsageError, match="no law lets"):
        requests.extend(ledger, us.request, CLOCKS["reasons_asked"], by="b", reason="more", at=AT)


def test_overturn_rate_is_of_the_reviews_that_were_decided(ledger: Ledger) -> None:
    """2 overturned, 1 upheld, 1 withdrawn, 1 waiting: 2 of 3; what waits past its day is late."""
    clock = CLOCKS["human_review"]
    for outcome in ("overturned", "upheld", "overturned"):
        answer = Answer(outcome, "r", "b", "A Reviewer", True)
        requests.close(ledger, ask(ledger).request, clock, answer, day=DAY, at=AT)
    requests.close(ledger, ask(ledger).request, clock, Answer("withdrawn", "r", "b"), day=DAY, at=AT)
    ask(ledger, "human_review", dt.date(2026, 12, 1))
    (letter,) = documents.letters(ledger)
    found = requests.reviews(ledger, letter.audit)
    assert found is not None
    assert (found.opened, found.waiting, found.upheld, found.overturned, found.late) == (5, 1, 1, 2, 1)
    assert found.overturn_rate == 2 / 3
    assert found.entry == events.events(ledger)[-1].entry
    assert [one.request for one in requests.asked(ledger, closed=False)] == ["request-5"]


def test_nobody_asked_is_no_rate(ledger: Ledger) -> None:
    """Without a request there is nothing to tell, and without a decided review no rate."""
    (letter,) = documents.letters(ledger)
    assert requests.reviews(ledger, letter.audit) is None
    ask(ledger)
    found = requests.reviews(ledger, letter.audit)
    assert found is not None
    assert found.overturn_rate is None


def test_a_span_counts_days_or_months() -> None:
    """Leap years and the ends of months, by the calendar."""
    month = Span(None, 1, "law", "s")
    assert requests.ends_on(dt.date(2028, 1, 31), month) == dt.date(2028, 2, 29)
    assert requests.ends_on(dt.date(2027, 12, 31), month) == dt.date(2028, 1, 31)
    assert requests.ends_on(dt.date(2028, 2, 1), Span(30, None, "law", "s")) == dt.date(2028, 3, 2)
