"""Which letter a decision asks for, from its record alone, and the clause that says so.

The order is that of the law: where somebody lives whose law asks, what happened, who is told. A
letter that answers a request (``Kind.on_request``) is never chosen; whoever answers asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reports.explaining.kind import of_the_decision
from reports.kinds import adverse_action, ccd2_rejection, gdpr_explanation, uk_explanation
from reports.mandatory import RECORD, Gap

if TYPE_CHECKING:
    from audit.record import CaseFile, Decision, Role

NO_NOTICE = "comment 9-2"


class Choice(NamedTuple):
    """A kind of letter, and why it is this one."""

    kind: str
    why: str
    source: str


def jurisdiction(case: CaseFile) -> str:
    """Return whose law the record names: us, eu, uk; empty where it says nothing."""
    return case.record.get("jurisdiction", "").strip().lower()


def choose(decision: Decision, case: CaseFile, role: Role | None = None) -> Choice | Gap:
    """Return the kind of letter that is due to a person, or why none is.

    Parameters
    ----------
    role : the person's part in the application; None: whoever of its applicants
    """
    where = jurisdiction(case)
    if where in ("", "us"):
        return _us(decision)
    if where in ("eu", "uk"):
        return _europe(where, decision, case, role)
    return Gap(f"record.jurisdiction is {where}: letters of this place are not built yet", RECORD)


def _us(decision: Decision) -> Choice | Gap:
    if gap := adverse_action.of_the_decision(decision):
        return gap
    return Choice("adverse_action", "adverse action on consumer credit", "12 CFR 1002.2(c), 1002.9(a)(1)")


def _europe(where: str, decision: Decision, case: CaseFile, role: Role | None) -> Choice | Gap:
    """Return the rejection letter of the directive where it asks for one, else the explanation."""
    explanation = gdpr_explanation.KIND if where == "eu" else uk_explanation.KIND
    if gap := of_the_decision(decision, explanation.source):
        return gap
    if role == "guarantor":
        # Their own data are theirs to ask about; nothing is sent to them unasked.
        return Gap("a guarantor asked for no credit; --kind answers who asks", explanation.source)
    if where == "uk":
        return Choice("uk_explanation", "an adverse decision in the United Kingdom", explanation.source)
    if ccd2_rejection.applies(decision, case):
        why = "a consumer's application for credit was rejected"
        return Choice("ccd2_rejection", why, ccd2_rejection.REJECTION)
    return Choice("gdpr_explanation", "an adverse decision in the European Union", explanation.source)
