"""What happens to decisions after a small audit: one act of each kind, with words that must stay locked."""

from __future__ import annotations

import datetime as dt

from audit.clocks import load_clocks
from audit.ledger import Ledger, corrections, deliveries, documents, ends, events, requests
from audit.ledger.events import Event

AT = dt.datetime(2026, 11, 26, 9, 0, tzinfo=dt.UTC)
DAY = dt.date(2026, 11, 24)
WHY_ENDED = "the branch office checked the income slip once more"
VIEW = "I repaid the loan of my sister in spring"
WHY_CLOSED = "the repayment was entered twice"
REVIEWER = "Quentin Reviewson"
WHY_CORRECTED = "the second reason was of another form"
WORDS = (WHY_ENDED, VIEW, WHY_CLOSED, REVIEWER, WHY_CORRECTED)


def follow(ledger: Ledger, audit: str) -> tuple[Event, ...]:
    """Write the acts: a hold ended, a letter returned and corrected, a review opened and closed."""
    held = next(ledger.decisions(audit, notice="held"))
    wish = ends.Wish("withdrawn", "Second Desk", WHY_ENDED, opened_by="First Desk")
    ends.end(ledger, audit, [held.decision], wish, at=AT)
    letter = documents.letters(ledger)[0]
    assert letter.decision is not None
    result = deliveries.Result(letter, "returned", DAY, "mail")
    assert deliveries.record(ledger, [result], by="Mail desk", at=AT) == (1, 0)
    corrections.record(ledger, audit, letter, ["c" * 64], by="Notices", reason=WHY_CORRECTED, at=AT)
    clock = load_clocks(DAY)["human_review"]
    asked = requests.open_(
        ledger, audit, letter.decision, clock, by="Complaints", at=AT, received=DAY, view=VIEW
    )
    answer = requests.Answer("overturned", WHY_CLOSED, "Complaints", REVIEWER, True)
    requests.close(ledger, asked.request, clock, answer, day=DAY, at=AT)
    return events.events(ledger, audit=audit)
