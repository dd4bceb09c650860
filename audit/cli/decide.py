"""``plainspoken run --row FILE.json``: one application, decided, explained and sealed now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from audit.errors import DataError


def decide(config: Path, file: Path, url: str, *, as_json: bool) -> int:
    """Decide on the application in a file, print it as ``explain`` does, and return the exit code."""
    from audit.cli.explain import account, in_words
    from audit.ledger import Ledger
    from audit.live import Live

    row = read_row(file)
    with Live(config, ledger=url) as live:
        decided = live.decide(row)
        name = live.name_of(row)
    audit = decided.result.audit.audit
    with Ledger.open(url) as ledger:
        told = account(ledger, audit, name)
    told["audit"], told["existing"] = audit, decided.result.existing
    typer.echo(json.dumps(told) if as_json else f"{in_words(told)}\n  sealed as audit {audit[:12]}")
    return decided.result.exit_code


def read_row(file: Path) -> dict[str, Any]:
    """Read one application: an object of column -> text, number, truth value or null.

    Raises
    ------
    DataError
        The file is not there, or holds something else; the message names no value.
    """
    try:
        row = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: it cannot be read ({type(error).__name__}). Name a JSON file.") from None
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise DataError(f"{file}:{line}: this is not JSON. Write one object: column, cell.") from None
    if not isinstance(row, dict):
        raise DataError(f"{file}: it holds no object. Write one application as column: cell.")
    for column, cell in row.items():
        if isinstance(cell, list | dict):
            raise DataError(f"{file}: {column}: it holds no single value. Write text, a number or null.")
    return row
