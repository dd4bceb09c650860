"""The marker of an output folder: which files are ours, and what the folder was being filled for."""

from __future__ import annotations

import contextlib
import fnmatch
import io
import json
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

MARKER = ".plainspoken.json"


def files_of(folder: Path, kept: Sequence[str]) -> Iterator[str]:
    """Yield the files of a folder by their paths in it, without the marker and those of patterns ``kept``."""
    for n in _named(folder):
        if n != MARKER and not any(fnmatch.fnmatchcase(n, pattern) for pattern in kept):
            yield n


def _named(folder: Path, within: str = "") -> Iterator[str]:
    """Yield what is no folder, by its path from the outermost one; of 100,000 files nothing else is held."""
    with os.scandir(folder) as found:
        for one in found:
            if one.is_dir():
                if not one.is_symlink():
                    yield from _named(folder / one.name, f"{within}{one.name}{os.sep}")
            else:
                yield f"{within}{one.name}"


def empty_folders(folder: Path) -> list[str]:
    """Return the folders within a folder that hold nothing."""
    return [
        str(inner.relative_to(folder))
        for inner in folder.rglob("*")
        if inner.is_dir() and not any(inner.iterdir())
    ]


def marker(said: Mapping[str, Any], files: Iterable[str]) -> bytes:
    """Return the words of the marker, with the files in order; 100,000 names are no list in memory."""
    made = io.BytesIO()
    made.write(json.dumps(said, indent=1).encode()[:-2] + b',\n "files": [')
    with closing(sqlite3.connect(":memory:")) as rows:
        rows.execute("CREATE TABLE files (name BLOB PRIMARY KEY) WITHOUT ROWID")
        rows.executemany("INSERT INTO files VALUES (?)", ((os.fsencode(name),) for name in files))
        for at, (name,) in enumerate(rows.execute("SELECT name FROM files ORDER BY name")):
            made.write(b"," * (at > 0) + b"\n  " + json.dumps(os.fsdecode(name)).encode())
    made.write(b"\n ]\n}\n")
    return made.getvalue()


def is_lasting(folder: Path) -> bool:
    """Whether a folder holds what must not be lost with it."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return bool(json.loads((folder / MARKER).read_text("utf-8")).get("lasting"))
    return False


def purpose_of(folder: Path) -> dict[str, str] | None:
    """Return what a folder was being filled for; None where nobody said."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        found = json.loads((folder / MARKER).read_text("utf-8")).get("purpose")
        return dict(found) if isinstance(found, dict) else None
    return None
