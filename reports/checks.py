"""Checks that every kind of letter passes before it is sent, each independent of how it was written."""

from __future__ import annotations

import re
from functools import lru_cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, NamedTuple

from reports import envelope
from reports.deadline import read_date
from reports.mandatory import CRA, OUTSIDE, own_score_is_disclosed, score_of, sources_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from audit.record import CaseFile, Recipient
    from reports.deadline import Deadline
    from reports.disclosure import Disclosure, ScoreBlock
    from reports.sheet import Sheet
    from reports.terms import Terms

AT_MOST = 4
_MEASURE = re.compile(r"(?:margin-left|width): ?\d+(?:\.\d+)?%;?")  # of a bar, drawn from a number


class Violation(NamedTuple):
    """A broken check: its letter, what is so, and the clause."""

    check: str
    fact: str
    citation: str


def normal(text: str) -> str:
    """Return a text in the one form in which prescribed words are compared."""
    return " ".join(text.replace("\u2019", "'").replace("\u00a0", " ").split())


@lru_cache(1024)
def prescribed(text: str) -> str:
    """Return ``normal`` of a text that many letters say: a prescribed one, a statement, an address.

    >>> prescribed("the applicant’s  income")
    "the applicant's income"
    """
    return normal(text)


def reports_and_scores(
    notice: Disclosure, terms: Terms, case: CaseFile, recipient: Recipient
) -> Iterator[Violation]:
    """Yield (e): a report or a score that was used and is not told, or is told and was not used."""
    agencies = [source for source in sources_of(case, recipient) if source.kind == CRA]
    if bool(agencies) != bool(notice.report) or len(agencies) != len(notice.agencies):
        yield Violation("e", "the credit report block does not match the reports used", "15 USC 1681m(a)")
    if _n_scores(terms, case, recipient) != len(notice.scores):
        yield Violation("e", "the credit score block does not match the scores used", "15 USC 1681m(a)(2)")
    for block in notice.scores:
        yield from _of_a_score(block)
    decided = read_date(case.record.get("decided_at", ""))
    for score in score_of(case, recipient, "third_party_score"):
        if score.created_on and decided and score.created_on > decided:
            yield Violation("e", "the credit score is younger than the decision", "15 USC 1681g(f)(1)(D)")


def _of_a_score(block: ScoreBlock) -> Iterator[Violation]:
    try:
        inside = float(block.low) <= float(block.value) <= float(block.high)
    except ValueError:
        inside = False
    if not inside:
        yield Violation("e", "the credit score lies outside of its range", "15 USC 1681g(f)(1)(B)")
    if not 1 <= len(block.key_factors) <= AT_MOST:
        fact = f"{len(block.key_factors)} key factors besides inquiries (1 to {AT_MOST} can be told)"
        yield Violation("e", fact, "15 USC 1681g(f)(1)(C), (f)(9)")


def outside_sources(notice: Disclosure, case: CaseFile, recipient: Recipient) -> Iterator[Violation]:
    """Yield (f): another source that was used and is not told, or the reverse."""
    used = any(source.kind in OUTSIDE for source in sources_of(case, recipient))
    if used != bool(notice.outside):
        yield Violation("f", "the block on other sources does not match the sources used", "15 USC 1681m(b)")


def in_time(sheet: Sheet, due: Deadline, case: CaseFile, date: dt.date, late: bool) -> Iterator[Violation]:
    """Yield (i): a letter dated before its decision, or past its deadline without a reason."""
    if sheet.draft:
        return
    decided = read_date(case.record.get("decided_at", ""))
    if decided and date < decided:
        yield Violation("i", "the date of the notice is before the decision", due.citation)
    if due.days_left(date) < 0 and not late:
        gone = due.days - due.days_left(date)
        fact = f"past the deadline: {gone} days of {due.days}; --late --reason sends it"
        yield Violation("i", fact, due.citation)


def consented(notice: Sheet, recipient: Recipient) -> Iterator[Violation]:
    """Yield (j): an electronic notice of US law without the person's consent."""
    if not notice.draft and recipient.channel != "mail" and not recipient.esign_consent:
        yield Violation(
            "j", "an electronic notice needs the person's consent", "12 CFR 1002.4(d), 15 USC 7001(c)"
        )


def english_is_offered(notice: Sheet, terms: Terms) -> Iterator[Violation]:
    """Yield (n): a letter in another language that does not say that it can be had in English."""
    if terms.words.code == "en":
        return
    sentence = prescribed(terms.words["english"])
    if not (sentence and sentence in map(prescribed, notice.questions)):
        yield Violation("n", "the notice does not say that it can be had in English", "12 CFR 1002.4(e)")


def own_only(notice: Disclosure, case: CaseFile, recipient: Recipient) -> Iterator[Violation]:
    """Yield (k): a score or a report of another person."""
    theirs = {
        (score.value.strip(), score.provider.strip())
        for score in case.bureau_scores
        if score.of == recipient.role
    }
    if any((block.value, block.provider) not in theirs for block in notice.scores):
        yield Violation("k", "a credit score of another person is on the notice", "15 USC 1681m(a)(2)")
    names = {source.name for source in sources_of(case, recipient)}
    if any(agency.name not in names for agency in notice.agencies):
        yield Violation("k", "a credit report of another person is on the notice", "15 USC 1681m(a)(3)")


def equal_words(terms: Terms, html_words: str, text_words: str) -> Iterator[Violation]:
    """Yield (l): a record that is not sealed, and formats that say different words."""
    if not terms.sealed:
        yield Violation("l", "the record is not sealed yet", "12 CFR 1002.12(b)")
    if html_words != text_words and html_words.split() != text_words.split():
        yield Violation("l", "the formats do not carry identical words", "12 CFR 1002.4(d)")


def inert(html: str) -> Iterator[Violation]:
    """Yield (o): a page that would run, fetch, hide or style something: a letter holds its words alone."""
    found = _Foreign()
    found.feed(html)
    for thing in dict.fromkeys(found.things):
        yield Violation("o", f"the page holds {thing}", "12 CFR 1002.4(d)")


class _Foreign(HTMLParser):
    """What a template of the house may have put into a page that a letter must not hold."""

    def __init__(self) -> None:
        super().__init__()
        self.things: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "link", "iframe", "object", "embed", "form", "base", "template"):
            self.things.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name in ("srcset", "background", "action", "hidden"):
                self.things.append(f"the attribute {name}")
            elif name == "src" and not (value or "").startswith("data:image/"):
                self.things.append("a picture from elsewhere")
            elif name == "style" and not _MEASURE.fullmatch((value or "").strip()):
                self.things.append("a style of its own")


def printable(text_words: str) -> Iterator[Violation]:
    """Yield (m): a character that the letter's font lacks; the page would show a box in its place."""
    strange = sorted(filter(envelope.unprintable, set(text_words) - envelope.held()))
    if strange:
        shown = ", ".join(f"U+{ord(one):04X}" for one in strange[:4])
        yield Violation(
            "m", f"the letter's font has no glyph for {shown}: write it in Latin letters", "12 CFR 1002.4(d)"
        )


def _n_scores(terms: Terms, case: CaseFile, recipient: Recipient) -> int:
    roles = ("third_party_score", "own_score") if own_score_is_disclosed(terms) else ("third_party_score",)
    return sum(len(score_of(case, recipient, role)) for role in roles)
