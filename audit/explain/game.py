"""The game behind every Shapley value here: factors are players, rows are mixed column by column.

A coalition's value is the mean score of the explained row with the coalition's columns kept and all
others taken from reference rows (the interventional value function). A factor that the model does
not read is no player and gets exactly 0. A column that no factor owns always stays the reference
row's, so what it did shows in the residual and is never spread over factors that did nothing.

Source: Janzing, Minorics and Blöbaum, arXiv 1910.13413, for interventional values; 12 CFR 1002.9
comment 9(b)(2)-5 for the reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from audit.errors import UsageError
from audit.explain.design import all_coalitions
from audit.record import Attributions, Scorer

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MIXES = 1 << 17  # mixed rows held at once by the generic way


@dataclass(frozen=True, eq=False)
class Game:
    """Encoded rows, encoded reference rows, and which encoded numbers each player owns.

    Attributes
    ----------
    players : positions in ``factors`` of those that the model reads
    owned : bool[players, width]
    """

    scorer: Scorer
    rows: NDArray[Any]
    reference: NDArray[Any]
    factors: tuple[str, ...]
    players: tuple[int, ...]
    owned: NDArray[np.bool_]

    def masks(self, coalitions: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return bool[m, width] for coalitions bool[m, players]."""
        return (coalitions.astype(np.uint8) @ self.owned.astype(np.uint8)).astype(bool)

    def means(self, rows: NDArray[Any], coalitions: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return float64[n, m]: the value of each coalition, over the whole reference."""
        return self.kept(rows, self.masks(coalitions))

    def means_of_all(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        """Return float64[n, 2^k]: the value of each of ``all_coalitions``."""
        if _mixes(self.scorer, "mixed_means_of_all"):
            fast: NDArray[np.float64] = self.scorer.mixed_means_of_all(rows, self.reference, self.owned)  # type: ignore[attr-defined]
            return fast
        return self.means(rows, all_coalitions(len(self.players)))

    def kept(self, rows: NDArray[Any], masks: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return float64[n, m]: the mean score with the numbers of mask m kept, the others replaced."""
        if _mixes(self.scorer, "mixed_mean"):
            fast: NDArray[np.float64] = self.scorer.mixed_mean(rows, self.reference, masks)  # type: ignore[attr-defined]
            return fast
        return mixed_mean(self.scorer, rows, self.reference, masks)

    def each(
        self, rows: NDArray[Any], coalitions: NDArray[np.bool_], background: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return float64[n, e]: the score of each mix with one reference row."""
        masks = self.masks(coalitions)
        if _mixes(self.scorer, "mixed"):
            fast: NDArray[np.float64] = self.scorer.mixed(rows, self.reference, masks, background)  # type: ignore[attr-defined]
            return fast
        return mixed(self.scorer, rows, self.reference, masks, background)

    def walker(self) -> Walks | None:
        """Return what knows faster ways through all mixes of this reference and these players."""
        if not _mixes(self.scorer, "walker") or not self.players:
            return None
        found: Walks | None = self.scorer.walker(self.reference, self.owned)  # type: ignore[attr-defined]
        return found

    def shares(self) -> NDArray[np.float64] | None:
        """Return the Shapley values float64[n, players] where the scorer knows them without coalitions."""
        if not _mixes(self.scorer, "shares") or not self.players:
            return None
        known: NDArray[np.float64] | None = self.scorer.shares(self.rows, self.reference, self.owned)  # type: ignore[attr-defined]
        return known

    def spread(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return float64[n, factors] from float64[n, players]; the others get 0."""
        spread = np.zeros((len(values), len(self.factors)))
        spread[:, list(self.players)] = values
        return spread

    def attributions(
        self,
        method: str,
        values: NDArray[np.float64],
        base: float,
        details: Mapping[str, Any],
        standard_error: NDArray[np.float64] | None = None,
    ) -> Attributions:
        """Return what a method says of all rows, float64[n, factors], with their scores and residuals."""
        output = self.scorer.score_encoded(self.rows)
        start = np.full(len(self.rows), base)
        return Attributions(
            method=method,
            factors=self.factors,
            values=values,
            base=start,
            output=output,
            residual=output - start - values.sum(axis=1),
            standard_error=standard_error,
            details=details,
        )


def game(scorer: Scorer, rows: Any, reference: Any, factors: Mapping[str, Sequence[str]]) -> Game:
    """Encode both sets of rows once, and give every factor its columns.

    Parameters
    ----------
    rows, reference : polars frames, or dicts of columns
    factors : factor -> its columns

    Raises
    ------
    UsageError
        Where the reference is empty, no factor is named, or two factors own one column.
    """
    if not factors:
        raise UsageError("explain: no factor is named. Give factors as {factor: [columns]}")
    reference_rows = scorer.encode(columns_of(reference))
    if not len(reference_rows):
        raise UsageError("explain: the reference has no rows. Choose a reference population")
    encoded = scorer.encode(columns_of(rows))
    spans = scorer.spans
    owner: dict[str, str] = {}
    for factor, columns in factors.items():
        for column in columns:
            if owner.setdefault(column, factor) != factor:
                raise UsageError(
                    f"explain: column {column!r} belongs to both {owner[column]!r} and {factor!r}. "
                    "Give each column to one factor"
                )
    owned = np.zeros((len(factors), encoded.shape[1]), dtype=bool)
    for place, columns in enumerate(factors.values()):
        for column in columns:
            if column in spans:
                start, stop = spans[column]
                owned[place, start:stop] = True
    players = tuple(int(place) for place in np.flatnonzero(owned.any(axis=1)))
    return Game(scorer, encoded, reference_rows, tuple(factors), players, owned[list(players)])


def columns_of(rows: Any) -> dict[str, NDArray[Any]]:
    """Return rows as columns: numbers as float64 with NaN, text as objects with empty strings."""
    if isinstance(rows, Mapping):
        return {str(name): np.asarray(values) for name, values in rows.items()}
    columns: dict[str, NDArray[Any]] = {}
    for name in rows.columns:
        series = rows[name]
        if series.dtype.is_numeric() or str(series.dtype) == "Boolean":
            columns[name] = series.cast(float).fill_null(float("nan")).to_numpy()
        else:
            columns[name] = np.array(series.cast(str).fill_null("").to_list(), dtype=object)
    return columns


class Walks(Protocol):
    """What goes through all mixes of one reference and one set of players, each from the one before."""

    def along(
        self,
        rows: NDArray[Any],
        orders: NDArray[np.int64],
        empty: NDArray[np.float64],
        full: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return float64[n, B, pairs, players]; see ``design.gains``."""

    def all_means(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        """Return float64[n, 2^players]: the mean score of each coalition over the reference."""


class ScoresEncoded(Protocol):
    """What mixes are scored by."""

    def score_encoded(self, encoded: NDArray[Any]) -> NDArray[np.float64]:
        """Return float64[n]."""


def mixed_mean(
    scorer: ScoresEncoded, rows: NDArray[Any], reference: NDArray[Any], masks: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return float64[n, m]: the mean score over the reference, for any scorer."""
    n_reference = len(reference)
    values = np.empty((len(rows), len(masks)))
    at_once = max(1, _MIXES // n_reference)
    for place, row in enumerate(rows):
        for start in range(0, len(masks), at_once):
            some = masks[start : start + at_once]
            mixes = np.where(some[:, None], row, reference).reshape(-1, reference.shape[1])
            scores = scorer.score_encoded(mixes).reshape(len(some), n_reference)
            values[place, start : start + at_once] = scores.mean(axis=1)
    return values


def mixed(
    scorer: Scorer,
    rows: NDArray[Any],
    reference: NDArray[Any],
    masks: NDArray[np.bool_],
    background: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return float64[n, e]: the score of each mix with one reference row, for any scorer."""
    values = np.empty((len(rows), len(masks)))
    for place, row in enumerate(rows):
        for start in range(0, len(masks), _MIXES):
            whom = reference[background[start : start + _MIXES]]
            mixes = np.where(masks[start : start + _MIXES], row, whom)
            values[place, start : start + len(whom)] = scorer.score_encoded(mixes)
    return values


def _mixes(scorer: Scorer, way: str) -> bool:
    return callable(getattr(scorer, way, None)) and bool(getattr(scorer, "mixes", True))
