"""``plainspoken tick``: run the audits that are due; any scheduler calls it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from audit.cli.place import LEDGER_HELP
from audit.errors import AuditError

if TYPE_CHECKING:
    from audit.result import Result
    from audit.schedule.tick import Ticked


def tick(
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    retry: bool = typer.Option(False, "--retry", help="Run the slots of the last week again that failed."),
    checkpoints: Path | None = typer.Option(
        None,
        "--checkpoints",
        metavar="DIR",
        envvar="PLAINSPOKEN_CHECKPOINTS",
        help="Folder, on another machine, where the signed checkpoint is left after an audit.",
    ),
    as_json: bool = typer.Option(False, "--json", help="End with one JSON object on the last line."),
) -> None:
    """Run the audits that are due by their schedules, once each, and tell what went wrong."""
    from audit.cli.place import open_ledger
    from audit.cli.progress import progress_bars
    from audit.schedule import notify
    from audit.schedule.tick import tick as tick_once

    if checkpoints is not None:
        from audit.cli.checkpoints import refuse_absent

        refuse_absent(checkpoints)
    with open_ledger(ledger) as opened:
        url = opened.engine.url.render_as_string(hide_password=False)
    trouble, send = None, None
    try:
        send = notify.sender()
    except AuditError as error:  # audits are not kept from running because nobody can be told
        trouble = str(error)
    with progress_bars(quiet=as_json) as progress:

        def report(result: Result, folder: Path) -> list[str]:
            from audit.cli.report import write_report

            return write_report(url, result, folder, progress)

        done = tick_once(url, retry=retry, report=report, progress=progress, send=send)
    if trouble is not None:
        done.troubles.append(trouble)
    if checkpoints is not None and done.ran:
        from audit.cli.checkpoints import keep

        with open_ledger(url) as opened:
            keep(opened, checkpoints)
    for line in done.troubles:
        typer.echo(line, err=True)
    if as_json:
        typer.echo(json.dumps(told(done)))
    else:
        for line in in_words(done):
            typer.echo(line)
    raise typer.Exit(done.exit_code)


def told(done: Ticked) -> dict[str, Any]:
    """Return what a tick did as the JSON object that machines read."""
    return {
        "ran": [
            {
                "schedule": one.schedule,
                "slot": one.slot,
                "audit": one.audit,
                "existing": one.existing,
                "exit_code": one.exit_code,
                "comparison": one.after.as_json(),
                "documents": list(one.documents),
            }
            for one in done.ran
        ],
        "failed": [
            {
                "schedule": row.schedule,
                "slot": row.slot,
                "attempt": row.attempt,
                "exit_code": row.exit_code,
                "cause": row.cause,
            }
            for row in done.failed
        ],
        "skipped": [{"schedule": row.schedule, "slot": row.slot, "cause": row.cause} for row in done.skipped],
        "busy": [{"schedule": name, "slot": slot} for name, slot in done.busy],
        "alerts": [
            {"alert": one.alert, "kind": one.kind, "title": one.title, "text": one.text}
            for one in done.raised
        ],
        "told": done.told,
    }


def in_words(done: Ticked) -> list[str]:
    """Return what a tick did, a line each; nothing where nothing was due."""
    lines = []
    for one in done.ran:
        sealed = "sealed already" if one.existing else "sealed"
        lines.append(
            f"{one.schedule} {one.slot}: {sealed} as audit {one.audit[:12]}, exit code {one.exit_code}"
        )
        compared = one.after.in_words()
        lines += [] if compared is None else [f"  {compared}"]
    lines += [
        f"{row.schedule} {row.slot}: failed (attempt {row.attempt}), exit code {row.exit_code}: {row.cause}"
        for row in done.failed
    ]
    lines += [f"{row.schedule} {row.slot}: skipped: {row.cause}" for row in done.skipped]
    lines += [f"{name} {slot}: another process is at work on it" for name, slot in done.busy]
    lines += [f"alert: {alert.title}" for alert in done.raised]
    return lines
