"""Rows of the recipients as recipients, or why one cannot be: each decision's are judged by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any, get_args

from audit.data.cells import truth
from audit.record import Recipient, Refusal, Role

#: The number of a row, and its cells: decision, person, role, name, channel, consent, address lines.
Row = tuple[int, tuple[str, ...]]
ROLES: tuple[str, ...] = get_args(Role)
CHANNELS = ("mail", "email", "portal")
_NOTIFY = "12 CFR 1002.9(a)(1)"  # the applicant must be notified; a record that cannot be read stops it


def recipients_of(rows: Iterable[Row]) -> Iterator[Recipient | Refusal]:
    """Yield the recipients of a decision, or why a row cannot be one.

    Parameters
    ----------
    rows : all of the decision's, in the file's order
    """
    return in_turn(rows, set())


def in_turn(rows: Iterable[Row], met: set[bytes]) -> Iterator[Recipient | Refusal]:
    """Yield what rows of any decisions are; ``met`` holds who stood for which before, as hashes."""
    for number, (decision, person, written, name, sent_by, consent, *lines) in rows:
        role, channel = written.lower(), sent_by.lower()
        cause = _cause(decision, person, role, channel, consent)
        who = blake2b(f"{len(decision)} {decision}{person}".encode(), digest_size=16).digest()
        if cause is None and who in met:
            cause = "the same person stands twice for this decision"
        if cause is not None:
            known: Any = role if role in ROLES else None
            yield Refusal(decision, known, f"recipients, row {number}: {cause}", _NOTIFY)
            continue
        met.add(who)
        yield Recipient(
            decision=decision,
            person=person,
            role=role_of(role),
            name=name,
            address=tuple(line for line in lines if line),
            channel="mail" if channel == "mail" else "email" if channel == "email" else "portal",
            esign_consent=bool(truth(consent)),
        )


def role_of(role: str) -> Role:
    """Return a role that is one of ``ROLES``."""
    return "joint" if role == "joint" else "guarantor" if role == "guarantor" else "primary"


def _cause(decision: str, person: str, role: str, channel: str, consent: str) -> str | None:
    if not decision or not person:
        return f"no {'person' if decision else 'decision'} is named"
    if role not in ROLES:
        return f"a role other than {', '.join(ROLES)}"
    if channel not in CHANNELS:
        return f"a channel other than {', '.join(CHANNELS)}"
    if truth(consent) is None:
        return "the consent to electronic documents is neither true nor false"
    return None
