"""Which ledger a command means, and how it is opened."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from audit.errors import UsageError

if TYPE_CHECKING:
    from audit.ledger import Ledger

LEDGER_HELP = "Database of the ledger: a URL or a SQLite file. Default: $PLAINSPOKEN_LEDGER, else ledger.db."
AUDIT_HELP = "An audit's id, a unique beginning of it, or 'latest'."


def ledger_url(asked: str | None, folder: Path) -> str:
    """Return the URL of the ledger: as asked, by $PLAINSPOKEN_LEDGER, else ``ledger.db`` in ``folder``."""
    name = asked or os.environ.get("PLAINSPOKEN_LEDGER") or str(folder / "ledger.db")
    return name if "://" in name else f"sqlite:///{Path(name).absolute()}"


def open_ledger(asked: str | None, folder: Path | None = None, *, create: bool = False) -> Ledger:
    """Open the ledger; only a run may create one.

    Raises
    ------
    UsageError
        Where there is no ledger and none may be created.
    """
    from audit.ledger import Ledger

    url = ledger_url(asked, folder or Path.cwd())
    if not create and url.startswith("sqlite:///"):
        file = Path(url.removeprefix("sqlite:///"))
        if not file.is_file():
            raise UsageError(
                f"{file.name}: ledger: there is no such file. Name one with --ledger or $PLAINSPOKEN_LEDGER, "
                "or make one with plainspoken run."
            )
    return Ledger.open(url, create=create)


def kept_text(file: Path | None) -> str | None:
    """Return what a file that was kept elsewhere says (a checkpoint, a key); None where none is named.

    Raises
    ------
    UsageError
    """
    if file is None:
        return None
    if not file.is_file():
        raise UsageError(f"{file}: there is no such file. Name the file that you kept.")
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: this is not text. Name the file that you kept.") from error
