"""The numbers that notices carry, and which letters they are of.

A letter that corrects another has a number of its own, so that whatever names one of the two (a mail
house, a person who calls) means that one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.notice import notice_number

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from audit.ledger import IssuedDocument, Ledger


@dataclass(frozen=True, slots=True)
class Replaces:
    """The notice that a correction replaces, and which correction of it this is, counted from 1."""

    number: str
    sent_on: dt.date
    nth: int


def number_of(document: IssuedDocument, nth: Mapping[str, int]) -> str:
    """Return the number that an issued letter carries.

    Parameters
    ----------
    nth : of corrections by their hash; see ``corrections.nth``
    """
    key = (document.entity or "", document.decision or "", document.action or "", document.person or "")
    return numbered(*key, document.kind, nth.get(document.sha256, 0))


def numbered(entity: str, decision: str, action: str, person: str, kind: str, nth: int = 0) -> str:
    """Return the number of a notice, or of the nth correction of it."""
    return notice_number(entity, decision, action, person, f"{kind}/{nth}" if nth else kind)


def by_number(ledger: Ledger) -> dict[str, list[IssuedDocument]]:
    """Return all letters by the number that they carry, each number's in the order of issue."""
    from audit.ledger import corrections, documents

    found: dict[str, list[IssuedDocument]] = {}
    nth = corrections.nth(ledger)
    for one in documents.letters(ledger):
        found.setdefault(number_of(one, nth), []).append(one)
    return found


def replaced_by(document: IssuedDocument, nth: Mapping[str, int]) -> Replaces:
    """Return what a letter that corrects this one says of it."""
    return Replaces(number_of(document, nth), document.sent_at.date(), max([*nth.values(), 0]) + 1)
