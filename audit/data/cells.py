"""Cells of text as values: numbers, truth, dates. What cannot be read is told, never guessed.

Truth in files is true/false, yes/no or 1/0; dates are ISO.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable

TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0")
# Digits past the 15th do not survive in a float, and a code such as 007 is no number.
_EXACT = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$"
_EXACT_LENGTH = 16


def numbers(cells: pl.Series) -> pl.Series:
    """Return Float64: null where the cell is missing, NaN where it is no number.

    >>> numbers(pl.Series(["1", " 2.5", None, "two", "inf"])).to_list()
    [1.0, 2.5, None, nan, inf]
    """
    if cells.dtype.is_numeric():
        return cells.cast(pl.Float64)
    values = cells.str.strip_chars().cast(pl.Float64, strict=False)
    if cells.null_count() == values.null_count():
        return values
    wrong = values.is_null() & cells.is_not_null()
    return values.zip_with(~wrong, pl.Series([math.nan]).new_from_index(0, len(cells)))


def truths(cells: pl.Series) -> pl.Series:
    """Return Boolean, null where the cell is missing or says neither.

    >>> truths(pl.Series(["Yes", "0", None, "perhaps"])).to_list()
    [True, False, None, None]
    """
    words = as_words(cells).str.to_lowercase()
    says_true, says_false = words.is_in(TRUE), words.is_in(FALSE)
    return says_true.zip_with((says_true | says_false).fill_null(False), pl.Series([None], dtype=pl.Boolean))


def truth(text: str | None) -> bool | None:
    """Return what one cell says, None where it says neither."""
    word = (text or "").strip().lower()
    return True if word in TRUE else False if word in FALSE else None


def date(text: str | None) -> dt.date | None:
    """Return an ISO date (a time after it is let go), None where there is none.

    >>> date("2026-11-20T08:30:00")
    datetime.date(2026, 11, 20)
    """
    try:
        return dt.date.fromisoformat((text or "").strip()[:10])
    except ValueError:
        return None


def equal(cells: pl.Series, value: object) -> pl.Series:
    """Return where a cell is the value that the config states; never null.

    Numbers are compared as numbers (1 is 1.0), truth as truth (yes is true), else the words.
    """
    words = as_words(cells)
    if isinstance(value, bool):
        return (truths(words) == value).fill_null(False)
    word = str(value).strip()
    same = (words == word).fill_null(False)
    try:
        number = float(word)
    except ValueError:
        return same
    return same | (numbers(words) == number).fill_null(False)


def as_words(cells: pl.Series) -> pl.Series:
    """Return the cells as text without white space around it; numbers as the shortest text."""
    cell = pl.first()  # one expression: a single applicant's cells are looked at column by column
    if cells.dtype == pl.Float64:
        whole = cell.is_finite() & (cell == cell.round(0)) & (cell.abs() < 1e15)
        integer = pl.when(whole).then(cell).cast(pl.Int64)
        words = integer.cast(pl.String).fill_null(cell.fill_nan(None).cast(pl.String))
    else:
        words = cell.cast(pl.String).str.strip_chars()
    return cells.to_frame().select(words.alias(cells.name)).to_series()


def listed_names(cells: pl.Series, separator: str) -> list[tuple[str, ...]]:
    """Return the names that each cell lists; none where it is empty.

    >>> listed_names(pl.Series(["K1; K2", None, ";"]), ";")
    [('K1', 'K2'), (), ()]
    """
    return [
        tuple(part.strip() for part in (cell or "").split(separator) if part.strip())
        for cell in as_words(cells).to_list()
    ]


def is_exact_number(cells: pl.Series) -> pl.Series:
    """Return where a cell and its number determine each other but for the way it is written."""
    cell = pl.first()
    looks = cell.str.contains(_EXACT) & (cell.str.len_bytes() <= _EXACT_LENGTH)
    return cells.to_frame().select(looks.fill_null(False)).to_series()


def listed(names: Iterable[str], at_most: int = 8) -> str:
    """Return names as a short list for a message."""
    every = list(names)
    return ", ".join(every[:at_most]) + (f" and {len(every) - at_most} more" if len(every) > at_most else "")
