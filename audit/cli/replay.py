"""``plainspoken replay``: runs an audit again and names everything that is not as it was sealed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from audit.cli.place import AUDIT_HELP, LEDGER_HELP

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from audit.record import Audit


def replay(
    audit: str = typer.Argument(..., metavar="AUDIT", help=AUDIT_HELP),
    config: Path | None = typer.Option(
        None, "--config", metavar="FILE", help="A config to hold against the sealed one; its folder is used."
    ),
    folder: Path | None = typer.Option(
        None,
        "--folder",
        metavar="DIR",
        help="Where the files lie that the config names. Default: beside the ledger, else here.",
    ),
    files: bool = typer.Option(
        False, "--files", help="Run with the files as they are now, not with what was recorded."
    ),
    ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP),
    limit: int = typer.Option(
        1000, "--limit", metavar="N", min=0, help="Differences of each kind that --json lists."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Run an audit again from its record; name every row and number that differs."""
    from audit.cli.place import open_ledger
    from audit.cli.progress import progress_bars
    from audit.errors import UsageError
    from audit.replay import replay as run_again

    if config is not None and folder is not None:
        raise UsageError("--folder: --config has a folder already. Give one of the two.")
    if folder is not None and not folder.is_dir():
        raise UsageError(f"--folder: there is no folder {folder}. Correct the path.")
    with open_ledger(ledger) as opened, progress_bars(quiet=as_json) as progress:
        found = opened.find(audit)
        place = config.absolute().parent if config is not None else folder or _folder(opened, found)
        told = run_again(opened, found.audit, folder=place, config=config, from_files=files, tell=progress)
    typer.echo(json.dumps(told.as_json(limit)) if as_json else told.in_words())
    raise typer.Exit(0 if told.ok else 4)


def _folder(ledger: Ledger, audit: Audit) -> Path:
    """Return where the config's files lie, as far as a ledger can tell: beside it, or here."""
    # The sealed config has no folder of its own, or it would differ from machine to machine.
    url = ledger.engine.url
    if ledger.engine.dialect.name == "sqlite" and url.database:
        beside = Path(url.database).absolute().parent
        stated = audit.config["data"]["path"]
        if not isinstance(stated, str) or (beside / stated).is_file():
            return beside
    return Path.cwd()
