"""A tree library's model as a scorer: it scores by the library, and is explained through its trees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import ModelError
from audit.models import checked_scores
from audit.models.feature_table import FeatureTable
from audit.models.tree_mixer import TreeMixer
from audit.record import Model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.models.trees import Trees


class TreeScorer:
    """Scores rows by a library's ``predict`` on a matrix of numbers.

    Parameters
    ----------
    predict : float64[n, columns] -> n numbers
    table : encodes the columns
    model : what is kept of the model
    trees : its trees, where the score is a function of one sum of leaves
    native : the library's own object, for the library's own explanations
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
        self._mixer = TreeMixer(trees, self.score_encoded)

    @property
    def trees(self) -> Trees | None:
        """Its trees, as long as they answer as the library does."""
        return self._mixer.trees

    @property
    def notes(self) -> list[str]:
        """What was not done the fast way, and why."""
        return self._mixer.notes

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
        self._mixer.try_on(encoded)
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
        return self._mixer.mean(rows, reference, masks)

    def shares(
        self, rows: NDArray[Any], reference: NDArray[Any], owned: NDArray[np.bool_]
    ) -> NDArray[np.float64] | None:
        """Return the Shapley values float64[n, players] of a score that is a sum of leaves, else None."""
        return self._mixer.shares(rows, reference, owned)
