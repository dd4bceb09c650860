"""The notice of adverse action that the FCRA alone asks for (15 USC 1681m(a), (b)).

For what is no consumer credit (insurance, tenancy, employment, an account), and for a guarantor,
whose report was used and who is no applicant. It names no principal reasons and no agency that
supervises: the statute asks for neither, and the applicant's reasons are nobody else's.
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
    outside_sources,
    own_only,
    printable,
    reports_and_scores,
)
from reports.deadline import Deadline, read_date
from reports.disclosure import Disclosure, disclosed
from reports.kinds.adverse_action import of_the_decision
from reports.mandatory import (
    CONTENT,
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
    used_about,
)
from reports.sheet import Replaced, Row, frame, in_english, one_line

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from audit.record import CaseFile, Decision, Recipient
    from reports.terms import Terms

SOURCE = "15 USC 1681m(a), (b)"
PURPOSES = ("insurance", "tenancy", "employment", "account")
_EMPLOYMENT = "15 USC 1681b(b)(3)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportNotice(Disclosure):
    """What was decided, and which reports, scores and other sources were used."""

    asked: tuple[Row, ...]


def not_due(decision: Decision, case: CaseFile, recipient: Recipient) -> Gap | None:
    """Return why no notice of this kind may go to this person; None where one may."""
    if gap := of_the_decision(decision):
        return gap  # held and void say nothing under this law either
    credit = case.record.get("purpose", "").strip().lower() not in PURPOSES
    if credit and recipient.role != "guarantor":
        # 12 CFR 1002.9: an applicant for credit is owed the action and its reasons, which this does not tell.
        return Gap("an applicant for credit gets the notice of adverse action", "12 CFR 1002.9(a)(2)")
    if not used_about(case, recipient.role):
        return Gap("no report and no other outside source about this person was used", SOURCE)
    return None


def due(decision: Decision, case: CaseFile) -> Deadline | None:
    """Return None: the statute counts no days; the notice goes out with the decision or right after it."""
    return None


def gaps(terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> tuple[Gap, ...]:
    """Return everything that keeps this notice from being written; empty where nothing does."""
    return (
        *of_the_place(terms, case, (*PURPOSES, "consumer")),
        *of_the_lender(terms),
        *of_the_record(case, {"decided_at": CONTENT}, {"product": RECORD}),
        *_before_employment(case),
        *of_the_reports(case, recipient),
        *of_the_scores(terms, case, recipient),
        *of_the_person(recipient),
    )


def _before_employment(case: CaseFile) -> Iterator[Gap]:
    # A copy of the report and the summary of rights go out before the action is taken.
    if case.record.get("purpose", "").strip().lower() == "employment":
        before = read_date(case.record.get("pre_adverse_on", ""))
        decided = read_date(case.record.get("decided_at", ""))
        if before is None:
            yield Gap("record.pre_adverse_on is missing: a notice goes out before the action", _EMPLOYMENT)
        elif decided is not None and before >= decided:
            yield Gap("record.pre_adverse_on is not before record.decided_at", _EMPLOYMENT)


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
) -> ReportNotice:
    """Return the notice as facts in their printed words, from records without gaps."""
    words = terms.words
    purpose = case.record.get("purpose", "").strip().lower()
    about = "guarantor" if recipient.role == "guarantor" else purpose
    sentence = words["sentences"].get(about, words["sentences"]["other"])
    how = {"date": date, "number": number, "sentence": sentence, "draft": draft, "replaced": replaced}
    by = "_phone" if terms.creditor.phone else ""
    report = any(source.kind == CRA for source in sources_of(case, recipient))
    decided = read_date(case.record["decided_at"])
    rows = (
        Row(words["product"], one_line(case.record["product"])),
        Row(words["decided_on"], words.day(decided) if decided else ""),
    )
    return ReportNotice(
        **frame(terms, decision, case, recipient, **how),
        **disclosed(
            terms,
            case,
            recipient,
            report=words["report_text"],
            score=words["score_text"],
            outside=words["outside_text"],
        ),
        asked=rows,
        questions=(
            *(one_line(words[key]) for key in ("reach" + by, *(["report_hint"] if report else []))),
            *in_english(words),
        ),
    )


def broken(
    sheet: ReportNotice,
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
        *outside_sources(sheet, case, recipient),
        *([Violation("i", "the date of the notice is before the decision", SOURCE)] if early else []),
        *consented(sheet, recipient),
        *english_is_offered(sheet, terms),
        *own_only(sheet, case, recipient),
        *equal_words(terms, html_words, text_words),
        *printable(text_words),
    )


def _content(sheet: ReportNotice, terms: Terms, text: str) -> Iterator[Violation]:
    said = normal(text)
    items = {
        "the action taken": (sheet.sentence,),
        "who took it": (terms.creditor.name, *terms.creditor.address),
    }
    if sheet.agencies:
        # 1681m(a)(3), (4): who the agency is; that it did not decide; a free copy; the right to dispute.
        items["the rights of section 615(a)"] = (terms.words["report_text"],)
        items["the agency"] = tuple(one.name for one in sheet.agencies)
    if sheet.outside:
        items["the right of section 615(b)"] = (terms.words["outside_text"],)
    for name, texts in items.items():
        if not all(one.strip() and normal(one) in said for one in texts):
            yield Violation("a", f"{name} is missing from the notice", SOURCE)
