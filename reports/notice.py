"""The notice of action taken as facts in their printed words: what each format then only places.

One decision and one person make one ``Notice``. It holds no block that does not apply, no other
person's score, and nothing of the explanation but the sentences of its reasons.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.deadline import ON_AN_ACCOUNT, read_date
from reports.mandatory import (
    CRA,
    OUTSIDE,
    action_of,
    own_score_is_disclosed,
    score_of,
    sources_of,
)
from reports.overlays import Overlay, overlays
from reports.sheet import ReasonLine, Replaced, Row, Sheet, frame, is_approved, one_line, reason_lines
from reports.wording import joined, plural

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from audit.record import BureauScore, CaseFile, Decision, Recipient, Source
    from reports.language import Language
    from reports.terms import Terms


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Sheet):
    """Everything that a notice prints, in reading order."""

    asked: tuple[Row, ...]
    reasons: tuple[ReasonLine, ...]
    scores: tuple[ScoreBlock, ...]
    report: str  # the text of FCRA 615(a); empty where no report was used
    agencies: tuple[Agency, ...]
    phone_label: str
    outside: str  # the text of FCRA 615(b)
    ecoa: str
    agency: tuple[str, ...]
    ecoa_additions: str
    overlays: tuple[Overlay, ...] = ()


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
) -> Notice:
    """Return the notice of a decision to one person, from records without gaps (``mandatory.gaps``).

    The parameters are those of ``sheet.frame``.
    """
    sources = sources_of(case, recipient)
    agencies = tuple(source for source in sources if source.kind == CRA)
    ecoa, additions = ecoa_parts(terms.texts["ecoa_notice"])
    sentence = str(terms.words["sentences"][action_of(decision)])
    how = {"date": date, "number": number, "sentence": sentence, "draft": draft, "replaced": replaced}
    return Notice(
        **frame(terms, decision, case, recipient, **how),  # type: ignore[arg-type]
        asked=_asked(terms.words, decision, case),
        reasons=reason_lines(terms, decision, noted=bool(draft)),
        questions=_questions(terms, decision, report=bool(agencies)),
        scores=score_blocks(terms, case, recipient),
        report=one_line(terms.texts["fcra_615a"]) if agencies else "",
        agencies=named(agencies),
        phone_label=phone_label(terms.words, agencies),
        outside=one_line(terms.texts["fcra_615b"]) if any(s.kind in OUTSIDE for s in sources) else "",
        ecoa=ecoa,
        agency=terms.agency,
        ecoa_additions=additions,
        overlays=overlays(terms, case, date),
    )


def named(agencies: Sequence[Source]) -> tuple[Agency, ...]:
    """Return the agencies whose reports were used, as they are named."""
    return tuple(Agency(one_line(a.name), one_line(a.address), one_line(a.phone)) for a in agencies)


def phone_label(words: Language, agencies: Sequence[Source]) -> str:
    """Return what stands before the agencies' telephone numbers."""
    return str(words["phone_free" if all(one.toll_free for one in agencies) else "phone"])


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


def ecoa_parts(text: str) -> tuple[str, str]:
    """Return the ECOA notice up to the bracket that the agency fills, and what was added after it."""
    before, _, after = one_line(text).partition("[")
    additions = after.partition("]")[2].lstrip(" .")
    return before.rstrip(), additions


def score_blocks(terms: Terms, case: CaseFile, recipient: Recipient) -> tuple[ScoreBlock, ...]:
    """Return the credit scores of this person that were used, in the order of the record."""
    words, text = terms.words, one_line(terms.texts.get("fcra_score", ""))
    blocks = [_block(words, score, text) for score in score_of(case, recipient, "third_party_score")]
    if own_score_is_disclosed(terms):
        ours = _own_intro(words, text)
        blocks += [_block(words, score, ours) for score in score_of(case, recipient, "own_score")]
    return tuple(blocks)


def _asked(words: Language, decision: Decision, case: CaseFile) -> tuple[Row, ...]:
    action, record = action_of(decision), case.record
    asked, offered = one_line(record.get("requested_terms", "")), one_line(record.get("offered_terms", ""))
    decided = read_date(record["decided_at"])
    account = action in ON_AN_ACCOUNT
    rows = [Row(words["account" if account else "asked_for"], one_line(record["product"]))]
    if asked and not account:
        rows.append(Row(words["terms_asked"], asked))
    if offered and (account or action in ("counteroffer", "partial")):
        labels = words["offered"]
        rows.append(Row(labels.get(action, labels["other"]), offered))
    rows.append(Row(words["decided_on"], words.day(decided) if decided else ""))
    return tuple(rows)


def _questions(terms: Terms, decision: Decision, *, report: bool) -> tuple[str, ...]:
    words, by = terms.words, "_phone" if terms.creditor.phone else ""
    keys = ["accept" + by] if action_of(decision) == "counteroffer" else []
    keys += ["reach" + by, *(["report_hint"] if report else [])]
    return tuple(one_line(words[key]) for key in keys)


def _block(words: Language, score: BureauScore, intro: str) -> ScoreBlock:
    assert score.created_on is not None  # mandatory.gaps refuses the letter before
    return ScoreBlock(
        intro=intro,
        value=one_line(score.value),
        created_on=words.day(score.created_on),
        low=one_line(score.low),
        high=one_line(score.high),
        provider=one_line(score.provider),
        key_factors=tuple(text for text in map(one_line, score.key_factors) if text),
        inquiries=one_line(score.inquiries or ""),
        share=_share(score.value, score.low, score.high),
    )


def _own_intro(words: Language, text: str) -> str:
    # The prescribed first sentence says that an agency gave the score, which is not so for our own.
    rest = re.split(r"(?<=\.)\s+", text, maxsplit=1)[1:]
    return " ".join((one_line(words["score_ours"]), *rest))


def _share(value: str, low: str, high: str) -> float:
    try:
        least, most = float(low), float(high)
        return min(1.0, max(0.0, (float(value) - least) / (most - least)))
    except (ValueError, ZeroDivisionError):
        return 0.0  # lint (e) refuses a score that is no number or lies outside of its range
