"""Rows as one matrix, for models that take a table: strings become codes and come back.

Explainers mix rows column by column in the encoded matrix; a table model then needs its strings
again. The codes grow as values are met and never leave the process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def as_asked(
    model: str, column: str, values: NDArray[Any], *, text: bool, whole: bool = False
) -> NDArray[Any]:
    """Return a column as the model's input means it: text, numbers, or whole numbers.

    Parameters
    ----------
    model, column : names, for messages
    text, whole : whether the input takes text; whether it takes whole numbers

    Raises
    ------
    ModelError
        Text for a number; a gap or a fraction where the input takes whole numbers, which know neither.
    """
    has_text = values.dtype.kind in "OUS"
    if text and not has_text:  # codes such as 3 are read as numbers from a file
        return np.array(["" if np.isnan(v) else f"{v:.15g}" for v in values.astype(float)], dtype=object)
    if has_text and not text:
        raise ModelError(
            f"model {model}: it reads {column!r} as a number, and the data hold text there. "
            "Give the model an input of text for it, or correct the column."
        )
    numbers = np.where(np.isfinite(values.astype(float)), values.astype(float), 0.5) if whole else np.empty(0)
    if others := int(np.count_nonzero(numbers != np.rint(numbers))):
        raise ModelError(
            f"model {model}: it reads {column!r} as whole numbers, and {others} of {len(values)} rows miss "
            "it or have a fraction. Fill the column, or give the model an input that knows such values."
        )
    return values


class CodeBook:
    """Encodes columns of numbers and strings into float64[n, columns], and decodes them.

    Parameters
    ----------
    columns : sequence of str
        The columns in order; where empty, those of the first rows that come.
    """

    def __init__(self, columns: Sequence[str] = ()) -> None:
        self.columns = tuple(columns)
        self._codes: dict[str, dict[str, int] | None] = {}  # None: a column of numbers
        self._words: dict[str, NDArray[np.object_]] = {}

    @property
    def spans(self) -> dict[str, tuple[int, int]]:
        """Start and stop of each column in the matrix: one place a column."""
        return {column: (at, at + 1) for at, column in enumerate(self.columns)}

    def encode(self, rows: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return float64[n, columns]; a missing number stays NaN, a missing string has its own code."""
        if not self.columns:
            self.columns = tuple(rows)
        absent = [column for column in self.columns if column not in rows]
        if absent:
            raise ModelError(
                f"model: it reads the column {absent[0]!r}, which the rows do not have "
                f"({', '.join(list(rows)[:12])}). Add it to data.features."
            )
        n = len(np.asarray(rows[self.columns[0]])) if self.columns else 0
        matrix = np.empty((n, len(self.columns)), dtype=np.float64)
        for at, column in enumerate(self.columns):
            matrix[:, at] = self._encoded(column, np.asarray(rows[column]))
        return matrix

    def decode(self, matrix: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Return fresh columns; what a model does to them changes nothing here."""
        columns: dict[str, NDArray[Any]] = {}
        for at, column in enumerate(self.columns):
            values = np.array(matrix[:, at], dtype=np.float64)
            words = self._words.get(column)
            columns[column] = values if words is None else words[values.astype(np.int64)]
        return columns

    def _encoded(self, column: str, values: NDArray[Any]) -> NDArray[np.float64]:
        is_text = values.dtype.kind in "OUS"
        codes = self._codes.setdefault(column, {} if is_text else None)
        if is_text != (codes is not None):
            raise ModelError(
                f"model: the column {column!r} came as numbers in some rows and as text in others. "
                "Give it one type in all rows."
            )
        if codes is None:
            return values.astype(np.float64)
        n_known = len(codes)
        places = [codes.setdefault("" if v is None else str(v), len(codes)) for v in values.tolist()]
        if len(codes) > n_known or column not in self._words:
            self._words[column] = np.array(list(codes), dtype=object)
        return np.array(places, dtype=np.float64)
