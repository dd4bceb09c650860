"""The outcome of a requirement as mark and word; requirements gathered from their findings.

Duties (law, guidance, house policy) and screens (conventions) never share a shape. A screen's
word says on which side of its line a group lies, so it turns with the direction of its bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reports import wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.record import Finding, Requirement

KINDS: Final = ("law", "guidance", "house")
KIND_WORDS: Final = {
    "law": "law",
    "guidance": "guidance",
    "house": "house policy",
    "convention": "convention",
}
GRAVITY: Final = ("error", "not_met", "inconclusive", "not_measured", "met", "not_applicable")
OPEN: Final = frozenset({"inconclusive", "not_measured", "error"})


@dataclass(frozen=True, slots=True)
class Mark:
    """A shape of the 12-unit box, the colour class of it and its word, and the word itself."""

    shape: str
    colour: str
    word: str


_DUTY: Final = {
    "met": Mark("met", "accent", "Met"),
    "not_met": Mark("not_met", "red", "Not met"),
    "inconclusive": Mark("inconclusive", "ochre", "Inconclusive"),
    "not_measured": Mark("not_measured", "muted", "Not measured"),
    "not_applicable": Mark("not_applicable", "muted", "Does not apply"),
    "error": Mark("error", "red", "Check failed"),
}
_AT_LEAST: Final = {
    "met": Mark("above", "accent", "Above the line"),
    "not_met": Mark("below", "ochre", "Below the line"),
}
_AT_MOST: Final = {
    "met": Mark("under", "accent", "Under the line"),
    "not_met": Mark("over", "ochre", "Over the line"),
}
HELD: Final = Mark("held", "ochre", "Held")


def mark(outcome: str, kind: str = "law", *, at_most: bool = False) -> Mark:
    """Return mark and word of an outcome, for a duty or (kind ``convention``) for a screen."""
    if kind != "convention":
        return _DUTY[outcome]
    if outcome == "inconclusive":
        return Mark("inconclusive", "ochre", "Cannot say")
    return (_AT_MOST if at_most else _AT_LEAST).get(outcome, _DUTY[outcome])


@dataclass(frozen=True, slots=True)
class Asked:
    """One requirement and all that was found about it; its outcome is the gravest of them."""

    name: str
    title: str
    kind: str
    outcome: str
    findings: tuple[Finding, ...]
    requirement: Requirement | None
    at_most: bool

    def having(self, outcome: str) -> tuple[Finding, ...]:
        """Return its findings of one outcome."""
        return tuple(finding for finding in self.findings if finding.outcome == outcome)

    @property
    def mark(self) -> Mark:
        """Return mark and word of its outcome."""
        return mark(self.outcome, self.kind, at_most=self.at_most)


def title_of(name: str, requirement: Requirement | None) -> str:
    """Return the title of a requirement, or its name in words where the pack gives none."""
    if requirement is not None and requirement.title:
        return requirement.title
    return wording.capital(name.rsplit(".", 1)[-1].replace("_", " "))


def gather(requirements: Sequence[Requirement], findings: Sequence[Finding]) -> tuple[Asked, ...]:
    """Return each requirement with its findings, in the order of the packs."""
    known = {requirement.requirement: requirement for requirement in requirements}
    found: dict[str, list[Finding]] = {name: [] for name in known}
    for finding in findings:
        found.setdefault(finding.requirement, []).append(finding)
    asked = []
    for name, its in found.items():
        requirement = known.get(name)
        kind = requirement.kind if requirement else its[0].kind
        outcome = min((f.outcome for f in its), key=GRAVITY.index, default="not_measured")
        bound = requirement.bound if requirement else None
        at_most = bound is not None and bound.at_most is not None
        title = title_of(name, requirement)
        asked.append(Asked(name, title, kind, outcome, tuple(its), requirement, at_most))
    return tuple(asked)


def duties(asked: Sequence[Asked]) -> tuple[Asked, ...]:
    """Return what law, guidance and house policy require, gravest first inside the pack order."""
    return tuple(a for a in asked if a.kind != "convention")


def screens(asked: Sequence[Asked]) -> tuple[Asked, ...]:
    """Return the conventions."""
    return tuple(a for a in asked if a.kind == "convention")
