"""Tests of taking attributions apart and putting them together."""

from __future__ import annotations

import numpy as np
import pytest

from audit.explain.joining import joined, taken
from audit.record import Attributions


def some(rows: list[float], *, exact: bool = True) -> Attributions:
    """Return attributions whose every number tells its row."""
    at = np.array(rows)
    return Attributions(
        method="shapley",
        factors=("a", "b"),
        values=np.stack([at, -at], axis=1),
        base=at + 10,
        output=at + 20,
        residual=at + 30,
        standard_error=None if exact else np.stack([at, at], axis=1) + 40,
        certified=tuple("exact" if exact else "certain" for _ in rows),  # type: ignore[misc]
    )


def test_what_is_joined_comes_apart_again() -> None:
    """Rows keep their numbers, in the order asked for."""
    whole = joined([some([1, 2]), some([3])])
    part = taken(whole, [2, 0])
    assert part.values[:, 0].tolist() == [3, 1]
    assert part.base.tolist() == [13, 11]
    assert part.output.tolist() == [23, 21]
    assert part.residual.tolist() == [33, 31]
    assert (part.standard_error, part.certified) == (None, ("exact", "exact"))


def test_exact_beside_sampled_has_no_error() -> None:
    """A part that is exact has errors of 0, and loses nobody else's."""
    whole = joined([some([1]), some([2], exact=False)])
    assert whole.standard_error is not None
    assert whole.standard_error[:, 0].tolist() == [0, 42]
    assert whole.certified == ("exact", "certain")


def test_one_part_is_itself() -> None:
    """Nothing is copied for nothing."""
    part = some([1, 2])
    assert joined([part]) is part


def test_nothing_is_taken_of_nothing() -> None:
    """No rows are no rows."""
    assert taken(some([1, 2]), []).values.shape == (0, 2)
    with pytest.raises(IndexError):
        taken(some([1]), [3])
