"""``plainspoken ledger``: move a ledger to another database, and who may do what there."""

from __future__ import annotations

import json
from pathlib import Path

import typer

ledger = typer.Typer(
    help="Copy a ledger to another database, or make its roles there.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_JSON = typer.Option(False, "--json", help="Print one JSON object.")


@ledger.command("copy")
def copy(
    origin: str = typer.Argument(..., metavar="FROM", help="The ledger: a URL or a SQLite file."),
    target: str = typer.Argument(..., metavar="TO", help="An empty database: a URL or a SQLite file."),
    as_json: bool = _JSON,
) -> None:
    """Copy a ledger row for row, so that every root and every checkpoint kept elsewhere still holds."""
    from audit.cli.place import ledger_url, open_ledger
    from audit.cli.progress import progress_bars
    from audit.errors import UsageError
    from audit.ledger.copying import copy as copy_ledger
    from audit.ledger.database import file_of, parsed

    here, there = ledger_url(origin, Path.cwd()), ledger_url(target, Path.cwd())
    if parsed(here) == parsed(there):
        raise UsageError(f"{target}: TO is the ledger itself. Name an empty database, or another file.")
    with open_ledger(here) as opened, progress_bars(quiet=as_json) as progress:
        copied = copy_ledger(opened, there, progress)
        keys = opened.key_file
    file = file_of(parsed(there))
    if as_json:
        told = {"rows": copied.rows, "entries": copied.entries, "root": copied.root}
        typer.echo(json.dumps({**told, "open_audits": list(copied.open_audits)}))
        return
    typer.echo(f"{copied.rows:,} rows, {copied.entries:,} log entries; root {copied.root}, as before.")
    if file is not None and keys is not None and file.parent.resolve() != keys.parent.resolve():
        typer.echo(f"The keys were not copied: put {keys.name} and its .sign beside {file.name}.")
    for audit in copied.open_audits:
        typer.echo(f"Audit {audit[:12]} is not sealed: go on with it in one of the two ledgers only.")
    typer.echo("From now on write to one of the two: logs that grow apart cannot be joined again.")


@ledger.command("roles")
def roles(
    reader: str | None = typer.Option(None, "--reader", metavar="ROLE", help="A role that may only read."),
    writer: str | None = typer.Option(
        None, "--writer", metavar="ROLE", help="A role that may also write audits and letters."
    ),
    schema: str = typer.Option("public", "--schema", metavar="NAME", help="Where the tables lie."),
    as_json: bool = _JSON,
) -> None:
    """Print the SQL that makes roles on PostgreSQL; the tables' owner runs it once (psql -f)."""
    from audit.errors import UsageError
    from audit.ledger.roles import sql

    if reader is None and writer is None:
        raise UsageError("ledger roles: no role is named. Give --reader ROLE, --writer ROLE or both.")
    statements = sql(reader, writer, schema)
    if as_json:
        typer.echo(json.dumps({"sql": list(statements)}))
        return
    for statement in statements:
        typer.echo(f"{statement};")
