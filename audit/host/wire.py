"""Messages between the driver and the process that holds the model: values alone, nothing that runs.

A message is a head (JSON) and the bytes of its arrays. It can hold None, truth values, numbers,
text, lists, mappings with text as keys, arrays of numbers and truth values, and arrays of text.

Why so, not pickle: whoever unpickles runs what the sender wrote. The sender may be a program that a
model brought along, so what comes back is decoded by ``json`` and ``numpy.frombuffer``, and every
size is checked before anything of that size is made.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SIZES = struct.Struct("<QQ")  # of the head and of the arrays' bytes
MOST = 8 << 30  # bytes of one message
_NUMBERS, _WORDS = "\x00numbers", "\x00words"  # keys that no mapping of ours has
_KINDS = "biuf"


class WireError(Exception):
    """What came is no message: the sender is broken, or means harm."""


def send(stream: IO[bytes], value: object) -> int:
    """Write one message; return how many bytes it has."""
    buffers: list[bytes] = []
    head = json.dumps(_plain(value, buffers), separators=(",", ":")).encode()
    body = b"".join(buffers)
    stream.write(_SIZES.pack(len(head), len(body)))
    stream.write(head)
    stream.write(body)
    stream.flush()
    return len(head) + len(body)


def receive(stream: IO[bytes], most: int = MOST) -> Any:
    """Read one message.

    Parameters
    ----------
    most : bytes that it may have

    Raises
    ------
    EOFError
        The other end is closed.
    WireError
        What came is no message.
    """
    start = stream.read(_SIZES.size)
    if not start:
        raise EOFError
    if len(start) < _SIZES.size:
        raise WireError("it ends within its sizes")
    n_head, n_body = _SIZES.unpack(start)
    if n_head + n_body > most:
        raise WireError(f"it says that it is {n_head + n_body:,} bytes long")
    head, body = stream.read(n_head), stream.read(n_body)
    if len(head) < n_head or len(body) < n_body:
        raise WireError("it ends before its end")
    try:
        return _value(json.loads(head), memoryview(body))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise WireError(type(error).__name__) from None


def _plain(value: object, buffers: list[bytes]) -> object:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {_key(key): _plain(item, buffers) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, buffers) for item in value]
    import numpy as np

    if isinstance(value, np.generic):
        return _plain(value.item(), buffers)
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in _KINDS:
            return {_WORDS: [None if cell is None else str(cell) for cell in value.ravel().tolist()]}
        at = sum(map(len, buffers))
        buffers.append(np.ascontiguousarray(value).tobytes())
        return {_NUMBERS: [value.dtype.str, list(value.shape), at]}
    raise TypeError(f"a message holds no {type(value).__name__}")


def _key(key: object) -> str:
    if not isinstance(key, str) or key in (_NUMBERS, _WORDS):
        raise TypeError("a message's mappings have text as keys")
    return key


def _value(plain: Any, body: memoryview) -> Any:
    if isinstance(plain, list):
        return [_value(item, body) for item in plain]
    if not isinstance(plain, dict):
        return plain
    if _NUMBERS in plain:
        return _numbers(plain[_NUMBERS], body)
    if _WORDS in plain:
        import numpy as np

        words = plain[_WORDS]
        if not isinstance(words, list) or not all(one is None or isinstance(one, str) for one in words):
            raise ValueError
        found: NDArray[np.object_] = np.empty(len(words), dtype=object)
        found[:] = words
        return found
    return {key: _value(item, body) for key, item in plain.items()}


def _numbers(described: Any, body: memoryview) -> NDArray[Any]:
    import numpy as np

    kind, shape, at = described
    if not isinstance(kind, str) or len(kind) > 4 or kind[1:2] not in _KINDS:
        raise ValueError
    dtype = np.dtype(kind)
    if not isinstance(at, int) or at < 0 or not all(isinstance(n, int) and n >= 0 for n in shape):
        raise ValueError
    size = dtype.itemsize
    for n in shape:
        size *= n
    if at + size > len(body):
        raise ValueError
    return np.frombuffer(body[at : at + size], dtype=dtype).reshape(shape).copy()
