"""The letters of a folder in one file for whoever prints them, with the list that a mail-merge reads.

Every letter is looked up in the ledger by the hash of its file, so that nothing is printed that was not
issued; the list has the names and addresses that were recorded with it. Volumes and list are written beside
their places, under other names and for their owner's eyes alone, their hashes are recorded, and only then do
they take their places, the list last: where the disk is full nothing of them is left.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from audit.cli.manifest import hash_of
from audit.errors import AuditError, Fault, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from audit.ledger import Ledger

LETTERS_A_VOLUME = 5_000
BYTES_A_VOLUME = 256 << 20  # of drawings and fonts, which a volume holds in memory until it is written
HEAD = ("notice", "file", "first_page", "pages", "name")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(slots=True)
class Bound:
    """What was bound: the files, in their places, and the counts."""

    listing: Path
    volumes: list[Path] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    letters: int = 0
    pages: int = 0
    n_bytes: int = 0
    elsewhere: Counter[str] = field(default_factory=Counter)  # letters left out, by how they go
    gone: int = 0  # letters left out, since nothing says any more whom they went to
    guarded: int = 0
    entry: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the counts for machines; never a name."""
        return {
            "volumes": [str(path) for path in self.volumes],
            "sha256": self.hashes,
            "list": str(self.listing),
            "letters": self.letters,
            "pages": self.pages,
            "bytes": self.n_bytes,
            "not_in_it": dict(sorted(self.elsewhere.items())),
            "gone": self.gone,
            "guarded_cells": self.guarded,
            "entry": self.entry,
        }

    def in_words(self) -> str:
        """Return the counts for people."""
        files = ", ".join(str(path) for path in self.volumes)
        lines = [f"{self.letters} letters on {self.pages} pages in {files}; the list: {self.listing}"]
        lines += [f"  {n} go by {channel} and are not in it" for channel, n in sorted(self.elsewhere.items())]
        if self.gone:
            lines.append(f"  {self.gone} went to people who were erased since, and are not in it")
        if self.guarded:
            lines.append(
                f"  {self.guarded} cells of the list begin with ', lest a spreadsheet takes them for formulas"
            )
        lines.append("  when it leaves the house: plainspoken handover give")
        return "\n".join(lines)


class Row(NamedTuple):
    """Where a letter stands: in which volume, from 1, on which page of it, from 1, and on how many."""

    letter: ToBind
    volume: int
    first_page: int
    pages: int


class ToBind(NamedTuple):
    """A letter that is to be bound, and what the list says of it."""

    path: Path
    number: str
    name: str
    address: tuple[str, ...]
    language: str
    channel: str
    sha256: str


def refuse_taken(file: Path) -> None:
    """Refuse a place that the files cannot take, before any work.

    Raises
    ------
    UsageError
    """
    if file.suffix.lower() != ".pdf":
        raise wrong(file, "its name does not end in .pdf", "Name a PDF; the list lies beside it as .csv")
    if not file.absolute().parent.is_dir():
        raise wrong(file, f"there is no folder {file.absolute().parent}", "Make it, or name another")
    taken = [one for one in (file, file.with_suffix(".csv"), nth_volume(file, 1)) if one.exists()]
    if taken:
        raise wrong(taken[0], "it exists", "Name another file, or take this one away; nothing was changed")
    if not os.access(file.absolute().parent, os.W_OK):
        raise wrong(file, "the folder cannot be written to", "Name another folder")


def bind(
    ledger: Ledger,
    folder: Path,
    file: Path,
    *,
    at: dt.datetime,
    channels: Sequence[str] = ("mail",),
    progress: Callable[[str, int, int], None] | None = None,
    letters_a_volume: int = LETTERS_A_VOLUME,
) -> Bound:
    """Bind the letters of a folder, in the order of its manifest, and record the files.

    Parameters
    ----------
    file : Path
        The PDF; where there are several volumes they are called ``FILE-1.pdf``, ``FILE-2.pdf`` and so on.
        The list is ``FILE.csv``.
    channels : sequence of str
        How the letters go that are bound: mail, email, portal.
    letters_a_volume : int
        How many letters a volume holds at most.

    Raises
    ------
    UsageError
        A place is taken, or a PDF of the folder is no letter that this ledger issued.
    AuditError
        The disk does not take it; nothing is left of it.
    """
    refuse_taken(file)
    made = Bound(file.with_suffix(".csv"))
    chosen = _chosen(ledger, folder, channels, made)
    drafts: list[Path] = []
    placed: list[Path] = []
    try:
        rows = _volumes(made, drafts, chosen, file, letters_a_volume, progress)
        listed = as_csv(rows, made)
        drafts.append(_draft(made.listing))
        _write(drafts[-1], listed)
        made.entry = _recorded(ledger, listed, made, at)
        for draft, place in zip(drafts, [*made.volumes, made.listing], strict=True):
            if place.exists():
                raise FileExistsError(17, "it has come into being meanwhile", str(place))
            os.replace(draft, place)
            placed.append(place)
        _settle_names(file.absolute().parent)
    except OSError as error:
        for place in placed:
            place.unlink(missing_ok=True)
        fact = error.strerror or str(error)
        raise AuditError(
            str(Fault(str(file), None, "", fact, "Make room or name another file; nothing is left of it"))
        ) from error
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)
    return made


def _chosen(ledger: Ledger, folder: Path, channels: Sequence[str], made: Bound) -> list[ToBind]:
    """Return the letters to bind; count the others."""
    from audit.ledger import addressed, corrections
    from reports.numbers import number_of

    if not folder.is_dir():
        raise wrong(folder, "there is no such folder", "Name a folder that plainspoken letters wrote")
    files = sorted(folder.glob("*.pdf"))
    hashes = [hash_of(path) for path in files]
    known = addressed.by_hash(ledger, set(hashes))
    foreign = [path.name for path, one in zip(files, hashes, strict=True) if one not in known]
    if foreign:
        n = f"{len(foreign)} of {len(files)} PDFs" if len(files) > 1 else "its PDF"
        fact = f"{n} in it are no letters that this ledger issued"
        raise wrong(folder, fact, "Name a folder that plainspoken letters wrote, without drafts and reports")
    if not files:
        raise wrong(folder, "no PDF lies in it", "Name a folder with letters in --format pdf")
    letters = [known[one] for one in hashes]
    nth = corrections.nth(ledger)
    found, elsewhere = [], made.elsewhere
    for path, letter, to in zip(files, letters, addressed.recipients(ledger, letters), strict=True):
        if to is None:
            made.gone += 1
        elif to.channel in channels:
            told = (number_of(letter, nth), to.name, to.address, letter.language, to.channel, letter.sha256)
            found.append(ToBind(path, *told))
        else:
            elsewhere[to.channel] += 1
    if not found:
        ways = ", ".join(f"{n} by {channel}" for channel, n in sorted(elsewhere.items())) or "all erased"
        fact = f"none of its letters goes by {' or '.join(channels)} ({ways})"
        raise wrong(folder, fact, "Bind them with handover bind --channel, where they are to be printed")
    return found


def _volumes(
    made: Bound,
    drafts: list[Path],
    chosen: Sequence[ToBind],
    file: Path,
    letters_a_volume: int,
    progress: Callable[[str, int, int], None] | None,
) -> list[Row]:
    """Write the volumes beside their places; return the rows of the list."""
    from reports.bound import Volume

    rows: list[Row] = []
    volume, nth = Volume(), 1
    several = len(chosen) > letters_a_volume
    for done, letter in enumerate(chosen, start=1):
        try:
            first, pages = volume.add(letter.number, letter.path.read_bytes())
        except ValueError as error:
            raise wrong(letter.path, str(error), "Send this letter by itself, and bind the others") from error
        rows.append(Row(letter, nth, first, pages))
        if progress is not None:
            progress("binding", done, len(chosen))
        full = volume.letters >= letters_a_volume or volume.n_bytes >= BYTES_A_VOLUME
        if done == len(chosen) or full:
            several = several or done < len(chosen)
            draft = _draft(nth_volume(file, nth))
            drafts.append(draft)
            content = volume.content(f"Letters, volume {nth}")
            _write(draft, content)
            made.letters, made.pages = made.letters + volume.letters, made.pages + volume.pages
            made.hashes.append(hashlib.sha256(content).hexdigest())
            made.n_bytes += len(content)
            volume, nth = Volume(), nth + 1
    made.volumes = [nth_volume(file, one) for one in range(1, nth)] if several else [file]
    return rows


def as_csv(rows: Sequence[Row], made: Bound) -> bytes:
    """Return the list: a row a letter, in the order of the pages, every cell quoted, UTF-8."""
    widest = max(1, *(len(row.letter.address) for row in rows))
    lines = [f"address_{n}" for n in range(1, widest + 1)]
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([*HEAD, *lines, "language", "channel", "sha256"])
    for letter, volume, first, pages in rows:
        address = (*letter.address, *[""] * (widest - len(letter.address)))
        cells = [letter.number, made.volumes[volume - 1].name, str(first), str(pages), letter.name, *address]
        cells += [letter.language, letter.channel, letter.sha256]
        safe = [guarded(cell) for cell in cells]
        made.guarded += sum(one != other for one, other in zip(cells, safe, strict=True))
        writer.writerow(safe)
    return text.getvalue().encode()


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe before what begins like one.

    >>> guarded("=1+1"), guarded("-Vale"), guarded("1 Nowhere Lane")
    ("'=1+1", "'-Vale", '1 Nowhere Lane')
    """
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _recorded(ledger: Ledger, listed: bytes, made: Bound, at: dt.datetime) -> int:
    from audit.ledger import handovers

    return handovers.record_bound(ledger, hashlib.sha256(listed).hexdigest(), made.hashes, made.letters, at)


def wrong(path: Path, fact: str, way_out: str) -> UsageError:
    return UsageError(str(Fault(str(path), None, "", fact, way_out)))


def nth_volume(file: Path, n: int) -> Path:
    return file.with_name(f"{file.stem}-{n}{file.suffix}")


def _draft(place: Path) -> Path:
    return place.with_name(f".{place.name}.{os.getpid()}.part")


def _write(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


def _settle_names(folder: Path) -> None:
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)
