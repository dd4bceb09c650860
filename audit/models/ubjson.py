"""Reads Universal Binary JSON, the form of ``.ubj`` files, into the values that JSON would give.

Why so: XGBoost's own reader ends the whole process on a file that was cut short. This one is asked
first; it reads nothing beyond the bytes that are there.

Source: the format's specification, draft 12; XGBoost writes objects without a count and arrays of
one type with it.
"""

from __future__ import annotations

import struct
from typing import Any

_NUMBERS = {b"i": ">b", b"U": ">B", b"I": ">h", b"l": ">i", b"L": ">q", b"d": ">f", b"D": ">d"}
_WORDS = {b"Z": None, b"T": True, b"F": False}
_DEEPEST = 64


def read_ubjson(content: bytes) -> Any:
    """Return the one value in ``content``.

    Raises
    ------
    ValueError
        Where it is no UBJSON, ends too early, or goes on behind its value.

    >>> read_ubjson(b"{i\\x01a[$i#i\\x02\\x05\\x06}")
    {'a': [5, 6]}
    """
    reader = _Reader(content)
    value = reader.value(reader.take(1), 0)
    if reader.at != len(content):
        raise ValueError("something follows behind the end")
    return value


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self.at = 0

    def take(self, n: int) -> bytes:
        if not 0 <= n <= len(self._content) - self.at:
            raise ValueError("it ends too early")
        self.at += n
        return self._content[self.at - n : self.at]

    def value(self, mark: bytes, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError("it is nested too deeply")
        while mark == b"N":  # a filler
            mark = self.take(1)
        if mark in _NUMBERS:
            return self._numbers(mark, 1)[0]
        if mark in _WORDS:
            return _WORDS[mark]
        if mark == b"S":
            return self._text()
        if mark == b"C":
            return self.take(1).decode("latin-1")
        if mark == b"[":
            return self._array(depth)
        if mark == b"{":
            return self._object(depth)
        raise ValueError(f"no value starts with {mark!r}")

    def _numbers(self, mark: bytes, n: int) -> list[Any]:
        one = struct.calcsize(_NUMBERS[mark])
        return list(struct.unpack(f">{n}{_NUMBERS[mark][1]}", self.take(one * n)))

    def _length(self) -> int:
        mark = self.take(1)
        if mark not in (b"i", b"U", b"I", b"l", b"L"):
            raise ValueError("a length is no whole number")
        return int(self._numbers(mark, 1)[0])

    def _text(self) -> str:
        return self.take(self._length()).decode()

    def _array(self, depth: int) -> list[Any]:
        mark = self.take(1)
        if mark == b"$":
            kind = self.take(1)
            if self.take(1) != b"#":
                raise ValueError("an array of one type states no length")
            n = self._length()
            if kind in _NUMBERS:
                return self._numbers(kind, n)
            raise ValueError(f"an array of {kind!r} is not what XGBoost writes")
        if mark == b"#":
            n = self._length()
            if n > len(self._content):
                raise ValueError("it ends too early")
            return [self.value(self.take(1), depth + 1) for _ in range(n)]
        values = []
        while mark != b"]":
            values.append(self.value(mark, depth + 1))
            mark = self.take(1)
        return values

    def _object(self, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while self._content[self.at : self.at + 1] != b"}":
            key = self._text()
            values[key] = self.value(self.take(1), depth + 1)
        self.take(1)
        return values
