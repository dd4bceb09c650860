"""Whom letters go to: the recipients that a sealed config names, by the pseudonym of their decision."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from audit.cli.desk import cells_of, of_cells
from audit.errors import UsageError
from audit.record import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from audit.cli.desk import Card, Desk
    from audit.config import Config
    from audit.data.recipient_rows import Row
    from audit.ledger import Ledger
    from audit.record import Recipient

NOBODYS = b""  # in place of a pseudonym: rows that name no decision


def lay_out(ledger: Ledger, audit: str, path: Path | None, desk: Desk) -> None:
    """Lay the rows of the recipients on the desk, each under its decision; none is judged yet.

    Parameters
    ----------
    path : Path, optional
        The recipients file; else the one that the sealed config names.

    Raises
    ------
    ConfigError, UsageError
        There are no recipients to read.
    DataError
        A row has another number of cells than the header.
    """
    for rows in _rows(ledger, audit, path):
        # What names no decision has no pseudonym; it is under the name of none.
        names = ledger.keyring.pseudonyms("decision", [cells[0] for _, cells in rows])
        desk.lay(
            (name if cells[0] else NOBODYS, number, of_cells(cells))
            for name, (number, cells) in zip(names, rows, strict=True)
        )
    desk.sort()


def read(cards: Sequence[Card]) -> tuple[list[Recipient], list[Refusal]]:
    """Return the recipients of a decision, and the rows that cannot be one."""
    from audit.data.recipient_rows import recipients_of

    known: list[Recipient] = []
    bad: list[Refusal] = []
    for one in recipients_of(map(cells_of, cards)):
        if isinstance(one, Refusal):
            bad.append(one)
        else:
            known.append(one)
    return known, bad


def of_decision(ledger: Ledger, audit: str, path: Path | None, decision: str) -> list[Recipient]:
    """Return the recipients of one decision (a pseudonym); errors as of ``lay_out``."""
    from audit.data.recipient_rows import recipients_of

    mine = []
    for rows in _rows(ledger, audit, path):
        names = ledger.keyring.pseudonyms("decision", [cells[0] for _, cells in rows])
        mine += [row for name, row in zip(names, rows, strict=True) if name.hex() == decision and row[1][0]]
    return [one for one in recipients_of(mine) if not isinstance(one, Refusal)]


def _rows(ledger: Ledger, audit: str, path: Path | None) -> Iterator[list[Row]]:
    from audit.config import load_config
    from audit.data.recipients import each_row

    sealed = ledger.find(audit).config
    if path is not None and not path.is_file():
        raise UsageError(f"--recipients: there is no file {path}. Correct the path.")
    stated = (sealed.get("recipients") or {}).get("path")
    config: Config = load_config(sealed, folder=beside(ledger, stated))
    yield from each_row(config, path)


def beside(ledger: Ledger, stated: str | None) -> Path:
    """Return the folder that a path of the sealed config is relative to."""
    # The sealed config has no folder of its own, or it would differ from machine to machine. A
    # ledger file lies beside the config unless the user put it elsewhere.
    database = ledger.engine.url.database
    there = Path(database).absolute().parent if database and ledger.engine.dialect.name == "sqlite" else None
    if there is not None and stated and (there / stated).exists():
        return there
    return Path.cwd()


def folder_of(ledger: Ledger, audit: str) -> Path:
    """Return the folder that the house's templates and letterhead lie in, as the sealed config names them."""
    stated = ledger.find(audit).config.get("letters") or {}
    return beside(ledger, stated.get("templates") or stated.get("letterhead"))
