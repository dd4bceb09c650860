"""Proofs: one decision's rows, with the path of each to a signed checkpoint.

A proof shows one decision and nobody else's: its slim row, the statements of its reasons, what was
sent about it (words and addresses as ciphertext), and hashes. ``audit.proof_check`` checks it
without this package, without the database and without a network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import EvidenceError, UsageError
from audit.ledger import entries, log, tables
from audit.ledger.database import reading, records
from audit.ledger.decisions import place_of
from audit.ledger.notes import Checkpoint, NoteError, Verifier, read_checkpoint
from audit.ledger.read import audit_id
from audit.proof_check import FORMAT, text_of

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.record import Audit


def prove(
    ledger: Ledger,
    audit: Audit | str,
    decision: str,
    *,
    checkpoint: str | None = None,
    public_key: str | None = None,
    role: str | None = None,
) -> str:
    """Return the proof of one decision as the text of its file.

    Parameters
    ----------
    decision : str
        Its id (with the key file) or its pseudonym.
    checkpoint : str, optional
        Prove under this checkpoint, kept elsewhere; default: the newest.
    public_key : str, optional
        The key that the reader holds, where it is not the newest; the changes since are proven too.
    role : str, optional
        Leave out what was sent to persons of other roles.

    Raises
    ------
    UsageError
        Where the checkpoint is of another log, or older than the audit's seal.
    EvidenceError
        Where the ledger does not hold what it sealed.
    """
    name = audit_id(audit)
    with reading(ledger.engine) as connection:
        part, _, row = place_of(ledger, connection, name, decision)
        note, text = _note(ledger, connection, checkpoint)
        leaves = leaves_of(connection, note.size)
        if log.merkle_root(leaves) != note.root:
            raise EvidenceError(
                f"checkpoint at {note.size}: the log is not the one that was signed. Run verify."
            )
        opened, seal = (entries.position_of(connection, f"{name}/{act}") for act in ("open", "seal"))
        if opened is None or seal is None or seal >= note.size:
            raise UsageError(
                f"audit {name[:12]}: the checkpoint does not cover its seal (size {note.size}). "
                "Take a later checkpoint, or none."
            )
        documents = _documents(connection, name, row["decision"], role, note.size)
        codes = row["reason_codes"].split()
        stated = _stated(connection, seal, codes)
        wanted = [(part, tables.decisions, row["pos"])]
        wanted += [(seal, tables.reason_codes, pos) for pos in stated.values()]
        wanted += [(entry, tables.documents, pos) for entry, pos in documents]
        body = {
            "format": FORMAT,
            "audit": name,
            "decision": row["decision"].hex(),
            "checkpoint": text,
            "earlier": _earlier(leaves, seal + 1),
            "keys": [] if public_key is None else list(rotations(connection, public_key, note.size)),
            "entries": [
                {"position": at, "body": _body(connection, at), "path": _hex(log.inclusion_proof(leaves, at))}
                for at in sorted({opened, part, seal, *(entry for entry, _ in documents)})
            ],
            "rows": [
                _row(connection, entry, table, pos)
                for entry, table, pos in sorted(wanted, key=lambda one: (one[0], one[1].name, one[2]))
            ],
            "unstated": sorted(set(codes) - set(stated)),
        }
    return text_of(body)


def _hex(path: Sequence[bytes]) -> list[str]:
    return [step.hex() for step in path]


def _note(ledger: Ledger, connection: Connection, kept: str | None) -> tuple[Checkpoint, str]:
    if kept is None:
        text = newest_checkpoint(connection)
        if text is None:
            raise UsageError(f"{ledger.shown}: nothing is signed yet. Let the run end first.")
        return read_checkpoint(text), text
    try:
        note = read_checkpoint(kept)
    except NoteError as error:
        raise UsageError(f"--checkpoint: {error}. Give the text as a report prints it.") from error
    if note.origin != ledger.origin:
        raise UsageError(
            f"--checkpoint: it is of another ledger (got {note.origin}, expected {ledger.origin})."
        )
    return note, kept if kept.endswith("\n") else kept + "\n"


def newest_checkpoint(connection: Connection) -> str | None:
    """Return the text of the newest checkpoint; None where nothing is signed."""
    table = tables.checkpoints
    return connection.scalar(sa.select(table.c.note).order_by(table.c.size.desc()).limit(1))


def leaves_of(connection: Connection, size: int) -> list[bytes]:
    """Return the leaf hashes of the first ``size`` log entries."""
    table = tables.log_entries
    query = sa.select(table.c.leaf).where(table.c.position < size).order_by(table.c.position)
    leaves = list(connection.scalars(query))
    if len(leaves) != size:
        raise EvidenceError(
            f"log_entries: there are {len(leaves)} of the {size} that were signed. Run `plainspoken verify`."
        )
    return leaves


def _earlier(leaves: Sequence[bytes], size: int) -> dict[str, Any] | None:
    """Return the audit's own checkpoint, which its report prints, and its path to the one proven under."""
    if size == len(leaves):
        return None
    return {
        "size": size,
        "root": log.merkle_root(leaves[:size]).hex(),
        "path": _hex(log.consistency_proof(leaves, size)),
    }


def _body(connection: Connection, position: int) -> str:
    table = tables.log_entries
    return str(connection.scalar(sa.select(table.c.body).where(table.c.position == position)))


def _documents(
    connection: Connection, audit: str, decision: bytes, role: str | None, size: int
) -> list[tuple[int, int]]:
    table = tables.documents
    query = sa.select(table.c.entry, table.c.pos).where(
        table.c.audit == audit, table.c.decision == decision, table.c.entry < size
    )
    if role is not None:
        query = query.where(table.c.role == role)
    # What a purge emptied cannot be hashed any more; its entry still says that it was sent.
    query = query.where(table.c.words != b"")
    return [(entry, pos) for entry, pos in connection.execute(query.order_by(table.c.entry, table.c.pos))]


def _stated(connection: Connection, seal: int, codes: Sequence[str]) -> dict[str, int]:
    """Return, by code, the position of the dictionary's entry that states it."""
    table = tables.reason_codes
    query = sa.select(table.c.code, table.c.pos).where(table.c.entry == seal, table.c.code.in_(codes))
    found: dict[str, int] = {}
    for code, pos in connection.execute(query.order_by(table.c.pos)):
        found.setdefault(code, pos)
    return found


def _row(connection: Connection, entry: int, table: sa.Table, pos: int) -> dict[str, Any]:
    found = connection.execute(sa.select(table).where(table.c.entry == entry, table.c.pos == pos))
    (row,) = records(found)
    sets = tables.row_sets
    packed = connection.scalar(
        sa.select(sets.c.leaves).where(sets.c.entry == entry, sets.c.name == table.name)
    )
    leaves = log.split(packed or b"")
    if pos >= len(leaves):
        raise EvidenceError(f"row_sets: {table.name} of log entry {entry} was altered. Run verify.")
    values = [shown(row[name]) for name in entries.hashed_columns(table)]
    return {
        "entry": entry,
        "table": table.name,
        "values": values,
        "path": _hex(log.inclusion_proof(leaves, pos)),
    }


def shown(value: Any) -> int | float | str | None:
    """Return a stored value as a proof writes it: bytes in hex, no -0.0."""
    if isinstance(value, bytes):
        return value.hex()
    return value + 0.0 if isinstance(value, float) else value


def rotations(connection: Connection, known: str, size: int) -> Iterator[dict[str, Any]]:
    """Yield each change of the signing key since ``known``, under the checkpoint that both keys signed."""
    try:
        Verifier(known)
    except NoteError as error:
        raise UsageError(f"--key: {error}. Give the line that `plainspoken keys show` prints.") from error
    chain = list(key_changes(connection))
    keys = [public for _, public in chain]
    if known.strip() not in keys:
        raise UsageError(
            "--key: this ledger was never signed with that key. Look at `plainspoken keys show`."
        )
    for position, _ in chain[keys.index(known.strip()) + 1 :]:
        if position >= size:
            break
        notes = tables.checkpoints
        leaves = leaves_of(connection, position + 1)
        yield {
            "position": position,
            "body": _body(connection, position),
            "path": _hex(log.inclusion_proof(leaves, position)),
            "checkpoint": connection.scalar(sa.select(notes.c.note).where(notes.c.size == position + 1)),
        }


def key_changes(connection: Connection) -> Iterator[tuple[int, str]]:
    """Yield the signing keys in their order, each with the log entry that named it."""
    table = tables.keys
    query = sa.select(table.c.entry, table.c.public).where(table.c.kind == "signing")
    for row in connection.execute(query.order_by(table.c.entry, table.c.pos)):
        yield row.entry, row.public
