"""The notice of action taken as facts in their printed words: what each format then only places.

One decision and one person make one ``Notice``. It holds no block that does not apply, no other
person's score, and nothing of the explanation but the sentences of its reasons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.deadline import ON_AN_ACCOUNT, read_date
from reports.disclosure import Disclosure, disclosed
from reports.mandatory import CRA, action_of, sources_of
from reports.sheet import ReasonLine, Replaced, Row, frame, is_approved, one_line, reason_lines
from reports.wording import joined, plural

if TYPE_CHECKING:
    import datetime as dt

    from audit.record import CaseFile, Decision, Recipient
    from reports.language import Language
    from reports.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Disclosure):
    """Everything that a notice prints, in reading order."""

    asked: tuple[Row, ...]
    reasons: tuple[ReasonLine, ...]
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
    replaced: Replaced | None = None,
) -> Notice:
    """Return the notice of a decision to one person, from records without gaps (``mandatory.gaps``).

    The parameters are those of ``sheet.frame``.
    """
    report = any(source.kind == CRA for source in sources_of(case, recipient))
    texts = terms.texts
    ecoa, additions = ecoa_parts(texts["ecoa_notice"])
    sentence = str(terms.words["sentences"][action_of(decision)])
    how = {"date": date, "number": number, "sentence": sentence, "draft": draft, "replaced": replaced}
    return Notice(
        **frame(terms, decision, case, recipient, **how),  # type: ignore[arg-type]
        asked=_asked(terms.words, decision, case),
        reasons=reason_lines(terms, decision, noted=bool(draft)),
        **disclosed(
            terms,
            case,
            recipient,
            report=texts.get("fcra_615a", ""),
            score=texts.get("fcra_score", ""),
            outside=texts.get("fcra_615b", ""),
        ),
        questions=_questions(terms, decision, report=report),
        ecoa=ecoa,
        agency=terms.agency,
        ecoa_additions=additions,
    )


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
