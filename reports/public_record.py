"""What a letter tells machines: a small JSON file inside the PDF, of nothing that the page does not say.

A whitelist, not a filter: its fields are named here one by one and held to a schema. It has no name,
no address, no score, no column and nothing of the explanation; whoever is handed the letter learns
no more from it. It is left out of what is printed for the mail.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any

from reports.pdf import AttachedFile

if TYPE_CHECKING:
    from audit.record import CaseFile
    from reports.sheet import Sheet

NAME = "record.json"
VERSION = 1
_TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
_DIGEST: dict[str, Any] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_DATES = ("received_at", "completed_at", "decided_at")

# JSON Schema 2020-12
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "required": ["version", "record", "kind", "language", "action", "dates", "reasons", "digests"],
    "properties": {
        "version": {"const": VERSION},
        "record": {"type": "string", "pattern": "^N-[0-9]{5}-[0-9]{5}$"},
        "kind": _TEXT,
        "language": {"type": "string", "pattern": "^[a-z]{2}$"},
        "action": _TEXT,
        "dates": {
            "type": "object",
            "additionalProperties": False,
            "required": ["sent"],
            "properties": {
                name: {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
                for name in ("sent", *_DATES)
            },
        },
        "reasons": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["rank", "statement"],
                "properties": {"rank": {"type": "integer", "minimum": 1}, "statement": _TEXT},
            },
        },
        "digests": {
            "type": "object",
            "additionalProperties": False,
            "required": ["words", "template"],
            "properties": {"words": _DIGEST, "template": _DIGEST},
        },
    },
}


def public_record(
    kind: str, action: str, sheet: Sheet, case: CaseFile, *, date: dt.date, words: str, template: str
) -> dict[str, Any]:
    """Return the public record of a letter.

    Parameters
    ----------
    words : str
        The letter's words, of which the record holds the digest.
    template : str
        The digest of what it was rendered from.
    """
    from reports.deadline import read_date

    dates = {"sent": date.isoformat()}
    for name in _DATES:
        if (day := read_date(case.record.get(name, ""))) is not None:
            dates[name] = day.isoformat()
    return {
        "version": VERSION,
        "record": sheet.number,
        "kind": kind,
        "language": sheet.lang,
        "action": action,
        "dates": dates,
        "reasons": [
            {"rank": line.rank, "statement": line.statement} for line in getattr(sheet, "reasons", ())
        ],
        "digests": {"words": hashlib.sha256(words.encode()).hexdigest(), "template": template},
    }


def attached(record: dict[str, Any], date: dt.date) -> AttachedFile:
    """Return the record as a file for the PDF, dated by the letter so that equal letters are equal bytes."""
    content = json.dumps(record, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"
    moment = dt.datetime.combine(date, dt.time(), dt.UTC)
    return AttachedFile(NAME, content, "What this letter says, for machines", moment)
