"""What every letter has, whatever its kind: who writes to whom, when, about what, and on which paper."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import envelope
from reports.deadline import ON_AN_ACCOUNT, read_date
from reports.mandatory import action_of

if TYPE_CHECKING:
    import datetime as dt

    from audit.record import CaseFile, Decision, Recipient
    from reports.language import Language
    from reports.terms import Creditor, Terms


@dataclass(frozen=True, slots=True)
class Row:
    """A label and its value, alone on their line."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """One principal reason as it is printed; ``note`` speaks on a draft alone."""

    rank: int
    statement: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Replaced:
    """The notice that a letter takes the place of: its number, and the date that it bore.

    ``nth`` is which correction this is, counted from 1; the new letter's own number is made of it.
    """

    number: str
    date: dt.date
    nth: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The frame of a letter in its printed words, in reading order; a kind adds what it tells."""

    lang: str
    creditor: Creditor
    facts: tuple[Row, ...]
    number: str
    example: str
    address: tuple[str, ...]  # name and lines; empty on a draft
    address_fit: str
    draft: str  # why it is a draft; empty where it is none
    sentence: str
    letterhead: str = ""
    paper: str = "letter"
    questions: tuple[str, ...] = ()


def frame(
    terms: Terms,
    decision: Decision,
    case: CaseFile,
    recipient: Recipient,
    *,
    date: dt.date,
    number: str,
    sentence: str,
    draft: str = "",
    replaced: Replaced | None = None,
) -> dict[str, Any]:
    """Return the fields of a ``Sheet``, from records without gaps.

    Parameters
    ----------
    date : date
        The date that is printed, and on which the letter is sent.
    number : str
        What the person may quote; see ``notice_number``.
    draft : str
        Why it is a draft; the address is then left out.
    replaced : Replaced, optional
        The notice that this one corrects.
    """
    lines = () if draft else (recipient.name, *recipient.address)
    address = tuple(line for line in map(one_line, lines) if line)
    return {
        "lang": terms.words.code,
        "creditor": terms.creditor,
        "facts": _facts(terms.words, decision, case, date, number, replaced),
        "number": number,
        "example": terms.words["example"] if terms.example else "",
        "address": address,
        "address_fit": envelope.fit(address, terms.paper) or "",
        "draft": draft,
        "sentence": sentence,
        "letterhead": terms.letterhead,
        "paper": terms.paper,
    }


def _facts(
    words: Language,
    decision: Decision,
    case: CaseFile,
    date: dt.date,
    number: str,
    replaced: Replaced | None,
) -> tuple[Row, ...]:
    received = read_date(case.record.get("received_at", ""))
    on_account = action_of(decision) in ON_AN_ACCOUNT
    rows = [Row(words["date_of_notice"], words.day(date))]
    if received and not on_account:
        rows.append(Row(words["application_received"], words.day(received)))
    rows += [
        Row(words["account_no" if on_account else "application_no"], case.decision),
        Row(words["notice_no"], number),
    ]
    if replaced is not None:
        rows += [
            Row(words["replaces"], replaced.number),
            Row(words["replaces_of"], words.day(replaced.date)),
        ]
    return tuple(rows)


def notice_number(entity: str, decision: str, action: str, person: str, kind: str, nth: int = 0) -> str:
    """Return the number of a notice: the same for the same key, and telling nothing about it.

    The nth correction of a notice has a number of its own, so that whoever names one of the two (a mail
    house, a person who calls) means that one.
    """
    key = (entity, decision, action, person, f"{kind}/{nth}" if nth else kind)
    digest = hashlib.sha256("\0".join(key).encode()).digest()
    digits = f"{int.from_bytes(digest[:8]) % 10**10:010d}"
    return f"N-{digits[:5]}-{digits[5:]}"


def reason_lines(terms: Terms, decision: Decision, *, noted: bool) -> tuple[ReasonLine, ...]:
    """Return the principal reasons in the letter's language, those without approval marked on a draft."""
    return tuple(
        ReasonLine(
            rank=reason.rank,
            statement=one_line(terms.statement_of(reason)),
            note=terms.words["draft_note"] if noted and not terms.is_approved(reason) else "",
        )
        for reason in sorted(decision.reasons, key=lambda reason: reason.rank)
    )


def in_english(words: Language) -> tuple[str, ...]:
    """Return the sentence that the letter can be had in English, where it is in another language.

    Source: 12 CFR 1002.4(e), another language serves where English is there on request.
    """
    return (one_line(words["english"]),) if words.code != "en" else ()


def one_line(text: str) -> str:
    """Return a text with every run of blanks as one."""
    return " ".join(text.split())
