"""Changing the people key: every person's own key is wrapped anew, and nothing else is touched.

The wrapping key is made anew; persons' keys, ciphertext, digests and pseudonyms stay. With the old
wrapping key gone, whatever copies of wrapped keys lie in old backups and logs of a database server
open nothing any more.

Why so: file and database cannot change in one step. The new key file is written beside the old one
first (``ledger.key.next``), then the database changes in one transaction, then the file takes its
place. Whoever opens the ledger after a crash in between finds which of the two the database means,
and puts it in place.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audit.errors import LedgerError
from audit.ledger import entries, people, scrub, shapes, tables
from audit.ledger.database import writing
from audit.ledger.people import KeyFile, Keyring

if TYPE_CHECKING:
    from audit.ledger import Ledger

_BATCH = 5000
_SEARCHED = 64  # of the old wrapped keys, looked for in the files afterwards


def rotate_people_key(
    ledger: Ledger, *, at: dt.datetime, by: str = "", reason: str = "", keep: Path | None = None
) -> tuple[str, int, tuple[str, ...]]:
    """Wrap every person's key under a new wrapping key; return its id, how many, and what is left.

    Parameters
    ----------
    keep : Path, optional
        Where the old key file goes, for restores of old backups; without it the old key is gone,
        and backups of the database from before open for nobody.

    Raises
    ------
    LedgerError
        Where the key file is not at hand, or its folder cannot be written.
    """
    path = ledger.key_file
    old = KeyFile.read(path) if path is not None and ledger.keyring.at_hand else None
    if path is None or old is None:
        ledger.keyring.pseudonym("person", "")  # says which key file is missing
        raise LedgerError("ledger.key: it is absent. Put it there, or name it in $PLAINSPOKEN_KEY_FILE.")
    if keep is not None and not people.place_secret(keep, old.text()):
        raise LedgerError(f"{keep}: a file is there already. Name another place for the old key.")
    new = KeyFile(old.pseudonyms, secrets.token_bytes(32))
    draft = next_to(path)
    draft.unlink(missing_ok=True)  # of a rotation that never reached the database
    people.place_secret(draft, new.text())
    with writing(ledger.engine) as connection:
        sample = list(connection.scalars(sa.select(tables.person_keys.c.wrapped).limit(_SEARCHED)))
        n = _wrap_anew(connection, Keyring(old), Keyring(new), new.key_id)
        rows = [{"kind": "locks", "name": new.key_id, "public": ""}]
        body = {
            "act": "key",
            "kind": "people",
            "name": new.key_id,
            "by": by,
            "reason": reason,
            "at": shapes.microseconds(at),
        }
        entries.append(connection, f"key/people/{new.key_id}", body, [entries.row_set(tables.keys, rows)])
        entries.sign_head(connection, ledger.signer, ledger.origin)
    put_in_place(path)
    erased, ledger.keyring = ledger.keyring.erased, Keyring(new)
    ledger.keyring.erased = erased
    left = tuple(scrub.clear(ledger.engine, (tables.person_keys.name,), sample))
    return new.key_id, n, left


def next_to(path: Path) -> Path:
    """Return where a new key file waits to take its place."""
    return path.with_name(f"{path.name}.next")


def put_in_place(path: Path) -> None:
    """Let the waiting key file take its place."""
    try:
        os.replace(next_to(path), path)
        people.settle_names(path.parent)
    except OSError as error:
        raise LedgerError(f"{next_to(path)}: {error.strerror}. Move it to {path} yourself.") from error


def finish(path: Path, expected: str) -> KeyFile | None:
    """Finish a rotation that died after the database had changed; None where there was none."""
    waiting = KeyFile.read(next_to(path))
    if waiting is None or waiting.key_id != expected:
        return None
    put_in_place(path)
    return waiting


def _wrap_anew(connection: Connection, old: Keyring, new: Keyring, key_id: str) -> int:
    table, n = tables.person_keys, 0
    change = (
        table.update()
        .where(table.c.person == sa.bindparam("who"))
        .values(wrapped=sa.bindparam("again"), wrapped_by=key_id)
    )
    for batch in _batches(connection):
        rows = [{"who": who, "again": new.wrap(who, old.unwrap(who, wrapped))} for who, wrapped in batch]
        connection.execute(change, rows)
        n += len(rows)
    return n


def _batches(connection: Connection) -> Iterator[list[tuple[bytes, bytes]]]:
    table, last = tables.person_keys, b""
    while True:
        query = sa.select(table.c.person, table.c.wrapped).where(table.c.person > last)
        found = connection.execute(query.order_by(table.c.person).limit(_BATCH))
        rows = [(bytes(who), bytes(key)) for who, key in found]
        if not rows:
            return
        yield rows
        last = rows[-1][0]
