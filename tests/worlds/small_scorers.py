"""Small scorers with known answers, and rows for them, for the tests of explanation methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from audit.models.codebook import CodeBook


class PlainScorer:
    """A scorer around a function of columns; it has none of the fast ways."""

    def __init__(self, function: Callable[[dict[str, Any]], Any], columns: tuple[str, ...]) -> None:
        self._function = function
        self._book = CodeBook(columns)

    @property
    def columns(self) -> tuple[str, ...]:
        return self._book.columns

    @property
    def spans(self) -> Mapping[str, tuple[int, int]]:
        return self._book.spans

    def encode(self, rows: Mapping[str, Any]) -> Any:
        return self._book.encode(rows)

    def score_encoded(self, encoded: Any) -> Any:
        return np.asarray(self._function(self._book.decode(encoded)), dtype=np.float64)

    def score(self, rows: Mapping[str, Any]) -> Any:
        return self.score_encoded(self.encode(rows))


TOWN = {"north": 0.3, "south": -0.4, "": 0.1}


def bent(rows: dict[str, Any]) -> Any:
    """A function with products of columns, a text column, and one column that does nothing (f)."""
    town = np.array([TOWN.get(word, 0.0) for word in rows["town"]])
    inside = rows["a"] * rows["b"] - 0.5 * rows["c"] + np.sin(rows["d"]) * rows["a"] + town * rows["c"]
    return 1 / (1 + np.exp(-inside))


BENT_COLUMNS = ("a", "b", "c", "d", "f", "town")
BENT_FACTORS = {"ab": ["a", "b"], "c": ["c"], "d": ["d"], "idle": ["f"], "town": ["town"]}


def bent_rows(n: int, seed: int) -> dict[str, Any]:
    """Draw rows for ``bent``."""
    draw = np.random.default_rng(seed)
    rows: dict[str, Any] = {column: draw.normal(size=n) for column in "abcdf"}
    rows["town"] = draw.choice(np.array(["north", "south", ""], dtype=object), size=n)
    return rows


def linear(weights: Mapping[str, float]) -> PlainScorer:
    """Return a scorer that adds up weighted columns."""
    return PlainScorer(
        lambda rows: sum(weight * rows[column] for column, weight in weights.items()), tuple(weights)
    )


def as_records(rows: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return columns as a list of rows, for loops that are obviously right."""
    return [
        dict(zip(rows, cells, strict=True))
        for cells in zip(*(np.asarray(column).tolist() for column in rows.values()), strict=True)
    ]
