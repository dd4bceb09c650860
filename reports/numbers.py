"""Which letters the numbers of notices are of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.sheet import Replaced, notice_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.ledger import IssuedDocument, Ledger


def number_of(document: IssuedDocument, nth: Mapping[str, int]) -> str:
    """Return the number that an issued letter carries.

    Parameters
    ----------
    nth : of corrections by their hash; see ``corrections.nth``
    """
    key = (document.entity or "", document.decision or "", document.action or "", document.person or "")
    return notice_number(*key, document.kind, nth.get(document.sha256, 0))


def by_number(ledger: Ledger) -> dict[str, list[IssuedDocument]]:
    """Return all letters by the number that they carry, each number's in the order of issue."""
    from audit.ledger import corrections, documents

    found: dict[str, list[IssuedDocument]] = {}
    nth = corrections.nth(ledger)
    for one in documents.letters(ledger):
        found.setdefault(number_of(one, nth), []).append(one)
    return found


def replaced_by_next(ledger: Ledger, document: IssuedDocument) -> Replaced:
    """Return what the next letter that corrects this one says of it."""
    from audit.ledger import corrections

    nth = corrections.nth(ledger, document.decision)
    return Replaced(
        number_of(document, nth), document.sent_at.date(), corrections.count(ledger, document) + 1
    )


def replaced_by(ledger: Ledger, document: IssuedDocument) -> Replaced | None:
    """Return what an issued letter said of the one that it corrects; None where it corrects none."""
    from audit.ledger import corrections, documents, events

    nth = corrections.nth(ledger, document.decision)
    if document.sha256 not in nth:
        return None
    links = events.events(ledger, "correction", decision=document.decision)
    first = next(one.subject for one in links if one.result == document.sha256)
    before = next(one for one in documents.letters(ledger, document.decision) if one.sha256 == first)
    return Replaced(number_of(before, nth), before.sent_at.date(), nth[document.sha256])
