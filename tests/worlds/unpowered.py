"""A disk that loses its power: what a recorded run leaves behind where only what was synced is certain.

Kill -9 leaves every write in the machine's memory, and so on the disk a moment later. Here a run's
writes are recorded (``record_writes.c``), and before each sync of it the disk is made up as it may look
after a loss of power: content is certain from the sync of its file on, a name (a file made, linked,
renamed, removed) from the sync of its folder on. Of the rest all may be gone, or some, in any order,
a write in the middle of a sector's row too; of names the last ones, because file systems keep a journal.

That is stricter than most disks are: POSIX promises no more.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_HEAD = struct.Struct("<4q")
WRITE, TRUNCATE, SYNC, SYNC_NAMES, LINK, UNLINK, RENAME, TOLD = range(8)
_SECTOR = 512
_MAPPED = "-shm"  # shared memory and no evidence: SQLite makes it anew from the write-ahead log

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Act:
    """One call of the recorded run; of ``TOLD`` the name is what the run said to have done."""

    what: int
    at: int
    name: str
    data: bytes

    def on(self, content: bytearray, torn: int | None = None) -> None:
        """Do a write or a truncation; ``torn`` is how many bytes of it the disk still took."""
        if self.what == TRUNCATE:
            del content[self.at :]
            content.extend(bytes(self.at - len(content)))
        else:
            data = self.data[:torn]
            content.extend(bytes(max(0, self.at - len(content))))
            content[self.at : self.at + len(data)] = data


def tell(record: Path, name: str) -> None:
    """Add to a record what its run has just been promised."""
    text = name.encode()
    with record.open("ab") as file:
        file.write(_HEAD.pack(TOLD, 0, len(text), 0) + text)


def acts_of(record: Path, folder: Path) -> list[Act]:
    """Return what was done in a folder, its files under the names that they have there."""
    data, start, acts = record.read_bytes(), 0, []
    while start < len(data):
        what, at, n, m = _HEAD.unpack_from(data, start)
        start += _HEAD.size
        name, said = data[start : start + n].decode(), data[start + n : start + n + m]
        start += n + m
        if not name.endswith(_MAPPED):
            acts.append(
                Act(what, at, name.removeprefix(f"{folder}/"), said.removeprefix(f"{folder}/".encode()))
            )
    return acts


@dataclass(slots=True)
class Unpowered:
    """The files of one folder: as the running processes see them, and as much as is certain to stay."""

    names: dict[str, int] = field(default_factory=dict)  # name to file, as every process sees it
    since: list[dict[str, int]] = field(
        default_factory=lambda: [{}]
    )  # the names certain, and each change since
    certain: dict[int, bytes] = field(default_factory=dict)  # file to content
    waiting: dict[int, list[Act]] = field(default_factory=dict)  # file to what was done to it since

    def do(self, act: Act) -> None:
        """Go on by one act."""
        if act.what in (WRITE, TRUNCATE):
            if act.name not in self.names:
                number = len(self.certain)
                self.certain[number], self.waiting[number] = b"", []
                self._renamed({**self.names, act.name: number})
            self.waiting[self.names[act.name]].append(act)
        elif act.what == SYNC:
            number = self.names[act.name]
            self.certain[number] = self._content(number, self.waiting[number])
            self.waiting[number] = []
        elif act.what == SYNC_NAMES:
            self.since = [self.names]
        elif act.what != TOLD:
            names = dict(self.names)
            number = names[act.name] if act.what == LINK else names.pop(act.name, -1)
            if act.what != UNLINK:
                names[act.data.decode()] = number
            self._renamed(names)

    def _renamed(self, names: dict[str, int]) -> None:
        self.names = names
        self.since.append(names)

    def _content(self, number: int, kept: Sequence[Act], torn: int | None = None) -> bytes:
        content = bytearray(self.certain[number])
        for i, act in enumerate(kept):
            act.on(content, torn if i == len(kept) - 1 else None)
        return bytes(content)

    def _files(self, names: dict[str, int], kept: dict[int, list[Act]], torn: int | None = None) -> Files:
        return {name: self._content(number, kept.get(number, ()), torn) for name, number in names.items()}

    def losses(self, draw: random.Random) -> Iterator[Files]:
        """Yield what may be on the disk if its power goes now."""
        certain = self.since[0]
        yield self._files(self.names, self.waiting)  # nothing is lost
        yield self._files(certain, {})  # all that was not synced
        yield self._files(self.names, {})  # all content, no name
        yield self._files(certain, self.waiting)  # all names, no content
        yield self._files(self.names, {n: acts[1:] for n, acts in self.waiting.items()})  # the first of each
        for _ in range(2):  # any of them, and a part of the last one that stays
            kept = {n: [act for act in acts if draw.random() < 0.5] for n, acts in self.waiting.items()}
            yield self._files(draw.choice(self.since), kept, _SECTOR * draw.randrange(1, 8))


def losses(acts: Sequence[Act], seed: int) -> Iterator[tuple[Files, list[str]]]:
    """Yield what may lie on the disk before each sync and at the end, and what was promised by then.

    Each state comes once for each promise.
    """
    disk, told, seen, draw = Unpowered(), [], set(), random.Random(seed)
    for act in [*acts, Act(SYNC_NAMES, 0, "", b"")]:
        if act.what in (SYNC, SYNC_NAMES):
            for files in disk.losses(draw):
                state = (len(told), tuple(sorted(files.items())))
                if state not in seen:
                    seen.add(state)
                    yield files, list(told)
        if act.what == TOLD:
            told.append(act.name)
        disk.do(act)
