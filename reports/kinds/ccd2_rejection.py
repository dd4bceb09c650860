"""The rejection of an application for consumer credit (Directive (EU) 2023/2225, Art. 18(9), 19(6)).

Without delay, so no day is counted. It tells no reasons: who asks for them gets ``ccd2_explanation``.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from reports.deadline import read_date
from reports.explaining import answers
from reports.explaining.kind import Explaining
from reports.explaining.parts import paragraphs, part, rows
from reports.explaining.procedure import human_involved, is_automated
from reports.explaining.stated import stated
from reports.mandatory import Gap, action_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from audit.record import CaseFile, Decision, Recipient
    from reports.explaining.parts import Part
    from reports.terms import Terms

CCD2 = "Directive (EU) 2023/2225"
REJECTION, DATABASE, REQUEST = f"{CCD2} Art. 18(9)", f"{CCD2} Art. 19(6)", f"{CCD2} Art. 18(8)"
# Art. 48(1): what member states adopted applies from this day.
FIRST_DAY = dt.date(2026, 11, 20)

ASKED = {
    **dict.fromkeys(("name", "address", "review_contact", "review_time"), REJECTION),
    **dict.fromkeys(("decided_at", "product", "received_at", "requested_terms", "offered_terms"), REJECTION),
    **dict.fromkeys(("human_involved", "jurisdiction", "language", "consequences", "transfers"), REJECTION),
    **dict.fromkeys(("automated", "request"), REQUEST),
}


def parts(terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> Iterable[Part | None]:
    """Return what the letter tells, in reading order."""
    words, automated = terms.words, is_automated(decision, case)
    return (
        part(
            "automated",
            words["automated"],
            (
                *paragraphs(words["automated_says"]),
                rows((words["human_part"], stated(terms, "human_step") if human_involved(case) else ())),
            ),
        )
        if automated
        else None,
        answers.review(terms) if automated else None,
        part("request", words["request"], paragraphs(words["request_says"])) if automated else None,
        answers.databases(terms, case, recipient),
        part(
            "debt_advice",
            words["debt_advice"],
            (*paragraphs(words["debt_advice_says"]), rows((words["services"], stated(terms, "debt_advice")))),
        )
        if advice_is_relevant(case)
        else None,
        answers.responsible(terms),
    )


def advice_is_relevant(case: CaseFile) -> bool:
    """Whether the referral to debt advice is relevant: unless the record says that it is not."""
    return case.record.get("debt_advice", "").strip().lower() not in ("false", "no", "0")


def applies(decision: Decision, case: CaseFile) -> bool:
    """Whether a consumer's application was rejected on a day from which the directive applies."""
    decided = read_date(case.record.get("decided_at", ""))
    early = decided is not None and decided < FIRST_DAY
    return not early and _no_rejection(decision, case) is None


def also_not_due(decision: Decision, case: CaseFile, recipient: Recipient) -> Gap | None:
    """Return that this is no consumer's rejected application; None where it is."""
    if recipient.role == "guarantor":
        return Gap("a guarantor asked for no credit", REJECTION)
    return _no_rejection(decision, case)


def _no_rejection(decision: Decision, case: CaseFile) -> Gap | None:
    if (purpose := case.record.get("purpose", "").strip().lower()) not in ("", "consumer"):
        return Gap(f"record.purpose is {purpose}: no consumer's credit", f"{CCD2} Art. 2, 3")
    if action_of(decision) != "denied":
        return Gap(f"the action is {action_of(decision)}: no application was rejected", REJECTION)
    return None


def also_missing(terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> Iterator[Gap]:
    """Yield what is missing of the debt advice and of the databases."""
    if not case.record.get("purpose", "").strip():
        yield Gap("record.purpose is missing", f"{CCD2} Art. 2, 3")
    if advice_is_relevant(case) and not stated(terms, "debt_advice"):
        hint = "record.debt_advice says where it is not relevant"
        yield Gap(f"entities.{terms.entity}.debt_advice is missing in {terms.words.code}; {hint}", REJECTION)
    for source in answers.databases_used(case, recipient):
        if not source.name.strip():
            yield Gap("sources.name of a database that was consulted is missing", DATABASE)
            continue
        if not (source.address.strip() or source.phone.strip()):
            yield Gap(f"sources: neither address nor phone of {source.name} is stated", DATABASE)
        if not answers.categories_of(terms, source):
            yield Gap(f"entities.{terms.entity}.databases.{source.name} is missing", DATABASE)
        result = answers.result_of(terms, case, recipient, source)
        if not result or not all(name for name, _ in result):
            fact = f"the result from {source.name}: letters.inputs labels none of its data"
            yield Gap(fact, DATABASE)


def also_always(decision: Decision, case: CaseFile, recipient: Recipient) -> tuple[str, ...]:
    """Return the parts that apply: of the machine, of databases, of debt advice."""
    return (
        *(("automated", "review", "request") if is_automated(decision, case) else ()),
        *(("databases",) if answers.databases_used(case, recipient) else ()),
        *(("debt_advice",) if advice_is_relevant(case) else ()),
    )


KIND = Explaining(
    source=REJECTION,
    asked=ASKED,
    parts=parts,
    always=("responsible",),
    first_day=FIRST_DAY,
    reasons=False,
    also_not_due=also_not_due,
    also_missing=also_missing,
    also_always=also_always,
)
not_due, due, gaps = KIND.not_due, KIND.due, KIND.gaps
compose, broken = KIND.compose, KIND.broken
