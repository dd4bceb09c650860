"""The explanation of a decision under the GDPR (Art. 15(1)(h), 22): asked for, or as its safeguard.

What the person can do stands before how it was done. The month of Art. 12(3) runs from a request, which
the record does not hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.explaining import answers
from reports.explaining.changes import changes
from reports.explaining.kind import Explaining
from reports.explaining.procedure import effect, explained, human_involved

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.record import CaseFile, Decision, Recipient
    from reports.explaining.parts import Part
    from reports.terms import Terms

LOGIC = "Art. 15(1)(h) GDPR; Court of Justice, C-203/22"
DECISION = "Art. 15(1)(h) GDPR"
ASKED = {
    "name": "Art. 13(1)(a), 15(1) GDPR",
    "address": "Art. 13(1)(a), 15(1) GDPR",
    "dpo": "Art. 13(1)(b) GDPR",
    "authority": "Art. 15(1)(f), 77 GDPR",
    "review_contact": "Art. 22(3) GDPR",
    "review_time": "Art. 12(3), 22(3) GDPR",
    "lawful_basis": "Art. 22(2) GDPR",
    "purposes": "Art. 15(1)(a) GDPR",
    "categories": "Art. 15(1)(b) GDPR",
    "recipients": "Art. 15(1)(c) GDPR",
    "storage": "Art. 15(1)(d) GDPR",
    "transfers": "Art. 15(2) GDPR",
    "consequences": "Art. 15(1)(h) GDPR",
    "source": "Art. 15(1)(g) GDPR",
    "data": "Art. 15(1), (3) GDPR",
    "score": "Art. 15(1), (3) GDPR",
    "human_involved": "Art. 22(1) GDPR",
    "reasons": LOGIC,
    "changes": LOGIC,
    "withheld": "Art. 15(1)(h), (4) GDPR; Court of Justice, C-203/22",
    "review": "Art. 22(3) GDPR",
    **dict.fromkeys(("decided_at", "product", "received_at", "requested_terms", "offered_terms"), DECISION),
    "jurisdiction": "Art. 3 GDPR",
    "language": "Art. 12(1) GDPR",
}


def parts(terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> Iterable[Part | None]:
    """Return what the letter tells, in reading order."""
    return (
        answers.reviewed(terms, case),
        answers.review(terms),
        explained(terms, decision, case, recipient),
        changes(terms, decision, case, recipient),
        answers.data(terms, case, recipient),
        effect(terms, decision),
        answers.processing(terms, alone=not human_involved(case)),
        answers.held_back(terms, decision, case, recipient),
        answers.rights(terms),
        answers.complaint(terms),
        answers.responsible(terms),
    )


KIND = Explaining(
    source="Art. 15(1)(h), 22(3) GDPR",
    asked=ASKED,
    parts=parts,
    always=(
        *("review", "procedure", "changes", "data", "effects"),
        *("processing", "rights", "complaint", "responsible"),
    ),
)
not_due, due, gaps = KIND.not_due, KIND.due, KIND.gaps
compose, broken = KIND.compose, KIND.broken
