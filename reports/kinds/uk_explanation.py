"""The explanation of a decision under the UK GDPR (Arts 15, 22A to 22D; in force 5 February 2026).

Its parts follow the six kinds of explanation that the ICO's guidance names: rationale, responsibility,
data, fairness, safety and performance, impact. The guidance is under review, so what a lender does not
state of its checks is left out, and nothing is said in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.explaining import answers
from reports.explaining.changes import changes
from reports.explaining.kind import Explaining
from reports.explaining.parts import paragraphs, part
from reports.explaining.procedure import effect, explained, human_involved
from reports.explaining.stated import stated
from reports.kinds import gdpr_explanation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.record import CaseFile, Decision, Recipient
    from reports.explaining.parts import Part
    from reports.terms import Terms

SAFEGUARDS = "Art. 22C UK GDPR"
# Where a clause is the EU's by number, it is the UK's too; the safeguards have their own.
ASKED = {
    key: cite.partition(";")[0].replace(" GDPR", " UK GDPR") for key, cite in gdpr_explanation.ASKED.items()
} | {
    "review_contact": SAFEGUARDS,
    "review_time": f"{SAFEGUARDS}, Art. 12A UK GDPR",
    "lawful_basis": "Art. 6(1), 22B UK GDPR",
    "human_involved": "Art. 22A UK GDPR",
    "review": SAFEGUARDS,
}


def parts(terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> Iterable[Part | None]:
    """Return what the letter tells, in reading order."""
    words = terms.words
    return (
        answers.reviewed(terms, case),
        answers.review(terms),
        explained(terms, decision, case, recipient),  # rationale
        changes(terms, decision, case, recipient),
        answers.responsible(terms),  # responsibility
        answers.data(terms, case, recipient),  # data
        answers.processing(terms, alone=not human_involved(case)),
        part("fairness", words["fairness"], paragraphs(*stated(terms, "fairness_checks"))),
        part("performance", words["performance"], paragraphs(*stated(terms, "performance_checks"))),
        effect(terms, decision),  # impact
        answers.held_back(terms, decision, case, recipient),
        answers.rights(terms),
        answers.complaint(terms),
    )


KIND = Explaining(
    source="Art. 15(1)(h), 22C UK GDPR",
    asked=ASKED,
    parts=parts,
    always=gdpr_explanation.KIND.always,
)
not_due, due, gaps = KIND.not_due, KIND.due, KIND.gaps
compose, broken = KIND.compose, KIND.broken
