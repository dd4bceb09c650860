"""The answer to a consumer's request about automated decisionmaking (California, 11 CCR 7222).

Asked for, about decisions from 1 January 2027 on. Data under the Gramm-Leach-Bliley Act are exempt, and
whether they are is the lender's to say: so nothing sends this letter unasked.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from reports.explaining import answers
from reports.explaining.changes import changes
from reports.explaining.kind import Explaining
from reports.explaining.parts import paragraphs, part, rows
from reports.explaining.procedure import effect, explained, human_involved
from reports.explaining.stated import stated
from reports.mandatory import Gap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from audit.record import CaseFile, Decision, Recipient
    from reports.explaining.parts import Part
    from reports.terms import Terms

RULE = "11 CCR 7222"
PURPOSE, LOGIC, OUTCOME, SECRET = f"{RULE}(b)(1)", f"{RULE}(b)(2)", f"{RULE}(b)(3)", f"{RULE}(c)"
FIRST_DAY = dt.date(2027, 1, 1)

ASKED = {
    **dict.fromkeys(("name", "address", "jurisdiction", "language"), RULE),
    "purposes": PURPOSE,
    **dict.fromkeys(("reasons", "changes", "data", "source", "score"), LOGIC),
    **dict.fromkeys(("decided_at", "product", "received_at", "requested_terms", "offered_terms"), OUTCOME),
    **dict.fromkeys(("human_involved", "consequences", "transfers"), OUTCOME),
    "withheld": SECRET,
}


def parts(terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> Iterable[Part | None]:
    """Return what the letter tells, in the order of the rule."""
    words, human = terms.words, human_involved(case)
    return (
        part("purpose", words["purpose"], (rows((words["purpose_row"], stated(terms, "purposes"))),)),
        explained(terms, decision, case, recipient),
        changes(terms, decision, case, recipient),
        answers.data(terms, case, recipient),
        part(
            "outcome",
            words["outcome"],
            (
                *paragraphs(words["output_used"]["advised" if human else "alone"]),
                rows((words["human_part"], stated(terms, "human_step") if human else ())),
            ),
        ),
        effect(terms, decision),
        answers.held_back(terms, decision, case, recipient),
        part("no_retaliation", words["no_retaliation"], paragraphs(words["no_retaliation_says"])),
        answers.responsible(terms),
    )


def also_not_due(decision: Decision, case: CaseFile, recipient: Recipient) -> Gap | None:
    """Return that the person does not live in California; None where the record says so."""
    lives = case.record.get("residence", "").strip().upper()
    if lives != "CA":
        return Gap(f"record.residence is {lives or 'missing'}, not CA", RULE)
    return None


KIND = Explaining(
    source=RULE,
    asked=ASKED,
    parts=parts,
    always=("purpose", "procedure", "data", "outcome", "effects", "no_retaliation", "responsible"),
    first_day=FIRST_DAY,
    also_not_due=also_not_due,
)
not_due, due, gaps = KIND.not_due, KIND.due, KIND.gaps
compose, broken = KIND.compose, KIND.broken
