"""What a refused applicant could change, as the dictionary of reasons states it.

A factor moves as one: its columns (one-hot parts, flags, lags of one source) take together what they
are for somebody else. So a category stays a category, a whole number whole, a count of late months
the count of its months, and every value one that occurs.

Never moved: a factor with ``changeable: false``, one that reads a protected attribute or stands for
one (``proxy`` with the verdict blocked), a column that no changeable factor owns, and a column that
``change`` says never changes. Two factors that name one flag would pull at it; the first has it.

Source: Wachter, Mittelstadt and Russell, "Counterfactual explanations without opening the black box",
2017; Court of Justice, C-203/22, 27 February 2025.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.data.missing import is_empty, is_set
from audit.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.record import ReasonCode


@dataclass(frozen=True, slots=True)
class Movable:
    """A factor that can change: its columns that the model reads, and the ways in which they can go."""

    factor: str
    columns: tuple[str, ...]
    flags: frozenset[str] = frozenset()  # those of the columns that say that information is missing
    ways: Mapping[str, str] | None = None  # column -> increase or decrease


def movable(
    codes: Sequence[ReasonCode],
    columns: Collection[str],
    *,
    protected: Collection[str] = (),
    flags: Collection[str] = (),
) -> tuple[Movable, ...]:
    """Return the factors that can change, in the order of the dictionary.

    Parameters
    ----------
    columns : those that the model reads
    protected : factors that read a protected attribute
    flags : columns that say that information is missing, as ``audit.data.missing`` finds them
    """
    owner = {column: code.factor for code in codes for column in code.columns}
    for code in codes:
        for column in code.missing_columns:
            owner.setdefault(column, code.factor)
    found = []
    for code in codes:
        blocked = code.proxy is not None and code.proxy.verdict == "blocked"
        if not code.changeable or blocked or code.factor in protected:
            continue
        own = tuple(
            column
            for column in dict.fromkeys((*code.columns, *code.missing_columns))
            if column in columns and owner[column] == code.factor and code.change.get(column) != "never"
        )
        if any(column not in flags for column in own):
            ways = {column: way for column, way in code.change.items() if way in ("increase", "decrease")}
            found.append(Movable(code.factor, own, frozenset(flags) & frozenset(own), ways))
    return tuple(found)


def reachable(
    factor: Movable, own: Mapping[str, NDArray[Any]], other: Mapping[str, NDArray[Any]]
) -> NDArray[np.bool_] | None:
    """Return bool[n, m]: whether n applicants can truthfully get each of m other sets of values.

    None where all can get all of them.

    What is known never becomes missing, no flag is raised, and a column goes only where it can.
    Columns are float64 with NaN where a number is missing, or words.

    Raises
    ------
    UsageError
        Where a column of words is said to increase or decrease.
    """
    bars = []
    for column in factor.columns:
        mine, theirs = own[column], other[column]
        unknown = is_empty(theirs)
        if unknown.any():
            bars.append(~is_empty(mine)[:, None] & unknown[None])
        if column in factor.flags and (raised := is_set(theirs)).any():
            bars.append(~is_set(mine)[:, None] & raised[None])
        way = (factor.ways or {}).get(column)
        if way is not None:
            if theirs.dtype.kind != "f" or mine.dtype.kind != "f":
                raise UsageError(
                    f"reasons: {factor.factor}.change: {column!r} holds words, which do not {way}. "
                    "Write any or never"
                )
            # A comparison with a missing number is false, so one that was missing may become any.
            back = np.less if way == "increase" else np.greater
            bars.append(back(theirs[None], mine[:, None]))
    return ~np.logical_or.reduce(bars) if bars else None
