"""What methods find of a reference alone, kept with the scorer for the next question.

A decision that is explained on its own is compared with the same reference as the one before. What is
kept is what would be found again, so it changes no number; a scorer that ends takes its own with it.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from numpy.typing import NDArray

Found = TypeVar("Found")

AT_MOST = 8  # of one scorer; the oldest goes first
_of_scorers: dict[int, dict[Hashable, Any]] = {}


def kept(scorer: object, key: Hashable, find: Callable[[], Found]) -> Found:
    """Return what ``find`` finds, found once for a scorer and a key.

    Parameters
    ----------
    key : says all that ``find`` depends on besides the scorer
    """
    if not type(scorer).__weakrefoffset__:  # nobody would tell that it has ended
        return find()
    of_this = _of_scorers.get(id(scorer))
    if of_this is None:
        of_this = _of_scorers[id(scorer)] = {}
        weakref.finalize(scorer, _of_scorers.pop, id(scorer), None)
    if key not in of_this:
        found = find()
        if len(of_this) >= AT_MOST:
            del of_this[next(iter(of_this))]
        of_this[key] = found
    known: Found = of_this[key]
    return known


def content(cells: NDArray[Any]) -> Hashable:
    """Return what an array holds, as part of a key."""
    if cells.dtype.kind == "O":
        return cells.shape, tuple(cells.ravel().tolist())
    return cells.shape, cells.dtype.str, cells.tobytes()
