"""``plainspoken run``: the audit of a config, and its report where a folder is named."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from audit.cli.place import LEDGER_HELP
from audit.errors import AuditError, BusyError, FencedError

if TYPE_CHECKING:
    from audit.config.only import Only
    from audit.result import Result
    from audit.schedule.afterwards import Afterwards


def run(
    config: Path = typer.Argument(..., metavar="AUDIT.YAML", help="The config of the audit."),
    out: Path | None = typer.Option(
        None, "--out", metavar="DIR", help="Folder for report.html and report.pdf."
    ),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    row: Path | None = typer.Option(
        None,
        "--row",
        metavar="FILE.json",
        help="Decide on this one application alone, under the config's release.",
    ),
    slot: str = typer.Option("", "--slot", metavar="NAME", help="The nominal time of a scheduled run."),
    again: int = typer.Option(
        0, "--again", metavar="N", min=0, help="Make another audit of the same inputs."
    ),
    fail_on: str | None = typer.Option(
        None,
        "--fail-on",
        metavar="OUTCOMES",
        help="Outcomes that end with exit code 3, with commas between: not_met, error, inconclusive …",
    ),
    checkpoints: Path | None = typer.Option(
        None,
        "--checkpoints",
        metavar="DIR",
        envvar="PLAINSPOKEN_CHECKPOINTS",
        help="Folder, on another machine, where the signed checkpoint is left after the run.",
    ),
    only: str | None = typer.Option(
        None,
        "--only",
        metavar="notices|fairness",
        help="notices: read no protected column. fairness: compare groups, and owe nobody a letter.",
    ),
    as_json: bool = typer.Option(False, "--json", help="End with one JSON object on the last line."),
) -> None:
    """Audit a model against a config and seal the result."""
    from audit.cli.output import refuse_foreign
    from audit.cli.place import ledger_url
    from audit.cli.progress import progress_bars
    from audit.runner import Stopwatch
    from audit.runner import run as run_audit

    url = ledger_url(ledger, config.absolute().parent)
    asked = _only(only, row)
    if row is not None:
        from audit.cli.decide import decide

        raise typer.Exit(decide(config, row, url, as_json=as_json))
    if out is not None:  # before any work, so that hours of it are not lost to a full folder
        refuse_foreign(out)
        _refuse_ledger_inside(out, url)
    if checkpoints is not None:
        from audit.cli.checkpoints import refuse_absent

        refuse_absent(checkpoints)
    outcomes = tuple(word.strip() for word in fail_on.split(",")) if fail_on is not None else None
    watch = Stopwatch()
    with progress_bars(quiet=as_json) as progress:
        try:
            result = run_audit(
                config, ledger=url, slot=slot, again=again, fail_on=outcomes, progress=progress, only=asked
            )
        except AuditError as error:
            _tell_failure(config, slot, error)
            raise
        documents: list[str] = []
        if out is not None:
            from audit.cli.report import write_report

            progress("report", 0, 2)
            with watch("report"):
                documents = write_report(result.ledger_url, result, out, progress)
    after = _afterwards(result.ledger_url, result)
    left = _leave_checkpoint(result.ledger_url, checkpoints) if checkpoints is not None else None
    if (beside := result.companion) is not None:  # whoever watches hears of it; its report is asked for
        _afterwards(beside.ledger_url, beside)
        if checkpoints is not None:
            _leave_checkpoint(beside.ledger_url, checkpoints)
    if as_json:
        told = result.as_json()
        if left is not None:
            told["checkpoint_file"] = left
        if after is not None:
            told["comparison"] = after.as_json()
        # A run writes no letters; the stage is there so that machines find every one of them.
        told["timings"] = {"letters": 0.0, "report": round(watch.seconds.get("report", 0.0), 3)} | told[
            "timings"
        ]
        typer.echo(json.dumps({**told, "documents": documents}))
    else:
        typer.echo(result.in_words())
        if after is not None:
            typer.echo(after.in_words())
        for line in (*documents, *((left,) if left is not None else ())):
            typer.echo(line)
    raise typer.Exit(result.exit_code)


def _only(asked: str | None, row: Path | None) -> Only | None:
    from audit.errors import UsageError

    if asked is not None and row is not None:
        raise UsageError("--only: one decision is no audit of groups. Leave it out, or leave out --row.")
    known: dict[str | None, Only | None] = {None: None, "notices": "notices", "fairness": "fairness"}
    if asked not in known:
        raise UsageError(f"--only: '{asked}' is no part of an audit. Use notices or fairness.")
    return known[asked]


def _afterwards(url: str, result: Result) -> Afterwards | None:
    """Compare with the last accepted audit, where there is one, and tell what turned ``not_met``."""
    from audit.ledger import Ledger, alerts, releases
    from audit.schedule import notify
    from audit.schedule.afterwards import afterwards

    if result.existing:
        return None
    with Ledger.open(url) as ledger:
        now, send = dt.datetime.now(dt.UTC), None
        try:
            send = notify.sender()
        except AuditError as error:  # the audit is sealed all the same
            typer.echo(str(error), err=True)
        if send is None and releases.baseline(ledger, result.audit) is None:
            return None
        after = afterwards(ledger, result.audit)
        if send is not None and after.alerts:
            for alert in after.alerts:
                alerts.raised(ledger, alert, at=now)
            _, trouble = notify.tell(ledger, send=send, at=now)
            if trouble is not None:
                typer.echo(trouble, err=True)
    return after if after.against is not None and after.against.release is not None else None


def _tell_failure(config: Path, slot: str, error: AuditError) -> None:
    """Tell whoever watches that an audit failed that runs unattended, which its slot says."""
    from audit.schedule import failure, notify

    if not slot or isinstance(error, (BusyError, FencedError)):
        return
    try:
        send = notify.sender()
        if send is not None:
            send(failure.alert(config, slot, error))
    except AuditError as other:  # what failed first is what the exit code says
        typer.echo(str(other), err=True)


def _leave_checkpoint(url: str, folder: Path) -> str:
    """Leave the newest checkpoint, which covers the report too, in a folder elsewhere."""
    from audit.cli.checkpoints import keep
    from audit.ledger import Ledger

    with Ledger.open(url) as ledger:
        return str(keep(ledger, folder))


def _refuse_ledger_inside(out: Path, url: str) -> None:
    """Refuse a ledger in a folder that is replaced as a whole: replacing it would remove the evidence."""
    from audit.errors import UsageError

    if url.startswith("sqlite:///"):
        file = Path(url.removeprefix("sqlite:///")).resolve()
        if file.is_relative_to(out.resolve()):
            raise UsageError(
                f"{out}: out: the ledger {file.name} would lie in it, and the folder is replaced as a whole. "
                "Name another folder for the report, or another ledger."
            )
