"""The notice as facts in their printed words, before any page: what each format then only places.

One decision and one person make one ``Notice``. It holds no block that does not apply, no other
person's score, and nothing of the explanation but the sentences of its reasons.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import envelope
from reports.deadline import ON_AN_ACCOUNT, read_date
from reports.mandatory import (
    CRA,
    OUTSIDE,
    SENTENCES,
    action_of,
    own_score_is_disclosed,
    score_of,
    sources_of,
)
from reports.wording import NO_BREAK, date_in_words, joined, plural

if TYPE_CHECKING:
    import datetime as dt

    from audit.record import BureauScore, CaseFile, Decision, Reason, Recipient
    from reports.terms import Creditor, Terms

EXAMPLE = "Example with an invented person and lender"
NOT_APPROVED = "statement not approved"


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
class ScoreBlock:
    """A credit score that was used, with what 15 USC 1681g(f)(1)(B)-(E) asks for."""

    intro: str
    value: str
    created_on: str
    low: str
    high: str
    provider: str
    key_factors: tuple[str, ...]
    inquiries: str
    share: float  # where the value lies between low (0) and high (1), for the bar

    @property
    def all_key_factors(self) -> tuple[str, ...]:
        """The key factors; inquiries come fifth and do not count toward four (1681g(f)(9))."""
        return (*self.key_factors, *((self.inquiries,) if self.inquiries else ()))


@dataclass(frozen=True, slots=True)
class Agency:
    """A consumer reporting agency whose report was used."""

    name: str
    address: str
    phone: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Everything that a notice prints, in reading order."""

    creditor: Creditor
    facts: tuple[Row, ...]
    number: str
    example: str
    address: tuple[str, ...]  # name and lines; empty on a draft
    address_fit: str
    draft: str  # why it is a draft; empty where it is none
    sentence: str
    asked: tuple[Row, ...]
    reasons: tuple[ReasonLine, ...]
    by_size: bool  # whether they stand in the order of what counted; rules and judgment have no size
    questions: tuple[str, ...]
    scores: tuple[ScoreBlock, ...]
    report: str  # the text of FCRA 615(a); empty where no report was used
    agencies: tuple[Agency, ...]
    phone_label: str
    outside: str  # the text of FCRA 615(b)
    ecoa: str
    agency: tuple[str, ...]
    ecoa_additions: str


def compose(
    terms: Terms,
    decision: Decision,
    case: CaseFile,
    recipient: Recipient,
    *,
    date: dt.date,
    number: str,
    draft: str = "",
) -> Notice:
    """Return the notice of a decision to one person, from records without gaps (``mandatory.gaps``).

    Parameters
    ----------
    date : date
        The date that is printed, and on which the notice is sent.
    number : str
        What the person may quote; see ``notice_number``.
    draft : str
        Why it is a draft; the address is then left out.
    """
    sources = sources_of(case, recipient)
    agencies = tuple(source for source in sources if source.kind == CRA)
    ecoa, additions = ecoa_parts(terms.texts["ecoa_notice"])
    lines = () if draft else (recipient.name, *recipient.address)
    address = tuple(line for line in map(_line, lines) if line)
    return Notice(
        creditor=terms.creditor,
        facts=_facts(decision, case, date, number),
        number=number,
        example=EXAMPLE if terms.example else "",
        address=address,
        address_fit=envelope.fit(address) or "",
        draft=draft,
        sentence=SENTENCES[action_of(decision)],
        asked=_asked(decision, case),
        reasons=_reasons(terms, decision, noted=bool(draft)),
        by_size=all(reason.component == "score" for reason in decision.reasons),
        questions=_questions(terms, decision, report=bool(agencies)),
        scores=_scores(terms, case, recipient),
        report=_line(terms.texts["fcra_615a"]) if agencies else "",
        agencies=tuple(Agency(_line(a.name), _line(a.address), _line(a.phone)) for a in agencies),
        phone_label="Toll-free telephone" if all(a.toll_free for a in agencies) else "Telephone",
        outside=_line(terms.texts["fcra_615b"]) if any(s.kind in OUTSIDE for s in sources) else "",
        ecoa=ecoa,
        agency=terms.agency,
        ecoa_additions=additions,
    )


def notice_number(entity: str, decision: str, action: str, person: str, kind: str) -> str:
    """Return the number of a notice: the same for the same key, and telling nothing about it."""
    digest = hashlib.sha256("\0".join((entity, decision, action, person, kind)).encode()).digest()
    digits = f"{int.from_bytes(digest[:8]) % 10**10:010d}"
    return f"N-{digits[:5]}-{digits[5:]}"


def draft_cause(terms: Terms, decision: Decision) -> str:
    """Return why a notice can only be a draft: reasons whose statement nobody approved; else empty."""
    open_ = [reason for reason in decision.reasons if not is_approved(terms, reason)]
    if not open_:
        return ""
    ranks, codes = [str(r.rank) for r in open_], [r.code for r in open_]
    noun, verb = plural(len(open_), "Reason"), plural(len(open_), "has", "have")
    return (
        f"{noun} {joined(ranks)} {verb} no approved statement ({plural(len(codes), 'code')} {joined(codes)})."
    )


def is_approved(terms: Terms, reason: Reason) -> bool:
    """Whether somebody approved the statements of the reason's factor, and of those merged into it."""
    codes = [terms.codes.get(factor) for factor in (reason.factor, *reason.merged)]
    return all(code is not None and code.approved is not None for code in codes)


def ecoa_parts(text: str) -> tuple[str, str]:
    """Return the ECOA notice up to the bracket that the agency fills, and what was added after it."""
    before, _, after = _line(text).partition("[")
    additions = after.partition("]")[2].lstrip(" .")
    return before.rstrip(), additions


def us_date(date: dt.date) -> str:
    """Return ``November 20, 2026`` with plain blanks, so that text and page hold the same bytes."""
    return date_in_words(date, "us").replace(NO_BREAK, " ")


def _facts(decision: Decision, case: CaseFile, date: dt.date, number: str) -> tuple[Row, ...]:
    received = read_date(case.record.get("received_at", ""))
    on_account = action_of(decision) in ON_AN_ACCOUNT
    return (
        Row("Date of notice", us_date(date)),
        *((Row("Application received", us_date(received)),) if received and not on_account else ()),
        Row("Account no." if on_account else "Application no.", case.decision),
        Row("Notice no.", number),
    )


def _asked(decision: Decision, case: CaseFile) -> tuple[Row, ...]:
    action, record = action_of(decision), case.record
    asked, offered = _line(record.get("requested_terms", "")), _line(record.get("offered_terms", ""))
    decided = read_date(record["decided_at"])
    account = action in ON_AN_ACCOUNT
    rows = [Row("Your account" if account else "You asked for", _line(record["product"]))]
    if asked and not account:
        rows.append(Row("Terms you asked for", asked))
    if offered and (account or action in ("counteroffer", "partial")):
        label = {"counteroffer": "What we can offer", "partial": "What we approved"}.get(action, "New terms")
        rows.append(Row(label, offered))
    rows.append(Row("Decided on", us_date(decided) if decided else ""))
    return tuple(rows)


def _reasons(terms: Terms, decision: Decision, *, noted: bool) -> tuple[ReasonLine, ...]:
    return tuple(
        ReasonLine(
            rank=reason.rank,
            statement=_line(reason.statement),
            note=NOT_APPROVED if noted and not is_approved(terms, reason) else "",
        )
        for reason in sorted(decision.reasons, key=lambda reason: reason.rank)
    )


def _questions(terms: Terms, decision: Decision, *, report: bool) -> tuple[str, ...]:
    at = "the number and address" if terms.creditor.phone else "the address"
    reach = "Call or write to us" if terms.creditor.phone else "Write to us"
    lines = []
    if action_of(decision) == "counteroffer":
        lines.append(f"If you would like to accept our offer, tell us at {at} at the top.")
    lines.append(f"{reach} at {at} at the top. Please have your notice number ready.")
    if report:
        lines.append(
            "This notice also says how to get a free copy of your credit report and how to dispute "
            "what is wrong in it."
        )
    return tuple(lines)


def _scores(terms: Terms, case: CaseFile, recipient: Recipient) -> tuple[ScoreBlock, ...]:
    text = _line(terms.texts.get("fcra_score", ""))
    blocks = [_block(score, text) for score in score_of(case, recipient, "third_party_score")]
    if own_score_is_disclosed(terms):
        blocks += [_block(score, _own_intro(text)) for score in score_of(case, recipient, "own_score")]
    return tuple(blocks)


def _block(score: BureauScore, intro: str) -> ScoreBlock:
    assert score.created_on is not None  # mandatory.gaps refuses the letter before
    return ScoreBlock(
        intro=intro,
        value=_line(score.value),
        created_on=us_date(score.created_on),
        low=_line(score.low),
        high=_line(score.high),
        provider=_line(score.provider),
        key_factors=tuple(text for text in map(_line, score.key_factors) if text),
        inquiries=_line(score.inquiries or ""),
        share=_share(score.value, score.low, score.high),
    )


def _own_intro(text: str) -> str:
    # The prescribed first sentence says that an agency gave the score, which is not so for our own.
    rest = re.split(r"(?<=\.)\s+", text, maxsplit=1)[1:]
    return " ".join(
        ("We calculated your credit score ourselves and used it in making our credit decision.", *rest)
    )


def _share(value: str, low: str, high: str) -> float:
    try:
        least, most = float(low), float(high)
        return min(1.0, max(0.0, (float(value) - least) / (most - least)))
    except (ValueError, ZeroDivisionError):
        return 0.0  # lint (e) refuses a score that is no number or lies outside of its range


def _line(text: str) -> str:
    return " ".join(text.split())
