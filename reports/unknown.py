"""What is not known: each open question, why it is open, and what would settle it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.groups import group_words
from reports.outcomes import OPEN, duties, screens
from reports.wording import capital, count, joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.record import Finding
    from reports.outcomes import Asked
    from reports.sealed import Sealed

_LONGEST_QUESTION = 70


@dataclass(frozen=True, slots=True)
class Unknown:
    """One open question."""

    question: str
    why: str
    settles: str


def _sentence(text: str) -> str:
    text = capital(text.strip())
    return text if text.endswith((".", "?", "!")) else text + "."


def _too_few(finding: Finding, least: int) -> bool:
    return finding.n is not None and finding.n < least


def _question(asked: Asked) -> str:
    """Return the question, or the title where the question is too long for page 1."""
    question = asked.requirement.question if asked.requirement else ""
    # A title alone would read as the answer, so it is asked too.
    return question if 0 < len(question) <= _LONGEST_QUESTION else f"{asked.title.rstrip('.?')}?"


def _first_sentence(text: str) -> str:
    return _sentence(re.split(r"(?<=[.;]) ", text.strip())[0].rstrip(";")) if text.strip() else "–"


def _inconclusive(asked: Asked, least: int) -> Unknown:
    found = asked.having("inconclusive")
    groups = [group_words(f.attribute, f.group) for f in found]
    who = joined(groups) if len(groups) <= 2 else f"{len(groups)} groups"
    if all(_too_few(f, least) for f in found):
        return Unknown(_question(asked), _sentence(f"too few people: {who}"), "More applications.")
    cause = found[0].cause or "the interval spans the bound"
    why = cause if found[0].attribute == "all" else f"{who}: {cause}"
    return Unknown(_question(asked), _first_sentence(why), "More applications.")


def _open_duties(open_: Sequence[Asked], least: int) -> list[Unknown]:
    """Return open duties; those that one cause leaves unmeasured share a row."""
    rows = [_inconclusive(a, least) for a in open_ if a.outcome == "inconclusive"]
    by_cause: dict[str, list[Asked]] = {}
    for asked in open_:
        if asked.outcome != "inconclusive":
            found = asked.having(asked.outcome)
            cause = (found[0].cause if found else None) or "nothing was measured"
            by_cause.setdefault(_first_sentence(cause), []).append(asked)
    for why, its in by_cause.items():
        if len(its) == 1:
            remedy = its[0].requirement.remedy if its[0].requirement else ""
            rows.append(Unknown(_question(its[0]), why, _first_sentence(remedy)))
        else:
            named = "; ".join([its[0].title, *(a.title[:1].lower() + a.title[1:] for a in its[1:3])])
            more = f"; and {len(its) - 3} more" if len(its) > 3 else ""
            rows.append(Unknown(f"{named}{more}?", why, "Each has its way out in Findings."))
    return rows


def unknowns(sealed: Sealed) -> tuple[Unknown, ...]:
    """Return the open questions: duties first, then screens, small groups, and missing outcomes."""
    least = sealed.min_group
    rows = _open_duties([a for a in duties(sealed.asked) if a.outcome in OPEN], least)
    for asked in screens(sealed.asked):
        spanning = [f for f in asked.having("inconclusive") if not _too_few(f, least)]
        if spanning and spanning[0].attribute == "all":
            why = _sentence(spanning[0].cause or "the interval spans the line")
            rows.append(Unknown(f"{asked.title}: on which side of the line?", why, "A larger sample."))
        elif spanning:
            names = [group_words(f.attribute, f.group) for f in spanning]
            who = joined(names) if len(names) <= 2 else f"{len(names)} groups"
            people = joined([count(f.n) for f in spanning if f.n is not None][:2])
            many = f"{people} people: the" if len(names) <= 2 and people else "The"
            verb = "interval spans" if len(names) == 1 else "intervals span"
            question = f"{asked.title}: on which side of the line are {who}?"
            rows.append(Unknown(question, f"{many} {verb} the line.", "More applications."))
    small = {
        (d.attribute, d.group): d.n
        for d in sealed.disparities
        if d.metric == "adverse_impact_ratio" and d.n < least
    }
    if small:
        names = [group_words(a, g) for a, g in small]
        who = joined(names) if len(names) <= 2 else f"the {len(names)} groups of under {least} people"
        rows.append(
            Unknown(
                f"How do {who} fare?", f"Under {least} people each: shown, not judged.", "More applications."
            )
        )
    for name, question in (
        ("calibration", "Do the scores come true?"),
        ("confusion", "How often is a refusal a mistake?"),
    ):
        if sealed.figure(name) is not None and sealed.measured(name) is None:
            rows.append(Unknown(question, _sentence(sealed.cause(name)), "What became of these applicants."))
            break
    return tuple(rows)
