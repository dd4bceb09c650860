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
    from audit.ledger import IssuedDocument, Ledger

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
    (issued,) = [one for one in ledger.documents(audit) if one.entry == row["entry"]]
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
            "number": _number(ledger, issued),
            "n_bytes": row["n_bytes"],
            "template_digest": row["template_digest"],
            "environment_digest": row["environment_digest"],
            "again": bool(row["again"]),
            "late": bool(row["late"]),
            "words": "locked" if row["person"] is not None else "in clear",
            "file_kept": row["file_kept"],
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
        told["statements"] = [
            {"key": one.key, "language": one.language, "text": one.text, "source": one.source}
            for one in ledger.statements(audit)
            if one.language == row["language"]
        ]
        told["afterwards"] = _afterwards(ledger, issued, words)
    if words:
        told["words"] = ledger.words(issued)
    return told


def _number(ledger: Ledger, issued: IssuedDocument) -> str | None:
    from audit.ledger import corrections
    from reports.numbers import number_of

    return None if issued.person is None else number_of(issued, corrections.nth(ledger, issued.decision))


def _afterwards(ledger: Ledger, issued: IssuedDocument, words: bool) -> list[dict[str, Any]]:
    """Return what happened to the decision of a letter since: to this letter, to others, and besides."""
    from audit.errors import GoneError
    from audit.ledger import events

    told = []
    for one in events.events(ledger, decision=issued.decision):
        happened = one.as_json() | {"of_this_letter": issued.sha256 in (one.subject, one.result)}
        if words and one.locked:
            try:
                happened["words"] = events.words(ledger, one)
            except GoneError as error:
                happened["words"] = {"cause": str(error)}
        told.append(happened)
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
    lines.append(
        f"sha256 {document['sha256']}, {document['n_bytes']:,} bytes, words {document['words']}; "
        f"template {document['template_digest'][:16]}, environment {document['environment_digest'][:16]}"
    )
    if document["number"]:
        lines.insert(1, f"notice no. {document['number']}")
    if told["decision"] is not None:
        lines.append(decision_in_words(told["decision"]))
        lines.append(f"prescribed texts in force: {', '.join(one['key'] for one in told['statements'])}")
        lines += [_happened(one) for one in told["afterwards"]] or ["nothing is recorded since"]
        lines.append(f"This look-up is log entry {told['access_entry']}.")
    if "words" in told:
        lines += ["", told["words"]]
    return "\n".join(lines)


def _happened(one: dict[str, Any]) -> str:
    parts = [one[name] for name in ("kind", "subject", "result") if name in one]
    about = ", ".join(part[:12] if len(part) == 64 else part for part in parts)
    which = "this letter: " if one["of_this_letter"] else ""
    said = "".join(f"; {name}: {text}" for name, text in one.get("words", {}).items())
    day = one.get("day", one["at"][:10])
    return f"{day}  {which}{one['act']} {one['state']}{f' ({about})' if about else ''}, by {one['by']}{said}"
