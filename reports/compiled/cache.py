"""Compiled pages in a folder of the user's, so that a later call compiles nothing that is known.

A file is found and opened only by whoever holds the page that it was compiled from: its name and its key are
digests of that page (its words and tags, without the values of slots) and of the environment's fingerprint.
So a heading in which a house puts somebody's name is not readable there; values of slots are not in it at
all. What was changed, or comes from another environment, does not open, and the page is compiled again.
Nothing of a file is run: it holds plain values (``page``).
"""

from __future__ import annotations

import hashlib
import logging
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOG = logging.getLogger(__name__)
VARIABLE = "PLAINSPOKEN_CACHE"
_MOST = 1024  # files, of some 80 KB each
_LARGEST = 4_000_000  # bytes; a longer file is none of ours


class Cache:
    """A folder of compiled pages; several processes may use it at once.

    Parameters
    ----------
    folder : Path
        Made where it is not there; used only if it is ours alone.
    most : int
        How many files are kept; those that were not used for longest make room.
    """

    def __init__(self, folder: Path, most: int = _MOST) -> None:
        self.folder, self.most = folder, most
        self._ours: bool | None = None

    def get(self, page: str) -> bytes | None:
        """Return what was kept of a page, None where nothing is that opens."""
        name, key, nonce = _digests(page)
        file = self.folder / name
        if not self._is_ours():
            return None
        try:
            content = _read(file)
            made = AESGCMSIV(key).decrypt(nonce, content, name.encode())
            os.utime(file)
        except FileNotFoundError:
            return None
        except InvalidTag:
            _LOG.warning("%s: no compiled page of ours. It is compiled again.", file)
            return None
        except OSError as error:
            _LOG.warning("%s: it cannot be read (%s). The page is compiled again.", file, error.strerror)
            return None
        return made

    def put(self, page: str, content: bytes) -> None:
        """Keep what was compiled of a page; where the folder takes nothing, go on without."""
        if not self._is_ours():
            return
        name, key, nonce = _digests(page)
        draft = self.folder / f".{name[:16]}-{uuid4().hex}"
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(AESGCMSIV(key).encrypt(nonce, content, name.encode()))
            draft.replace(self.folder / name)
            self._make_room()
        except OSError as error:
            draft.unlink(missing_ok=True)
            _LOG.warning("%s: it takes no file (%s). Pages are compiled anew.", self.folder, error.strerror)

    def _is_ours(self) -> bool:
        if self._ours is None:
            self._ours = _made_ours(self.folder)
        return self._ours

    def _make_room(self) -> None:
        files = list[tuple[float, str]]()
        for one in os.scandir(self.folder):
            with suppress(FileNotFoundError):  # another process makes room too
                files.append((one.stat().st_mtime, one.path))
        for _, path in sorted(files)[: max(0, len(files) - self.most)]:
            Path(path).unlink(missing_ok=True)


def user_cache(environment: Mapping[str, str] = os.environ) -> Cache | None:
    """Return the user's cache; None where ``PLAINSPOKEN_CACHE`` is ``off`` or nothing says where it lies.

    Parameters
    ----------
    environment : mapping of str to str
        ``PLAINSPOKEN_CACHE`` names the folder; else it is ``plainspoken`` in ``XDG_CACHE_HOME``, which is
        ``~/.cache`` by default.
    """
    named = environment.get(VARIABLE, "").strip()
    if named == "off":
        return None
    if named:
        return Cache(Path(named).expanduser() / "letters")
    home, base = environment.get("HOME", ""), environment.get("XDG_CACHE_HOME", "")
    # A relative base is to be ignored (XDG Base Directory Specification 0.8).
    root = Path(base) if base.startswith("/") else Path(home) / ".cache" if home else None
    return None if root is None else Cache(root / "plainspoken" / "letters")


def _digests(page: str) -> tuple[str, bytes, bytes]:
    """Return a file's name, its key and its nonce. One key locks one page, so its nonce is no secret."""
    content = page.encode("utf-8", "surrogatepass")
    name = hashlib.blake2b(content, digest_size=32, person=b"page name").hexdigest()
    key = hashlib.blake2b(content, digest_size=32, person=b"page key").digest()
    return name, key, bytes.fromhex(name)[:12]


def _read(file: Path) -> bytes:
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW), "rb") as opened:
        found = os.fstat(opened.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
            raise InvalidTag
        return opened.read()


def _made_ours(folder: Path) -> bool:
    """Make a folder that nobody else reads or writes; whether it is one."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        _LOG.warning("%s: it cannot be made (%s). Pages are compiled anew.", folder, error.strerror)
        return False
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        _LOG.warning("%s: others may write in it. Give it to its user alone: chmod 700.", folder)
        return False
    return True
