"""shap's TreeExplainer, interventional: the values of a tree library's own sum of leaves.

Where every factor is one column the game is that of the letters; else columns are added up.

Why so, sums of leaves alone: asked for probabilities, TreeExplainer rescales the values of the log-odds,
which adds up and is another quantity.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.explain.game import Game
from audit.record import Scorer

if TYPE_CHECKING:
    from numpy.typing import NDArray

title = "TreeExplainer"


def suits(scorer: Scorer) -> bool:
    """Return whether the score is a plain sum of the leaves of a tree library's model."""
    native, trees = getattr(scorer, "native", None), getattr(scorer, "trees", None)
    return native is not None and trees is not None and trees.link == "identity" and not trees.categories


def same_game(played: Game) -> bool:
    """Return whether every column is a factor of its own."""
    return bool((played.owned.sum(axis=1) == 1).all() and played.owned.any(axis=0).all())


def by_column(scorer: Scorer, rows: NDArray[Any], reference: NDArray[Any]) -> NDArray[np.float64]:
    """Return float64[n, width], against all of these reference rows."""
    if not len(rows):
        return np.zeros((0, reference.shape[1]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its advice on time, and what it uses of others' older interfaces
        from shap import TreeExplainer
        from shap.maskers import Independent

        # Without a word of its own it would keep a hundred of the reference rows.
        background = Independent(reference, max_samples=len(reference))
        explainer = TreeExplainer(
            scorer.native,  # type: ignore[attr-defined]
            background,
            feature_perturbation="interventional",
        )
        return np.asarray(explainer.shap_values(rows), dtype=np.float64)
