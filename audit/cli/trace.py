"""``plainspoken trace``: from a letter in somebody's hand to what was decided, by which model, and why."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from audit.cli.place import LEDGER_HELP

if TYPE_CHECKING:
    from audit.ledger import Ledger

_HEX = re.compile(r"[0-9a-f]{8,64}")


def trace(
    hash: str = typer.Argument(
        ..., metavar="HASH", help="SHA-256 of a letter or report, a beginning of it, or the file itself."
    ),
    by: str = typer.Option("", "--by", metavar="NAME", help="Who looks; kept in the log."),
    reason: str = typer.Option("", "--reason", metavar="TEXT", help="Why; kept in the log."),
    words: bool = typer.Option(
        False, "--words", help="Print the letter's words too; it needs the key file, --by and --reason."
    ),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Say what we told this person, by which model, and why; the log says that it was looked up."""
    from audit.cli.place import open_ledger
    from audit.errors import UsageError
    from audit.ledger import acts

    if words and not (by.strip() and reason.strip()):
        raise UsageError(
            "--words: a letter names a person, so who reads it is logged. Give --by and --reason."
        )
    name = _hash(hash)
    with open_ledger(ledger) as opened:
        found = acts.documents_by_hash(opened, name)
        if not found:
            raise UsageError(
                f"{name[:16]}: no document of this ledger has that hash. A letter that was changed or "
                "printed anew has another one."
            )
        if len({row["sha256"] for row in found}) > 1:
            raise UsageError(f"{name}: {len(found)} documents begin so. Give more digits.")
        told = _told(opened, found[0], by, reason, words)
    typer.echo(json.dumps(told) if as_json else _in_words(told))


def _hash(text: str) -> str:
    from audit.errors import UsageError

    file = Path(text)
    if file.is_file():
        return hashlib.sha256(file.read_bytes()).hexdigest()
    if not _HEX.fullmatch(text.lower()):
        raise UsageError(
            f"{text}: this is neither a file nor 8 to 64 digits of a hash. Give the letter itself."
        )
    return text.lower()


def _told(ledger: Ledger, row: dict[str, Any], by: str, reason: str, words: bool) -> dict[str, Any]:
    from audit.cli.explain import account
    from audit.ledger import acts

    audit = ledger.find(row["audit"])
    sent = dt.datetime.fromtimestamp(row["sent_at"] / 1_000_000, dt.UTC)
    told: dict[str, Any] = {
        "document": {
            "sha256": row["sha256"].hex(),
            "kind": row["kind"],
            "format": row["format"],
            "language": row["language"],
            "draft": bool(row["draft"]),
            "role": row["role"],
            "sent_at": sent.isoformat(),
            "entry": row["entry"],
        },
        "audit": {
            "audit": audit.audit,
            "name": audit.name,
            "sealed_at": audit.sealed_at.isoformat() if audit.sealed_at else None,
        },
        "model": {
            "name": audit.model.name,
            "version": audit.model.version,
            "digest": audit.model.digest,
        },
        "decision": None,
    }
    if row["decision"] is not None:
        decision = row["decision"].hex()
        told["access_entry"] = acts.log_access(
            ledger, audit.audit, decision, by=by, reason=reason, at=dt.datetime.now(dt.UTC)
        )
        told["decision"] = account(ledger, audit.audit, decision)
    if words:
        (issued,) = [one for one in ledger.documents(audit) if one.entry == row["entry"]]
        told["words"] = ledger.words(issued)
    return told


def _in_words(told: dict[str, Any]) -> str:
    from audit.cli.explain import in_words as decision_in_words

    document, model = told["document"], told["model"]
    whom = f" to the {document['role']} applicant" if document["role"] else ""
    draft = "draft of " if document["draft"] else ""
    lines = [
        f"{draft}{document['kind']} ({document['format']}){whom}, {document['sent_at'][:10]}, "
        f"log entry {document['entry']}",
        f"audit {told['audit']['audit'][:12]} {told['audit']['name']}, sealed {told['audit']['sealed_at']}",
        f"model {model['name']} {model['version']} ({model['digest']})",
    ]
    if told["decision"] is not None:
        lines.append(decision_in_words(told["decision"]))
        lines.append(f"This look-up is log entry {told['access_entry']}.")
    if "words" in told:
        lines += ["", told["words"]]
    return "\n".join(lines)
