"""What was used about a person, as the FCRA has a letter say it: reports, scores, other sources.

15 USC 1681m(a) and (b), and 1681g(f)(1)(B)-(E). It holds no block that does not apply, and no other
person's score or report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports.mandatory import CRA, OUTSIDE, own_score_is_disclosed, score_of, sources_of
from reports.sheet import Sheet, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.record import BureauScore, CaseFile, Recipient, Source
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
class Disclosure(Sheet):
    """A letter that says which reports, scores and other sources were used."""

    scores: tuple[ScoreBlock, ...]
    report: str  # the text of FCRA 615(a); empty where no report was used
    agencies: tuple[Agency, ...]
    phone_label: str
    outside: str  # the text of FCRA 615(b)


def disclosed(
    terms: Terms, case: CaseFile, recipient: Recipient, *, report: str, score: str, outside: str
) -> dict[str, Any]:
    """Return the fields that a ``Disclosure`` adds to a sheet.

    Parameters
    ----------
    report, score, outside : str
        The texts that stand there where a report, a score, another source was used.
    """
    sources = sources_of(case, recipient)
    agencies = tuple(source for source in sources if source.kind == CRA)
    return {
        "scores": score_blocks(terms, case, recipient, one_line(score)),
        "report": one_line(report) if agencies else "",
        "agencies": named(agencies),
        "phone_label": phone_label(terms.words, agencies),
        "outside": one_line(outside) if any(s.kind in OUTSIDE for s in sources) else "",
    }


def named(agencies: Sequence[Source]) -> tuple[Agency, ...]:
    """Return the agencies whose reports were used, as they are named."""
    return tuple(Agency(one_line(a.name), one_line(a.address), one_line(a.phone)) for a in agencies)


def phone_label(words: Language, agencies: Sequence[Source]) -> str:
    """Return what stands before the agencies' telephone numbers."""
    return str(words["phone_free" if all(one.toll_free for one in agencies) else "phone"])


def score_blocks(terms: Terms, case: CaseFile, recipient: Recipient, text: str) -> tuple[ScoreBlock, ...]:
    """Return the credit scores of this person that were used, in the order of the record."""
    words = terms.words
    blocks = [_block(words, score, text) for score in score_of(case, recipient, "third_party_score")]
    if own_score_is_disclosed(terms):
        ours = _own_intro(words, text)
        blocks += [_block(words, score, ours) for score in score_of(case, recipient, "own_score")]
    return tuple(blocks)


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
