"""Changes of the dictionary of reasons, as entries of the log: what changed, and who approved it.

An audit whose dictionary differs from that of the audit of the same name that was sealed before it says so
in an entry of its own, in the transaction of its seal: neither is there without the other. The first audit
of a name changes nothing. A batch under a release has the dictionary that was accepted with it, and no other.

Why so, no table: the dictionaries themselves are sealed with their audits (``reason_codes``), so the entry
only names what to look at there. It holds names of factors, codes and approvers; no applicant is in it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import EvidenceError
from audit.ledger import entries, shapes, tables
from audit.ledger.database import reading, records
from audit.ledger.read import rows_of
from audit.record import ReasonCode

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.record import Audit

ACT = "dictionary"


@dataclass(frozen=True, slots=True)
class Altered:
    """A factor that stayed, and which of its keys are others now: ``statement.es``, ``approved``."""

    factor: str
    code: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What a dictionary has that the one before it had not; ``approved`` is of what is new or altered."""

    added: tuple[str, ...]  # "factor code"
    removed: tuple[str, ...]
    altered: tuple[Altered, ...]
    approved: Mapping[str, str]  # factor -> "who, 2026-11-02"; empty text where nobody approved it


@dataclass(frozen=True, slots=True)
class Noted:
    """A change as the log holds it."""

    entry: int
    audit: str
    before: str  # the audit whose dictionary was the one before
    at: dt.datetime
    change: Change


def change(before: Sequence[ReasonCode], after: Sequence[ReasonCode]) -> Change | None:
    """Return what differs between two dictionaries; None where nothing but the order of entries does."""
    old, new = ({code.factor: code for code in codes} for codes in (before, after))
    altered = tuple(
        Altered(factor, new[factor].code, _keys(old[factor], new[factor]))
        for factor in sorted(old.keys() & new.keys())
        if old[factor] != new[factor]
    )
    added, removed = sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys())
    if not (added or removed or altered):
        return None
    touched = [*added, *(one.factor for one in altered)]
    return Change(
        added=tuple(f"{factor} {new[factor].code}" for factor in added),
        removed=tuple(f"{factor} {old[factor].code}" for factor in removed),
        altered=altered,
        approved={factor: _approval(new[factor]) for factor in sorted(touched)},
    )


def _keys(old: ReasonCode, new: ReasonCode) -> tuple[str, ...]:
    keys: list[str] = []
    for field in fields(ReasonCode):
        one, other = getattr(old, field.name), getattr(new, field.name)
        if isinstance(one, Mapping):
            names = sorted({*one, *other})
            keys += [f"{field.name}.{name}" for name in names if one.get(name) != other.get(name)]
        elif one != other:
            keys.append(field.name)
    return tuple(keys)


def _approval(code: ReasonCode) -> str:
    return f"{code.approved.by}, {code.approved.date.isoformat()}" if code.approved is not None else ""


def note_change(
    connection: Connection, audit: Audit, codes: Sequence[ReasonCode], sealed_at: dt.datetime
) -> None:
    """Append the entry about an audit's dictionary, where it is another than the one before.

    Called within the transaction of the seal, ahead of it.
    """
    if audit.config.get("release") or audit.kind == "images":
        return
    seals, audits = tables.seals, tables.audits
    query = (
        sa.select(seals.c.audit, seals.c.entry)
        .join(audits, audits.c.audit == seals.c.audit)
        .where(audits.c.name == audit.name, audits.c.kind != "images")
        .order_by(seals.c.entry.desc())
        .limit(1)
    )
    last = connection.execute(query).one_or_none()
    if last is None:
        return
    before = [shapes.code_of(row) for row in rows_of(connection, tables.reason_codes, last.entry)]
    found = change(before, codes)
    if found is None:
        return
    body = {
        "act": ACT,
        "audit": audit.audit,
        "before": last.audit,
        "at": shapes.microseconds(sealed_at),
        "added": list(found.added),
        "removed": list(found.removed),
        "altered": [{"factor": a.factor, "code": a.code, "keys": list(a.keys)} for a in found.altered],
        "approved": dict(found.approved),
    }
    entries.append(connection, f"{audit.audit}/{ACT}", body, ())


def history(ledger: Ledger, name: str | None = None) -> tuple[Noted, ...]:
    """Return the changes that the log holds, oldest first; of the audits of one name where it is given."""
    log, audits = tables.log_entries, tables.audits
    query = (
        sa.select(log.c.position, log.c.body)
        .join(audits, log.c.key == audits.c.audit + f"/{ACT}")
        .order_by(log.c.position)
    )
    if name is not None:
        query = query.where(audits.c.name == name)
    with reading(ledger.engine) as connection:
        return tuple(_noted(row) for row in records(connection.execute(query)))


def _noted(row: Mapping[str, Any]) -> Noted:
    body = json.loads(row["body"])
    altered = tuple(Altered(one["factor"], one["code"], tuple(one["keys"])) for one in body["altered"])
    found = Change(tuple(body["added"]), tuple(body["removed"]), altered, body["approved"])
    at = shapes.moment(body["at"])
    if at is None:
        raise EvidenceError(f"log entry {row['position']}: it has no date. Run `plainspoken verify`.")
    return Noted(row["position"], body["audit"], body["before"], at, found)
