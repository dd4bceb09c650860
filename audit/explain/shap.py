"""A cross-check by the shap library: which of its explainers, on which game, is in ``details``.

*KernelExplainer over the factors* plays the game that letters quote. shap sees the game alone: a
function that is told which factors are on, and answers with the mean score. The mixes behind that
answer go through the model's ordinary scoring, row by row, and never through the compiled mixing
that the engine uses; so engine and cross-check share the definition and nothing else. With few
factors shap asks for every coalition and its regression is exact.

*TreeExplainer*, where the score is a plain sum of the leaves of a tree library's model and every factor
is one column, plays the same game on the library's own object, against the whole reference.

*An explainer of columns* (DeepExplainer for Keras, TreeExplainer for other trees) follows the model's
own arithmetic. It gives each column a value, and a factor gets the sum over its columns. That is another
definition: columns that
act together are shared out between factors, where a factor as one player would keep its own; and
DeepExplainer's rules are exact for sums alone. On 28 columns, each a factor, it named the four
strongest of the exact values in 70 % of rows.

Why so, the choice: a witness is worth what it can convict of. Where shap can ask for every coalition
against the whole reference, only a mistake can make it differ from the letters, and no faster
explainer is taken instead. Past that it would have to leave out reference rows, which moves values
more than DeepExplainer's bias does; there an explainer of columns that fits the model speaks for
shap, against the whole reference. Where it fails, or none fits, it is KernelExplainer again, with as
many reference rows as its budget allows. GradientExplainer is no way out: its values do not add up.

Why so, no TreeExplainer for probabilities: asked for them, it rescales the values of the log-odds in
proportion. That adds up, and is not the Shapley value of the probability: on a small booster of 8
columns it named the same four first factors for 55 % of rows.
Why so, ``l1_reg=False``: shap's default keeps ten factors and sets all others to 0 without a word.
Why so, the guard: KernelExplainer draws from numpy's global generator; its state is put back. It is
seeded for each row, so that a row's values do not depend on the rows before it.

Source: Lundberg and Lee, "A Unified Approach to Interpreting Model Predictions", 2017.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from audit.errors import UsageError
from audit.explain.differentiable import by_factor
from audit.explain.game import Game, game, mixed_mean
from audit.record import Attributions, Scorer

if TYPE_CHECKING:
    from numpy.typing import NDArray

name = "shap"
needs: frozenset[str] = frozenset()
axioms = frozenset({"complete", "unused_is_zero", "symmetric", "seeded", "batch_invariant", "linear"})
complete_within = 1e-5
source = (
    "shap.KernelExplainer, l1_reg=False, shap.TreeExplainer, interventional, or shap.DeepExplainer; "
    "Lundberg and Lee (2017)"
)

# Explainers of columns, in the order in which they are tried: a module with ``title``,
# ``suits(scorer)``, ``same_game(played)`` and ``by_column(scorer, rows, reference) -> float64[n, width]``.
_OF_COLUMNS: Mapping[str, str] = {"trees": "audit.explain.shap_trees", "deep": "audit.explain.shap_deep"}
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
    by: Literal["chosen", "kernel", "deep"] = "chosen",
    progress: Callable[[int], None] | None = None,
) -> Attributions:
    """Return what shap says of each factor for each row.

    Parameters
    ----------
    background : reference rows to compare with; default: all, or a seeded draw of as many as the
        budget allows. ``details`` says how many of how many.
    by : shap's explainer; ``chosen`` as the module says

    Returns
    -------
    Attributions
        ``details`` holds ``explainer``, ``game`` and, where another explainer was to be taken,
        ``instead_of`` with the cause why it was not.

    Raises
    ------
    UsageError
        Where there is no such explainer.
    """
    if by not in ("chosen", "kernel", *_OF_COLUMNS):
        known = ", ".join(["chosen", "kernel", *_OF_COLUMNS])
        raise UsageError(
            f"explain: shap has no explainer {by!r} here (explainers: {known}). Name one of these"
        )
    played = game(scorer, rows, reference, factors)
    wanted = min(len(played.reference), background or len(played.reference))
    asked, affordable = _cost(len(played.players))
    in_full = len(played.players) <= _ALL_UP_TO and wanted <= affordable
    instead: dict[str, str] = {}
    for module in _modules(by, in_full, played):
        others = _drawn(played, wanted, seed)
        try:
            found = module.by_column(scorer, played.rows, others)
        except UsageError as cause:
            instead[module.title] = str(cause)
            continue
        if progress is not None:
            progress(len(found))
        same = module.same_game(played)
        game_ = "factors" if same else "columns, added up for each factor"
        told = {"explainer": module.title, "game": game_, "exact": same}
        return _attributions(played, others, by_factor(played, found), seed, told, instead)
    others = _drawn(played, min(wanted, affordable) if background is None else wanted, seed)
    values = _by_kernel(played, others, asked, seed, progress)
    exact = len(played.players) <= _ALL_UP_TO
    told = {"explainer": "KernelExplainer", "game": "factors", "exact": exact}
    return _attributions(played, others, played.spread(values), seed, told, instead)


def _modules(by: str, in_full: bool, played: Game) -> list[Any]:
    """Return the explainers of columns that are to be tried before KernelExplainer, in order."""
    if by == "kernel":
        return []
    if by != "chosen":
        return [import_module(_OF_COLUMNS[by])]
    modules = [import_module(name) for name in _OF_COLUMNS.values()]
    suitable = [module for module in modules if module.suits(played.scorer)]
    return [module for module in suitable if module.same_game(played) or not in_full]


def _cost(n_players: int) -> tuple[int, int]:
    """Return how many coalitions KernelExplainer asks for, and how many reference rows are affordable."""
    asked = (1 << n_players) if n_players <= _ALL_UP_TO else 2 * n_players + 2048
    return asked, max(_FEWEST, _BUDGET // asked)


def _drawn(played: Game, n: int, seed: int) -> NDArray[Any]:
    draw = np.random.default_rng(seed).choice(len(played.reference), size=n, replace=False)
    others: NDArray[Any] = played.reference[np.sort(draw)]
    return others


def _attributions(
    played: Game,
    others: NDArray[Any],
    values: NDArray[np.float64],
    seed: int,
    told: Mapping[str, Any],
    instead: Mapping[str, str],
) -> Attributions:
    base = float(played.scorer.score_encoded(others).mean())
    return played.attributions(
        name,
        values,
        base,
        {
            **told,
            **({"instead_of": dict(instead)} if instead else {}),
            "background": len(others),
            "whole_reference": len(others) == len(played.reference),
            "seed": seed,
        },
    )


def _by_kernel(
    played: Game,
    others: NDArray[Any],
    asked: int,
    seed: int,
    progress: Callable[[int], None] | None,
) -> NDArray[np.float64]:
    """Return float64[n, players] from shap's regression over coalitions of factors."""
    kernel = _kernel()
    n, k = len(played.rows), len(played.players)
    values = np.zeros((n, k))
    off, on = np.zeros((1, k)), np.ones((1, k))
    with _quiet():
        for place, row in enumerate(played.rows):

            def value(coalitions: NDArray[Any], row: NDArray[Any] = row) -> NDArray[np.float64]:
                masks = played.masks(np.asarray(coalitions) > 0.5)
                means: NDArray[np.float64] = mixed_mean(played.scorer, row[None], others, masks)[0]
                return means

            if k:
                np.random.seed(seed)
                found = kernel(value, off).shap_values(on, nsamples=asked, l1_reg=False, silent=True)
                values[place] = np.asarray(found, dtype=np.float64).reshape(k)
            if progress is not None:
                progress(place + 1)
    return values


def _kernel() -> Any:
    # The library's own use of what matplotlib will drop is nothing that a user of ours can mend.
    with warnings.catch_warnings():
        for category in (DeprecationWarning, PendingDeprecationWarning, FutureWarning):
            warnings.simplefilter("ignore", category)
        from shap import KernelExplainer

    return KernelExplainer


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence shap's advice, and keep numpy's global generator as it was."""
    before = np.random.get_state()
    logger = logging.getLogger("shap")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        np.random.set_state(before)
        logger.setLevel(level)
