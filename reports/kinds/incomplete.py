"""The notice of incompleteness (12 CFR 1002.9(c)(2)): what is missing, until when, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.checks import Violation, consented, english_is_offered, equal_words, in_time, normal, printable
from reports.deadline import Deadline, read_date
from reports.mandatory import RECORD, Gap, of_the_lender, of_the_person, of_the_place, of_the_record
from reports.sheet import Replaced, Row, Sheet, frame, in_english, one_line

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from audit.record import CaseFile, Decision, Recipient
    from reports.terms import Terms

SOURCE = "12 CFR 1002.9(c)(2)"
DEADLINE = "12 CFR 1002.9(c)(1)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete(Sheet):
    """What an application lacks, and until when it is taken."""

    asked: tuple[Row, ...]
    missing: tuple[str, ...]
    respond_by: str


def not_due(decision: Decision, case: CaseFile, recipient: Recipient) -> Gap | None:
    """Return why no notice of incompleteness may go out; None where one may."""
    if decision.action != "incomplete":
        return Gap(f"the application is not incomplete: the action is {decision.action or 'denied'}", SOURCE)
    if recipient.role == "guarantor":
        return Gap("a guarantor is no applicant", "12 CFR 1002.2(e)")
    return None


def due(decision: Decision, case: CaseFile) -> Deadline | None:
    """Return until when it must be sent: thirty days after the application came."""
    starts = read_date(case.record.get("received_at", ""))
    return Deadline(starts, "received_at", citation=DEADLINE) if starts else None


def gaps(terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> tuple[Gap, ...]:
    """Return everything that keeps this notice from being written; empty where nothing does."""
    dates = {"received_at": DEADLINE, "respond_by": SOURCE}
    return (
        *of_the_place(terms, case, ("consumer",)),
        *of_the_lender(terms),
        *of_the_record(case, dates, {"product": RECORD, "missing_information": SOURCE}),
        *of_the_person(recipient),
    )


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
) -> Incomplete:
    """Return the notice as facts in their printed words, from records without gaps."""
    words, record = terms.words, case.record
    how = {
        "date": date,
        "number": number,
        "sentence": words["sentence"],
        "draft": draft,
        "replaced": replaced,
    }
    until, by = read_date(record["respond_by"]), "_phone" if terms.creditor.phone else ""
    rows = [Row(words["asked_for"], one_line(record["product"]))]
    if asked := one_line(record.get("requested_terms", "")):
        rows.append(Row(words["terms_asked"], asked))
    return Incomplete(
        **frame(terms, decision, case, recipient, **how),
        asked=tuple(rows),
        missing=missing_of(case),
        respond_by=words.day(until) if until else "",
        questions=(one_line(words["reach" + by]), *in_english(words)),
    )


def missing_of(case: CaseFile) -> tuple[str, ...]:
    """Return the things that the application lacks, as the record lists them, apart by a semicolon."""
    parts = case.record.get("missing_information", "").split(";")
    return tuple(text for text in map(one_line, parts) if text)


def broken(
    sheet: Incomplete,
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
    return (
        *_content(sheet, terms, case, text_words),
        *_respond_by(case, date),
        *_in_time(sheet, decision, case, date, late),
        *consented(sheet, recipient),
        *english_is_offered(sheet, terms),
        *equal_words(terms, html_words, text_words),
        *printable(text_words),
    )


def _content(sheet: Incomplete, terms: Terms, case: CaseFile, text: str) -> Iterator[Violation]:
    said = normal(text)
    items = {
        "the information needed": missing_of(case),
        "the date until when it is taken": (sheet.respond_by,),
        "that no answer means no further consideration": (normal(terms.words["no_answer"]),),
        "the creditor's name and address": (terms.creditor.name, *terms.creditor.address),
    }
    for name, texts in items.items():
        if not texts or not all(one.strip() and normal(one) in said for one in texts):
            yield Violation("a", f"{name} is missing from the notice", SOURCE)


def _respond_by(case: CaseFile, date: dt.date) -> Iterator[Violation]:
    until = read_date(case.record.get("respond_by", ""))
    if until is not None and until <= date:
        # 1002.9(c)(2): a reasonable period; one that has gone when the letter is sent is none.
        yield Violation("a", "the day until when the information is taken has passed", SOURCE)


def _in_time(
    sheet: Incomplete, decision: Decision, case: CaseFile, date: dt.date, late: bool
) -> Iterator[Violation]:
    if (until := due(decision, case)) is not None:
        yield from in_time(sheet, until, case, date, late)
