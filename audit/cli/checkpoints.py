"""Checkpoints that leave the machine: one file each in a folder elsewhere, compared before each next one.

Why so: a ledger that was cut short, forked or put back from an older copy holds in itself. So a
run that leaves its checkpoint in a folder first holds the ledger to the newest one that lies there
already: the first run after such an act sees it, unattended.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from audit.errors import AuditError, EvidenceError, UsageError
from audit.ledger import log
from audit.ledger.database import reading
from audit.ledger.notes import Checkpoint, NoteError, read_checkpoint
from audit.ledger.proving import leaves_of, newest_checkpoint

if TYPE_CHECKING:
    from audit.ledger import Ledger

_SAFE = re.compile(r"[^A-Za-z0-9]+")


def refuse_absent(folder: Path) -> None:
    """Refuse a folder that is not there: one that was not mounted must not be made in its place.

    Raises
    ------
    UsageError
    """
    if not folder.is_dir():
        raise UsageError(
            f"{folder}: checkpoints: there is no such folder. Make or mount it, or name another."
        )


def name_of(note: Checkpoint) -> str:
    """Return the file name of a checkpoint: its ledger and its size."""
    return f"{_SAFE.sub('-', note.origin)}-{note.size:08d}.txt"


def newest_kept(folder: Path, origin: str) -> str | None:
    """Return the text of the largest checkpoint of a ledger that lies in a folder."""
    best: tuple[int, str] | None = None
    for file in sorted(folder.glob(f"{_SAFE.sub('-', origin)}-*.txt")):
        try:
            text = file.read_text(encoding="utf-8")
            note = read_checkpoint(text)
        except (NoteError, UnicodeDecodeError) as error:
            raise EvidenceError(
                f"{file}: this is no checkpoint any more. Find out who changed it."
            ) from error
        if note.origin == origin and (best is None or note.size > best[0]):
            best = (note.size, text)
    return best[1] if best else None


def keep(ledger: Ledger, folder: Path) -> Path:
    """Write the ledger's newest checkpoint into a folder, once the log continues what lies there.

    Raises
    ------
    EvidenceError
        Where the ledger is not the one that the kept checkpoint was signed for.
    AuditError
        Where the folder does not take it.
    """
    refuse_absent(folder)
    with reading(ledger.engine) as connection:
        text = newest_checkpoint(connection)
        if text is None:
            raise UsageError(f"{ledger.shown}: nothing is signed yet, so there is no checkpoint to keep.")
        note = read_checkpoint(text)
        before = newest_kept(folder, note.origin)
        if before is not None:
            kept = read_checkpoint(before)
            if kept.size > note.size:
                raise EvidenceError(
                    f"{folder / name_of(kept)}: the ledger had {kept.size} entries and has {note.size} now: "
                    "it was cut short, or an older copy was put back. Run `plainspoken verify`."
                )
            if log.merkle_root(leaves_of(connection, kept.size)) != kept.root:
                raise EvidenceError(
                    f"{folder / name_of(kept)}: the ledger's first {kept.size} entries are not those that "
                    "this checkpoint was signed for. Run `plainspoken verify`."
                )
    return _write(folder / name_of(note), text)


def _write(file: Path, text: str) -> Path:
    """Write a file whole or not at all; one that is there stays."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        try:
            with draft.open("x", encoding="utf-8") as handle:
                handle.write(text)
                handle.flush()
                os.fsync(handle.fileno())
            if not file.exists():
                os.replace(draft, file)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise AuditError(
            f"{file}: {error.strerror}. The audit is sealed; mend that and run the same command again."
        ) from error
    return file
