"""What is handed over: which letters a bound file or a folder holds, held to what the ledger recorded."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import TYPE_CHECKING

from audit.cli.manifest import hash_of
from audit.cli.print_file import nth_volume, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from audit.ledger import IssuedDocument, Ledger


def letters_in(ledger: Ledger, paths: Sequence[Path]) -> Iterator[tuple[list[str], list[IssuedDocument]]]:
    """Yield for each bound file or folder of letters the hashes of its files, and its letters.

    Raises
    ------
    UsageError
        Where it is neither, or is not as it was written.
    """
    for path in paths:
        yield _in_folder(ledger, path) if path.is_dir() else _in_bound(ledger, path)


def _in_folder(ledger: Ledger, folder: Path) -> tuple[list[str], list[IssuedDocument]]:
    from audit.ledger import addressed

    files = {hash_of(path): path for path in sorted(folder.rglob("*")) if path.is_file()}
    letters = addressed.by_hash(ledger, files.keys())
    if not letters:
        raise wrong(
            folder, "no letter of this ledger lies in it", "Name a folder that plainspoken letters wrote"
        )
    return sorted(files), [letters[one] for one in files if one in letters]


def _in_bound(ledger: Ledger, file: Path) -> tuple[list[str], list[IssuedDocument]]:
    from audit.ledger import addressed, handovers

    beside = file.with_suffix(".csv")
    for one in (file, beside) if file.exists() or not nth_volume(file, 1).exists() else (beside,):
        if not one.is_file():
            way_out = (
                "Name the PDF as letters --print-file had it, its list beside it, or a folder of letters"
            )
            raise wrong(one, "there is no such file", way_out)
    listed = beside.read_bytes()
    digest = hashlib.sha256(listed).hexdigest()
    wanted = handovers.volumes_of(ledger, digest)
    if not wanted:
        raise wrong(
            beside, "it is not as this ledger recorded it", "Take the list as it was written, or bind anew"
        )
    rows = list(csv.DictReader(io.StringIO(listed.decode(), newline="")))
    volumes = [file.with_name(name) for name in dict.fromkeys(row["file"] for row in rows)]
    for volume, sha256 in zip(volumes, wanted, strict=True):
        if not volume.is_file() or hash_of(volume) != sha256:
            raise wrong(
                volume,
                "it is not as this ledger recorded it",
                "Take the file as it was written, or bind anew",
            )
    letters = addressed.by_hash(ledger, {row["sha256"] for row in rows})
    return [*wanted, digest], [letters[row["sha256"]] for row in rows]
