"""Mixes of rows through a model's trees, for as long as the trees score as the library does.

Why so, the comparison: the trees are read from the model by us, and the library is what decides about
people. Of the first rows, and of every row that is explained or compared with, both are asked for the
score; where they differ, explaining goes the slow way through the library alone, and ``notes`` says
why.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.explain.game import mixed_mean as mixed_mean_by_scores
from audit.models import tree_tables
from audit.models.tree_mixing import MOST_BITS, MOST_PLAYERS, mixed_mean, players_of, shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.models.trees import Trees

_TRIAL_ROWS = 32
_FEW = 1024  # rows
_TOLERANCE = 1e-5  # of the scores' size: libraries add float32, we add float64


class TreeMixer:
    """The trees of a model, and what was found of them.

    Parameters
    ----------
    trees : its trees, where the score is a function of one sum of leaves
    score_encoded : float64[n, columns] -> float64[n], by the library

    Attributes
    ----------
    notes : list of str
        What was not done the fast way, and why.
    """

    def __init__(
        self, trees: Trees | None, score_encoded: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    ) -> None:
        self.trees = trees
        self.score_encoded = score_encoded
        self.notes: list[str] = []
        self._tried = False
        self._agreed: NDArray[Any] | None = None  # the reference whose scores were compared last
        if trees is None:
            self.leave("its score is no function of one sum of leaves")

    def leave(self, cause: str) -> None:
        """Ask the library alone from now on."""
        self.trees = None
        self.notes.append(f"mixes are scored one by one: {cause}")

    def try_on(self, encoded: NDArray[np.float64]) -> None:
        """Compare scores and some mixes on the first rows that come."""
        if self._tried or not len(encoded):
            return
        self._tried = True
        encoded = encoded[:_TRIAL_ROWS]
        self._compare(encoded)
        if self.trees is None:
            return
        masks = np.random.default_rng(0).random((8, encoded.shape[1])) < 0.5
        some = encoded[:2]
        whole = mixed_mean_by_scores(self, some, encoded, masks)
        worst = float(np.abs(self.mean(some, encoded, masks) - whole).max())
        if not worst <= _TOLERANCE * max(1.0, float(np.abs(whole).max())):
            self.leave(f"through its trees they differ from whole mixes by {worst:.3g}")

    def mean(
        self, rows: NDArray[Any], reference: NDArray[Any], masks: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return float64[n, m]: the mean score over the reference, of the row where a mask is set."""
        players, coalitions, n_players = players_of(masks)
        if self.trees is not None and n_players <= MOST_PLAYERS:
            self._compare_both(rows, reference)
        if self.trees is None or n_players > MOST_PLAYERS:
            return mixed_mean_by_scores(self, rows, reference, masks)
        return mixed_mean(self.trees, rows, reference, players, coalitions, n_players)

    def shares(
        self, rows: NDArray[Any], reference: NDArray[Any], owned: NDArray[np.bool_]
    ) -> NDArray[np.float64] | None:
        """Return float64[n, players], the Shapley values; None where they need coalitions.

        Parameters
        ----------
        owned : bool[players, columns]
        """
        self._compare_both(rows, reference)
        if self.trees is None or self.trees.link != "identity" or len(owned) > MOST_BITS:
            return None
        players = np.where(owned.any(axis=0), owned.argmax(axis=0), -1).astype(np.int32)
        leaves = tree_tables.leaves_of(self.trees, players)
        if leaves is None:
            return shares(self.trees, rows, reference, players, len(owned))
        return tree_tables.shares(self.trees, leaves, rows, reference, len(owned))

    def _compare_both(self, rows: NDArray[Any], reference: NDArray[Any]) -> None:
        if reference is not self._agreed:
            self._compare(reference)
            self._agreed = reference
        self._compare(rows)

    def _compare(self, encoded: NDArray[np.float64]) -> None:
        if self.trees is None or not len(encoded):
            return
        own = self.score_encoded(encoded)
        few = len(encoded) <= _FEW  # not worth compiling anything
        ours = self.trees.scores(encoded) if few else tree_tables.scores(self.trees, encoded)
        worst = float(np.abs(own - ours).max())
        if not worst <= _TOLERANCE * max(1.0, float(np.abs(own).max())):  # a NaN is no agreement either
            self.leave(f"its trees, as read from the model, give other scores (by {worst:.3g})")
