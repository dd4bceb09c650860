"""Who belongs to which group, and to which meeting of groups.

Groups are named as in the data or by band (``18-24``, ``62+``). Nobody is dropped: who has no
value, or one that cannot be read as the config states it, is ``unknown``; who lies below the
first band is ``under 18``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import polars as pl

from audit.data.cells import as_words, numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.config import ProtectedAttribute

UNKNOWN = "unknown"


class Banded(Protocol):
    """How a column is read into groups: an attribute, or a control."""

    @property
    def type(self) -> str: ...
    @property
    def bands(self) -> tuple[float, ...] | None: ...
    @property
    def band_names(self) -> tuple[str, ...]: ...


def groups(protected: Mapping[str, ProtectedAttribute], frame: pl.DataFrame) -> dict[str, NDArray[Any]]:
    """Return each row's group for each protected attribute.

    Returns
    -------
    dict of str to object[n]
        Attribute -> group names.
    """
    return {name: group_names(attribute, frame[attribute.column]) for name, attribute in protected.items()}


def intersection_groups(
    intersections: Sequence[Sequence[str]], groups_of: Mapping[str, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """Return each row's group where attributes meet.

    >>> intersection_groups([["sex", "age"]], {"sex": np.array(["female"]), "age": np.array(["62+"])})
    {'sex x age': array(['female x 62+'], dtype=object)}
    """
    return {
        " x ".join(names): np.array(
            [" x ".join(parts) for parts in zip(*(groups_of[name].tolist() for name in names), strict=True)],
            dtype=object,
        )
        for names in intersections
    }


def group_names(attribute: Banded, cells: pl.Series) -> NDArray[Any]:
    """Return the group of each cell."""
    if attribute.type == "category":
        return np.asarray(as_words(cells).fill_null(UNKNOWN).to_numpy(), dtype=object)
    values = numbers(cells).fill_null(np.nan).to_numpy()
    known = np.isfinite(values)
    if attribute.type == "integer":
        known &= values == np.floor(values)
    if attribute.bands is None:
        words = as_words(pl.Series(np.where(known, values, np.nan))).fill_null(UNKNOWN)
        return np.asarray(words.to_numpy(), dtype=object)
    names = np.array([*attribute.band_names, f"under {attribute.bands[0]:g}", UNKNOWN], dtype=object)
    place = np.searchsorted(np.array(attribute.bands), np.where(known, values, 0.0), side="right") - 1
    place = np.where(place < 0, len(attribute.band_names), place)
    return names[np.where(known, place, len(names) - 1)]
