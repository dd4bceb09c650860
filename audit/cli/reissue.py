"""``plainspoken reissue``: a letter as it was issued, for whoever asks for it later."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from audit.cli.place import AUDIT_HELP, LEDGER_HELP

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.record import Decision

_TOLD = {
    "kept": "the file that was kept",
    "rendered": "rendered anew from the sealed record, in the issued words",
    "words": "the issued words alone",
}


def reissue(
    audit: str = typer.Argument(..., metavar="AUDIT", help=AUDIT_HELP),
    decision: str = typer.Argument(..., metavar="DECISION", help="An id as in the data, or a pseudonym."),
    out: Path = typer.Option(
        ..., "--out", metavar="DIR", help="Folder for the letters; one of ours is replaced."
    ),
    by: str = typer.Option(..., "--by", metavar="NAME", help="Who looks; kept in the log."),
    reason: str = typer.Option(..., "--reason", metavar="TEXT", help="Why; kept in the log. No names here."),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Give back every letter issued on a decision, as it was; nothing is issued anew by this."""
    from audit.cli.output import refuse_foreign
    from audit.cli.place import open_ledger
    from audit.errors import UsageError
    from audit.ledger import acts, documents, events

    events.need(by=by, reason=reason)
    refuse_foreign(out)
    with open_ledger(ledger) as opened:
        found = opened.find(audit)
        decided = opened.decision(found, decision)
        issued = [one for one in documents.letters(opened, decided.decision) if one.audit == found.audit]
        if not issued:
            raise UsageError(
                f"decision {decided.decision}: audit {found.audit[:12]} issued no letter on it. "
                "See plainspoken letters."
            )
        entry = acts.log_access(
            opened, found.audit, decided.decision, by=by, reason=reason, at=dt.datetime.now(dt.UTC)
        )
        told = _write(opened, decided, issued, out)
    wrong = sum(one["state"] == "differs" for one in told)
    if as_json:
        typer.echo(
            json.dumps({"audit": found.audit, "access_entry": entry, "letters": told, "out": str(out)})
        )
    else:
        for one in told:
            typer.echo(f"{one['number']} of {one['sent_on']} ({one['format']}): {_line(one)}")
        typer.echo(f"In {out}; this look-up is log entry {entry}.")
    raise typer.Exit(4 if wrong else 0)


def _write(ledger: Ledger, decision: Decision, issued: list[Any], out: Path) -> list[dict[str, Any]]:
    from audit.cli.addressees import folder_of
    from audit.cli.output import OutputFolder
    from audit.ledger import corrections
    from reports.letter import file_stem
    from reports.numbers import number_of
    from reports.reissued import reissued

    nth = corrections.nth(ledger, decision.decision)
    told: list[dict[str, Any]] = []
    with OutputFolder(out, private=True) as folder:
        for one in issued:
            again = reissued(ledger, one, folder_of(ledger, one.audit))
            number, day = number_of(one, nth), one.sent_at.date().isoformat()
            stem = file_stem(ledger.case(one.audit, decision.decision).decision, one.role or "primary")
            folder.write(f"{stem}-{day}-{one.sha256[:8]}.{again.format}", again.content)
            told.append(
                {
                    "number": number,
                    "sent_on": day,
                    "role": one.role,
                    "format": one.format,
                    "sha256": one.sha256,
                    "how": again.how,
                    "same_bytes": again.same_bytes,
                    "but_signature": again.but_signature,
                    "same_environment": again.same_environment,
                    "cause": again.cause or None,
                    "state": again.state,
                }
            )
    return told


def _line(one: dict[str, Any]) -> str:
    if one["how"] == "words":
        on = ", on the same environment. Run plainspoken verify." if one["state"] == "differs" else ""
        return f"{_TOLD['words']}: {one['cause']}{on}"
    if one["same_bytes"]:
        return f"{_TOLD[one['how']]}, bit for bit"
    if one["but_signature"]:
        return f"{_TOLD['rendered']}, bit for bit what was signed; the signature is in the issued file alone"
    if one["same_environment"]:
        return f"{_TOLD['rendered']}, but other bytes on the same environment. Run plainspoken verify."
    return f"{_TOLD['rendered']}; other bytes, since template or tools are not those of then"
