"""Which letter a decision asks for, from its record alone, and the clause that says so.

The order is that of the law: where somebody lives whose law asks, what happened, who is told. A
letter that answers a request (``Kind.on_request``) is never chosen; whoever answers asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from reports.explaining.kind import of_the_decision
from reports.kinds import adverse_action, ccd2_rejection, fcra_notice, gdpr_explanation, uk_explanation
from reports.mandatory import RECORD, Gap, NotDue, used_about
from reports.pricing import worse_terms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.record import CaseFile, Decision, Role

NO_NOTICE = "comment 9-2"
GRANTED = ("risk_based_pricing", "credit_score_disclosure")  # for credit that was granted


class Choice(NamedTuple):
    """A kind of letter, and why it is this one."""

    kind: str
    why: str
    source: str


def jurisdiction(case: CaseFile) -> str:
    """Return whose law the record names: us, eu, uk; empty where it says nothing."""
    return case.record.get("jurisdiction", "").strip().lower()


def choose(
    decision: Decision, case: CaseFile, role: Role | None = None, letters: Mapping[str, Any] | None = None
) -> Choice | Gap:
    """Return the kind of letter that is due to a person, or why none is.

    Parameters
    ----------
    role : the person's part in the application; None: whoever of its applicants
    letters : ``letters`` of the sealed config
    """
    where = jurisdiction(case)
    if where in ("", "us"):
        return _us(decision, case, role, letters or {})
    if where in ("eu", "uk"):
        return _europe(where, decision, case, role)
    return Gap(f"record.jurisdiction is {where}: letters of this place are not built yet", RECORD)


def _us(decision: Decision, case: CaseFile, role: Role | None, letters: Mapping[str, Any]) -> Choice | Gap:
    credit = case.record.get("purpose", "").strip().lower() not in fcra_notice.PURPOSES
    if decision.action == "incomplete" and credit:
        return Choice("incomplete", "the application is incomplete", "12 CFR 1002.9(c)(2)")
    if decision.outcome == "favourable":
        return _granted(case, role or "primary", letters)
    if gap := adverse_action.of_the_decision(decision):
        return gap
    if credit and role != "guarantor":
        why = "adverse action on consumer credit"
        return Choice("adverse_action", why, "12 CFR 1002.2(c), 1002.9(a)(1)")
    if role == "guarantor" and not used_about(case, "guarantor"):
        # A guarantor is an applicant for 12 CFR 1002.7(d) alone (1002.2(e)).
        fact = "a guarantor is no applicant, and no report on the guarantor is among the sources"
        return NotDue(fact, "12 CFR 1002.2(e), 15 USC 1681m(a)")
    if not credit and not used_about(case, role or "primary"):
        return Gap(
            "no report and no other outside source was used, so no notice is due", "15 USC 1681m(a), (b)"
        )
    return Choice("fcra_notice", "adverse action on a consumer report", "15 USC 1681m(a), (b)")


def _granted(case: CaseFile, role: Role, letters: Mapping[str, Any]) -> Choice | Gap:
    if letters.get("score_disclosure") == "everyone":
        why = "everybody who is granted credit is told the score"
        return Choice("credit_score_disclosure", why, "12 CFR 1022.74(e)")
    rule = letters.get("pricing")
    if not rule or not used_about(case, role):
        return NotDue("no notice is due: the outcome is favourable", NO_NOTICE)
    told = worse_terms(rule, case, role)
    if isinstance(told, Gap):
        return told
    if told is None:
        return NotDue("no notice is due: the terms are among the best", "12 CFR 1022.72")
    return Choice("risk_based_pricing", told.why, told.source)


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
