"""Where an audit's ledger lies, and which files no model may read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from audit.config import expand

if TYPE_CHECKING:
    from audit.config import Config


def ledger_url(asked: str | None, folder: Path) -> str:
    """Return the URL of the ledger: as asked, by $PLAINSPOKEN_LEDGER, else ``ledger.db`` in ``folder``."""
    name = asked or os.environ.get("PLAINSPOKEN_LEDGER") or str(folder / "ledger.db")
    return name if "://" in name else f"sqlite:///{Path(name).absolute()}"


def hidden_from_models(config: Config, url: str) -> tuple[Path, ...]:
    """Return the files that no model may read, whatever runs in it: evidence, keys and people.

    Why so, the data too: a model that could look its applicants up would know more of them than it
    is asked about.
    """
    from audit.ledger.files import files_of

    named = [config.file(config.data.file)] if config.data.file is not None else []
    if config.data.query is not None and (queried := _file_of_url(config.data.query.url)) is not None:
        named.append(queried)
    if config.recipients is not None:
        named.append(config.file(config.recipients.path))
    # Also where this audit goes to another ledger, the one beside the config holds people.
    beside = [config.folder / name for name in ("ledger.db", "ledger.key", "ledger.sign", "ledger.erased")]
    if config.fairness.ledger is not None:
        beside += files_of(ledger_url(expand(config.fairness.ledger), config.folder))
    return tuple(dict.fromkeys([*named, *files_of(url), *beside]))


def _file_of_url(url: str) -> Path | None:
    """Return the file of a SQLite database; None for a server."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        found = make_url(expand(url))
    except ArgumentError:
        return None  # whoever reads the data says what is wrong with it
    file = found.database if found.get_backend_name() == "sqlite" else None
    return Path(file).absolute() if file else None
