"""Rows as the matrix of numbers that tree libraries take: words become the codes of the training.

A library that was given categories keeps their order in the model file, and its trees ask for the
place of a category in that order. Numbers pass as they are, and missing values are NaN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray


class FeatureTable:
    """Encodes columns into float64[n, columns].

    Parameters
    ----------
    name : the model's name, for messages
    columns : the columns in the order of the training
    categories : column -> its categories in the order of their codes, as the model file has them
    unknown_is_missing : whether a category that the training never met counts as missing, as it
        does with LightGBM; else it is refused
    """

    def __init__(
        self,
        name: str,
        columns: Sequence[str],
        categories: Mapping[str, Sequence[Any]],
        *,
        unknown_is_missing: bool,
    ) -> None:
        self._name = name
        self.columns = tuple(columns)
        self._codes = {
            column: {_key(value): float(code) for code, value in enumerate(known)}
            for column, known in categories.items()
        }
        self._unknown_is_missing = unknown_is_missing

    @property
    def spans(self) -> dict[str, tuple[int, int]]:
        """Start and stop of each column in the matrix: one place a column."""
        return {column: (at, at + 1) for at, column in enumerate(self.columns)}

    def encode(self, rows: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return float64[n, columns].

        Raises
        ------
        ModelError
            A column is absent, holds text where the model takes numbers, or an unknown category.
        """
        absent = [column for column in self.columns if column not in rows]
        if absent:
            raise ModelError(
                f"model {self._name}: it reads the column {absent[0]!r}, which the rows do not have "
                f"({', '.join(list(rows)[:12])}). Add it to data.features."
            )
        n = len(np.asarray(rows[self.columns[0]]))
        matrix = np.empty((n, len(self.columns)), dtype=np.float64)
        for at, column in enumerate(self.columns):
            values = np.asarray(rows[column])
            matrix[:, at] = (
                self._coded(column, values) if column in self._codes else self._plain(column, values)
            )
        return matrix

    def _plain(self, column: str, values: NDArray[Any]) -> NDArray[np.float64]:
        if values.dtype.kind in "OUS":
            raise ModelError(
                f"model {self._name}: it reads {column!r} as a number, and the data hold text there. "
                "Train it on categories that it keeps, or correct the column."
            )
        return values.astype(np.float64)

    def _coded(self, column: str, values: NDArray[Any]) -> NDArray[np.float64]:
        codes = self._codes[column]
        distinct, places = np.unique(_without_none(values), return_inverse=True)
        found = np.array([codes.get(_key(value), -1.0) for value in distinct.tolist()], dtype=np.float64)
        missing = np.array([_is_missing(value) and _key(value) not in codes for value in distinct.tolist()])
        coded = np.where(missing, np.nan, found)[places.ravel()] if len(distinct) else np.empty(0)
        unknown = coded < 0
        if unknown.any() and not self._unknown_is_missing:
            # The category itself is a person's value: only how many there are is told.
            raise ModelError(
                f"model {self._name}: {int(unknown.sum())} of {len(values)} rows hold a category of "
                f"{column!r} that the model was not trained on. Correct them, or set these rows aside."
            )
        coded[unknown] = np.nan
        return coded


def _without_none(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind in "OUS":
        return np.array(["" if value is None else str(value) for value in values.tolist()], dtype=str)
    return values.astype(np.float64)


def _key(value: Any) -> str:
    # A category 3 of the training is 3.0 in data that are read as numbers, and "3" in text.
    if isinstance(value, bool):
        return str(value)
    return f"{value:.15g}" if isinstance(value, int | float) else str(value)


def _is_missing(value: Any) -> bool:
    return bool(value == "" or value != value)
