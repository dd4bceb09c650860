"""What holds the rows: a file, a query or a frame, as runs of rows whose every cell is text.

Why so: every container hands on text and None alone (a number as its shortest exact text, a
whole float without its ``.0``, a date as ISO). So types are decided in one place, the same
content has the same digest in any container, and nothing is guessed twice. The way back from the
shortest text to the number is exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import polars as pl

from audit.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

PARTITION_ROWS = 20_000
_WHOLE = 1e15  # below it a float that is whole prints as an integer, without loss


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """A run of rows. ``ragged`` marks rows whose number of cells is not the header's."""

    start: int
    frame: pl.DataFrame
    ragged: NDArray[np.bool_]


class Container(Protocol):
    """Where rows come from."""

    name: str
    columns: tuple[str, ...]

    def chunks(self) -> Iterator[Chunk]:
        """Yield all rows in the order of the source, at most ``PARTITION_ROWS`` at a time."""

    def chunk(self, seq: int) -> Chunk:
        """Return the ``seq``-th chunk once more; only after ``chunks`` ran to its end."""


class ParquetFile:
    """A Parquet file, read by row ranges."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path = path
        try:
            self.columns = tuple(pl.read_parquet_schema(path))
            self._n_rows = int(pl.scan_parquet(path).select(pl.len()).collect().item())
        except pl.exceptions.PolarsError as error:
            raise _unreadable(path.name, error) from None

    def chunks(self) -> Iterator[Chunk]:
        """Yield all rows."""
        for seq in range(-(-self._n_rows // PARTITION_ROWS)):
            yield self.chunk(seq)

    def chunk(self, seq: int) -> Chunk:
        """Return the ``seq``-th chunk."""
        start = seq * PARTITION_ROWS
        try:
            frame = pl.scan_parquet(self._path).slice(start, PARTITION_ROWS).collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _unreadable(self.name, error) from None
        return Chunk(start, as_text(frame, self.name), np.zeros(frame.height, dtype=bool))


class Frame:
    """Rows that are in memory already: polars, pandas, columns, or anything with the Arrow stream."""

    def __init__(self, frame: Any, name: str = "data frame") -> None:
        self.name = name
        self._frame = as_polars(frame, name)
        self.columns = tuple(self._frame.columns)
        self._only: Chunk | None = None  # what few rows are as text is asked for twice

    def chunks(self) -> Iterator[Chunk]:
        """Yield all rows."""
        for seq in range(-(-self._frame.height // PARTITION_ROWS)):
            yield self.chunk(seq)

    def chunk(self, seq: int) -> Chunk:
        """Return the ``seq``-th chunk."""
        if self._only is not None:
            return self._only
        start = seq * PARTITION_ROWS
        frame = self._frame.slice(start, PARTITION_ROWS)
        chunk = Chunk(start, as_text(frame, self.name), np.zeros(frame.height, dtype=bool))
        if frame.height == self._frame.height:
            self._only = chunk
        return chunk


def as_polars(frame: Any, name: str) -> pl.DataFrame:
    if isinstance(frame, pl.DataFrame):
        return frame
    if type(frame).__module__.partition(".")[0] == "pandas":
        # Taken column by column: the short way asks for pyarrow.
        check_names([str(column) for column in frame.columns], name)
        return pl.DataFrame([_pandas_column(str(column), frame[column]) for column in frame.columns])
    try:
        return pl.DataFrame(frame)
    except (TypeError, ValueError, OverflowError, ImportError, pl.exceptions.PolarsError) as error:
        raise DataError(
            f"{name}: it cannot be read as a data frame ({type(error).__name__}). "
            "Give a polars or pandas frame, or a mapping of columns."
        ) from None


def _pandas_column(name: str, column: Any) -> pl.Series:
    missing = column.isna().to_numpy()
    cells = zip(column.to_numpy(dtype=object).tolist(), missing.tolist(), strict=True)
    return pl.Series(name, [None if gone else cell_text(cell) for cell, gone in cells], dtype=pl.String)


def as_text(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the frame with every cell as text; empty, null and NaN are None.

    >>> as_text(pl.DataFrame({"a": [1.0, 0.5, float("nan")]}), "x")["a"].to_list()
    ['1', '0.5', None]
    """
    return pl.DataFrame([_column_as_text(column, name) for column in frame.get_columns()])


def _column_as_text(column: pl.Series, name: str) -> pl.Series:
    if column.dtype.is_float():
        column = _floats_as_text(column)
    elif column.dtype == pl.Datetime:
        column = column.dt.to_string("iso:strict")
    elif column.dtype == pl.Object:
        column = pl.Series(column.name, [cell_text(cell) for cell in column.to_list()], dtype=pl.String)
    elif column.dtype.is_nested() or column.dtype == pl.Binary:
        raise DataError(
            f"{name}: column {column.name!r}: its cells are {column.dtype}, not single values. "
            "Write them as text or as columns of their own, or leave the column out."
        )
    else:
        column = column.cast(pl.String)
    return blank_to_missing(column)


def _floats_as_text(column: pl.Series) -> pl.Series:
    cell = pl.first().fill_nan(None)
    integer = pl.when((cell == cell.round(0)) & (cell.abs() < _WHOLE)).then(cell).cast(pl.Int64)
    words = integer.cast(pl.String).fill_null(cell.cast(pl.String))
    return column.to_frame().select(words.alias(column.name)).to_series()


def blank_to_missing(column: pl.Series) -> pl.Series:
    """Return the text with cells of nothing but white space as None."""
    blank = column.to_frame().select(pl.first().str.strip_chars().str.len_bytes() == 0).to_series()
    if not blank.any():
        return column
    return column.zip_with(
        ~blank.fill_null(True), pl.Series([None], dtype=pl.String).new_from_index(0, len(column))
    )


def cell_text(cell: object) -> str | None:
    """Return one cell as text, as ``as_text`` does a column."""
    if isinstance(cell, np.generic):
        cell = cell.item()
    if cell is None or cell != cell:
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _WHOLE:
        return str(int(cell))
    iso = getattr(cell, "isoformat", None)
    return str(iso()) if callable(iso) else str(cell)


def check_names(columns: Sequence[str], name: str) -> None:
    """Refuse a header in which a name is empty or stands twice."""
    seen: set[str] = set()
    for at, column in enumerate(columns, start=1):
        if not column.strip():
            raise DataError(f"{name}: column {at} has no name in the header. Name it.")
        if column in seen:
            raise DataError(f"{name}: the header names {column!r} twice. Rename or remove one of them.")
        seen.add(column)


def _unreadable(name: str, error: Exception) -> DataError:
    return DataError(
        f"{name}: cannot be read as Parquet ({type(error).__name__}). Write the file again, or give CSV."
    )
