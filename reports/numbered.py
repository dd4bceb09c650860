"""Findings with their numbers, F-01 onward: first what is not met, then open, met, and screens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import facts
from reports.groups import group_words
from reports.outcomes import KIND_WORDS, Mark, mark
from reports.wording import capital

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from audit.record import Finding
    from reports.outcomes import Asked

_ORDER = {"not_met": 0, "error": 1, "inconclusive": 2, "not_measured": 3, "met": 4, "not_applicable": 5}
_KIND_ORDER = {"law": 0, "guidance": 1, "house": 2, "convention": 3}


@dataclass(frozen=True, slots=True)
class Numbered:
    """One finding as it is printed."""

    number: str
    anchor: str
    title: str
    who: str
    kind: str
    kind_words: str
    outcome: str
    mark: Mark
    source: str
    measured: str
    bound: str
    fact: str
    why: str
    way_out: str
    cause: str


def _sort_key(place: int, asked: Asked, finding: Finding) -> tuple[int, int, int]:
    if asked.kind == "convention":  # screen by screen, so that one heading says its line and source
        return (1, place, _ORDER[finding.outcome])
    return (0, _ORDER[finding.outcome], _KIND_ORDER[asked.kind])


def numbered(asked: Sequence[Asked], references: Mapping[str, str]) -> tuple[Numbered, ...]:
    """Return every finding in the order of print; the sort keeps the packs' order inside a kind."""
    keyed = [(_sort_key(place, a, f), a, f) for place, a in enumerate(asked) for f in a.findings]
    pairs = [(a, f) for _, a, f in sorted(keyed, key=lambda entry: entry[0])]
    width = max(2, len(str(len(pairs))))
    result = []
    for i, (a, f) in enumerate(pairs, start=1):
        bound = a.requirement.bound if a.requirement else None
        bounds = facts.bounds_of(bound)
        of = facts.of_how_many(f)
        who = "" if f.attribute == "all" else group_words(f.attribute, f.group)
        result.append(
            Numbered(
                number=f"F-{i:0{width}d}",
                anchor=f"f-{i:0{width}d}",
                title=a.title,
                who=who,
                kind=a.kind,
                kind_words=KIND_WORDS[a.kind],
                outcome=f.outcome,
                mark=mark(f.outcome, a.kind, at_most=a.at_most),
                source=f.source,
                measured="not measured" if f.value is None else facts.measured(f, bounds),
                bound=facts.bound_words(f, bound),
                fact=capital(facts.fact(f, references, bounds)) + (f",{of}." if of else "."),
                why=a.requirement.question if a.requirement else "",
                way_out=a.requirement.remedy if a.requirement else "",
                cause=f.cause or "",
            )
        )
    return tuple(result)
