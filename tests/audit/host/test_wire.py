"""Messages between driver and child: what goes in comes out, and what is broken does no harm."""

from __future__ import annotations

import io
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from audit.host.wire import WireError, receive, send

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def there_and_back(value: object) -> object:
    """Send a value and receive it."""
    stream = io.BytesIO()
    send(stream, value)
    stream.seek(0)
    found = receive(stream)
    assert stream.read() == b""
    return found


@given(PLAIN)
def test_plain_values_come_back(value: object) -> None:
    """None, truth, numbers, text, lists and mappings are the same on the other side."""
    assert there_and_back(value) == value


@given(arrays.arrays(st.sampled_from([np.float64, np.float32, np.int64, np.bool_]), st.just((3, 2))))
def test_arrays_of_numbers_come_back_to_the_bit(array: np.ndarray) -> None:
    """Kind, shape and every bit, NaN included; and the copy can be written to."""
    found = there_and_back({"a": array, "b": [array[0]]})
    assert found["a"].dtype == array.dtype
    assert found["a"].shape == array.shape
    assert found["a"].tobytes() == array.tobytes()
    assert found["b"][0].tobytes() == array[0].tobytes()
    found["a"][0] = 0


def test_words_come_back() -> None:
    """Text and what is missing, as an array of objects."""
    words = np.array(["north", "", None, "süd \x00 \U0001f600"], dtype=object)
    found = there_and_back(words)
    assert found.dtype == object
    assert found.tolist() == words.tolist()


@pytest.mark.parametrize("value", [object(), {1: "a"}, {"\x00numbers": 1}, b"bytes", {"a": {2.5: 1}}])
def test_what_no_message_holds_is_refused(value: object) -> None:
    """Nothing is turned into text on the way, nor a key into another key."""
    with pytest.raises(TypeError):
        send(io.BytesIO(), value)


HOSTILE = [
    b"\xff" * 16,  # sizes beyond any memory
    b"\x02\0\0\0\0\0\0\0" + b"\0" * 8 + b"{",  # ends before its end
    pickle.dumps({"a": 1}),
    b'\x0e\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0{"\\u0000words"}',
]


@pytest.mark.parametrize("content", HOSTILE)
def test_what_is_no_message_is_an_error_of_one_kind(content: bytes) -> None:
    """Whatever comes, it is refused, and nothing of a stated size is made before it is there."""
    with pytest.raises(WireError):
        receive(io.BytesIO(content))


@pytest.mark.parametrize(
    "described",
    ['["<f8",[1000000000000],0]', '["<f8",[-1],0]', '["|O",[1],0]', '["<f8",[1],8]', '["<V8",[1],0]', '"x"'],
)
def test_arrays_that_are_not_there_are_refused(described: str) -> None:
    """An array of objects, of a negative size, or beyond what was sent is no array."""
    head = ('{"\\u0000numbers":' + described + "}").encode()
    body = b"\0" * 8
    content = len(head).to_bytes(8, "little") + len(body).to_bytes(8, "little") + head + body
    with pytest.raises(WireError):
        receive(io.BytesIO(content))


def test_ten_thousand_mutations_are_read_or_refused() -> None:
    """A message with some bytes changed is another message, or none; never another error."""
    stream = io.BytesIO()
    send(
        stream, {"done": {"values": np.arange(6.0), "words": np.array(["a", "b"], dtype=object), "n": [1, 2]}}
    )
    whole, draw = stream.getvalue(), np.random.default_rng(5)
    refused = 0
    for _ in range(10_000):
        content = bytearray(whole)
        for at in draw.integers(0, len(whole), size=draw.integers(1, 4)):
            content[at] = draw.integers(0, 256)
        try:
            receive(io.BytesIO(bytes(content)))
        except (WireError, EOFError):
            refused += 1
    assert refused > 1_000


def test_the_end_of_the_line_is_told() -> None:
    """An empty line is its end and no fault."""
    with pytest.raises(EOFError):
        receive(io.BytesIO(b""))
