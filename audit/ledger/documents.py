"""Documents: what was issued, in which words, and to whom; ``issuing`` records them.

Drafts are recorded, and issue nothing. Words, recipient and remarks are locked under the person.
"""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import EvidenceError, GoneError, LedgerError
from audit.ledger import gone, shapes, tables
from audit.ledger.database import reading, records
from audit.ledger.read import audit_id

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.record import Audit, Recipient

_BATCH = 1000  # rows that are looked at together


@dataclass(frozen=True, slots=True)
class IssuedDocument:
    """A document as the ledger knows it; ``decision`` and ``person`` are pseudonyms."""

    entry: int
    audit: str
    kind: str
    format: str
    language: str
    draft: bool
    entity: str | None
    decision: str | None
    action: str | None
    person: str | None
    role: str | None
    sent_at: dt.datetime
    sha256: str
    n_bytes: int
    template_digest: str
    environment_digest: str
    again: bool
    late: bool
    access: str | None = None  # of a report: public, notice, model_risk, fair_lending or privileged


def issued_of(row: Mapping[str, Any], access: str | None = None) -> IssuedDocument:
    sent_at = shapes.moment(row["sent_at"])
    if sent_at is None:
        raise LedgerError(f"document {row['entry']}: it has no date. Run `plainspoken verify`.")
    plain = ("entry", "audit", "kind", "format", "language", "entity", "action", "role", "n_bytes")
    return IssuedDocument(
        **{name: row[name] for name in (*plain, "template_digest", "environment_digest")},
        draft=bool(row["draft"]),
        decision=row["decision"] and row["decision"].hex(),
        person=row["person"] and row["person"].hex(),
        sent_at=sent_at,
        sha256=row["sha256"].hex(),
        again=bool(row["again"]),
        late=bool(row["late"]),
        access=access,
    )


def _same_issue(
    connection: Connection,
    entity: str | None,
    decision: bytes | None,
    action: str | None,
    person: bytes | None,
    kind: str,
) -> Sequence[Mapping[str, Any]]:
    """Return what was issued under one key, oldest first."""
    table = tables.documents
    query = sa.select(table).where(
        table.c.draft == 0,
        table.c.kind == kind,
        table.c.decision == decision,
        table.c.person == person,
        table.c.entity.is_(None) if entity is None else table.c.entity == entity,
        table.c.action.is_(None) if action is None else table.c.action == action,
    )
    return records(connection.execute(query.order_by(table.c.entry)))


def issued(
    ledger: Ledger, entity: str | None, decision: str, action: str | None, person: str, kind: str
) -> IssuedDocument | None:
    """Return the last document issued under this key; None where there is none.

    Parameters
    ----------
    decision, person : str
        Pseudonyms, as ``Document`` carries them.
    """
    with reading(ledger.engine) as connection:
        found = _same_issue(connection, entity, bytes.fromhex(decision), action, bytes.fromhex(person), kind)
    return issued_of(found[-1]) if found else None


def documents(ledger: Ledger, audit: Audit | str) -> tuple[IssuedDocument, ...]:
    """Return all documents of an audit, in the order in which they were recorded."""
    table, log = tables.documents, tables.log_entries
    query = (
        sa.select(table, log.c.body.label("act"))
        .join(log, log.c.position == table.c.entry)
        .where(table.c.audit == audit_id(audit))
        .order_by(table.c.entry, table.c.pos)
    )
    with reading(ledger.engine) as connection:
        found = records(connection.execute(query))
    # The access class is part of the act, not a column: it is sealed with the act's entry in the log.
    return tuple(issued_of(row, json.loads(row["act"]).get("access")) for row in found)


def letters(ledger: Ledger, decision: str | None = None) -> tuple[IssuedDocument, ...]:
    """Return what was issued about decisions, of all audits, oldest first; drafts and reports left out.

    Parameters
    ----------
    decision : str, optional
        The letters about one decision (pseudonym) alone.
    """
    table = tables.documents
    query = sa.select(table).where(table.c.draft == 0, table.c.person.is_not(None))
    if decision is not None:
        query = query.where(table.c.decision == bytes.fromhex(decision))
    with reading(ledger.engine) as connection:
        rows = connection.execute(query.order_by(table.c.entry, table.c.pos))
        return tuple(issued_of(row) for row in records(rows))


def of_decisions(ledger: Ledger, decisions: Sequence[str]) -> dict[str, list[IssuedDocument]]:
    """Return what was issued about each of some decisions (pseudonyms), oldest first; drafts left out."""
    table = tables.documents
    query = sa.select(table).where(
        table.c.draft == 0, table.c.decision.in_([bytes.fromhex(one) for one in decisions])
    )
    found: dict[str, list[IssuedDocument]] = {one: [] for one in decisions}
    with reading(ledger.engine) as connection:
        for row in records(connection.execute(query.order_by(table.c.entry, table.c.pos))):
            found[row["decision"].hex()].append(issued_of(row))
    return found


def with_hashes(ledger: Ledger, hashes: Collection[str]) -> Iterator[IssuedDocument]:
    """Yield what was issued, of all audits, whose bytes have one of these hashes; drafts left out."""
    table = tables.documents
    query = sa.select(table.c.entry, table.c.sha256).where(table.c.draft == 0).order_by(table.c.entry)
    with reading(ledger.engine) as connection:
        rows = connection.execution_options(yield_per=_BATCH).execute(query)
        entries = [row.entry for row in rows if row.sha256.hex() in hashes] if hashes else []
        for start in range(0, len(entries), _BATCH):
            some = sa.select(table).where(table.c.entry.in_(entries[start : start + _BATCH]))
            for row in records(connection.execute(some.order_by(table.c.entry, table.c.pos))):
                yield issued_of(row)


def is_recorded(ledger: Ledger, audit: str, kind: str, sha256_: str) -> bool:
    """Whether an audit has a document of this kind and these bytes."""
    table = tables.documents
    of_it = (table.c.audit == audit, table.c.kind == kind, table.c.sha256 == bytes.fromhex(sha256_))
    with reading(ledger.engine) as connection:
        return connection.scalar(sa.select(table.c.entry).where(*of_it).limit(1)) is not None


def words(ledger: Ledger, document: IssuedDocument) -> str:
    """Return the words of a document, unlocked where they are locked."""
    data = _unlocked(ledger, document, "words")
    return zlib.decompress(data or b"").decode()


def content(ledger: Ledger, document: IssuedDocument) -> bytes | None:
    """Return the file itself, unlocked; None where its words alone were kept.

    Raises
    ------
    EvidenceError
        Where the bytes are not those whose hash was sealed.
    """
    data = _unlocked(ledger, document, "content")
    if data is not None and sha256(data).hexdigest() != document.sha256:
        raise EvidenceError(
            f"document of log entry {document.entry}: its bytes are not those that were issued. "
            "Run `plainspoken verify`."
        )
    return data


def signed_over(ledger: Ledger, document: IssuedDocument) -> str | None:
    """Return the SHA-256 of the bytes that a letter's signature was put on; None where it has none."""
    table = tables.log_entries
    with reading(ledger.engine) as connection:
        body = connection.scalar(sa.select(table.c.body).where(table.c.position == document.entry))
    over = json.loads(str(body)).get("signed", {}).get("over")
    return None if over is None else str(over)


def recipient(ledger: Ledger, document: IssuedDocument) -> Recipient | None:
    """Return whom a document went to, unlocked; None where nobody was named."""
    from audit.record import Recipient

    data = _unlocked(ledger, document, "recipient")
    if data is None:
        return None
    body = json.loads(data)
    return Recipient(**{**body, "address": tuple(body["address"])})


def _unlocked(ledger: Ledger, document: IssuedDocument, what: str) -> bytes | None:
    table = tables.documents
    with reading(ledger.engine) as connection:
        row = connection.execute(sa.select(table).where(table.c.entry == document.entry)).mappings().one()
        data = row[what]
        if not data:
            emptied = gone.blanked(connection).get((table.name, document.entry))
            if emptied is not None:
                raise GoneError(f"document of log entry {document.entry}: its {what} were {emptied.told}.")
            return None
        if row["person"] is None:
            return bytes(data)
        ledger.keyring.forget()
        ledger.keyring.open_keys(connection, [row["person"]])
        where = f"{row['audit']}/document/{row['sha256'].hex()}/{row['sent_at']}/{what}"
        return ledger.keyring.unlock(row["person"], where, data)
