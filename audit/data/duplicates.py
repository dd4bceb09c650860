"""Ids that stand in several rows, over all partitions, in 16 bytes a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from numpy.typing import NDArray


def id_marks(ids: pl.Series) -> NDArray[np.uint64]:
    """Return 16 bytes an id, in place of the id; all zero where it is missing."""
    marks = np.stack([ids.hash(seed).to_numpy() for seed in (1, 2)], axis=1).astype(np.uint64)
    marks[ids.is_null().to_numpy()] = 0
    return marks


def repeated(ids: Sequence[NDArray[np.uint64]]) -> NDArray[np.bool_]:
    """Return which rows share their id with another, over all partitions."""
    marks = np.concatenate(ids) if ids else np.empty((0, 2), dtype=np.uint64)
    order = np.lexsort((marks[:, 1], marks[:, 0]))
    ordered = marks[order]
    same = (ordered[1:] == ordered[:-1]).all(axis=1) & ordered[1:].any(axis=1)
    again = np.zeros(len(marks), dtype=bool)
    again[order[1:][same]] = True
    again[order[:-1][same]] = True
    return again
