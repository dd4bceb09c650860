"""What methods find of a reference alone, kept with the scorer for the next question.

A decision that is explained on its own is compared with the same reference as the one before. What is
kept is what would be found again, so it changes no number; a scorer that ends takes its own with it.

Why so, the scores in the key: a model whose weights are changed under way is another model, and it
shows in what it says of the reference.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.explain.game import ScoresEncoded

Found = TypeVar("Found")

AT_MOST = 8  # of one scorer; the oldest goes first
_of_scorers: dict[int, dict[Hashable, Any]] = {}


def kept(scorer: ScoresEncoded, reference: NDArray[Any], key: Hashable, find: Callable[[], Found]) -> Found:
    """Return what ``find`` finds, found once for a scorer, a reference and a key.

    Parameters
    ----------
    reference : encoded[n, width]
    key : says all that ``find`` depends on besides
    """
    if not type(scorer).__weakrefoffset__:  # nobody would tell that it has ended
        return find()
    of_this = _of_scorers.get(id(scorer))
    if of_this is None:
        of_this = _of_scorers[id(scorer)] = {}
        weakref.finalize(scorer, _of_scorers.pop, id(scorer), None)
    key = content(reference), content(scorer.score_encoded(reference)), key
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
