"""Acts of people on a ledger: a sample drawn, a decision looked up, evidence handed out. Each is an entry.

Why so: the entry is written and signed before the answer is given. Where the log cannot be written,
nothing is shown.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from audit.errors import EvidenceError, LedgerError, UsageError
from audit.ledger import entries, seal, shapes, tables
from audit.ledger.database import reading, records, writing
from audit.ledger.read import audit_id

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.record import Audit


def log_act(ledger: Ledger, key: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """Write an act and sign the log; return its position and its body. A repeated act is the first one."""
    table = tables.log_entries
    with writing(ledger.engine) as connection:
        at = entries.position_of(connection, key)
        if at is None:
            at = entries.append(connection, key, body, ())
            entries.sign_head(connection, ledger.signer, ledger.origin)
        text = connection.scalar(sa.select(table.c.body).where(table.c.position == at))
    return at, json.loads(str(text))


# --- an examiner's sample ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sample:
    """Decisions drawn from an audit, by pseudonym, and the log entry that says so."""

    audit: str
    entry: int
    seed: int
    of: int
    decisions: tuple[str, ...]


def sample(
    ledger: Ledger,
    audit: Audit | str,
    n: int,
    seed: int,
    *,
    outcome: str | None = None,
    by: str = "",
    at: dt.datetime,
) -> Sample:
    """Draw ``n`` decisions without replacement, and log the draw.

    Each decision's place in the draw is SHA-256 of ``seed|pseudonym``; the first ``n`` are taken, so
    that anybody can draw the same again and nobody can choose.

    Raises
    ------
    UsageError
        Where there are fewer than ``n``.
    """
    name, table, parts = audit_id(audit), tables.decisions, tables.parts
    query = (
        sa.select(table.c.decision).join(parts, parts.c.entry == table.c.entry).where(parts.c.audit == name)
    )
    if outcome is not None:
        query = query.where(table.c.outcome == outcome)
    with reading(ledger.engine) as connection:
        if entries.position_of(connection, f"{name}/seal") is None:
            raise LedgerError(f"audit {name[:12]}: it is not sealed, so nothing can be drawn from it yet.")
        every = [decision.hex() for decision in connection.scalars(query)]
    if not 0 < n <= len(every):
        raise UsageError(
            f"--n: there are {len(every)} decisions to draw from (got {n}). Ask for 1 to {len(every)}."
        )
    drawn = tuple(nsmallest(n, every, key=lambda one: sha256(f"{seed}|{one}".encode()).digest()))
    body = {
        "act": "sample",
        "audit": name,
        "n": n,
        "seed": seed,
        "outcome": outcome or "all",
        "of": len(every),
        "drawn": seal.digest("\n".join(drawn)),
        "by": by,
        "at": shapes.microseconds(at),
    }
    key = f"{name}/sample/{seal.digest(seal.pack([n, seed, outcome]))}"
    entry, logged = log_act(ledger, key, body)
    if logged["drawn"] != body["drawn"]:
        raise EvidenceError(
            f"log entry {entry}: this draw gave other decisions then. Run `plainspoken verify`."
        )
    return Sample(name, entry, seed, len(every), drawn)


# --- what a document was ---------------------------------------------------------------------------------


def documents_by_hash(ledger: Ledger, text: str) -> list[dict[str, Any]]:
    """Return the rows of the documents whose SHA-256 begins so, oldest first."""
    table = tables.documents
    columns = [c for c in table.c if c.name not in ("words", "content", "recipient", "remarks", "words_mark")]
    kept = table.c.content.is_not(None).label("file_kept")
    query = sa.select(*columns, kept).order_by(table.c.entry, table.c.pos)
    if len(text) == 64:
        query = query.where(table.c.sha256 == bytes.fromhex(text))
    with reading(ledger.engine) as connection:
        return [row for row in records(connection.execute(query)) if row["sha256"].hex().startswith(text)]


def log_access(ledger: Ledger, audit: str, decision: str, *, by: str, reason: str, at: dt.datetime) -> int:
    """Log that somebody looks at a decision; return the entry's position."""
    moment = shapes.microseconds(at)
    body = {"act": "access", "audit": audit, "decision": decision, "by": by, "reason": reason, "at": moment}
    key = f"{audit}/access/{seal.digest(seal.pack([decision, by, moment]))}"
    return log_act(ledger, key, body)[0]
