"""The explanation of an assessment of creditworthiness, asked for (Directive (EU) 2023/2225, Art. 18(8)).

For every assessment that involves automated processing, whether or not a person decided too. What came
of a review is told where it is given to the letter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.explaining import answers
from reports.explaining.changes import changes
from reports.explaining.kind import Explaining
from reports.explaining.parts import paragraphs, part
from reports.explaining.procedure import effect, explained, is_automated
from reports.kinds.ccd2_rejection import CCD2, FIRST_DAY, REQUEST
from reports.mandatory import Gap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.record import CaseFile, Decision, Recipient
    from reports.explaining.parts import Part
    from reports.terms import Terms

EXPLANATION, VIEW, REVIEW = (f"{REQUEST}({letter})" for letter in "abc")
ASKED = {
    **dict.fromkeys(("name", "address", "decided_at", "product", "received_at"), EXPLANATION),
    **dict.fromkeys(("requested_terms", "offered_terms", "jurisdiction", "language"), EXPLANATION),
    **dict.fromkeys(("reasons", "changes", "data", "source", "score", "human_involved"), EXPLANATION),
    **dict.fromkeys(("consequences", "transfers", "withheld"), EXPLANATION),
    **dict.fromkeys(("review_contact", "review_time", "review"), f"{VIEW}, (c)"),
}


def parts(terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> Iterable[Part | None]:
    """Return what the letter tells, in reading order."""
    words = terms.words
    return (
        answers.reviewed(terms, case),
        answers.review(terms),
        explained(terms, decision, case, recipient),
        part("risks", words["risks"], paragraphs(words["risks_say"])),
        changes(terms, decision, case, recipient),
        answers.data(terms, case, recipient),
        effect(terms, decision),
        answers.held_back(terms, decision, case, recipient),
        answers.responsible(terms),
    )


def also_not_due(decision: Decision, case: CaseFile, recipient: Recipient) -> Gap | None:
    """Return that no automated processing took part, or that nobody asked for credit here."""
    if not is_automated(decision, case):
        return Gap("no automated processing took part in this assessment", REQUEST)
    if (purpose := case.record.get("purpose", "").strip().lower()) not in ("", "consumer"):
        return Gap(f"record.purpose is {purpose}: no consumer's credit", f"{CCD2} Art. 2, 3")
    return None


KIND = Explaining(
    source=REQUEST,
    asked=ASKED,
    parts=parts,
    always=("review", "procedure", "risks", "changes", "data", "effects", "responsible"),
    first_day=FIRST_DAY,
    also_not_due=also_not_due,
)
not_due, due, gaps = KIND.not_due, KIND.due, KIND.gaps
compose, broken = KIND.compose, KIND.broken
