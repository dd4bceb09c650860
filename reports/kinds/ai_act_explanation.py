"""The explanation of a decision that rests on a high-risk AI system (Regulation (EU) 2024/1689, Art. 86).

Asked for. The duties of such systems start on 2 December 2027; before, the letter goes out by choice and
says so. Where other Union law gives the same right, that right goes first (Art. 86(3)).
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from reports.deadline import read_date
from reports.explaining import answers
from reports.explaining.changes import changes
from reports.explaining.kind import Explaining
from reports.explaining.parts import Part, paragraphs, part, rows
from reports.explaining.procedure import effect, explained, human_involved
from reports.explaining.stated import entity
from reports.mandatory import Gap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from audit.record import CaseFile, Decision, Recipient
    from reports.terms import Terms

ACT = "Regulation (EU) 2024/1689"
RIGHT = f"{ACT} Art. 86(1)"
# Regulation (EU) 2026/1744: duties of Annex III systems start here.  # to confirm: its reach to Art. 86
FIRST_DAY = dt.date(2027, 12, 2)

ASKED = {
    **dict.fromkeys(("name", "address", "decided_at", "product", "received_at"), RIGHT),
    **dict.fromkeys(("requested_terms", "offered_terms", "jurisdiction", "language"), RIGHT),
    **dict.fromkeys(("reasons", "human_involved", "changes", "consequences", "transfers", "withheld"), RIGHT),
}


def system(terms: Terms) -> Mapping[str, str]:
    """Return what the lender states of the AI system; empty where it states nothing."""
    found = entity(terms).get("ai_system") or {}
    return {key: " ".join(str(value).split()) for key, value in found.items() if value}


def parts(terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> Iterable[Part | None]:
    """Return what the letter tells, in reading order."""
    return (
        _role(terms, case),
        explained(terms, decision, case, recipient),
        changes(terms, decision, case, recipient),
        effect(terms, decision),
        _basis(terms, case),
        answers.held_back(terms, decision, case, recipient),
        answers.responsible(terms),
    )


def _role(terms: Terms, case: CaseFile) -> Part | None:
    words, found = terms.words, system(terms)
    return part(
        "system",
        words["system"],
        (
            *paragraphs(words["system_says"], words["system_roles"].get(found.get("role", ""), "")),
            rows(
                (words["system_provider"], (found["provider"],) if "provider" in found else ()),
                (words["system_registration"], (found["registration"],) if "registration" in found else ()),
            ),
        ),
    )


def _basis(terms: Terms, case: CaseFile) -> Part | None:
    decided = read_date(case.record.get("decided_at", ""))
    live = decided is not None and decided >= FIRST_DAY
    return part(
        "basis", terms.words["basis"], paragraphs(terms.words["basis_says"]["duty" if live else "choice"])
    )


def also_missing(terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> Iterator[Gap]:
    """Yield what is missing of the system, and a role that the record contradicts."""
    found, human = system(terms), human_involved(case)
    for key in ("role", "provider", "registration"):
        if key not in found:
            yield Gap(f"entities.{terms.entity}.ai_system.{key} is missing", RIGHT)
    # A review in name alone is no human decision, and this letter must never claim one.
    if found.get("role") == "advisory" and human is False:
        fact = "ai_system.role is advisory, and record.human_involved is false: nobody was advised"
        yield Gap(fact, RIGHT)


KIND = Explaining(
    source=RIGHT,
    asked=ASKED,
    parts=parts,
    always=("system", "procedure", "effects", "basis", "responsible"),
    also_missing=also_missing,
)
not_due, due, gaps = KIND.not_due, KIND.due, KIND.gaps
compose, broken = KIND.compose, KIND.broken
