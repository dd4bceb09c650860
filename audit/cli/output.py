"""A folder that a command fills: put in place as a whole, or not at all.

Everything is written into a new folder beside the one asked for. Only when the last file is
there do the two change places, in one step of the file system, so that a reader sees the old
folder or the new one and never half of each. A folder with files that are not ours is refused,
because replacing it would delete them.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from audit.cli.marker import MARKER, empty_folders, files_of, is_lasting, marker, purpose_of
from audit.errors import AuditError, Fault, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

MAKING = ".making"  # in a folder that is being filled: files that have no name yet

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


class OutputFolder:
    """A context manager: write into it; on leaving without an error it takes its place.

    Parameters
    ----------
    path : Path
        The folder asked for. It may be absent, empty, or ours from an earlier time.
    kept : sequence of str
        File name patterns (``ledger.db*``) that live in the folder and outlast a replacement:
        they are neither foreign nor removed.
    private : bool
        Whether only the owner may look into it (letters carry names and addresses).
    purpose : mapping, optional
        What it is filled for; whoever finds it after a crash is told by ``purpose_of``.
    orphan : Path, optional
        A folder that a call that died filled for the same purpose: it is gone on with.

    Attributes
    ----------
    lasting : bool
        Set where what is written must not be lost with the folder: a later replacement moves it aside,
        and an error leaves it where ``orphans`` finds it.
    moved : Path or None
        Where such a folder, that stood in this one's place, went.

    Raises
    ------
    UsageError
        On entering, where the folder holds foreign files or is a file.
    AuditError
        Where the disk does not take it; nothing half-written is left behind.
    """

    def __init__(
        self,
        path: Path,
        *,
        kept: Sequence[str] = (),
        private: bool = False,
        purpose: Mapping[str, str] | None = None,
        orphan: Path | None = None,
    ) -> None:
        self.path = Path(path)
        self._place = Path(os.path.abspath(path))
        self._kept = tuple(kept)
        self._private = private
        self._purpose, self._orphan = purpose, orphan
        self._temporary = self._place.with_name(f".{self._place.name}.{os.getpid()}.part")
        self._lock = -1
        self._in_place = self._given_up = False
        self.lasting = orphan is not None
        self.moved: Path | None = None

    def __enter__(self) -> OutputFolder:
        refuse_foreign(self.path, kept=self._kept)
        try:
            self._place.parent.mkdir(parents=True, exist_ok=True)
            if self._orphan is None:
                self._clear_the_way()
                self._temporary.mkdir(mode=0o700 if self._private else 0o777)
            elif self._orphan != self._temporary:
                os.replace(self._orphan, self._temporary)
            self._lock = _locked(self._temporary)
            if self._purpose is not None:
                (self._temporary / MAKING).mkdir(exist_ok=True)
                self.write(MARKER, json.dumps({"purpose": self._purpose}) + "\n")
        except OSError as error:
            raise _unwritable(self.path, error) from error
        return self

    def _clear_the_way(self) -> None:
        """Remove what a killed process of the same number left, unless it was for a purpose."""
        while self._temporary.exists():
            if purpose_of(self._temporary) is None:
                shutil.rmtree(self._temporary)
            else:
                stem, number, _ = self._temporary.name.rsplit(".", 2)
                self._temporary = self._temporary.with_name(f"{stem}.{number}0.part")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and not self._in_place and not self._given_up:
                self.put_in_place()
        finally:
            if self._in_place or not self.lasting:
                shutil.rmtree(self._temporary, ignore_errors=True)
            if self._lock >= 0:
                os.close(self._lock)

    def give_up(self, name: str) -> None:
        """Leave what stands in the place, but for one file, which the one written here replaces."""
        try:
            os.replace(self.inside(name), self._place / name)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self._given_up = True

    def write(self, name: str, content: bytes | str, *, settled: bool = True) -> Path:
        """Write a file and return where it will lie once the folder is in place.

        Parameters
        ----------
        settled : bool
            Whether it outlasts a loss of power from now on; else from the next ``settle`` on.
        """
        target = self.inside(name)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        data = content.encode() if isinstance(content, str) else content
        put(target, data, settled=settled, told=self.path)
        return self.path / name

    @property
    def filled(self) -> Path:
        """Where it is until it takes its place."""
        return self._temporary

    def name(self, made: str, name: str) -> None:
        """Give a file among those without a name its own."""
        try:
            os.replace(self._temporary / MAKING / made, self.inside(name))
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def settle(self) -> None:
        """Have every file written outlast a loss of power; many at once cost little more than one."""
        try:
            _settle(self._temporary)
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def inside(self, name: str) -> Path:
        """Return the path of a file in the folder while it is being filled."""
        target = self._temporary / name
        if os.sep not in name and name not in ("", ".", ".."):
            return target
        if not target.resolve().is_relative_to(self._temporary.resolve()):
            raise UsageError(f"{name}: lies outside of the output folder. Name a file inside it.")
        return target

    def put_in_place(self) -> None:
        """Let the new folder take the place of the old one; done on leaving, unless called before."""
        refuse_foreign(self.path, kept=self._kept)  # something may have come meanwhile
        shutil.rmtree(self._temporary / MAKING, ignore_errors=True)
        # Until names are exchanged a kill leaves it to the next call, which has to know what it is for.
        more = {} if self._purpose is None else {"purpose": self._purpose}
        said = {"made_by": "plainspoken", "lasting": self.lasting, **more}
        self.write(MARKER, marker(said, files_of(self._temporary, self._kept)))
        try:
            self._carry()
            aside = _free_name(self._place) if is_lasting(self._place) else None
            _swap(self._temporary, self._place)
            if aside is not None and self._temporary.exists():
                os.replace(self._temporary, aside)
                self.moved = aside
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self._in_place = True

    def _carry(self) -> None:
        # A second link, so that at each moment the kept files are where a reader looks for them.
        for pattern in self._kept if self._place.is_dir() else ():
            for old in sorted(self._place.glob(pattern)):
                new = self._temporary / old.name
                if not new.exists():
                    os.link(old, new)


def refuse_foreign(path: Path, *, kept: Sequence[str] = ()) -> None:
    """Raise UsageError where ``path`` is no folder that we may replace.

    A command may call it before its work, so that hours of it are not lost to a full folder.
    """
    if not path.exists():
        return
    if not path.is_dir():
        fault = Fault(str(path), None, "out", "it is a file, not a folder", "Name a folder")
        raise UsageError(str(fault))
    present = set(files_of(path, kept)) | set(empty_folders(path))
    ours: set[str] = set()
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        manifest = json.loads((path / MARKER).read_text("utf-8"))
        ours = set(manifest["files"]) if manifest["made_by"] == "plainspoken" else set()
    foreign = sorted(present - ours)
    if foreign:
        named = ", ".join(foreign[:3]) + (f" and {len(foreign) - 3} more" if len(foreign) > 3 else "")
        fault = Fault(
            str(path),
            None,
            "out",
            f"the folder holds files that this program did not write ({named})",
            "Name a new or an empty folder; nothing was changed",
        )
        raise UsageError(str(fault))


def _free_name(place: Path) -> Path:
    n = 1
    while (found := place.with_name(f"{place.name}.{n}")).exists():
        n += 1
    return found


def put(target: Path | str, content: bytes, *, settled: bool, told: Path) -> None:
    """Write a file, whole or not at all.

    Parameters
    ----------
    told : Path
        The folder that was asked for, which an error names.

    Raises
    ------
    AuditError
        The disk does not take it.
    """
    try:
        # A file object would ask the system four more things of each file, and copy its bytes.
        file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        try:
            while content:
                content = content[os.write(file, content) :]
            if settled:
                os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(target)
        raise _unwritable(told, error) from error


def orphans(beside: Path) -> list[Path]:
    """Return what killed processes left beside a folder: folders that were filled and never put in place."""
    found = sorted(beside.parent.glob(".*.part")) if beside.parent.is_dir() else []
    return [
        one for one in found if one.is_dir() and one.name.rsplit(".", 2)[-2].isdecimal() and not _is_held(one)
    ]


def _locked(folder: Path) -> int:
    """Lock a folder for as long as this process lives; its number may be another's after a restart.

    Raises
    ------
    BlockingIOError
        Another process holds it.
    """
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(held)
        number = folder.name.rsplit(".", 2)[-2]
        if isinstance(error, BlockingIOError) or _runs(int(number)):
            raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK)) from error
        return -1  # a file system without locks
    return held


def _is_held(folder: Path) -> bool:
    try:
        held = _locked(folder)
    except OSError:
        return True
    if held >= 0:
        os.close(held)
    return False


def _runs(process: int) -> bool:
    """Whether another process of this number runs."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return process != os.getpid()


def rescued(orphan: Path, kept: Sequence[str]) -> Path:
    """Put these files of an orphan in place beside the folder that it was to be; remove the others."""
    for name in list(files_of(orphan, ())):
        if name not in kept:
            (orphan / name).unlink()
    manifest = {"made_by": "plainspoken", "files": sorted(kept), "lasting": True}
    (orphan / MARKER).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    place = _free_name(orphan.with_name(orphan.name[1:].rsplit(".", 2)[0]))
    os.replace(orphan, place)
    return place


def _swap(new: Path, place: Path) -> None:
    if not place.exists() or not any(place.iterdir()):
        os.replace(new, place)  # POSIX lets a folder replace an empty one in one step
        return
    if _exchange(new, place):
        return  # ``new`` now names the old folder; leaving the context removes it
    # Without an exchange there is a moment in which the name is free; the old folder is not
    # removed before the new one stands.
    aside = new.with_suffix(".old")
    os.replace(place, aside)
    try:
        os.replace(new, place)
    except OSError:
        os.replace(aside, place)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _settle(folder: Path) -> None:
    """Have the file system of a folder write all that it holds back (syncfs, Linux); else all systems."""
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        os.sync()
        return
    held = os.open(folder, os.O_RDONLY)
    try:
        if syncfs(held) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(held)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step (renameat2, Linux). False where the system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    return bool(renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0)


def _unwritable(path: Path, error: OSError) -> AuditError:
    fact = error.strerror or str(error)
    way_out = "Make room or name another folder (a mount point cannot be replaced: name a folder in it)"
    return AuditError(str(Fault(str(path), None, "out", fact, f"{way_out}; nothing was put in place")))
