"""Of which factors nothing is known in a row: a flag says so, or their cells are empty.

A column that a factor's ``missing`` entry names is one of two things. It is a **flag**, set where
the information is missing (``balance_missing``), or it is the value itself, empty where it is
missing. It is the value where it stands alone, or where it holds gaps or other numbers than 0 and
1; beside other columns of its factor, and always 0 or 1, it is a flag.

Source: 12 CFR 1002.9(b)(2), comments 9(b)(2)-2 and -4: missing information is a reason of its own,
never the value that was put in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.data.cells import FALSE, TRUE, truth
from audit.data.profile import ColumnProfile, NumberProfile, Profile
from audit.record import ReasonCode

if TYPE_CHECKING:
    from numpy.typing import NDArray


def missing_flags(codes: Iterable[ReasonCode], profile: Profile) -> frozenset[str]:
    """Return the columns that are flags, given what all rows look like."""
    flags = set()
    for code in codes:
        values = [name for name in code.columns if name not in code.missing_columns]
        for name in code.missing_columns:
            outside = name not in code.columns
            if outside or (values and name in profile and _is_switch(profile[name])):
                flags.add(name)
    return frozenset(flags)


def missing_factors(
    codes: Sequence[ReasonCode], values: Mapping[str, NDArray[Any]], flags: frozenset[str]
) -> dict[str, NDArray[np.bool_]]:
    """Return, by factor, the rows in which a flag of it is set or all of its own cells are empty.

    Parameters
    ----------
    values : column -> n cells; NaN or empty text where nothing is known
    flags : as ``missing_flags`` gives them
    """
    found = {}
    for code in codes:
        own = [name for name in code.missing_columns if name not in flags] or [
            name for name in code.columns if name not in flags
        ]
        empty = [is_empty(values[name]) for name in own if name in values]
        raised = [is_set(values[name]) for name in code.missing_columns if name in flags and name in values]
        masks = [np.logical_and.reduce(empty), *raised] if empty else raised
        if masks:
            found[code.factor] = np.asarray(np.logical_or.reduce(masks), dtype=bool)
    return found


def _is_switch(column: ColumnProfile) -> bool:
    if column.missing:
        return False
    if isinstance(column, NumberProfile):
        return set(column.values.value.tolist()) <= {0.0, 1.0}
    return column.words is not None and {word.lower() for word in column.words} <= {*TRUE, *FALSE}


def is_empty(cells: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where nothing is known: NaN, or empty text."""
    if cells.dtype.kind == "f":
        return np.asarray(np.isnan(cells), dtype=bool)
    return np.array([cell in ("", None) for cell in cells.tolist()], dtype=bool)


def is_set(cells: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where a flag is set."""
    if cells.dtype.kind == "f":
        return np.asarray(np.nan_to_num(cells, nan=0.0) != 0.0, dtype=bool)
    return np.array([truth(cell) is True for cell in cells.tolist()], dtype=bool)
