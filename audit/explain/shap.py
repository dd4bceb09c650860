"""A cross-check by the shap library: KernelExplainer over the same factors, on the same game.

Where the score is a plain sum of the leaves of a tree library's model and every factor is one column,
shap's TreeExplainer plays the same game on the library's own object, against the whole reference.

Elsewhere shap sees the game alone: a function that is told which factors are on, and answers with the mean
score. The mixes behind that answer go through the model's ordinary scoring, row by row, and never
through the compiled mixing that the engine uses; so engine and cross-check share the definition and
nothing else. With few factors shap asks for every coalition and its regression is exact.

Why so, no TreeExplainer for probabilities: asked for them, it rescales the values of the log-odds in
proportion. That adds up, and is not the Shapley value of the probability: on a small booster of 8
columns it named the same four first factors for 55 % of rows.
Why so, ``l1_reg=False``: shap's default keeps ten factors and sets all others to 0 without a word.
Why so, the guard: KernelExplainer draws from numpy's global generator; its state is put back.

Source: Lundberg and Lee, "A Unified Approach to Interpreting Model Predictions", 2017.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.explain.game import Game, game, mixed_mean
from audit.record import Attributions, Scorer

if TYPE_CHECKING:
    from numpy.typing import NDArray

name = "shap"
needs: frozenset[str] = frozenset()
source = "shap.KernelExplainer, l1_reg=False, or shap.TreeExplainer, interventional; Lundberg and Lee (2017)"

_BUDGET = 260_000  # mixes scored a row: eight factors against a reference of a thousand
_FEWEST = 50  # reference rows that are kept however many factors there are
_ALL_UP_TO = 11  # factors up to which shap's own default asks for every coalition


def explain(
    scorer: Scorer,
    rows: Any,
    reference: Any,
    factors: Mapping[str, Sequence[str]],
    *,
    seed: int = 7,
    background: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Attributions:
    """Return what shap says of each factor for each row.

    Parameters
    ----------
    background : reference rows to compare with; default: all, or a seeded draw of as many as the
        budget allows. ``details`` says how many of how many.
    """
    played = game(scorer, rows, reference, factors)
    n, k = len(played.rows), len(played.players)
    found_by_trees = _by_trees(played, seed) if background is None else None
    if found_by_trees is not None:
        if progress is not None:
            progress(n)
        return found_by_trees
    kernel = _kernel()
    asked = (1 << k) if k <= _ALL_UP_TO else 2 * k + 2048
    affordable = max(_FEWEST, _BUDGET // asked)
    n_background = min(len(played.reference), background or affordable)
    draw = np.random.default_rng(seed).choice(len(played.reference), size=n_background, replace=False)
    others = played.reference[np.sort(draw)]
    output = scorer.score_encoded(played.rows)
    base = np.full(n, scorer.score_encoded(others).mean())
    values = np.zeros((n, k))
    off, on = np.zeros((1, k)), np.ones((1, k))
    with _quiet(seed):
        for place, row in enumerate(played.rows):

            def value(coalitions: NDArray[Any], row: NDArray[Any] = row) -> NDArray[np.float64]:
                masks = played.masks(np.asarray(coalitions) > 0.5)
                means: NDArray[np.float64] = mixed_mean(scorer, row[None], others, masks)[0]
                return means

            if k:
                found = kernel(value, off).shap_values(on, nsamples=asked, l1_reg=False, silent=True)
                values[place] = np.asarray(found, dtype=np.float64).reshape(k)
            if progress is not None:
                progress(place + 1)
    spread = played.spread(values)
    return Attributions(
        method=name,
        factors=played.factors,
        values=spread,
        base=base,
        output=output,
        residual=output - base - spread.sum(axis=1),
        details={
            "background": n_background,
            "whole_reference": n_background == len(played.reference),
            "exact": k <= _ALL_UP_TO,
            "seed": seed,
            "explainer": "KernelExplainer",
        },
    )


def _by_trees(played: Game, seed: int) -> Attributions | None:
    """Return what TreeExplainer says; None where it would play another game."""
    scorer = played.scorer
    native, trees = getattr(scorer, "native", None), getattr(scorer, "trees", None)
    if native is None or trees is None or trees.link != "identity" or trees.categories:
        return None
    one_each = (played.owned.sum(axis=1) == 1).all() and played.owned.any(axis=0).all()
    if not one_each or not len(played.rows):
        return None
    with _quiet(seed), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its advice on time, and what it uses of others' older interfaces
        from shap import TreeExplainer

        explainer = TreeExplainer(native, played.reference, feature_perturbation="interventional")
        by_column = np.asarray(explainer.shap_values(played.rows), dtype=np.float64)
    output = scorer.score_encoded(played.rows)
    base = np.full(len(output), scorer.score_encoded(played.reference).mean())
    values = played.spread(by_column[:, played.owned.argmax(axis=1)])
    return Attributions(
        method=name,
        factors=played.factors,
        values=values,
        base=base,
        output=output,
        residual=output - base - values.sum(axis=1),
        details={
            "background": len(played.reference),
            "whole_reference": True,
            "exact": True,
            "seed": seed,
            "explainer": "TreeExplainer",
        },
    )


def _kernel() -> Any:
    # The library's own use of what matplotlib will drop is nothing that a user of ours can mend.
    with warnings.catch_warnings():
        for category in (DeprecationWarning, PendingDeprecationWarning, FutureWarning):
            warnings.simplefilter("ignore", category)
        from shap import KernelExplainer

    return KernelExplainer


@contextmanager
def _quiet(seed: int) -> Iterator[None]:
    """Silence shap's advice, and keep numpy's global generator as it was."""
    before = np.random.get_state()
    logger = logging.getLogger("shap")
    level = logger.level
    logger.setLevel(logging.ERROR)
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(before)
        logger.setLevel(level)
