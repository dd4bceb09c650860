"""The digest of what the data say, whatever holds them.

Each column is four streams: one byte a cell (0 missing, 1 number, 2 text), the numbers as
little-endian float64, the lengths of the texts in bytes as little-endian uint32, and the texts as
UTF-8. The digest of the data is over the number of rows and, in the order of their names, the
columns: name and the four streams' digests. So CSV, gzip, Parquet and a query of the same rows
have one digest, and the size of the partitions has no say in it; any changed, moved, added or
removed row changes it.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import polars as pl

from audit.data.cells import is_exact_number

_MISSING, _NUMBER, _TEXT = 0, 1, 2


class Content:
    """Takes frames of text in their order, and gives the digest of all of them."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self._streams: dict[str, list[Any]] = {
            column: [hashlib.sha256() for _ in range(4)] for column in sorted(columns)
        }
        self._n_rows = 0

    def add(self, frame: pl.DataFrame) -> str:
        """Take the next rows, and return the digest of these alone."""
        alone = Content(tuple(self._streams))
        for content in (self, alone):
            content._n_rows += frame.height
        for column, streams in self._streams.items():
            for packed, *both in zip(_pack(frame[column]), streams, alone._streams[column], strict=True):
                for stream in both:
                    stream.update(packed)
        return alone.digest()

    def digest(self) -> str:
        """Return the digest of all rows so far, in hex."""
        whole = hashlib.sha256(self._n_rows.to_bytes(8, "little"))
        for column, streams in self._streams.items():
            name = column.encode()
            whole.update(len(name).to_bytes(4, "little") + name)
            for stream in streams:
                whole.update(stream.digest())
        return whole.hexdigest()


def digest(frame: pl.DataFrame) -> str:
    """Return the digest of one frame of text.

    >>> one, other = pl.DataFrame({"a": ["1.0"]}), pl.DataFrame({"a": ["1"]})
    >>> digest(one) == digest(other), digest(one) == digest(pl.DataFrame({"a": ["01"]}))
    (True, False)
    """
    return Content(tuple(frame.columns)).add(frame)


def _pack(cells: pl.Series) -> tuple[bytes, bytes, bytes, bytes]:
    looks = is_exact_number(cells)
    values = cells.filter(looks).cast(pl.Float64)
    is_number = looks.to_numpy()
    finite = values.is_finite()
    if not finite.all():  # 1e999: too large for a float, so it stays text
        is_number = is_number.copy()
        is_number[np.flatnonzero(is_number)[~finite.to_numpy()]] = False
        values = values.filter(finite)
    present = cells.is_not_null().to_numpy()
    tags = np.where(is_number, _NUMBER, np.where(present, _TEXT, _MISSING)).astype(np.uint8)
    texts = cells.filter(pl.Series(present & ~is_number))
    lengths = texts.str.len_bytes().to_numpy().astype("<u4")
    packed = values.to_numpy().astype("<f8") + 0.0  # no -0.0
    return tags.tobytes(), packed.tobytes(), lengths.tobytes(), "".join(texts.to_list()).encode()
