"""From which day the days of a notice are counted, and what is owed where nothing was refused."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from audit.record import Decision

#: 12 CFR 1002.9(a)(1): 30 days from a completed application, or from the action on an account.
NOTICE_DAYS = 30

#: 12 CFR 1002.9(a)(1)(iii): nobody applied for what is done to an account, so the action starts the days.
ON_AN_ACCOUNT = frozenset({"limit_decrease", "terminate", "apr_increase"})


def clock_field(action: str | None) -> str:
    """Return the field of the record from which the 30 days of a notice are counted.

    >>> clock_field("denied"), clock_field("limit_decrease"), clock_field("incomplete")
    ('completed_at', 'decided_at', 'received_at')
    """
    if action == "incomplete":
        return "received_at"  # 12 CFR 1002.9(c)(1): after receiving an application that is incomplete
    return "decided_at" if action in ON_AN_ACCOUNT else "completed_at"


def owed_unless_complete(decision: Decision, received_at: dt.date | None) -> Decision:
    """Return a decision that is no adverse action with the day until which its notice is owed, if one is.

    An incomplete application is neither refused nor granted, and what it lacks must be told.
    """
    if decision.action != "incomplete" or received_at is None:
        return decision
    due_on = received_at + dt.timedelta(days=NOTICE_DAYS)
    return replace(decision, notice=replace(decision.notice, due_on=due_on))
