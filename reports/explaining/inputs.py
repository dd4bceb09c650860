"""The person's data as they were scored: what each is called, its value by locale, where it came from.

An application may have several persons, and what is one's own is nobody else's to read: an input, and
every factor and change that it takes part in, is told to the person alone whose it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reports.explaining.parts import Grid
from reports.explaining.stated import letters, told
from reports.mandatory import sources_of

if TYPE_CHECKING:
    from audit.record import CaseFile, Decision, Recipient, Source
    from reports.terms import Terms

# What `source` may say besides the name of one of the sources and words of its own.
PLAIN = ("applicant", "own", "derived")
FROM_OTHERS = ("cra", "affiliate", "third_party")


def entry(terms: Terms, column: str) -> Mapping[str, Any]:
    """Return what the config says of an input; empty where it says nothing."""
    return letters(terms, "inputs").get(column) or {}


def label(terms: Terms, column: str) -> str:
    """Return what an input is called in the letter's language; empty where nobody wrote it."""
    return " ".join(told(entry(terms, column).get("label"), terms.words.code))


def is_theirs(terms: Terms, column: str, recipient: Recipient) -> bool:
    """Whether an input is about the person whom the letter goes to."""
    return (entry(terms, column).get("of") or "primary") in (recipient.role, "all")


def columns(terms: Terms, case: CaseFile, recipient: Recipient) -> tuple[str, ...]:
    """Return the inputs of the case that are about this person, in their order."""
    return tuple(column for column in case.inputs if is_theirs(terms, column, recipient))


def others_counted(terms: Terms, decision: Decision, case: CaseFile, recipient: Recipient) -> bool:
    """Whether inputs about another person of the application took part."""
    return len(decision.persons) > 1 and len(columns(terms, case, recipient)) < len(case.inputs)


def value(terms: Terms, column: str, cell: float | str | None) -> str:
    """Return a value in words or by locale; a missing one is said."""
    words = terms.words
    if cell is None or cell == "" or (isinstance(cell, float) and math.isnan(cell)):
        return str(words["not_known"])
    meanings = entry(terms, column).get("values") or {}
    if (meaning := told(meanings.get(_code(cell)), words.code)) or isinstance(cell, str):
        return " ".join(meaning) or " ".join(str(cell).split())
    return words.number(float(cell))


def _code(cell: float | str) -> str:
    # A cell of numbers holds 1.0 where the data say 1.
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def source(terms: Terms, case: CaseFile, column: str, recipient: Recipient) -> str:
    """Return where an input came from in words; empty where that is not known."""
    given = entry(terms, column).get("source")
    words, named = terms.words["sources"], sources_of(case, recipient)
    if isinstance(given, str) and given in PLAIN:
        return str(words[given])
    if isinstance(given, str) and given in FROM_OTHERS:
        return ", ".join(dict.fromkeys(one.name for one in named if one.kind == given and one.name.strip()))
    return " ".join(told(given, terms.words.code))


def came_from(terms: Terms, column: str, source: Source) -> bool:
    """Whether an input came from this source, which ``source`` names by its kind or by its name."""
    return entry(terms, column).get("source") in (source.kind, source.name)


def table(terms: Terms, case: CaseFile, recipient: Recipient) -> Grid:
    """Return every value that was scored and is about this person, with its source."""
    words = terms.words
    return Grid(
        "",
        (words["information"], words["your_value"], words["source"]),
        tuple(
            (
                label(terms, column),
                value(terms, column, case.inputs[column]),
                source(terms, case, column, recipient),
            )
            for column in columns(terms, case, recipient)
        ),
    )
