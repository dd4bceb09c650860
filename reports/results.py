"""What is attached to the PDF: the sealed rows behind every printed number, as canonical JSON."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from reports.sealed import read

if TYPE_CHECKING:
    from reports.sealed import Reading, Sealed

FORMAT = 1


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    return value


def _left_out(sealed: Sealed) -> list[str]:
    """Return what a reader might look for and does not find here."""
    out = ["decisions, reasons and letters of single applicants: plainspoken export"]
    if sealed.groups_elsewhere:
        out.append(
            f"rates and disparities: {sealed.groups_elsewhere[0].lower()}{sealed.groups_elsewhere[1:]}"
        )
    return out


def results(ledger: Reading, audit_id: str) -> bytes:
    """Return findings, rates, disparities, requirements and figures; equal rows give equal bytes."""
    sealed = read(ledger, audit_id)
    audit = sealed.audit
    body = {
        "format": FORMAT,
        "left_out": _left_out(sealed),
        "audit": audit.audit,
        "name": audit.name,
        "as_of": audit.as_of,
        "sealed_at": audit.sealed_at,
        "checkpoint": audit.checkpoint,
        "requirements": ledger.requirements(audit.audit),
        "findings": [finding for asked in sealed.asked for finding in asked.findings],
        "rates": sealed.rates,
        "disparities": sealed.disparities,
        "evidence": ledger.evidence(audit.audit),
        "figures": {name: figure.body for name, figure in sorted(sealed.figures.items())},
    }
    text = json.dumps(_plain(body), sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False)
    return text.encode() + b"\n"
