"""Releases: audits that somebody accepted, and by which later runs are held.

A release pins five things together: model, dictionary, cutoff, method and reference. They are read
from the audit's own sealed rows; the release's row has their digests, so that whoever reads the log
sees what was accepted without the audit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from audit.errors import EvidenceError, LedgerError, UsageError
from audit.ledger import entries, seal, shapes, tables
from audit.ledger.database import reading, records, writing

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.record import Audit


@dataclass(frozen=True, slots=True)
class Release:
    """An accepted audit; all but ``audit``, ``reason`` and ``by`` are digests of what it pins."""

    audit: str
    model: str
    dictionary: str
    cutoff: str
    method: str
    reference: str
    reason: str
    by: str
    accepted_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Baseline:
    """The audit that another one is compared with, and whether somebody accepted it."""

    audit: Audit
    release: Release | None


def accept(ledger: Ledger, audit: str, *, by: str, reason: str, at: dt.datetime) -> Release:
    """Accept a sealed audit, once what it rests on is proven to be as it was sealed.

    Raises
    ------
    UsageError
        Where it is not sealed, or was accepted before, or reason or name is missing.
    EvidenceError
        Where something of it was altered since.
    """
    from audit.ledger.verify import verify

    if not by.strip() or not reason.strip():
        raise UsageError("--by, --reason: a release needs both. Say who answers for it, and why.")
    found = ledger.find(audit)
    if found.state != "sealed":
        raise UsageError(f"audit {found.audit[:12]}: it is not sealed. Let its run end first.")
    if found.kind == "images":
        raise UsageError(
            f"audit {found.audit[:12]}: a release pins what decides on people, and an audit of pictures "
            "decides on nobody. Accept an audit of decisions."
        )
    wrong = [check for check in verify(ledger, found).checks if not check.ok]
    if wrong:
        raise EvidenceError(
            f"audit {found.audit[:12]}: {wrong[0].name}: {wrong[0].fact}. "
            "What was altered cannot be accepted; see `plainspoken verify`."
        )
    pins = _pins(ledger, found)
    row = {"audit": found.audit, **pins, "reason": reason, "by": by, "at": shapes.microseconds(at)}
    with writing(ledger.engine) as connection:
        key = f"release/{found.audit}"
        if entries.position_of(connection, key) is not None:
            before = next(one for one in releases(ledger) if one.audit == found.audit)
            raise UsageError(
                f"audit {found.audit[:12]}: {before.by} accepted it on {before.accepted_at:%Y-%m-%d} "
                f"({before.reason}). Nothing is to be done."
            )
        body = {"act": "release", "of_audit": found.audit, "at": row["at"]}
        entries.append(connection, key, body, [entries.row_set(tables.releases, [row])])
        entries.sign_head(connection, ledger.signer, ledger.origin)
    return _release(row)


def releases(ledger: Ledger) -> tuple[Release, ...]:
    """Return the releases, the newest last."""
    table = tables.releases
    with reading(ledger.engine) as connection:
        rows = records(connection.execute(sa.select(table).order_by(table.c.entry, table.c.pos)))
    return tuple(_release(row) for row in rows)


def named(ledger: Ledger, text: str) -> Release:
    """Return the release of an audit that an id or a unique beginning names.

    Raises
    ------
    UsageError
        Where no such audit was accepted.
    """
    known = releases(ledger)
    found = [one for one in known if text and one.audit.startswith(text)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{len(found)} accepted audits begin with {text!r}. Give more digits")
    accepted = ", ".join(one.audit[:12] for one in known[-5:]) or "none"
    raise UsageError(
        f"no accepted audit begins with {text!r} (accepted: {accepted}). "
        "Accept it first: plainspoken accept AUDIT --by NAME --reason WHY"
    )


def baseline(ledger: Ledger, audit: Audit) -> Release | None:
    """Return the release that an audit is compared with: the last one of its own kind.

    A batch that names a release has that one; else it is the last accepted audit of the same name,
    else of the same model's name.
    """
    known = [one for one in releases(ledger) if one.audit != audit.audit]
    under = audit.config.get("release")
    if isinstance(under, str):
        return next((one for one in known if one.audit.startswith(under)), None)
    audits = {one.audit: one for one in ledger.audits()}
    for same in ("name", "model"):
        for one in reversed(known):
            other = audits[one.audit]
            if (other.name == audit.name) if same == "name" else (other.model.name == audit.model.name):
                return one
    return None


def held_to(ledger: Ledger, audit: Audit) -> Baseline | None:
    """Return the last accepted audit of the same kind; where none was, the one sealed before.

    Parameters
    ----------
    audit : Audit
        May be about to be sealed; then every sealed one came before it.
    """
    accepted = baseline(ledger, audit)
    if accepted is not None:
        return Baseline(ledger.find(accepted.audit), accepted)
    sealed = [
        (one.sealed_at, one)
        for one in ledger.audits()
        if one.sealed_at is not None
        and (audit.sealed_at is None or one.sealed_at <= audit.sealed_at)
        and (one.name, one.kind) == (audit.name, audit.kind)
        and one.audit != audit.audit
    ]
    return Baseline(max(sealed, key=lambda one: one[0])[1], None) if sealed else None


def _pins(ledger: Ledger, audit: Audit) -> dict[str, str]:
    config: Mapping[str, Any] = audit.config
    decision = config.get("decision") or {}
    model = config.get("model") or {}
    references = sorted(one.digest for one in ledger.references(audit))
    told = {key: decision.get(key) for key in ("adverse", "cutoff", "at_cutoff")}
    return {
        "model": seal.digest_of_json([audit.model.digest, model.get("output")]),
        "dictionary": seal.digest_of_json([repr(code) for code in ledger.codes(audit)]),
        "cutoff": seal.digest_of_json(told),
        "method": seal.digest_of_json((config.get("explain") or {}).get("reasons")),
        "reference": seal.digest_of_json(references),
    }


def _release(row: Mapping[str, Any]) -> Release:
    accepted_at = shapes.moment(row["at"])
    if accepted_at is None:
        raise LedgerError("a release has no date. Run `plainspoken verify`.")
    plain = ("audit", "model", "dictionary", "cutoff", "method", "reference", "reason", "by")
    return Release(**{name: row[name] for name in plain}, accepted_at=accepted_at)
