"""Which files a ledger is made of: its database, and the keys that must not lie open."""

from __future__ import annotations

import os
from pathlib import Path

from audit.ledger import journal, signing
from audit.ledger.database import file_of, parsed


def files_of(url: str) -> tuple[Path, ...]:
    """Return the files of a ledger and of its keys, whether they are there or not.

    >>> [one.name for one in files_of("sqlite:////srv/ledger.db")][:4]
    ['ledger.db', 'ledger.key', 'ledger.sign', 'ledger.erased']
    """
    found: list[Path] = []
    keys: list[Path] = []
    database = file_of(parsed(url))
    if database is not None:
        file = database.absolute()
        found.append(file)
        keys.append(file.parent / "ledger.key")
    named = os.environ.get("PLAINSPOKEN_KEY_FILE")
    if named:
        keys.append(Path(named).absolute())
    for key in keys:
        found += [key, signing.sign_path(key), journal.path_beside(key)]
    return tuple(found)
