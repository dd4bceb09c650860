"""``plainspoken report``: renders a sealed audit, any day later, without its model."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from audit.cli.place import AUDIT_HELP, LEDGER_HELP
from audit.errors import AuditError, UsageError

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.record import Document
    from audit.result import Result
    from audit.runner import Progress


def report(
    audit: str = typer.Argument(..., metavar="AUDIT", help=AUDIT_HELP),
    out: Path = typer.Option(..., "--out", metavar="FILE", help="The file to write."),
    kind: str = typer.Option(
        "audit", "--kind", help="Which report: audit, fair-lending, or ll144 (a public summary)."
    ),
    format: str | None = typer.Option(None, "--format", help="html or pdf; default: by the file's ending."),
    counsel: bool = typer.Option(
        False,
        "--at-direction-of-counsel",
        help="Say on every page of a fair-lending report that counsel directed it; recorded as privileged.",
    ),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
) -> None:
    """Render a report of a sealed audit."""
    from audit.cli.place import open_ledger
    from reports.report import KINDS, render

    if kind not in KINDS:
        raise UsageError(f"--kind: '{kind}' is no kind of report. The kinds are: {', '.join(KINDS)}.")
    if counsel and kind != "fair-lending":
        raise UsageError(
            f"--at-direction-of-counsel: a report of the kind {kind} does not say so. Use --kind "
            "fair-lending."
        )
    wanted = (format or out.suffix.removeprefix(".")).lower()
    if wanted not in ("html", "pdf"):
        raise UsageError(f"--format: '{wanted}' is no format of a report. Use html or pdf.")
    with open_ledger(ledger) as opened:
        found = opened.find(audit)
        document = render(
            opened, found.audit, "html" if wanted == "html" else "pdf", kind=KINDS[kind].kind, counsel=counsel
        )
        record(opened, found.audit, document)
        _put(out, document.content)
    typer.echo(f"{out}")


def _put(file: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, file)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise AuditError(f"{file}: out: {error.strerror}. Make room or name another file.") from error


def record(ledger: Ledger, audit: str, document: Document) -> None:
    """Seal what is about to be handed out: its hash, its words and its template."""
    ledger.record_document(audit, document, dt.datetime.now(dt.UTC))


def write_report(url: str, result: Result, out: Path, progress: Progress) -> list[str]:
    """Write ``report.html`` and ``report.pdf`` into a folder of ours, as a whole or not at all."""
    from audit.cli.output import OutputFolder
    from audit.ledger import Ledger
    from reports.report import render

    formats: tuple[str, ...] = ("html", "pdf")
    with Ledger.open(url) as ledger, OutputFolder(out) as folder:
        for done, wanted in enumerate(formats, start=1):
            document = render(ledger, result.audit.audit, "html" if wanted == "html" else "pdf")
            record(ledger, result.audit.audit, document)
            folder.write(f"report.{wanted}", document.content)
            progress("report", done, len(formats))
        names = [f"report.{wanted}" for wanted in formats]
    return [str(out / name) for name in names]
