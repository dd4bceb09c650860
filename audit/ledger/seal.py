"""Canonical bytes and their digests: what exactly is hashed when something is sealed.

Two forms, both injective, so that different things never hash alike:

* a **row** is packed value by value, each with a tag and its length; floats are their eight
  little-endian bytes, with no NaN and no -0.0;
* the **body of a log entry** is compact JSON with sorted keys that holds strings and integers
  only. Without floats this is the form that RFC 8785 asks for (keys are ASCII, so the order of
  code points is the order of UTF-16 units too), and any language can make it again.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import repeat
from json.encoder import c_encode_basestring, c_make_encoder  # type: ignore[attr-defined]
from typing import Any

_COMPACT = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
# Made once, as ``_COMPACT.encode`` makes it a call, which is most of the time of a short text. Its
# arguments: the containers met (a circle is then met by the depth of recursion), what to do with other
# types, how to write a text, no indent, the two separators, sorted keys, no keys left out, no NaN.
_chunks = c_make_encoder(None, _COMPACT.default, c_encode_basestring, None, ":", ",", True, False, False)

_LENGTH = struct.Struct("<I")
_WHOLE = struct.Struct("<q")
_FLOAT = struct.Struct("<d")


def pack(values: Sequence[int | float | str | bytes | None]) -> bytes:
    """Return the canonical bytes of one row.

    Raises
    ------
    ValueError
        For a NaN or an infinite number: not measured is None, with a cause beside it.

    >>> pack([1, None]).hex()
    '6901000000000000006e'
    """
    out: list[bytes] = []
    for value in values:
        if value is None:
            out.append(b"n")
        elif isinstance(value, str):
            raw = value.encode()
            out.append(b"s" + _LENGTH.pack(len(raw)) + raw)
        elif isinstance(value, float):
            if not math.isfinite(value):
                raise ValueError(f"{value} is no number that can be sealed")
            out.append(b"f" + _FLOAT.pack(value + 0.0))  # -0.0 + 0.0 is 0.0
        elif isinstance(value, int):
            out.append(b"i" + _WHOLE.pack(value))
        else:
            out.append(b"b" + _LENGTH.pack(len(value)) + value)
    return b"".join(out)


_TAGGED_LENGTH = struct.Struct("<cI")
_TAGGED_WHOLE = struct.Struct("<cq")
_TAGGED_FLOAT = struct.Struct("<cd")


def pack_column(values: Sequence[Any]) -> list[bytes]:
    """Return what ``pack`` makes of each value of a column, whose values are all of one type or None.

    Rows joined from such columns are the bytes of ``pack``, several times as fast.

    Raises
    ------
    ValueError
        For a NaN or an infinite number.

    >>> b"".join(pack_column([1, None])) == pack([1, None])
    True
    """
    kinds = set(map(type, values)) - {type(None)}
    if not kinds:
        return [b"n"] * len(values)
    if kinds == {str}:
        # Most columns of text hold few different words.
        text: dict[str | None, bytes] = {None: b"n"}
        for word in set(values) - {None}:
            raw = word.encode()
            text[word] = _TAGGED_LENGTH.pack(b"s", len(raw)) + raw
        return list(map(text.__getitem__, values))
    if kinds == {int}:
        whole = _TAGGED_WHOLE.pack
        return [b"n" if v is None else whole(b"i", v) for v in values]
    if kinds == {float}:
        for value in values:
            if value is not None and not math.isfinite(value):
                raise ValueError(f"{value} is no number that can be sealed")
        double = _TAGGED_FLOAT.pack
        return [b"n" if v is None else double(b"f", v + 0.0) for v in values]
    if kinds == {bytes}:
        sizes = {len(v) for v in values if v is not None}
        head = {size: _TAGGED_LENGTH.pack(b"b", size) for size in sizes}
        return [b"n" if v is None else head[len(v)] + v for v in values]
    return [pack([v]) for v in values]


def pack_columns(columns: Sequence[Sequence[Any]]) -> list[list[bytes]]:
    """Return pieces of rows, each a list: joined, they are what ``pack`` makes of the rows of these columns.

    Neighbours of one width, and neighbours of few words, are packed together: one call a row.

    Raises
    ------
    ValueError
        For a NaN or an infinite number.

    >>> pieces = pack_columns([[1, 3], [2.0, 4.0], ["x", "y"], [None, None]])
    >>> [b"".join(row) for row in zip(*pieces)] == [pack([1, 2.0, "x", None]), pack([3, 4.0, "y", None])]
    True
    """
    out: list[list[bytes]] = []
    run: list[Sequence[Any]] = []
    of: str | None = None
    for column in columns:
        kind = _run_kind(column)
        if run and (kind != of or kind is None):
            out.append(_pack_run(of, run))
            run = []
        run, of = [*run, column], kind
    if run:
        out.append(_pack_run(of, run))
    return out


_FEW_WORDS = 16


def _run_kind(column: Sequence[Any]) -> str | None:
    kinds = set(map(type, column))
    if kinds <= {str, type(None)}:
        return "words" if len(set(column)) <= _FEW_WORDS else None
    one_size = kinds == {bytes} and len(set(map(len, column))) == 1
    return "fixed" if kinds in ({int}, {float}) or one_size else None


def _pack_run(kind: str | None, run: list[Sequence[Any]]) -> list[bytes]:
    if kind == "words":
        rows = list(zip(*run, strict=True))
        says = {row: pack(row) for row in set(rows)}
        return list(map(says.__getitem__, rows))
    if kind is None:
        return pack_column(run[0])
    form, arguments = "<", list[Any]()
    for column in run:
        first = column[0]
        if isinstance(first, bytes):
            form += f"cI{len(first)}s"
            arguments += [repeat(b"b"), repeat(len(first)), column]
        elif isinstance(first, int):
            form += "cq"
            arguments += [repeat(b"i"), column]
        else:
            if not all(map(math.isfinite, column)):
                pack_column(column)  # says which
            form += "cd"
            arguments += [repeat(b"f"), [v + 0.0 for v in column] if 0.0 in column else column]
    return list(map(struct.Struct(form).pack, *arguments))


def canonical(body: Mapping[str, Any]) -> str:
    """Return the canonical JSON of a log entry's body.

    Raises
    ------
    TypeError
        For anything but strings, integers, lists and mappings with ASCII keys.

    >>> canonical({"b": [1, "x"], "a": {}})
    '{"a":{},"b":[1,"x"]}'
    """
    _refuse_other_values(body)
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _refuse_other_values(value: Any) -> None:
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not (isinstance(key, str) and key.isascii()):
                raise TypeError(f"a log entry has ASCII keys, not {key!r}")
            _refuse_other_values(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_other_values(inner)
    else:
        raise TypeError(f"a log entry holds strings and integers, not {type(value).__name__}")


def text_of(value: Any) -> str:
    """Return compact JSON with sorted keys, floats allowed: for text columns, hashed as they stand.

    Raises
    ------
    ValueError
        For a NaN or an infinite number.
    """
    try:
        return "".join(_chunks(value, 0))
    except RecursionError:
        raise ValueError("it holds itself, or is too deep") from None


def digest(data: bytes | str) -> str:
    """Return the SHA-256 of bytes, or of a text's UTF-8 bytes, as 64 hex digits."""
    return sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def digest_of_json(value: Any) -> str:
    """Return the SHA-256 of a value's compact JSON: for configs and other mappings with floats."""
    return digest(text_of(value))


def run_id(parts: Mapping[str, str]) -> str:
    """Return the id of an audit: the digest of all that decides what it will find.

    Parameters
    ----------
    parts : mapping of str to str
        Digests of the resolved config, dictionary, policies in force, reference, model and data,
        and the program's version, the slot and the number of ``--again``.

    Raises
    ------
    ValueError
        For an empty mapping: nothing has no id.
    """
    if not parts:
        raise ValueError("an audit's id needs at least one part")
    return digest(canonical(dict(parts)))
