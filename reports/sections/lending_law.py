"""Legal frame: which theory each test serves on the audit's day, and how the law behind it stood then."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.theories import LawOnDay, Theory, law_on, theories
from reports import wording
from reports.sealed import read
from reports.wording import capital, count, plural

if TYPE_CHECKING:
    from reports.sealed import Reading

LABEL = "Legal frame"
_SERVES = {
    "disparate_treatment": "disparate treatment",
    "disparate_impact": "disparate impact",
    "validation": "validation",
    "notice": "notice duties",
    "none": "neither theory",
}
_THEORIES = (
    ("Disparate treatment", "Somebody is treated otherwise because of a protected class, openly or not."),
    (
        "Disparate impact",
        "A rule that is the same for all falls harder on a class, without a need that bears it.",
    ),
    ("Validation", "Whether the system measures what it claims. It serves neither theory by itself."),
)
_WHERE = {
    "inputs": "lending_treatment",
    "scored_age": "lending_treatment",
    "pairs": "lending_treatment",
    "overrides": "lending_treatment",
    "outcomes": "fairness",
    "controlled": "fairness",
    "four_fifths": "fairness",
    "errors": "fairness",
    "estimated": "estimated",
    "proxies": "gap",
    "alternatives": "alternatives",
    "reasons": "reasons",
}


@dataclass(frozen=True, slots=True)
class TheoryRow:
    """One test: what it serves, since when, and who says so."""

    title: str
    serves: str
    says: str
    source: str
    since: str
    anchor: str


@dataclass(frozen=True, slots=True)
class LawRow:
    """One piece of law as it stood on the audit's day."""

    title: str
    state: str
    sure: str
    source: str
    verify: str


@dataclass(frozen=True, slots=True)
class LendingLaw:
    """What the section prints."""

    finding: str
    day: str
    theories: tuple[tuple[str, str], ...]
    tests: tuple[TheoryRow, ...]
    law: tuple[LawRow, ...]


def query(ledger: Reading, audit_id: str) -> LendingLaw:
    """Read what was in force on the audit's day."""
    day = read(ledger, audit_id).audit.as_of
    law = law_on(day)
    unsure = sum("challenged" in one.state or one.confidence != "high" for one in law)
    dated = wording.date_in_words(day)
    finding = f"The law as of {dated}"
    if unsure:
        needs = plural(unsure, "needs", "need")
        finding += f"; {count(unsure)} of {count(len(law))} pieces of it {needs} a lawyer’s look"
    return LendingLaw(
        finding,
        dated,
        _THEORIES,
        tuple(_theory(one) for one in theories(day)),
        tuple(_law(one) for one in law),
    )


def title(data: LendingLaw) -> str:
    """Return the day, and how much of the law somebody should look at again."""
    return data.finding


def serves(section: str, day: dt.date) -> str:
    """Return which theories the tests of a section serve on a day; empty for a section without tests."""
    by: dict[str, list[str]] = {}
    for one in theories(day):
        if _WHERE[one.test] == section:
            by.setdefault(_theory(one).serves, []).append(f"{one.title[:1].lower()}{one.title[1:]}")
    return " ".join(f"{capital(of)}: {'; '.join(titles)}." for of, titles in by.items())


def _theory(one: Theory) -> TheoryRow:
    if one.since is None:
        return TheoryRow(
            one.title, "not known", "Nothing is known here of so early a day.", "", "", _WHERE[one.test]
        )
    return TheoryRow(
        one.title,
        capital(wording.joined([_SERVES[name] for name in one.serves])),
        one.says,
        one.source,
        wording.date_in_words(one.since),
        _WHERE[one.test],
    )


def _law(one: LawOnDay) -> LawRow:
    sure = f"{one.confidence} confidence, checked {wording.date_in_words(one.checked)}"
    return LawRow(one.title, capital(_dated(one.state)), sure, one.source, one.verify)


def _dated(state: str) -> str:
    """Write the days of a state in words, and say what a challenge is."""
    text = re.sub(
        r"\d{4}-\d\d-\d\d", lambda found: wording.date_in_words(dt.date.fromisoformat(found[0])), state
    )
    return text.replace("challenged", "a suit or a repeal is pending")
