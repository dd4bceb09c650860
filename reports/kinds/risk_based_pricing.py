"""The risk-based pricing notice (12 CFR 1022.72, 1022.73): terms that rest on a credit report.

Its questions follow the content list of 1022.73(a)(1) in the order of model form H-1; with a score
it says what 73(a)(1)(ix) asks for, as H-6 does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.checks import (
    Violation,
    consented,
    english_is_offered,
    equal_words,
    normal,
    own_only,
    printable,
    reports_and_scores,
)
from reports.deadline import Deadline, read_date
from reports.disclosure import Disclosure, disclosed
from reports.mandatory import (
    CRA,
    RECORD,
    Gap,
    of_the_lender,
    of_the_person,
    of_the_place,
    of_the_record,
    of_the_reports,
    of_the_scores,
    sources_of,
)
from reports.pricing import worse_terms
from reports.sheet import Replaced, Row, frame, in_english, one_line

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from audit.record import CaseFile, Decision, Recipient
    from reports.terms import Terms

SOURCE = "12 CFR 1022.73(a)(1)"
# The questions of the notice, in its order; each has a heading and an answer in the words.
QUESTIONS = ("what_report", "how_used", "mistakes", "copy", "more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing(Disclosure):
    """What was used to set the terms, and what the person can do about it."""

    asked: tuple[Row, ...]


def not_due(decision: Decision, case: CaseFile, recipient: Recipient) -> Gap | None:
    """Return why no notice of this kind may go to this person; None where one may."""
    if decision.outcome != "favourable":
        # 1022.74(b): whoever gets a notice of adverse action gets no second one on the price.
        return Gap(f"no pricing notice is due: the outcome is {decision.outcome}", "12 CFR 1022.74(b)")
    if recipient.role == "guarantor":
        return Gap("no credit was granted to a guarantor", "12 CFR 1022.72(a)")
    return None


def due(decision: Decision, case: CaseFile) -> Deadline | None:
    """Return None: it is due before the contract or the first transaction, which the record does not know."""
    return None


def gaps(terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> tuple[Gap, ...]:
    """Return everything that keeps this notice from being written; empty where nothing does."""
    return (
        *of_the_place(terms, case, ("consumer",)),
        *of_the_lender(terms),
        *of_the_record(case, {"decided_at": SOURCE}, {"product": RECORD}),
        *_proof(terms, case, recipient),
        *_agency(case, recipient),
        *of_the_reports(case, recipient),
        *of_the_scores(terms, case, recipient),
        *of_the_person(recipient),
    )


def _proof(terms: Terms, case: CaseFile, recipient: Recipient) -> Iterator[Gap]:
    rule = (terms.config.get("letters") or {}).get("pricing")
    if not rule:
        yield Gap("letters.pricing is missing: by which test the terms are less favourable", "12 CFR 1022.72")
        return
    told = worse_terms(rule, case, recipient.role)
    if isinstance(told, Gap):
        yield told
    elif told is None:
        yield Gap("the terms are among the best, so no notice is due", "12 CFR 1022.72")


def _agency(case: CaseFile, recipient: Recipient) -> Iterator[Gap]:
    if not any(source.kind == CRA for source in sources_of(case, recipient)):
        yield Gap("no consumer reporting agency is among the sources of this person", f"{SOURCE}(v)")


def compose(
    terms: Terms,
    decision: Decision,
    case: CaseFile,
    recipient: Recipient,
    *,
    date: dt.date,
    number: str,
    draft: str = "",
    replaced: Replaced | None = None,
) -> Pricing:
    """Return the notice as facts in their printed words, from records without gaps."""
    words, record = terms.words, case.record
    how = {
        "date": date,
        "number": number,
        "sentence": words["sentence"],
        "draft": draft,
        "replaced": replaced,
    }
    rows = [Row(words["product"], one_line(record["product"]))]
    if offered := one_line(record.get("offered_terms", "")):
        rows.append(Row(words["granted"], offered))
    by = "_phone" if terms.creditor.phone else ""
    return Pricing(
        **frame(terms, decision, case, recipient, **how),
        **disclosed(terms, case, recipient, report=words["copy_text"], score=words["score_text"], outside=""),
        asked=tuple(rows),
        questions=(one_line(words["reach" + by]), *in_english(words)),
    )


def broken(
    sheet: Pricing,
    terms: Terms,
    decision: Decision,
    case: CaseFile,
    recipient: Recipient,
    *,
    date: dt.date,
    late: bool,
    html_words: str,
    text_words: str,
) -> tuple[Violation, ...]:
    """Return every broken check of a notice that is about to be sent."""
    decided = read_date(case.record.get("decided_at", ""))
    early = bool(decided and date < decided and not sheet.draft)
    return (
        *_content(sheet, terms, text_words),
        *reports_and_scores(sheet, terms, case, recipient),
        *([Violation("i", "the date of the notice is before the decision", SOURCE)] if early else []),
        *consented(sheet, recipient),
        *english_is_offered(sheet, terms),
        *own_only(sheet, case, recipient),
        *equal_words(terms, html_words, text_words),
        *printable(text_words),
    )


def _content(sheet: Pricing, terms: Terms, text: str) -> Iterator[Violation]:
    said = normal(text)
    asked = [terms.words[f"{name}_text"] for name in QUESTIONS]
    agencies = [part for one in sheet.agencies for part in (one.name, one.address, one.phone)]
    for one in (sheet.sentence, *asked, *agencies, terms.creditor.name):
        if not one.strip() or normal(one) not in said:
            yield Violation("a", f"what the list asks for is missing: {one[:40]!r}", SOURCE)
