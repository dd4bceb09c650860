"""Recording what is issued: a document is closed (hashed, locked) anywhere, and appended in one transaction.

Closing needs the person's key and nothing of the log, so that many processes may do it; what is left for
the one that appends is order, and whether it may be issued. A notice is issued once for its key: entity,
decision, action, person, kind; another needs ``again_reason``. The same words in another format, sent at
the same moment, are the same issue.
"""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection

from audit.errors import GoneError, LedgerError, UsageError
from audit.ledger import bulk, entries, gone, log, notes, seal, shapes, tables
from audit.ledger.database import writing
from audit.ledger.documents import IssuedDocument, issued_of
from audit.ledger.read import audit_id, rows_of

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.ledger.people import Keyring
    from audit.record import Audit, Document, Recipient

Issue = tuple[Any, ...]  # entity, decision, action, person, kind
Answer = IssuedDocument | UsageError | GoneError  # the errors: it was not recorded
_ISSUE = ("entity", "decision", "action", "person", "kind")
_ISSUED = (*_ISSUE, "sent_at", "words_mark", "format")


@dataclass(frozen=True, slots=True)
class Sending:
    """What holds for all documents of one call.

    Parameters
    ----------
    sent_at : datetime with a time zone
    again_reason, late_reason : str, optional
        Why it is issued again, and why it is late; locked.
    """

    audit: str
    sent_at: dt.datetime
    again_reason: str | None = None
    late_reason: str | None = None

    def key(self, document: Document, hash_: bytes) -> str:
        """Return what makes it this document and no other; one that comes again is answered, not refused.

        Parameters
        ----------
        hash_ : SHA-256 of its content
        """
        at = shapes.microseconds(self.sent_at)
        parts = [_bytes(document.decision), _bytes(document.person), document.format, int(document.draft)]
        return f"{self.audit}/document/{seal.digest(seal.pack([*parts, hash_, at]))}"


@dataclass(frozen=True, slots=True)
class Closed:
    """A document as it is appended.

    Parameters
    ----------
    row : mapping
        Its row, without ``entry`` and ``pos``; what speaks of the person is locked.
    root, leaf : bytes
        Of the row set that it is alone in.
    """

    key: str
    row: Mapping[str, Any]
    root: bytes
    leaf: bytes
    access: str | None
    signed: Mapping[str, str] | None = None  # what a signature is over, and its certificate

    @property
    def issue(self) -> Issue:
        """What may be issued once."""
        return tuple(self.row[name] for name in _ISSUE)

    @property
    def sha256(self) -> str:
        """The hash of its bytes, in hex digits."""
        return str(self.row["sha256"].hex())


def close(
    keyring: Keyring,
    sending: Sending,
    document: Document,
    recipient: Recipient | None = None,
    *,
    keep_bytes: bool = False,
) -> Closed:
    """Return a document as it is appended; the key of its person must be open.

    Parameters
    ----------
    recipient : Recipient, optional
        Whom it went to; locked.
    keep_bytes : bool
        Keep the file itself too, locked, not its words alone.

    Raises
    ------
    GoneError
        Where the person was erased.
    """
    person, hash_ = _bytes(document.person), sha256(document.content).digest()
    at = shapes.microseconds(sending.sent_at)
    where = f"{sending.audit}/document/{hash_.hex()}/{at}"
    again, late = sending.again_reason, sending.late_reason

    def locked(what: str, data: bytes) -> bytes:
        return data if person is None else keyring.lock(person, f"{where}/{what}", data)

    remarks = {"again": again, "late": late}
    told = recipient and _recipient(recipient)
    row = {
        "audit": sending.audit,
        "kind": document.kind,
        "format": document.format,
        "language": document.language,
        "draft": int(document.draft),
        "entity": document.entity,
        "decision": _bytes(document.decision),
        "action": document.action,
        "person": person,
        "role": document.role,
        "sent_at": at,
        "sha256": hash_,
        "n_bytes": len(document.content),
        "template_digest": document.template_digest,
        "environment_digest": document.environment_digest,
        "words_mark": b"" if person is None else keyring.mark(person, document.words),
        "words": locked("words", zlib.compress(document.words.encode())),
        "content": locked("content", document.content) if keep_bytes else None,
        "recipient": locked("recipient", told) if told else None,
        "again": int(again is not None),
        "late": int(late is not None),
        "remarks": locked("remarks", json.dumps(remarks).encode()) if again or late else None,
    }
    hashed = entries.row_hash(tables.documents, row)
    signed = None
    if document.signed_over is not None:
        signed = {"over": document.signed_over, "certificate": document.certificate or ""}
    return Closed(sending.key(document, hash_), row, hashed, hashed, document.access, signed)


def _recipient(one: Recipient) -> bytes:
    return json.dumps({of.name: getattr(one, of.name) for of in fields(one)}, ensure_ascii=False).encode()


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

    The parameters are those of ``Sending`` and ``close``.

    Raises
    ------
    UsageError
        Where it was issued already and no reason for another is given.
    LedgerError
        Where the audit is not sealed.
    """
    sending = Sending(audit_id(audit), sent_at, again_reason, late_reason)
    with writing(ledger.engine) as connection:
        key = sending.key(document, sha256(document.content).digest())
        kept = _kept(connection, sending.audit, [key])
        if key in kept:
            return issued_of(rows_of(connection, tables.documents, kept[key])[0], document.access)
        if document.person is not None:
            ledger.keyring.open_keys(connection, [bytes.fromhex(document.person)])
        closed = close(ledger.keyring, sending, document, recipient, keep_bytes=keep_bytes)
        (made,) = _append(ledger, connection, ledger.signer, [closed])
    if not isinstance(made, IssuedDocument):
        raise made
    return made


def record_many(ledger: Ledger, audit: Audit | str, closed: Sequence[Closed]) -> list[Answer]:
    """Record documents in one transaction, each as its own entry with its own checkpoint.

    What may not be recorded (issued already, its person erased meanwhile) is answered by its error and
    keeps no other back.

    Raises
    ------
    LedgerError
        None was recorded.
    """
    signer = ledger.signer
    with writing(ledger.engine) as connection, bulk.uncollected():
        kept = _kept(connection, audit_id(audit), [one.key for one in closed])
        fresh = iter(_append(ledger, connection, signer, [one for one in closed if one.key not in kept]))
        return [
            issued_of(rows_of(connection, tables.documents, kept[one.key])[0], one.access)
            if one.key in kept
            else next(fresh)
            for one in closed
        ]


def _kept(connection: Connection, audit: str, keys: Sequence[str]) -> dict[str, int]:
    """Return which of these documents are recorded, and where in the log."""
    if entries.position_of(connection, f"{audit}/seal") is None:
        raise LedgerError(f"audit {audit[:12]}: it is not sealed, so nothing can be issued from it.")
    rows = bulk.rows_with(connection, "log_entries", ("key", "position"), "key", keys)
    return {str(key): int(at) for key, at in rows}


def _append(
    ledger: Ledger, connection: Connection, signer: notes.Signer, closed: Sequence[Closed]
) -> list[Answer]:
    """Append the documents that may be issued, in their order; none of them is recorded yet."""
    erased = _erased(ledger, connection, closed)
    before = _issued_before(connection, closed)
    appended = Appended(ledger.origin, signer, entries.head(connection))
    made: list[Answer] = []
    known: dict[str, IssuedDocument] = {}
    for one in closed:
        answer: Answer | None = erased.get(one.row["person"]) or known.get(one.key)
        if answer is None and one.row["person"] is not None and not (one.row["draft"] or one.row["again"]):
            answer = _twice(one.row, before.get(one.issue, []))
        if answer is None:
            answer = known[one.key] = issued_of({**one.row, "entry": appended.add(one)}, one.access)
            if not one.row["draft"]:
                before.setdefault(one.issue, []).append(one.row)
        made.append(answer)
    appended.store(connection)
    return made


def _erased(
    ledger: Ledger, connection: Connection, closed: Sequence[Closed]
) -> dict[bytes | None, GoneError]:
    """Return for whom nothing may be locked any more: who was erased, maybe since it was closed."""
    persons = list({one.row["person"] for one in closed} - {None})
    rows = bulk.rows_with(connection, "person_keys", ("person",), "person", persons)
    there = {bytes(row[0]) for row in rows}
    found: dict[bytes | None, GoneError] = {}
    for person in persons:
        if person in there and person not in ledger.keyring.erased:
            continue
        ledger.keyring.forget()
        ledger.keyring.open_keys(connection, [person])
        try:
            ledger.keyring.keys_of([person])
        except GoneError as error:
            found[person] = error
    return found


def _issued_before(connection: Connection, closed: Sequence[Closed]) -> dict[Issue, list[Mapping[str, Any]]]:
    """Return what was issued of these decisions, oldest first."""
    decisions = list({one.row["decision"] for one in closed} - {None})
    rows = bulk.rows_with(connection, "documents", ("entry", "draft", *_ISSUED), "decision", decisions)
    found: dict[Issue, list[Mapping[str, Any]]] = {}
    for entry, draft, *values in sorted(rows, key=lambda row: int(row[0])):
        if not draft:
            row = dict(zip(_ISSUED, values, strict=True))
            for name in ("decision", "person", "words_mark"):
                row[name] = None if row[name] is None else bytes(row[name])
            found.setdefault(tuple(row[name] for name in _ISSUE), []).append({**row, "entry": entry})
    return found


def _twice(row: Mapping[str, Any], before: Sequence[Mapping[str, Any]]) -> UsageError | None:
    """Return why this may not be issued; the same words at the same moment in another format may."""
    mine = (row["sent_at"], row["words_mark"])
    same = [one for one in before if (one["sent_at"], one["words_mark"]) == mine]
    if not before or (same and all(one["format"] != row["format"] for one in same)):
        return None
    return UsageError(
        f"decision {row['decision'].hex()}: this notice was issued on {gone.day(before[-1]['sent_at'])}. "
        "A second one needs --again --reason."
    )


class Appended:
    """Documents that are added to the log, each signed for; stored all at once."""

    def __init__(self, origin: str, signer: notes.Signer, frontier: log.Frontier) -> None:
        self._origin, self._signer, self._frontier = origin, signer, frontier
        self._rows: list[tuple[int, Closed]] = []
        self._entries: list[tuple[Any, ...]] = []
        self._checkpoints: list[tuple[int, bytes, str]] = []

    def add(self, one: Closed) -> int:
        """Add a document; return its position."""
        position, table = self._frontier.size, tables.documents.name
        body = {
            "act": "document",
            "audit": one.row["audit"],
            "document": one.sha256,
            "sent_at": one.row["sent_at"],
            "kind": one.row["kind"],
            **({} if one.access is None else {"access": one.access}),
            **({} if one.signed is None else {"signed": dict(one.signed)}),
        }
        text, leaf = entries.act(one.key, body, {table: {"n": 1, "root": one.root.hex()}})
        self._frontier = self._frontier.append(leaf)
        root = self._frontier.root()
        self._rows.append((position, one))
        self._entries.append((position, one.key, text, leaf))
        note = self._signer.checkpoint(self._origin, self._frontier.size, root)
        self._checkpoints.append((self._frontier.size, root, note))
        return position

    def store(self, connection: Connection) -> None:
        """Write what was added."""
        if not self._rows:
            return
        names = [column.name for column in tables.documents.columns if column.name not in ("entry", "pos")]
        documents = [(at, 0, *(one.row[name] for name in names)) for at, one in self._rows]
        sets = [(at, tables.documents.name, 1, one.root, one.leaf) for at, one in self._rows]
        for table, rows in (
            (tables.documents, documents),
            (tables.row_sets, sets),
            (tables.log_entries, self._entries),
            (tables.checkpoints, self._checkpoints),
        ):
            bulk.insert_tuples(connection, table, rows)
        after = self._frontier
        connection.execute(tables.log_head.update().values(size=after.size, frontier=after.packed()))


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)
