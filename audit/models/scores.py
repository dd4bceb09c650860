"""Scores that are already in the data: ``scores:COLUMN``, or a config's ``model: {scores: COLUMN}``.

Such a model can be judged by its rates. It cannot be explained: nobody can ask it about a row
that is not there, so reasons need the model itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import ModelError
from audit.record import Model, Trust

if TYPE_CHECKING:
    from numpy.typing import NDArray


def open_scores(
    target: str,
    *,
    trust: Trust | None = None,
    sha256: str | None = None,
    output: int | str = 0,
    folder: Path | None = None,
    features: Sequence[str] = (),
) -> ScoresInData:
    """Return the scorer that reads the column ``target``; the other arguments have nothing to say."""
    if not target:
        raise ModelError("model scores: no column is named. Write model: {scores: COLUMN}.")
    return ScoresInData(target)


class ScoresInData:
    """Reads the score from its column."""

    explainable = False

    def __init__(self, column: str) -> None:
        self.columns: tuple[str, ...] = (column,)
        self.spans: Mapping[str, tuple[int, int]] = {column: (0, 1)}

    def encode(self, rows: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return float64[n, 1]."""
        column = self.columns[0]
        if column not in rows:
            raise ModelError(f"model scores:{column}: the rows have no such column. Correct model.scores.")
        return np.asarray(rows[column], dtype=np.float64)[:, None]

    def score_encoded(self, encoded: NDArray[Any]) -> NDArray[np.float64]:
        """Return float64[n]; NaN where an application that was never decided has no score."""
        return np.array(encoded[:, 0], dtype=np.float64)

    def score(self, rows: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return float64[n]."""
        return self.score_encoded(self.encode(rows))

    def describe(self) -> Model:
        """Return what is kept of the model: the digest is of the column's name."""
        digest = hashlib.sha256(self.columns[0].encode()).hexdigest()
        return Model(
            digest=digest,
            name=f"scores in {self.columns[0]}",
            framework="scores",
            version=digest[:16],
            inputs=(),
        )
