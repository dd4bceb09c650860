"""``plainspoken migrate``: brings an older ledger to the newest schema."""

from __future__ import annotations

from pathlib import Path

import typer

from audit.cli.place import LEDGER_HELP


def migrate(ledger: str | None = typer.Option(None, "--ledger", metavar="URL", help=LEDGER_HELP)) -> None:
    """Create a ledger, or bring an older one to the newest schema; evidence does not change."""
    from audit.cli.place import ledger_url
    from audit.ledger.database import upgrade

    before, after = upgrade(ledger_url(ledger, Path.cwd()))
    typer.echo(
        f"Schema {after}, as before." if before == after else f"Schema {before or 'none'} is now {after}."
    )
