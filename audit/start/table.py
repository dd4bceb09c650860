"""What the columns of a file look like, from its first rows: enough to propose what they are.

Values stay here; what is told of them elsewhere is their number, the ends of numbers, and the words of
columns that have few.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from audit.data.cells import as_words, date, is_exact_number, numbers, truths
from audit.data.container import Container, ParquetFile, check_names
from audit.data.csv_file import CsvFile
from audit.errors import DataError, UsageError

ENDINGS = (".csv", ".csv.gz", ".parquet")
MOST_ROWS = 100_000
FEW = 20  # different words that a category may have to be proposed as one
_MOSTLY = 0.8  # as the audit itself calls a column one of numbers
_DATES = 0.95

Kind = Literal["number", "truth", "text", "date", "empty"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``words`` counts its values where there are few, most frequent first."""

    name: str
    kind: Kind
    missing: int
    distinct: int
    low: float | None = None
    high: float | None = None
    whole: bool = False
    words: tuple[tuple[str, int], ...] = ()

    @property
    def is_switch(self) -> bool:
        """Whether it is a number that is 0 or 1 in every row."""
        return self.kind == "number" and not self.missing and {word for word, _ in self.words} == {"0", "1"}


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The first rows of a file, as text, and what its columns look like."""

    name: str
    frame: pl.DataFrame
    columns: tuple[Column, ...]
    whole: bool  # whether these are all of its rows

    @property
    def n(self) -> int:
        """How many rows were looked at."""
        return self.frame.height

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def __contains__(self, name: object) -> bool:
        return name in self.frame.columns


def look(path: Path) -> Table:
    """Read the first rows of a CSV or Parquet file.

    Raises
    ------
    UsageError
        There is no such file, or its ending is none that is read.
    DataError
        It cannot be read, or has no rows.
    """
    if not path.is_file():
        what = "it is a folder" if path.is_dir() else "there is no such file"
        raise UsageError(f"{path}: data: {what}. Name the file of the applications with --data.")
    if not path.name.lower().endswith(ENDINGS):
        raise UsageError(
            f"{path}: data: no data format is known for this ending. Use one of {', '.join(ENDINGS)}; "
            "save rows of a database as one of them."
        )
    container: Container = ParquetFile(path) if path.suffix.lower() == ".parquet" else CsvFile(path)
    check_names(container.columns, container.name)
    parts, n, whole = [], 0, True
    for chunk in container.chunks():
        if n >= MOST_ROWS:
            whole = False
            break
        parts.append(chunk.frame.filter(~pl.Series(chunk.ragged)))
        n += parts[-1].height
    frame = pl.concat(parts)[:MOST_ROWS] if parts else pl.DataFrame()
    if not frame.height:
        raise DataError(f"{path}: data: it has no rows. Give the applications that the model decided.")
    return Table(path.name, frame, tuple(_column(frame[name]) for name in frame.columns), whole)


def _column(cells: pl.Series) -> Column:
    words = as_words(cells).drop_nulls()
    missing, distinct = len(cells) - len(words), words.n_unique()
    if not len(words):
        return Column(cells.name, "empty", missing, 0)
    counted: tuple[tuple[str, int], ...] = ()
    if distinct <= FEW:
        table = words.alias("word").value_counts().sort(["count", "word"], descending=[True, False])
        counted = tuple(table.iter_rows())
    values = numbers(words)
    known = values.filter(values.is_finite())
    if truths(words).is_not_null().all() and not is_exact_number(words).any():
        return Column(cells.name, "truth", missing, distinct, words=counted)
    if len(known) >= _MOSTLY * len(words):
        low, high = float(known.min()), float(known.max())  # type: ignore[arg-type]
        whole = bool((known == known.round(0)).all())
        return Column(cells.name, "number", missing, distinct, low, high, whole, counted)
    sample = words[:200].to_list()
    if sum(date(word) is not None for word in sample) >= _DATES * len(sample):
        return Column(cells.name, "date", missing, distinct, words=counted)
    return Column(cells.name, "text", missing, distinct, words=counted)
