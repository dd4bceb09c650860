"""A tree library's model as a scorer: it scores by the library, and explains by its trees.

Why so, the trial: the trees are read from the file by us, and the library is what decides about
people. Of the first rows, and of every row that is explained or compared with, both are asked for the
score; where they differ, explaining goes the slow way through the library alone, and ``notes`` says
why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import ModelError
from audit.explain.game import mixed_mean as mixed_mean_by_scores
from audit.models import checked_scores
from audit.models.feature_table import FeatureTable
from audit.models.tree_mixing import MOST_PLAYERS, mixed_mean, players_of
from audit.record import Model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.models.trees import Trees

_TRIAL_ROWS = 32
_TOLERANCE = 1e-5  # of the scores' size: libraries add float32, we add float64


class TreeScorer:
    """Scores rows by a library's ``predict`` on a matrix of numbers.

    Parameters
    ----------
    predict : float64[n, columns] -> n numbers
    table : encodes the columns
    model : what is kept of the model, but for its columns where the rows name them
    trees : its trees, where the score is a function of one sum of leaves
    native : the library's own object, for the library's own explanations

    Attributes
    ----------
    notes : list of str
        What was not done the fast way, and why.
    """

    def __init__(
        self,
        predict: Callable[[NDArray[np.float64]], Any],
        table: FeatureTable,
        model: Model,
        trees: Trees | None,
        native: Any,
    ) -> None:
        self._predict, self._table, self._model, self.native = predict, table, model, native
        self.trees = trees
        self.notes: list[str] = []
        self._tried = False
        self._agreed: NDArray[Any] | None = None  # the reference whose scores were compared last
        if trees is None:
            self.notes.append("mixes are scored one by one: its score is no function of one sum of leaves")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads, in the order of the training."""
        return self._table.columns

    @property
    def spans(self) -> Mapping[str, tuple[int, int]]:
        """Start and stop of each column in the encoded matrix."""
        return self._table.spans

    def encode(self, rows: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return float64[n, columns]; categories become codes, missing values NaN."""
        encoded = self._table.encode(rows)
        if not self._tried and len(encoded):
            self._try(encoded[:_TRIAL_ROWS])
        return encoded

    def score_encoded(self, encoded: NDArray[Any]) -> NDArray[np.float64]:
        """Return float64[n]."""
        if not len(encoded):
            return np.empty(0, dtype=np.float64)
        try:
            values = self._predict(encoded)
        except Exception as error:
            # The error's own words may quote a person's value: only its kind is told.
            raise ModelError(
                f"model {self._model.name}: {self._model.framework} refused the rows "
                f"({type(error).__name__}). Give it the columns and values that it was trained on."
            ) from None
        return checked_scores(values, len(encoded))

    def score(self, rows: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Return float64[n]."""
        return self.score_encoded(self.encode(rows))

    def describe(self) -> Model:
        """Return what is kept of the model."""
        return self._model

    # --- mixes of rows, for explainers ---------------------------------------------------------

    @property
    def mixes(self) -> bool:
        """Whether ``mixed_mean`` can be used: the trees are known and answer as the library does."""
        return self.trees is not None

    def mixed_mean(
        self, rows: NDArray[Any], reference: NDArray[Any], masks: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return float64[n, m]: the mean score over the reference, of the row where a mask is set."""
        players, coalitions, n_players = players_of(masks)
        if self.trees is not None and n_players <= MOST_PLAYERS:
            if reference is not self._agreed:
                self._compare(reference)
                self._agreed = reference
            self._compare(rows)
        if self.trees is None or n_players > MOST_PLAYERS:
            return mixed_mean_by_scores(self, rows, reference, masks)
        return mixed_mean(self.trees, rows, reference, players, coalitions, n_players)

    def _compare(self, encoded: NDArray[np.float64]) -> None:
        """Leave the trees where they score some row otherwise than the library."""
        if self.trees is None or not len(encoded):
            return
        own = self.score_encoded(encoded)
        worst = float(np.abs(own - self.trees.scores(encoded)).max())
        if not worst <= _TOLERANCE * max(1.0, float(np.abs(own).max())):  # a NaN is no agreement either
            self._leave_trees(f"its trees, as read from the file, give other scores (by {worst:.3g})")

    def _try(self, encoded: NDArray[np.float64]) -> None:
        self._tried = True
        self._compare(encoded)
        if self.trees is None:
            return
        masks = np.random.default_rng(0).random((8, encoded.shape[1])) < 0.5
        some = encoded[:2]
        whole = mixed_mean_by_scores(self, some, encoded, masks)
        worst = float(np.abs(self.mixed_mean(some, encoded, masks) - whole).max())
        if not worst <= _TOLERANCE * max(1.0, float(np.abs(whole).max())):
            self._leave_trees(f"mixes through its trees differ from whole mixes by {worst:.3g}")

    def _leave_trees(self, cause: str) -> None:
        self.notes.append(f"mixes are scored one by one: {cause}")
        self.trees = None
