"""What is not known: each open question, why it is open, and what would settle it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.groups import group_words
from reports.outcomes import OPEN, duties, screens
from reports.wording import capital, count, joined

if TYPE_CHECKING:
    from audit.record import Finding
    from reports.outcomes import Asked
    from reports.sealed import Sealed


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


def _open_duty(asked: Asked, least: int) -> Unknown:
    found = asked.having(asked.outcome)
    question = asked.requirement.question if asked.requirement else asked.title
    settles = asked.requirement.remedy if asked.requirement else ""
    if not found:
        return Unknown(question, "Nothing was measured.", settles)
    first = found[0]
    if asked.outcome == "inconclusive":
        groups = [group_words(f.attribute, f.group) for f in found]
        who = joined(groups) if len(groups) <= 3 else f"{len(groups)} groups"
        if all(_too_few(f, least) for f in found):
            return Unknown(
                question, _sentence(f"too few people: {who}"), "More applications of these groups."
            )
        cause = first.cause or "the interval spans the bound"
        return Unknown(question, _sentence(f"{who}: {cause}"), "More applications.")
    return Unknown(
        question, _sentence(first.cause or "no cause was recorded"), _sentence(settles) if settles else "–"
    )


def unknowns(sealed: Sealed) -> tuple[Unknown, ...]:
    """Return the open questions: duties first, then screens, small groups, and missing outcomes."""
    least = sealed.min_group
    rows = [_open_duty(a, least) for a in duties(sealed.asked) if a.outcome in OPEN]
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
