"""The notice of action taken as facts in their printed words: what each format then only places.

One decision and one person make one ``Notice``. It holds no block that does not apply, no other
person's score, and nothing of the explanation but the sentences of its reasons.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from reports.deadline import ON_AN_ACCOUNT, read_date
from reports.disclosure import Disclosure, disclosed
from reports.mandatory import CRA, action_of, sources_of
from reports.overlays import Overlay, overlays
from reports.sheet import ReasonLine, Replaced, Row, frame, in_english, one_line, reason_lines
from reports.wording import joined, plural

if TYPE_CHECKING:
    import datetime as dt

    from audit.record import CaseFile, Decision, Reason, Recipient
    from reports.language import Language
    from reports.terms import Terms


@dataclass(frozen=True, slots=True)
class Group:
    """Reasons under a heading, as sample form C-2 sets them."""

    title: str
    reasons: tuple[ReasonLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Disclosure):
    """Everything that a notice prints, in reading order."""

    asked: tuple[Row, ...]
    reasons: tuple[ReasonLine, ...]
    by_size: bool  # whether they stand in the order of what counted; rules and judgment have no size
    ecoa: str
    agency: tuple[str, ...]
    ecoa_additions: str
    texts_lang: str  # the language that the prescribed texts stand in
    scored: str = ""  # that a scoring system refused; form C-3
    groups: tuple[Group, ...] = ()  # form C-2
    checklist: tuple[ReasonLine, ...] = ()  # form C-1; rank 0 is no reason of this decision
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
    report = any(source.kind == CRA for source in sources_of(case, recipient))
    texts = terms.texts
    ecoa, additions = ecoa_parts(texts["ecoa_notice"])
    sentence = str(terms.words["sentences"][action_of(decision)])
    how = {"date": date, "number": number, "sentence": sentence, "draft": draft, "replaced": replaced}
    reasons = reason_lines(terms, decision, noted=bool(draft))
    return Notice(
        **frame(terms, decision, case, recipient, **how),  # type: ignore[arg-type]
        asked=_asked(terms.words, decision, case),
        reasons=reasons,
        by_size=all(reason.component == "score" for reason in decision.reasons),
        **_form(terms, decision, reasons),
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
        overlays=overlays(terms, case, date),
        texts_lang=terms.texts_lang,
    )


def draft_cause(terms: Terms, decision: Decision) -> str:
    """Return why a notice can only be a draft: reasons whose statement nobody approved; else empty."""
    open_ = [reason for reason in decision.reasons if not terms.is_approved(reason)]
    if not open_:
        return ""
    ranks, codes = [str(r.rank) for r in open_], [r.code for r in open_]
    noun, verb = plural(len(open_), "Reason"), plural(len(open_), "has", "have")
    return (
        f"{noun} {joined(ranks)} {verb} no approved statement ({plural(len(codes), 'code')} {joined(codes)})."
    )


def _form(terms: Terms, decision: Decision, reasons: tuple[ReasonLine, ...]) -> dict[str, Any]:
    """Return what the sample form that the house chose sets apart from the standard letter."""
    form = (terms.config.get("letters") or {}).get("form")
    if form == "c1":
        told = {line.statement: line for line in reasons}
        offered = dict.fromkeys(one_line(text) for text in statements_offered(terms))
        lines = [told.pop(text, ReasonLine(0, text)) for text in offered]
        return {"checklist": (*lines, *told.values())}
    if form == "c2":
        titles: dict[str, list[ReasonLine]] = {}
        for reason, line in zip(_by_rank(decision), reasons, strict=True):
            code = terms.codes.get(reason.factor)
            about = str((code.hmda if code is not None else None) or 9)
            titles.setdefault(str(terms.words["groups"][about]), []).append(line)
        return {"groups": tuple(Group(title, tuple(lines)) for title, lines in titles.items())}
    if form == "c3" and all(reason.component == "score" for reason in decision.reasons):
        return {"scored": one_line(terms.words["scored"])}
    return {}


def _by_rank(decision: Decision) -> list[Reason]:
    return sorted(decision.reasons, key=lambda reason: reason.rank)


def statements_offered(terms: Terms) -> list[str]:
    """Return every statement in the letters' language that somebody approved, in the dictionary's order."""
    return [
        text
        for code in terms.codes.values()
        if code.approved is not None and (text := code.statement.get(terms.words.code, "").strip())
    ]


@lru_cache(64)
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
    return (*(one_line(words[key]) for key in keys), *in_english(words))
