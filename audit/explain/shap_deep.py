"""shap.DeepExplainer on the trunk of a Keras model: a value for each encoded number.

Why so, the guard: DeepExplainer puts its own functions into TensorFlow while it works, and where it
meets an operation that it has no rule for, it leaves them there. Every gradient in the process fails
from then on, training included. What it replaces is kept before and put back after, whatever
happens.

Why so, two checks that values add up: with an activation such as swish its rules give values that do
not. shap's own check is always on; its tolerance is a hundredth in the unit of the score, which
small scores pass with any values, so the sum is also held to the range of the scores here.

Source: Lundberg and Lee (2017), section 4.2; Shrikumar, Greenside and Kundaje, arXiv 1704.02685.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.explain.game import Game

title = "DeepExplainer"

_INSTEAD = "Use shap's KernelExplainer"
_ADDS_UP_WITHIN = 1e-4  # of the largest distance of a score from the mean of the reference


def suits(scorer: Any) -> bool:
    """Return whether the scorer's model can be handed to DeepExplainer at all."""
    return callable(getattr(scorer, "trunk_tensors", None))


def same_game(played: Game) -> bool:
    """Return False: its rules are exact for sums alone."""
    return False


def by_column(scorer: Any, rows: NDArray[Any], reference: NDArray[Any]) -> NDArray[np.float64]:
    """Return float64[n, width]: what each encoded number contributed.

    Raises
    ------
    UsageError
        Where DeepExplainer has no rule for the model, or its values do not add up; with the cause.
    """
    if not suits(scorer):
        raise UsageError(f"this is no Keras model. {_INSTEAD}")
    if not len(rows):
        return np.zeros((0, reference.shape[1]))
    starts, output, place = scorer.trunk_tensors()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from shap import DeepExplainer

        given, others = scorer.trunk_parts(rows), scorer.trunk_parts(reference)
        with tensorflow_as_it_was():
            try:
                explainer = DeepExplainer((starts, output), others)
                found = explainer.shap_values(given if len(given) > 1 else given[0], check_additivity=True)
            except Exception as error:
                # An operation without a rule makes shap or TensorFlow raise anything; its words are kept.
                raise UsageError(f"it cannot follow this model ({_cause(error)}). {_INSTEAD}") from None
    parts = found if isinstance(found, list) else [found]
    # The last axis are the model's outputs; one of them is the score.
    values = np.concatenate([part[..., place].reshape(len(rows), -1) for part in parts], axis=1)
    apart = scorer.score_encoded(rows) - scorer.score_encoded(reference).mean()
    worst, allowed = np.abs(apart - values.sum(axis=1)).max(), _ADDS_UP_WITHIN * np.abs(apart).max()
    if not worst <= allowed + 1e-6:
        raise UsageError(f"its values miss the score by up to {worst:.2g}. {_INSTEAD}")
    return values.astype(np.float64)


def _cause(error: Exception) -> str:
    words = str(error).strip()
    if isinstance(error, AssertionError) and "sum up" in words:
        return "its values do not add up to the score"
    return f"{type(error).__name__}: {(words.splitlines() or [''])[-1].strip()[:200]}"


@contextmanager
def tensorflow_as_it_was() -> Iterator[None]:
    """Put back what DeepExplainer replaces in TensorFlow: how gradients are recorded, and their rules."""
    from tensorflow.python.eager import execute
    from tensorflow.python.framework import ops

    record = execute.record_gradient
    registry = ops._gradient_registry._registry
    rules = {name: dict(rule) for name, rule in registry.items()}
    try:
        yield
    finally:
        execute.record_gradient = record
        for name in set(registry) - set(rules):
            del registry[name]
        for name, rule in rules.items():
            registry.setdefault(name, rule).update(rule)
