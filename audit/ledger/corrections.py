"""Letters that replace others, and who got a text that turned out to be faulty.

A correction is a letter of its own, from a record of its own where the record was at fault, and an act that
links the two by their hashes. The first letter stays as it was issued.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from audit.errors import UsageError
from audit.ledger import documents, events, tables
from audit.ledger.database import reading, writing
from audit.ledger.events import Happening

if TYPE_CHECKING:
    from audit.ledger import IssuedDocument, Ledger


def record(
    ledger: Ledger,
    audit: str,
    replaced: IssuedDocument,
    hashes: Sequence[str],
    *,
    by: str,
    reason: str,
    at: dt.datetime,
) -> int:
    """Link the files of a new letter to the one that it replaces; return the entry's position.

    Parameters
    ----------
    audit : whose record the new letter tells
    hashes : SHA-256 of each of its files
    """
    events.need(by=by, reason=reason)
    if replaced.decision is None or replaced.person is None:
        raise UsageError(f"document of log entry {replaced.entry}: it is no letter to a person.")
    acts = [
        Happening(
            decision=replaced.decision,
            person=replaced.person,
            state="replaced",
            by=by,
            kind=replaced.kind,
            subject=replaced.sha256,
            result=one,
            day=at.date(),
            words={"reason": reason},
        )
        for one in hashes
    ]
    with writing(ledger.engine) as connection:
        return events.write(ledger, connection, audit, "correction", acts, at)


def nth(ledger: Ledger, decision: str | None = None) -> dict[str, int]:
    """Return of each letter that corrects another, by its hash, how many corrections of it there are by then.

    Parameters
    ----------
    decision : str, optional
        Of one decision (pseudonym) alone.
    """
    found: dict[str, int] = {}
    so_far: dict[tuple[str, str | None, str | None], list[int]] = {}
    for event in events.events(ledger, "correction", decision=decision):
        # A person's letters of one kind are numbered by themselves, as their issue is.
        entries = so_far.setdefault((event.decision, event.person, event.kind), [])
        if event.entry not in entries:
            entries.append(event.entry)
        if event.result is not None:
            found[event.result] = len(entries)
    return found


def count(ledger: Ledger, document: IssuedDocument) -> int:
    """Return how often a person's letter of this kind on this decision was corrected."""
    acts = events.events(ledger, "correction", decision=document.decision)
    return len({one.entry for one in acts if (one.person, one.kind) == (document.person, document.kind)})


def affected(
    ledger: Ledger,
    *,
    statement: str | None = None,
    template: str | None = None,
    model: str | None = None,
) -> tuple[IssuedDocument, ...]:
    """Return the letters that were issued with a reason code, from a template, or on a model.

    Parameters
    ----------
    statement : the code of a reason
    template, model : a digest, or 8 digits or more of its beginning

    Raises
    ------
    UsageError
        Where not one of the three is asked for, or a digest is too short.
    """
    asked = [one for one in (statement, template, model) if one is not None]
    if len(asked) != 1:
        raise UsageError("affected: it is not said by what. Give one of --statement, --template and --model.")
    if statement is None and (len(asked[0]) < 8 or set(asked[0]) - set("0123456789abcdef")):
        raise UsageError(f"{asked[0]}: this is no digest. Give 8 to 64 of its digits.")
    every = documents.letters(ledger)
    if template is not None:
        return tuple(one for one in every if one.template_digest.startswith(template))
    if model is not None:
        audits = {one.audit for one in ledger.audits() if one.model.digest.startswith(model)}
        return tuple(one for one in every if one.audit in audits)
    decided, parts = tables.decisions, tables.parts
    query = (
        sa.select(parts.c.audit, decided.c.decision, decided.c.reason_codes)
        .join(parts, parts.c.entry == decided.c.entry)
        .where(decided.c.reason_codes.contains(statement, autoescape=True))
    )
    with reading(ledger.engine) as connection:
        told = {
            (row.audit, row.decision.hex())
            for row in connection.execute(query)
            if statement in row.reason_codes.split(" ")
        }
    return tuple(one for one in every if (one.audit, one.decision) in told)
