"""``plainspoken demo``: audits the embedded example and says in plain words what it found."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import typer

N_LETTERS = 6


def demo(
    out: Path = typer.Option(
        Path("plainspoken-demo"), "--out", metavar="DIR", help="Folder for everything it makes."
    ),
    today: str | None = typer.Option(
        None, "--date", metavar="DATE", help="The day to date it for. Default: today."
    ),
) -> None:
    """Audit the embedded real example without a network: ledger, report and letters."""
    from audit.cli.letters import write_letters
    from audit.cli.output import OutputFolder, refuse_foreign
    from audit.cli.progress import progress_bars
    from audit.cli.report import record
    from audit.demo.world import NOTE, lay_out
    from audit.errors import UsageError
    from audit.ledger import Ledger
    from audit.runner import run
    from reports.report import render

    try:
        day = dt.date.fromisoformat(today) if today else dt.date.today()
    except ValueError as error:
        raise UsageError(f"--date: '{today}' is no date. Write it as 2026-11-20.") from error
    refuse_foreign(out)
    with progress_bars(quiet=False) as progress, OutputFolder(out, private=True) as folder:
        config = lay_out(folder.inside("."), day)
        url = f"sqlite:///{folder.inside('ledger.db')}"
        result = run(config, ledger=url, demonstration=NOTE, progress=progress)
        with Ledger.open(url) as ledger:
            audit = result.audit.audit
            for done, wanted in enumerate(("html", "pdf"), start=1):
                document = render(ledger, audit, "html" if wanted == "html" else "pdf")
                record(ledger, audit, document)
                folder.write(f"report.{wanted}", document.content)
                progress("report", done, 2)
            ready = [one.decision for one in ledger.decisions(audit, outcome="adverse", notice="ready")]
            written = write_letters(
                ledger,
                audit,
                ready[:N_LETTERS],
                recipients=folder.inside("recipients.csv"),
                date=day,
                folder=folder.inside("letters"),
                progress=progress,
            )
    typer.echo(result.in_words())
    typer.echo(f"{written} letters were written; {NOTE[0].lower()}{NOTE[1:]}")
    typer.echo("")
    for name, what in (
        ("report.html", "the report, for the screen"),
        ("report.pdf", "the report, for the file"),
        ("letters/", "what the refused persons would receive"),
        ("ledger.db", f"the evidence; check it: plainspoken verify --ledger {out / 'ledger.db'}"),
        (
            "audit.yaml",
            f"the config; change it and run: plainspoken run {out / 'audit.yaml'} --out {out}-mine",
        ),
    ):
        typer.echo(f"{out / name!s:<32} {what}")
