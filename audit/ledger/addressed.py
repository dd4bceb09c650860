"""Letters by the hash of their file, and whom they went to: for many at once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from audit.errors import GoneError
from audit.ledger import bulk, documents, gone, tables
from audit.ledger.database import reading, records

if TYPE_CHECKING:
    from audit.ledger import IssuedDocument, Ledger
    from audit.record import Recipient

_LOCKED = ("words", "content", "recipient", "remarks", "words_mark")
_TOGETHER = 500  # recipients that are unlocked at once


def by_hash(ledger: Ledger, hashes: Collection[str]) -> dict[str, IssuedDocument]:
    """Return the letters, drafts left out, whose file has one of these hashes; the last issue of each."""
    table = tables.documents
    query = sa.select(*(column for column in table.c if column.name not in _LOCKED)).where(
        table.c.draft == 0, table.c.person.is_not(None)
    )
    found: dict[str, IssuedDocument] = {}
    with reading(ledger.engine) as connection:
        for row in records(connection.execute(query.order_by(table.c.entry, table.c.pos))):
            if row["sha256"].hex() in hashes:
                found[row["sha256"].hex()] = documents.issued_of(row)
    return found


def recipients(ledger: Ledger, letters: Sequence[IssuedDocument]) -> Iterator[Recipient | None]:
    """Yield whom each of these letters went to, unlocked; None for one who was erased, or purged.

    Raises
    ------
    LedgerError
        Where the key file is not at hand.
    """
    from audit.record import Recipient

    ledger.keyring.forget()
    with reading(ledger.engine) as connection:
        emptied = gone.blanked(connection)
        for start in range(0, len(letters), _TOGETHER):
            some = letters[start : start + _TOGETHER]
            entries = [one.entry for one in some]
            columns = ("entry", "person", "sent_at", "recipient")
            rows = {row[0]: row for row in bulk.rows_with(connection, "documents", columns, "entry", entries)}
            ledger.keyring.open_keys(connection, sorted({bytes(row[1]) for row in rows.values()}))
            for one in some:
                _, person, sent_at, cell = rows[one.entry]
                if ("documents", one.entry) in emptied or not cell:
                    yield None
                    continue
                where = f"{one.audit}/document/{one.sha256}/{sent_at}/recipient"
                try:
                    body = json.loads(ledger.keyring.unlock(bytes(person), where, bytes(cell)))
                except GoneError:
                    yield None
                else:
                    yield Recipient(**{**body, "address": tuple(body["address"])})
            ledger.keyring.forget()
