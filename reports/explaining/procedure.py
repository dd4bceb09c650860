"""How the decision was made: score and threshold, who took part, whom the person was compared with.

Art. 15(1)(h) GDPR asks for the procedure and the principles actually applied to this person's data
(Court of Justice, C-203/22): so a sentence stands here only where the record shows that it is so of
this decision.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from reports.deadline import read_date
from reports.explaining.factors import Counted, counted
from reports.explaining.parts import Block, Part, listing, paragraphs, part, rows
from reports.explaining.stated import letters, stated, told
from reports.mandatory import action_of, score_of

if TYPE_CHECKING:
    from audit.record import CaseFile, Decision, Recipient
    from reports.language import Language
    from reports.terms import Terms

# Decimals of a printed score, and of a cutoff: as few as tell the two apart.
_FEWEST, _OF_CUTOFF, _MOST = 3, 6, 15


def human_involved(case: CaseFile) -> bool | None:
    """Whether the record says that a person took part before the decision; None where it says nothing."""
    said = case.record.get("human_involved", "").strip().lower()
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(said)


def is_automated(decision: Decision, case: CaseFile) -> bool:
    """Whether automated processing took part in the decision at all."""
    by_machine = decision.score is not None or decision.stage in ("rule", "gray_band")
    return by_machine or human_involved(case) is False


def system(terms: Terms, decision: Decision, case: CaseFile) -> tuple[Block | None, ...]:
    """Return what the system does, what decided, and the human part in it."""
    words, human = terms.words, human_involved(case)
    return (
        *paragraphs(
            words["profiling"] if decision.score is not None else "",
            words["cutoffs"][_side(terms)] if _has_threshold(decision) else "",
            words["stages"].get(decision.stage, "") if _is_so(decision) else "",
            words["nobody_took_part"] if human is False else "",
        ),
        rows((words["human_part"], stated(terms, "human_step") if human else ())),
    )


def scores(
    terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient
) -> tuple[Block | None, ...]:
    """Return the score with its range and threshold, and any score of others that was used."""
    words = terms.words
    ours = _own(terms, decision, case) if _is_scored(decision, recipient) else None
    theirs = tuple(
        rows(
            (words["score_of_others"], (score.value,)),
            (words["score_low"], (score.low,)),
            (words["score_high"], (score.high,)),
            (words["score_date"], (words.day(score.created_on),) if score.created_on else ()),
            (words["score_by"], (score.provider,)),
        )
        for score in score_of(case, recipient, "third_party_score")
    )
    return (ours, *theirs)


def comparison(terms: Terms, decision: Decision) -> tuple[Block | None, ...]:
    """Return in words whom the person was compared with, and how that shows what counted."""
    words = terms.words
    if terms.config.get("reasons_given"):
        return paragraphs(words["reasons_given"])
    if decision.certified is None:
        return ()
    kind = ((terms.config.get("explain") or {}).get("reference") or {}).get("kind") or "near_cutoff"
    return paragraphs(words["compared_with"][kind], words["how_measured"])


def directions(terms: Terms, of: Counted) -> tuple[Block | None, ...]:
    """Return what counted toward refusal and against it, the largest first, and what did neither."""
    words = terms.words
    return (
        listing(words["toward_refusal"], of.against),
        listing(words["toward_approval"], of.favour),
        listing(words["no_difference"], of.neither, ranked=False),
    )


def effects(terms: Terms, decision: Decision) -> tuple[Block | None, ...]:
    """Return what the decision means for the person (Art. 15(1)(h) GDPR: significance, consequences)."""
    return paragraphs(terms.words["effects"][action_of(decision)], *stated(terms, "consequences"))


def provider(terms: Terms) -> str:
    """Return who calculates the score; empty where a column brings it and nobody says whose it is."""
    given = " ".join(told(letters(terms, "score").get("provider"), terms.words.code))
    from_a_column = bool((terms.config.get("model") or {}).get("scores"))
    return given or ("" if from_a_column else terms.creditor.name)


def score_range(terms: Terms) -> tuple[float, float] | None:
    """Return the lowest and the highest score that there can be; None where nobody stated it."""
    for given in (letters(terms, "score"), terms.disclosed):
        low, high = given.get("low"), given.get("high")
        if isinstance(low, int | float) and isinstance(high, int | float):
            return float(low), float(high)
    return None


def _own(terms: Terms, decision: Decision, case: CaseFile) -> Block | None:
    words, ends = terms.words, score_range(terms)
    decided = read_date(case.record.get("decided_at", ""))
    shown, cutoff = beside(words, decision.score or 0.0, decision.cutoff)
    return rows(
        (words["score"], (shown,)),
        (words["threshold"], (cutoff,) if cutoff else ()),
        (words["score_low"], (words.number(ends[0]),) if ends else ()),
        (words["score_high"], (words.number(ends[1]),) if ends else ()),
        (words["score_date"], (words.day(decided),) if decided else ()),
        (words["score_by"], (provider(terms),)),
    )


def beside(words: Language, score: float, cutoff: float | None) -> tuple[str, str]:
    """Return a score and its cutoff by locale, with so many decimals that they stay on their sides.

    A score of 0.2997 against a cutoff of 0.3 must not print as 0.3.
    """
    if cutoff is None:
        return words.number(score, _FEWEST), ""
    for digits in range(_FEWEST, _MOST + 1):
        precise = max(digits, _OF_CUTOFF)
        one, other = _rounded(score, digits), _rounded(cutoff, precise)
        if (one < other) == (score < cutoff) and (one > other) == (score > cutoff):
            break
    return words.number(score, digits), words.number(cutoff, precise)


def _rounded(value: float, digits: int) -> Decimal:
    return round(Decimal(repr(float(value))), digits)


def _is_scored(decision: Decision, recipient: Recipient) -> bool:
    # The score is the application's, so every applicant's own; a guarantor made none.
    return decision.score is not None and recipient.role != "guarantor"


def _side(terms: Terms) -> str:
    decided = terms.config.get("decision") or {}
    return f"{decided.get('adverse') or 'high'}_{decided.get('at_cutoff') or 'adverse'}"


def _is_so(decision: Decision) -> bool:
    # What was decided without a score of ours has the stage "score" by default.
    return _has_threshold(decision) or decision.stage in ("rule", "judgmental")


def _has_threshold(decision: Decision) -> bool:
    return decision.score is not None and decision.cutoff is not None


def explained(terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> Part | None:
    """Return the part that tells the procedure and the principles that were applied (C-203/22)."""
    return part(
        "procedure",
        terms.words["procedure"],
        (
            *system(terms, decision, case),
            *scores(terms, decision, case, recipient),
            *comparison(terms, decision),
            *directions(terms, counted(terms, decision, case, recipient)),
        ),
    )


def effect(terms: Terms, decision: Decision) -> Part | None:
    """Return the part that tells what the decision means for the person."""
    return part("effects", terms.words["effects_heading"], effects(terms, decision))
