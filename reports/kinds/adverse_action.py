"""The combined notice of adverse action on consumer credit (12 CFR 1002.9; 15 USC 1681m)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.deadline import Deadline, deadline
from reports.lint import lint as broken
from reports.mandatory import CONTENT, REASONS, Gap, NotDue, action_of, gaps
from reports.notice import compose

if TYPE_CHECKING:
    from audit.record import CaseFile, Decision, Recipient

__all__ = ["HOLD_CITATIONS", "broken", "compose", "due", "gaps", "not_due"]

# Why a notice is held, and the clause that its telling would break.
HOLD_CITATIONS = {
    "protected_basis": "12 CFR 1002.4(a), 1002.6(b)",
    "negative_age": "12 CFR 1002.6(b)(2)(ii), comment 6(b)(2)-2",
    "blocked_proxy": "12 CFR 1002.4(a)",
    "decision_differs": CONTENT,
    "action_differs": CONTENT,
    "ranking_uncertain": REASONS,
    "reason_helped": f"{REASONS}, comments 9(b)(2)-2 and -5",
    "no_reason": REASONS,
    "residual": f"{REASONS}, comment 9(b)(2)-4",
    "reference_too_small": f"{REASONS}, comment 9(b)(2)-5",
}


def not_due(decision: Decision, case: CaseFile, recipient: Recipient) -> Gap | None:
    """Return why no notice of this kind may go out; None where one is due.

    Source: comment 9-2 (withdrawn, approved as asked: no notice).
    """
    if gap := of_the_decision(decision):
        return gap
    if recipient.role == "guarantor":
        # A guarantor is an applicant for 12 CFR 1002.7(d) alone (1002.2(e)), so neither "your application"
        # nor the applicant's reasons are theirs. What the FCRA asks for is a notice of its own.
        return Gap("a guarantor is no applicant", "12 CFR 1002.2(e)")
    return None


def of_the_decision(decision: Decision) -> Gap | None:
    """Return why the decision itself asks for no notice of this kind, whoever its persons are."""
    if decision.outcome != "adverse":
        return NotDue(f"no notice is due: the outcome is {decision.outcome}", "comment 9-2")
    if decision.notice.state == "held":
        cause = decision.notice.cause or "no_reason"
        return Gap(f"held: {cause}", HOLD_CITATIONS.get(cause, REASONS))
    if decision.notice.state == "void":
        return Gap(f"the notice is void ({decision.notice.end or 'as it was decided'})", CONTENT)
    return None


def due(decision: Decision, case: CaseFile) -> Deadline | None:
    """Return until when the notice must be sent."""
    return deadline(action_of(decision), case.record)
