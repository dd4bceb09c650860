"""Documents: what was issued, in which words, to whom, and that it is issued once.

A notice is issued once for its key: entity, decision, action, person, kind; another needs
``again_reason``. The same words in another format, sent at the same moment, are the same issue.
Drafts are recorded, and issue nothing. Words, recipient and remarks are locked under the person.
"""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import EvidenceError, GoneError, LedgerError, UsageError
from audit.ledger import entries, gone, seal, shapes, tables
from audit.ledger.database import reading, records, writing
from audit.ledger.read import audit_id, rows_of

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.record import Audit, Document, Recipient


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


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)


def _issued_of(row: Mapping[str, Any], access: str | None = None) -> IssuedDocument:
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
    return _issued_of(found[-1]) if found else None


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
    return tuple(_issued_of(row, json.loads(row["act"]).get("access")) for row in found)


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
        return tuple(_issued_of(row) for row in records(rows))


def of_decisions(ledger: Ledger, decisions: Sequence[str]) -> dict[str, list[IssuedDocument]]:
    """Return what was issued about each of some decisions (pseudonyms), oldest first; drafts left out."""
    table = tables.documents
    query = sa.select(table).where(
        table.c.draft == 0, table.c.decision.in_([bytes.fromhex(one) for one in decisions])
    )
    found: dict[str, list[IssuedDocument]] = {one: [] for one in decisions}
    with reading(ledger.engine) as connection:
        for row in records(connection.execute(query.order_by(table.c.entry, table.c.pos))):
            found[row["decision"].hex()].append(_issued_of(row))
    return found


def record(
    ledger: Ledger,
    audit: Audit | str,
    document: Document,
    sent_at: dt.datetime,
    *,
    recipient: Recipient | None = None,
    again_reason: str | None = None,
    late_reason: str | None = None,
    keep_bytes: bool = False,
) -> IssuedDocument:
    """Record a document in one transaction, and sign the log.

    Parameters
    ----------
    sent_at : datetime with a time zone
    recipient : Recipient, optional
        Whom it went to; locked.
    again_reason, late_reason : str, optional
        Why it is issued again, and why it is late; locked.
    keep_bytes : bool
        Keep the file itself too, locked, not its words alone.

    Raises
    ------
    UsageError
        Where it was issued already and no reason for another is given.
    LedgerError
        Where the audit is not sealed.
    """
    with writing(ledger.engine) as connection:
        made = _record(
            ledger, connection, audit, document, sent_at, recipient, again_reason, late_reason, keep_bytes
        )
        entries.sign_head(connection, ledger.signer, ledger.origin)
        return made


@dataclass(frozen=True, slots=True)
class ToRecord:
    """A document that is to be recorded with others, and whom it went to."""

    document: Document
    recipient: Recipient | None
    keep_bytes: bool = False


def record_many(
    ledger: Ledger,
    audit: Audit | str,
    documents: Sequence[ToRecord],
    sent_at: dt.datetime,
    *,
    again_reason: str | None = None,
    late_reason: str | None = None,
) -> list[IssuedDocument | UsageError]:
    """Record documents in one transaction, each as its own entry with its own checkpoint.

    The parameters are those of ``record``. What may not be recorded is answered by its error and keeps no
    other back.

    Raises
    ------
    LedgerError
        None was recorded.
    """
    made: list[IssuedDocument | UsageError] = []
    signer = ledger.signer
    with writing(ledger.engine) as connection:
        for one in documents:
            parts = (one.document, sent_at, one.recipient, again_reason, late_reason, one.keep_bytes)
            try:
                made.append(_record(ledger, connection, audit, *parts))
            except UsageError as error:  # it is raised before anything of the document is written
                made.append(error)
                continue
            entries.sign_head(connection, signer, ledger.origin)
    return made


def _record(
    ledger: Ledger,
    connection: Connection,
    audit: Audit | str,
    document: Document,
    sent_at: dt.datetime,
    recipient: Recipient | None,
    again_reason: str | None,
    late_reason: str | None,
    keep_bytes: bool,
) -> IssuedDocument:
    name = audit_id(audit)
    decision, person = _bytes(document.decision), _bytes(document.person)
    hash_, at = sha256(document.content).digest(), shapes.microseconds(sent_at)
    # What makes it this document and no other; a retry that brings it again is answered, not refused.
    parts = [decision, person, document.format, int(document.draft), hash_, at]
    key = f"{name}/document/{seal.digest(seal.pack(parts))}"
    if entries.position_of(connection, f"{name}/seal") is None:
        raise LedgerError(f"audit {name[:12]}: it is not sealed, so nothing can be issued from it.")
    kept = entries.position_of(connection, key)
    if kept is not None:
        return _issued_of(rows_of(connection, tables.documents, kept)[0], document.access)
    mark = b""
    if person is not None:
        ledger.keyring.open_keys(connection, [person])
        mark = ledger.keyring.mark(person, document.words)
        if not document.draft and again_reason is None:
            _refuse_twice(connection, document, decision, person, at, mark)
    where = f"{name}/document/{hash_.hex()}/{at}"

    def locked(what: str, data: bytes) -> bytes:
        return data if person is None else ledger.keyring.lock(person, f"{where}/{what}", data)

    remarks = {"again": again_reason, "late": late_reason}
    told = recipient and json.dumps(asdict(recipient), ensure_ascii=False).encode()
    row = {
        "audit": name,
        "kind": document.kind,
        "format": document.format,
        "language": document.language,
        "draft": int(document.draft),
        "entity": document.entity,
        "decision": decision,
        "action": document.action,
        "person": person,
        "role": document.role,
        "sent_at": at,
        "sha256": hash_,
        "n_bytes": len(document.content),
        "template_digest": document.template_digest,
        "environment_digest": document.environment_digest,
        "words_mark": mark,
        "words": locked("words", zlib.compress(document.words.encode())),
        "content": locked("content", document.content) if keep_bytes else None,
        "recipient": locked("recipient", told) if told else None,
        "again": int(again_reason is not None),
        "late": int(late_reason is not None),
        "remarks": locked("remarks", json.dumps(remarks).encode()) if again_reason or late_reason else None,
    }
    body = {
        "act": "document",
        "audit": name,
        "document": hash_.hex(),
        "sent_at": at,
        "kind": document.kind,
    }
    if document.access is not None:
        body["access"] = document.access
    entry = entries.append(connection, key, body, [entries.row_set(tables.documents, [row])])
    return _issued_of({**row, "entry": entry}, document.access)


def _refuse_twice(
    connection: Connection, document: Document, decision: bytes | None, person: bytes, at: int, mark: bytes
) -> None:
    """Refuse a second issue; the same words at the same moment in another format are the first one still."""
    before = _same_issue(connection, document.entity, decision, document.action, person, document.kind)
    same = [row for row in before if row["sent_at"] == at and row["words_mark"] == mark]
    if not before or (same and all(row["format"] != document.format for row in same)):
        return
    last = _issued_of(before[-1])
    raise UsageError(
        f"decision {document.decision}: this notice was issued on {last.sent_at.date().isoformat()}. "
        "A second one needs --again --reason."
    )


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
