"""A page's contents compressed in parts: what many letters say, once for all; what one says, as it is.

Why so: compressing was the most of a letter's time, and nearly all that it compressed was the same in the
letter before. A deflate stream is a row of blocks (RFC 1951, 3.2.3), and a block that ends with a full flush
ends on a whole byte and has nothing before it to refer to. So parts that were compressed alone stand one
after another as they are, a letter's own few words between them in stored blocks (3.2.4), and the stream is
what any reader expands to the page's very bytes. It is longer by what parts might have had from one another.

What is compressed alone depends on the page and on what is somebody's own in it, never on letters before.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from reports.compiled.cutting import Slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HEAD = b"\x78\x5e"  # RFC 1950, 2.2: deflate, a window of 32 KB, level 2 to 5
_LAST = b"\x03\x00"  # a last block of nothing
_STORED = 65_535  # bytes of a stored block at the most
_LONG = 300  # bytes of an own text from which on it is compressed: a sentence, that others have too


class Packed:
    """The contents of pages that differ in some slots alone.

    Parameters
    ----------
    parts : iterable of bytes and slots
        The contents; what is no slot is said by all these pages.
    """

    __slots__ = ("_pieces",)

    def __init__(self, parts: Iterable[bytes | Slot]) -> None:
        # Each piece: its bytes, the same compressed where that is shorter, the slot where it is one.
        self._pieces: list[tuple[bytes, bytes | None, Slot | None]] = [
            (b"", None, one) if isinstance(one, Slot) else (one, _shorter(one), None)
            for one in _joined(parts)
        ]

    def filled(self, value: Any) -> bytes:
        """Return the compressed stream of one page.

        Parameters
        ----------
        value : callable
            Returns the bytes of a slot.
        """
        out, stored, content = [_HEAD], list[bytes](), list[bytes]()
        for raw, short, slot in self._pieces:
            if slot is not None:
                raw = value(slot)
                short = None if len(raw) < _LONG else (_alone if slot.kind == "text" else _deflated)(raw)
            content.append(raw)
            if short is None:
                stored.append(raw)
                continue
            if stored:
                out.append(_as_stored(b"".join(stored)))
                stored.clear()
            out.append(short)
        out += _as_stored(b"".join(stored)), _LAST, zlib.adler32(b"".join(content)).to_bytes(4)
        return b"".join(out)


def _joined(parts: Iterable[bytes | Slot]) -> Iterator[bytes | Slot]:
    """Yield the parts, neighbours that are no slots as one."""
    still = list[bytes]()
    for one in parts:
        if isinstance(one, Slot):
            yield b"".join(still)
            yield one
            still.clear()
        else:
            still.append(one)
    yield b"".join(still)


def _as_stored(whole: bytes) -> bytes:
    """Return bytes as blocks that are not compressed."""
    n = len(whole)
    if n > _STORED:
        return _as_stored(whole[:_STORED]) + _as_stored(whole[_STORED:])
    return b"\0%b%b%b" % (n.to_bytes(2, "little"), (_STORED - n).to_bytes(2, "little"), whole) if n else b""


def _shorter(raw: bytes) -> bytes | None:
    """Return bytes compressed alone, where that is shorter than to store them."""
    made = _deflated(raw)
    return made if len(made) < len(raw) - 5 else None


def _deflated(raw: bytes) -> bytes:
    """Return blocks that end on a whole byte and refer to nothing before them."""
    made = zlib.compressobj(9, zlib.DEFLATED, -15)
    return made.compress(raw) + made.flush(zlib.Z_FULL_FLUSH)


@lru_cache(2048)  # reasons: a portfolio has a few sentences
def _alone(raw: bytes) -> bytes:
    return _deflated(raw)
