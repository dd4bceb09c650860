"""CSV, plain or gzipped, in flat memory.

The bytes are cut at the ends of records, 20,000 records at a time, and only those bytes are
parsed. A record ends at a line end outside quotation marks; the parity of the marks seen so far
tells which those are, for a whole block of bytes at once. Blank lines are no rows.

Why so: the place of every partition in the stream is known after one pass, so that a partition is
read again by seeking (in a gzip file by running forward to it), and a record with too few or too
many cells is one row's fault, never the file's. The whole table is never in memory.
"""

from __future__ import annotations

import csv
import gzip
import weakref
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np
import polars as pl

from audit.data.container import PARTITION_ROWS, Chunk, blank_to_missing, check_names
from audit.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK = 1 << 20
_LONGEST = 1 << 26  # no record is longer; a quotation mark that is never closed is
_MARK, _COMMA, _LINE_END, _RETURN = b'",\n\r'
_BOM = b"\xef\xbb\xbf"


class CsvFile:
    """A CSV file with one header line, UTF-8, cells separated by commas."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path = path
        self._handle: IO[bytes] | None = None
        self._places: list[tuple[int, int, int]] = []  # first row, first byte, past the last byte
        self._start, self.columns = self._header()
        check_names(self.columns, self.name)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_handle": None}  # a worker opens the file itself

    def chunks(self) -> Iterator[Chunk]:
        """Yield all rows."""
        places: list[tuple[int, int, int]] = []
        row = 0
        for at, data, ends in self._records(self._start):
            chunk = self._parse(row, data, ends)
            if chunk.frame.height:
                places.append((row, at, at + len(data)))
                row += chunk.frame.height
                yield chunk
        self._places = places

    def chunk(self, seq: int) -> Chunk:
        """Return the ``seq``-th chunk."""
        row, first, stop = self._places[seq]
        if self._handle is None:
            # Kept open, so that a gzip file read in order is unpacked once.
            self._handle = self._open()
            weakref.finalize(self, self._handle.close)
        data = self._read(self._handle, first, stop - first)
        _, ends = _ends(data, 0)
        if not data.endswith(b"\n"):
            data, ends = data + b"\n", np.append(ends, len(data))
        return self._parse(row, data, ends)

    def _open(self) -> IO[bytes]:
        if self._path.suffix.lower() == ".gz":
            return cast("IO[bytes]", gzip.open(self._path, "rb"))
        return self._path.open("rb")

    def _read(self, handle: IO[bytes], at: int | None, size: int) -> bytes:
        try:
            if at is not None:
                handle.seek(at)
            return handle.read(size)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(
                f"{self.name}: cannot be read to its end ({type(error).__name__}). Copy the file again."
            ) from None

    def _header(self) -> tuple[int, tuple[str, ...]]:
        with self._open() as handle:
            data = b""
            while True:
                block = self._read(handle, None, _BLOCK)
                data += block
                _, ends = _ends(data, 0)
                if len(ends) or not block or len(data) > _LONGEST:
                    break
        stop = int(ends[0]) + 1 if len(ends) else len(data)
        try:
            text = data[:stop].removeprefix(_BOM).decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            raise self._not_utf8("its header") from None
        if not text:
            raise DataError(f"{self.name}: it is empty. Give a CSV file with a header line and rows.")
        columns = tuple(next(csv.reader([text])))
        if len(columns) == 1 and any(mark in text for mark in ";\t|"):
            raise DataError(f"{self.name}: its cells are not separated by commas. Save it with commas.")
        return stop, columns

    def _records(self, start: int) -> Iterator[tuple[int, bytes, NDArray[np.int64]]]:
        """Yield (place of the first byte, bytes, places of the record ends in them)."""
        with self._open() as handle:
            at, data, odd = start, b"", 0
            ends = np.empty(0, dtype=np.int64)
            block = self._read(handle, start, _BLOCK)
            while block:
                odd, fresh = _ends(block, odd)
                ends = np.append(ends, fresh + len(data))
                data += block
                while len(ends) >= PARTITION_ROWS:
                    cut = int(ends[PARTITION_ROWS - 1]) + 1
                    yield at, data[:cut], ends[:PARTITION_ROWS]
                    at, data, ends = at + cut, data[cut:], ends[PARTITION_ROWS:] - cut
                if len(data) - (int(ends[-1]) if len(ends) else 0) > _LONGEST:
                    break
                block = self._read(handle, None, _BLOCK)
            if odd:
                raise DataError(
                    f"{self.name}: a quotation mark is opened and never closed. "
                    "Double the marks that stand inside a cell, and close each cell."
                )
            if data and not data.endswith(b"\n"):
                ends = np.append(ends, len(data))
                data += b"\n"
            if data:
                yield at, data, ends

    def _parse(self, row: int, data: bytes, ends: NDArray[np.int64]) -> Chunk:
        starts = np.concatenate(([0], ends[:-1] + 1))
        raw = np.frombuffer(data, dtype=np.uint8)
        length = ends - starts
        blank = (length == 0) | ((length == 1) & (raw[starts] == _RETURN))
        commas = np.flatnonzero((raw == _COMMA) & (_parity(raw, 0) == 0))
        cells = np.searchsorted(commas, ends) - np.searchsorted(commas, starts) + 1
        ragged = cells != len(self.columns)
        if (blank | ragged).any():
            hollow = b"," * (len(self.columns) - 1) + b"\n"
            kept = np.flatnonzero(~blank)
            data = b"".join(hollow if ragged[i] else data[starts[i] : ends[i] + 1] for i in kept.tolist())
            ragged = ragged[kept]
        if not len(ragged):
            return Chunk(row, pl.DataFrame(schema=dict.fromkeys(self.columns, pl.String)), ragged)
        try:
            frame = pl.read_csv(
                data,
                has_header=False,
                schema=dict.fromkeys(self.columns, pl.String),
            )
        except pl.exceptions.PolarsError:
            raise self._not_utf8(f"a row between {row + 1} and {row + len(ragged)}") from None
        if frame.height != len(ragged):
            raise DataError(
                f"{self.name}: rows {row + 1} to {row + len(ragged)} cannot be told apart. "
                "Put every cell that holds a quotation mark or a line end in quotation marks."
            )
        return Chunk(row, frame.select(blank_to_missing(column) for column in frame), ragged)

    def _not_utf8(self, place: str) -> DataError:
        return DataError(f"{self.name}: {place} is not UTF-8 text. Save the file as UTF-8.")


def _parity(raw: NDArray[np.uint8], odd: int) -> NDArray[np.uint8]:
    """Return 1 where a byte stands inside quotation marks, given the parity before the first."""
    return np.bitwise_xor(np.bitwise_xor.accumulate((raw == _MARK).view(np.uint8)), np.uint8(odd))


def _ends(block: bytes, odd: int) -> tuple[int, NDArray[np.int64]]:
    """Return the parity after the block, and where records end in it."""
    raw = np.frombuffer(block, dtype=np.uint8)
    if not len(raw):
        return odd, np.empty(0, dtype=np.int64)
    parity = _parity(raw, odd)
    return int(parity[-1]), np.flatnonzero((raw == _LINE_END) & (parity == 0))
