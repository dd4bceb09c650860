"""Who was erased and applies again: another pseudonym and another key, for what comes from then on.

The first pseudonym of a person is made of their id, the next of their id and of how many of theirs
were erased. What comes after an erasure is written under the first pseudonym that is not erased. So
the old copies stay as they are, unreadable; the new application is audited, its letter written, and
it is erased again when that is asked for anew.

Why so: an erasure, its line in the journal and what ``verify`` says of it name a pseudonym, and go on
holding for ever, whatever backup is put back. Under the same pseudonym a new key would be locked by
the journal with the old one, and ``erase --replay`` would destroy it; and whoever reads the database
could join the new application to the scores and reasons of one that was to be forgotten. With the
key file and the id both pseudonyms can be made again; without it neither leads to the other.

Why so: an application that was in the ledger when its applicant was erased is no new one. Data that
still hold it would bring back what was to go, so it is refused, by its row, until it is taken out.
What the ledger never held it cannot know: an old application that is first audited after the erasure
comes in as a new one, and so does one that a restored backup is too old to know.

An erasure that waits has destroyed nothing yet: whoever applies meanwhile is the same person under the
same key, and the erasure waits for the last of their minima.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import DataError
from audit.ledger import gone, tables
from audit.ledger.case import persons_of
from audit.ledger.columns import is_named
from audit.ledger.database import reading
from audit.ledger.people import Keyring
from audit.record import Decision

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.ledger.part import Part

_SHOWN = 8  # rows that an error names


def pseudonyms(connection: Connection, keyring: Keyring, name: str) -> list[bytes]:
    """Return the pseudonyms of a person, oldest first; all but the last are erased.

    The last one may be unknown to the ledger: it is the one under which the person would come.

    Parameters
    ----------
    name : the person's id as in the data
    """
    found = [_pseudonym(keyring, name, 0)]
    while found[-1] in keyring.erased or gone.erased(connection, found[-1]):
        found.append(_pseudonym(keyring, name, len(found)))
    return found


def is_person(ledger: Ledger, pseudonym: str, name: str) -> bool:
    """Whether a pseudonym (hex digits) stands for the person of this id."""
    who = bytes.fromhex(pseudonym)
    if who == _pseudonym(ledger.keyring, name, 0):
        return True
    with reading(ledger.engine) as connection:
        return who in pseudonyms(connection, ledger.keyring, name)


def settle(
    connection: Connection, keyring: Keyring, decisions: Sequence[Decision], part: Part
) -> dict[int, str]:
    """Put the persons of a part under the pseudonyms that they have now, in place.

    Parameters
    ----------
    decisions : of the part, persons under their ids as in the data
    part : made ready, everybody under their first pseudonym

    Returns
    -------
    dict
        Row in the data -> "erased on … under entry …", of applications that went with their person.
    """
    erased = {**keyring.erased, **gone.erased(connection)}
    forgotten: dict[int, str] = {}
    if not erased:
        return forgotten
    for at, who in enumerate(part.persons):
        if who not in erased:
            continue
        decision, name = decisions[part.places[at]], part.names[part.places[at]]
        n = 0
        while who in erased and not _took_part(connection, who, name):
            n += 1
            who = _pseudonym(keyring, persons_of(decision)[part.within[at]].person, n)
        part.persons[at] = who
        if who in erased:
            forgotten[decision.row] = erased[who]
    return forgotten


def refuse(forgotten: Mapping[int, str]) -> None:
    """Refuse applications that went with whoever made them.

    Raises
    ------
    DataError
        With their rows in the data, counted from 1.
    """
    if forgotten:
        told = [f"row {row + 1} ({forgotten[row]})" for row in sorted(forgotten)[:_SHOWN]]
        more = [f"{len(forgotten) - _SHOWN} more"] if len(forgotten) > _SHOWN else []
        raise DataError(
            f"data: applications of somebody who was erased stand in it again: {', '.join([*told, *more])}. "
            "Take these rows out; an application that was made since is taken under a new key."
        )


def _pseudonym(keyring: Keyring, name: str, n: int) -> bytes:
    # No kind holds a stroke, so no id can be written that gives another person's pseudonym.
    return keyring.pseudonym(f"person {n}" if n else "person", name)


def _took_part(connection: Connection, person: bytes, decision: bytes) -> bool:
    people, decided = tables.decision_persons, tables.decisions
    query = (
        sa.select(people.c.place)
        .join(decided, (decided.c.entry == people.c.entry) & (decided.c.pos == people.c.place))
        .where(is_named(decided.c.decision, decision), is_named(people.c.person, person))
    )
    return connection.execute(query.limit(1)).first() is not None
