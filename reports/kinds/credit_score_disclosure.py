"""The credit score disclosure that stands in for pricing notices (12 CFR 1022.74(e), (f)).

With a score it tells the score, its range and how the scores of all consumers are spread; without
one it says so and names the agency. Key factors are not in its list. Loans secured by a home need
the notice of 15 USC 1681g(g) as well (1022.74(d)) and are refused here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.checks import Violation, consented, english_is_offered, equal_words, normal, own_only, printable
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
    score_of,
    sources_of,
)
from reports.sheet import Replaced, Row, frame, in_english, one_line
from reports.wording import share

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from audit.record import BureauScore, CaseFile, Decision, Recipient
    from reports.disclosure import ScoreBlock
    from reports.terms import Terms

WITH_SCORE, WITHOUT = "12 CFR 1022.74(e)(1)(ii)", "12 CFR 1022.74(f)(1)(iii)"
_HOME = ("mortgage", "home", "heloc")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the distribution: its range, its share in words, and its length beside the longest."""

    label: str
    value: str
    length: float
    is_yours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreDisclosure(Disclosure):
    """The score that was obtained, among those of all consumers; or that there is none."""

    asked: tuple[Row, ...]
    bars: tuple[Bar, ...]
    bars_about: tuple[Row, ...]


def not_due(decision: Decision, case: CaseFile, recipient: Recipient) -> Gap | None:
    """Return why no disclosure may go to this person; None where one may."""
    if recipient.role == "guarantor":
        return Gap("a guarantor asked for no credit", "12 CFR 1022.74(e)(1)")
    if decision.outcome == "none":
        return Gap("no credit was granted or refused", "12 CFR 1022.74(e)(1)")
    return None


def due(decision: Decision, case: CaseFile) -> Deadline | None:
    """Return None: it is due as soon as practicable after the score came, without a count of days."""
    return None


def gaps(terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> tuple[Gap, ...]:
    """Return everything that keeps it from being written; empty where nothing does."""
    scores = score_of(case, recipient, "third_party_score")
    return (
        *of_the_place(terms, case, ("consumer",)),
        *of_the_lender(terms),
        *of_the_record(case, {"decided_at": WITH_SCORE}, {"product": RECORD}),
        *_home(case),
        *of_the_reports(case, recipient),
        *_agency(case, recipient, WITH_SCORE if scores else WITHOUT),
        *_distribution(terms, bool(scores)),
        *(gap for score in scores for gap in _of_a_score(score)),
        *of_the_person(recipient),
    )


def _home(case: CaseFile) -> Iterator[Gap]:
    if any(word in case.record.get("product", "").lower() for word in _HOME):
        fact = "a loan secured by a home needs the notice of 15 USC 1681g(g), which is not built yet"
        yield Gap(fact, "12 CFR 1022.74(d)")


def _agency(case: CaseFile, recipient: Recipient, source: str) -> Iterator[Gap]:
    if not any(one.kind == CRA for one in sources_of(case, recipient)):
        yield Gap("no consumer reporting agency is among the sources of this person", source)


def _distribution(terms: Terms, scored: bool) -> Iterator[Gap]:
    if scored and not (terms.config.get("letters") or {}).get("score_distribution"):
        yield Gap("letters.score_distribution is missing", f"{WITH_SCORE}(F)")


def _of_a_score(score: BureauScore) -> Iterator[Gap]:
    asked = {
        "value": (score.value, "(D)"),
        "low": (score.low, "(E)"),
        "high": (score.high, "(E)"),
        "created_on": (score.created_on, "(G)"),
        "provider": (score.provider.strip(), "(H)"),
    }
    for field, (value, item) in asked.items():
        if not value:
            yield Gap(f"bureau_scores.{field} is missing", f"{WITH_SCORE}{item}")


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
) -> ScoreDisclosure:
    """Return it as facts in their printed words, from records without gaps."""
    words = terms.words
    told = disclosed(terms, case, recipient, report=words["copy_text"], score=words["score_text"], outside="")
    scores: tuple[ScoreBlock, ...] = told["scores"]
    sentence = words["sentences"]["scored" if scores else "not_scored"]
    how = {"date": date, "number": number, "sentence": sentence, "draft": draft, "replaced": replaced}
    by = "_phone" if terms.creditor.phone else ""
    bars, about = _bars(terms, scores[0]) if scores else ((), ())
    return ScoreDisclosure(
        **frame(terms, decision, case, recipient, **how),
        asked=(Row(words["product"], one_line(case.record["product"])),),
        **told,
        bars=bars,
        bars_about=about,
        questions=(one_line(words["reach" + by]), *in_english(words)),
    )


def _bars(terms: Terms, score: ScoreBlock) -> tuple[tuple[Bar, ...], tuple[Row, ...]]:
    words, said = terms.words, terms.config["letters"]["score_distribution"]
    longest = max(float(bar["share"]) for bar in said["bars"])
    bars = tuple(
        Bar(
            label=f"{bar['low']}\u2013{bar['high']}",
            value=share(float(bar["share"])),
            length=float(bar["share"]) / longest if longest else 0.0,
            is_yours=_within(score.value, bar["low"], bar["high"]),
        )
        for bar in said["bars"]
    )
    as_of = read_date(str(said["as_of"]))
    about = (
        Row(words["bars_model"], one_line(str(said["model"]))),
        Row(words["bars_source"], one_line(str(said["source"]))),
        Row(words["bars_as_of"], words.day(as_of) if as_of else ""),
    )
    return bars, about


def _within(value: str, low: object, high: object) -> bool:
    try:
        return int(str(low)) <= float(value) < int(str(high)) + 1
    except ValueError:
        return False


def broken(
    sheet: ScoreDisclosure,
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
    """Return every broken check of a disclosure that is about to be sent."""
    decided = read_date(case.record.get("decided_at", ""))
    early = bool(decided and date < decided and not sheet.draft)
    return (
        *_content(sheet, terms, text_words),
        *_scores(sheet, terms, case, recipient),
        *([Violation("i", "the date of the notice is before the decision", WITH_SCORE)] if early else []),
        *consented(sheet, recipient),
        *english_is_offered(sheet, terms),
        *own_only(sheet, case, recipient),
        *equal_words(terms, html_words, text_words),
        *printable(text_words),
    )


def _content(sheet: ScoreDisclosure, terms: Terms, text: str) -> Iterator[Violation]:
    said, words = normal(text), terms.words
    names = ("what_report", "what_score", "mistakes", "copy", "more")
    source = WITH_SCORE if sheet.scores else WITHOUT
    asked = [words[f"{name}_text"] for name in names]
    asked += [part for one in sheet.agencies for part in (one.name, one.phone)]
    asked += [part for bar in sheet.bars for part in (bar.label, bar.value)]
    if not sheet.scores:
        asked.append(words["no_score_text"])
    for one in (sheet.sentence, *asked, terms.creditor.name):
        if not one.strip() or normal(one) not in said:
            yield Violation("a", f"what the list asks for is missing: {one[:40]!r}", source)


def _scores(
    sheet: ScoreDisclosure, terms: Terms, case: CaseFile, recipient: Recipient
) -> Iterator[Violation]:
    if len(sheet.scores) != len(score_of(case, recipient, "third_party_score")):
        yield Violation("e", "the credit score block does not match the scores obtained", WITH_SCORE)
    ends = (terms.config.get("letters") or {}).get("score_distribution") or {}
    for block in sheet.scores:
        try:
            inside = float(block.low) <= float(block.value) <= float(block.high)
        except ValueError:
            inside = False
        if not inside:
            yield Violation("e", "the credit score lies outside of its range", f"{WITH_SCORE}(E)")
        bars = ends.get("bars") or ()
        if bars and not any(bar.is_yours for bar in sheet.bars):
            # 74(e)(1)(ii)(F): under the same scoring model; a score beyond the bars is on another scale.
            yield Violation("e", "the score lies in no bar of the distribution", f"{WITH_SCORE}(F)")
