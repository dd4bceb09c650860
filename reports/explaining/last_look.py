"""The last look at a finished explaining letter, independent of how it was written.

The checks bear letters as those of ``reports.lint`` do, and the same clause is behind each where a notice
of US law has it. One broken check refuses the letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from reports.checks import Violation, normal, printable
from reports.deadline import read_date
from reports.explaining.factors import statement, told_reasons
from reports.explaining.inputs import entry
from reports.explaining.parts import Grid, Listing, Paragraph, Part, Rows
from reports.explaining.stated import told
from reports.lint import RAW_NAME
from reports.sheet import one_line

# The parts that tell of the person, and of nothing general.
_OF_THE_PERSON = ("procedure", "changes", "data", "databases")

if TYPE_CHECKING:
    import datetime as dt

    from audit.record import CaseFile, Decision, Recipient
    from reports.explaining.parts import Explanation
    from reports.terms import Terms


def look(
    sheet: Explanation,
    terms: Terms,
    decision: Decision,
    case: CaseFile,
    recipient: Recipient,
    *,
    asked: Mapping[str, str],
    parts: tuple[str, ...],
    date: dt.date,
    html_words: str,
    text_words: str,
) -> tuple[Violation, ...]:
    """Return every broken check of a letter that is about to be sent; empty where none is.

    Parameters
    ----------
    asked : field -> the clause that asks for it (``missing.Asked``)
    parts : names of the parts that every letter of this kind has
    """
    return (
        *_a_content(sheet, asked, parts, text_words),
        *_d_reasons(sheet, terms, decision, recipient, asked),
        *_g_vague(sheet, terms, asked),
        *_h_names(sheet, terms, case, asked, text_words),
        *_i_date(sheet, case, date, asked),
        *_k_their_own_alone(sheet, terms, case, recipient, asked),
        *_l_equal_words(terms, asked, html_words, text_words),
        *(one._replace(citation=asked["name"]) for one in printable(text_words)),
    )


def _a_content(
    sheet: Explanation, asked: Mapping[str, str], parts: tuple[str, ...], text: str
) -> Iterator[Violation]:
    said, lender = normal(text), sheet.creditor
    for words in (sheet.sentence, lender.name, *lender.address):
        if not words or normal(words) not in said:
            yield Violation("a", "the decision, or who writes, is missing from the letter", asked["name"])
    there = {one.name for one in sheet.parts}
    for name in parts:
        if name not in there:
            yield Violation(
                "a", f"the part {name} is missing from the letter", asked.get(name, asked["name"])
            )
    for field, where in (("review_contact", "review"), ("authority", "complaint")):
        stated = getattr(lender, field)
        if where in there and (not stated or normal(stated) not in said):
            yield Violation("a", f"{field} is missing from the letter", asked.get(field, asked["name"]))


def _d_reasons(
    sheet: Explanation, terms: Terms, decision: Decision, recipient: Recipient, asked: Mapping[str, str]
) -> Iterator[Violation]:
    if "reasons" not in asked:
        if sheet.reasons:
            yield Violation("d", "this kind of letter tells no reasons", asked["name"])
        return
    recorded = [
        " ".join(statement(terms, reason).split())
        for reason in sorted(decision.reasons, key=lambda reason: reason.rank)
    ]
    theirs = told_reasons(terms, decision, recipient).reasons
    # A guarantor, who asked for no credit, may ask for data that are no reason.
    if len(sheet.reasons) != len(theirs):
        yield Violation("d", "not every reason of this person is printed", asked["reasons"])
    if not sheet.reasons and recipient.role != "guarantor":
        yield Violation("d", "the letter tells no reason", asked["reasons"])
    told_ = [line.statement for line in sheet.reasons]
    rest = iter(recorded)
    # In the record's order, and none that is not there; another person's are left out.
    if not all(any(one == other for other in rest) for one in told_):
        yield Violation("d", "the reasons printed are not those of the record", asked["reasons"])
    for reason in decision.reasons:
        code = terms.codes.get(reason.factor)
        if not sheet.draft and (code is None or code.approved is None):
            yield Violation("d", f"reason {reason.rank} has no approved statement", asked["reasons"])


def _g_vague(sheet: Explanation, terms: Terms, asked: Mapping[str, str]) -> Iterator[Violation]:
    for line in sheet.reasons:
        if terms.words.is_vague(line.statement):
            yield Violation("g", f"reason {line.rank} is not specific", asked["reasons"])


def _h_names(
    sheet: Explanation, terms: Terms, case: CaseFile, asked: Mapping[str, str], text: str
) -> Iterator[Violation]:
    # Age alone may be scored, where somebody answers for it; the notice of US law reads the same leave.
    protected = terms.words.protected_but_age if terms.age_permitted else terms.words.protected
    for line in sheet.reasons:
        # Data of Art. 9 GDPR decide nothing (Art. 22(4); CCD2 Art. 18(3)).
        if protected.search(line.statement):
            yield Violation("h", f"reason {line.rank} names a protected attribute", asked["reasons"])
    names = terms.raw_names | terms.protected | frozenset(case.inputs)
    for name in sorted(one for one in names if RAW_NAME.search(one)):
        if re.search(rf"(?<!\w){re.escape(one_line(name))}(?!\w)", text):
            yield Violation("h", "the letter has the name of a column", asked["name"])


def _i_date(
    sheet: Explanation, case: CaseFile, date: dt.date, asked: Mapping[str, str]
) -> Iterator[Violation]:
    decided = read_date(case.record.get("decided_at", ""))
    if not sheet.draft and decided and date < decided:
        yield Violation("i", "the date of the letter is before the decision", asked["decided_at"])


def _k_their_own_alone(
    sheet: Explanation, terms: Terms, case: CaseFile, recipient: Recipient, asked: Mapping[str, str]
) -> Iterator[Violation]:
    """Yield what belongs to another person of the application and is told as this one's all the same."""
    # What the lender states of its processing in general may name any source.
    said = normal(" ".join(_texts(one) for one in sheet.parts if one.name in _OF_THE_PERSON))
    theirs = {one.name for one in case.sources if one.of == recipient.role}
    for source in case.sources:
        if source.of != recipient.role and source.name not in theirs and _is_in(source.name, said):
            yield Violation("k", "a source about another person is on the letter", asked["name"])
    labels: dict[bool, set[str]] = {True: set(), False: set()}
    for column in case.inputs:
        stated = entry(terms, column)
        own = (stated.get("of") or "primary") in (recipient.role, "all")
        labels[own].add(" ".join(told(stated.get("label"), terms.words.code)))
    if any(_is_in(label, said) for label in labels[False] - labels[True]):
        yield Violation("k", "data about another person are on the letter", asked["name"])


def _texts(one: Part) -> str:
    found: list[str] = []
    for block in one.blocks:
        match block:
            case Paragraph(text=text):
                found.append(text)
            case Rows(rows=pairs):
                found += [" ".join((label, *lines)) for label, lines in pairs]
            case Listing(items=items):
                found += items
            case Grid(lines=lines):
                found += [" | ".join(line) for line in lines]
    return " | ".join(found)


def _is_in(name: str, text: str) -> bool:
    return bool(name.strip()) and re.search(rf"(?<!\w){re.escape(normal(name))}(?!\w)", text) is not None


def _l_equal_words(
    terms: Terms, asked: Mapping[str, str], html_words: str, text_words: str
) -> Iterator[Violation]:
    if not terms.sealed:
        yield Violation("l", "the record is not sealed yet", asked["name"])
    if html_words != text_words and html_words.split() != text_words.split():
        yield Violation("l", "the formats do not carry identical words", asked["name"])
