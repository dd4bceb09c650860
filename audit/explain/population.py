"""The decisions that a global method looks at: encoded and scored once, with groups and factors.

A *local* method says what a factor did in one decision (``Explainer``); a *global* method says how
the model behaves over many. Global methods see a bounded sample of decisions, drawn by seed from
what the rows hold and never from their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import UsageError
from audit.explain.game import columns_of
from audit.record import Scorer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

AT_ONCE = 1 << 17  # changed rows that are scored in one call
FEWEST = 30  # rows below which nothing is said of a population
_Z95 = 1.959963984540054


@dataclass(frozen=True, eq=False)
class Population:
    """Rows of a model, encoded and scored once.

    Attributes
    ----------
    rows : column -> n values, as the model reads them
    factors : factor -> its columns
    encoded : [n, width]
    scores : float64[n]
    groups : attribute -> the group of each row
    """

    scorer: Scorer
    rows: Mapping[str, NDArray[Any]]
    factors: Mapping[str, Sequence[str]]
    encoded: NDArray[Any]
    scores: Floats
    groups: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.scores)

    def owned(self, columns: Sequence[str]) -> NDArray[np.bool_]:
        """Return bool[width]: the encoded numbers of some columns; none for a column not read."""
        owned = np.zeros(self.encoded.shape[1], dtype=bool)
        for column in columns:
            if column in self.scorer.spans:
                start, stop = self.scorer.spans[column]
                owned[start:stop] = True
        return owned

    def unmoved(self, columns: Sequence[str]) -> str | None:
        """Return why moving some columns shows nothing; None where it can show something."""
        owned = self.owned(columns)
        if not owned.any():
            return "the model does not read it"
        given = self.encoded[:, owned]
        same = (given == given[:1]) | (np.isnan(given) & np.isnan(given[:1]))
        return "all rows hold the same value" if same.all() else None

    def members(self, fewest: int) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
        """Yield (attribute, group, its rows) for every group of at least ``fewest`` rows, by name."""
        for attribute, members in self.groups.items():
            for group in sorted({str(one) for one in members.tolist()}):
                mine = np.array([str(one) == group for one in members.tolist()], dtype=bool)
                if mine.sum() >= fewest:
                    yield attribute, group, mine


def population(
    scorer: Scorer,
    rows: Any,
    factors: Mapping[str, Sequence[str]],
    groups: Mapping[str, NDArray[Any]] | None = None,
) -> Population:
    """Encode and score rows once.

    Parameters
    ----------
    rows : a polars frame, or a dict of columns
    factors : factor -> its columns
    groups : attribute -> the group of each row

    Raises
    ------
    UsageError
        Where there are no rows.
    """
    columns = columns_of(rows)
    n = len(next(iter(columns.values()), ()))
    if not n:
        raise UsageError("explain: there are no rows. Choose decisions to look at")
    encoded = scorer.encode(columns)
    return Population(scorer, columns, factors, encoded, scorer.score_encoded(encoded), groups or {})


def drawn(keys: Sequence[bytes], scores: Floats, rows: int, seed: int) -> NDArray[np.int64]:
    """Return which of the scored decisions are looked at: at most ``rows``, whatever their order.

    Parameters
    ----------
    keys : digest of each decision's content
    scores : float64[n]; decisions without a score are left out
    """
    scores = np.asarray(scores, dtype=np.float64)
    scored = np.flatnonzero(np.isfinite(scores)).tolist()
    by_key = np.array(sorted(scored, key=lambda at: (keys[at], scores[at])), dtype=np.int64)
    if len(by_key) <= rows:
        return by_key
    chosen = np.random.default_rng(seed).choice(len(by_key), size=rows, replace=False)
    return by_key[np.sort(chosen)]


def scored_in_blocks(
    scorer: Scorer, n: int, n_changes: int, changed: Callable[[slice], NDArray[Any]]
) -> Floats:
    """Return float64[n, n_changes]: each row's score under each change.

    Parameters
    ----------
    changed : rows -> encoded [rows, n_changes, width]; called for some rows at a time
    """
    out = np.empty((n, n_changes))
    at_once = max(1, AT_ONCE // max(1, n_changes))
    for start in range(0, n, at_once):
        some = slice(start, min(n, start + at_once))
        encoded = changed(some)
        scores = scorer.score_encoded(np.ascontiguousarray(encoded.reshape(-1, encoded.shape[2])))
        out[some] = scores.reshape(-1, n_changes)
    return out


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its standard error; ``low`` and ``high`` are its 95 % interval."""

    value: float
    standard_error: float

    @property
    def low(self) -> float:
        """The lower end."""
        return self.value - _Z95 * self.standard_error

    @property
    def high(self) -> float:
        """The upper end."""
        return self.value + _Z95 * self.standard_error
