"""Explains scores: what each factor contributed, against applicants that are named.

An explanation method is a module with ``name``, ``needs``, ``axioms``, ``source`` and
``explain(scorer, rows, reference, factors) -> Attributions`` (the Protocol ``Explainer``). The
built-in ones stand in one table and are imported on use; others come by the entry point group
``audit.explainers``, in the same form. These methods are local: each says of one decision what its
factors did. What says of a model how it behaves over many decisions is global and stands in
``behaviour.PORTRAITS``.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, cast

from audit.errors import UsageError
from audit.record import Explainer

__all__ = ["AXIOMS", "EXPLAINERS", "explainer", "explainers"]

EXPLAINERS: Mapping[str, str] = {
    "shapley": "audit.explain.shapley",
    "shap": "audit.explain.shap",
    "lime": "audit.explain.lime",
    "integrated_gradients": "audit.explain.integrated_gradients",
    "expected_gradients": "audit.explain.expected_gradients",
    "gradients": "audit.explain.gradients",
    "smoothgrad": "audit.explain.smoothgrad",
    "occlusion": "audit.explain.occlusion",
    "factor_points": "audit.explain.factor_points",
}

AXIOMS: Mapping[str, str] = {
    "complete": "base and contributions add up to the score, within the method's ``complete_within`` "
    "of the range of the scores",
    "unused_is_zero": "a factor that changes no score gets 0",
    "symmetric": "two factors that the model cannot tell apart get the same where their values are the same",
    "seeded": "the same seed gives the same bytes",
    "batch_invariant": "a row alone gets the bytes that it gets among others",
    "linear": "of a linear model it is each weight times the distance from the mean of the reference",
}
"""What a method may promise; one suite of tests holds each to what it declares."""


def explainers() -> dict[str, str]:
    """Return all methods that are known: name -> ``module`` or ``module:attribute``."""
    outside = {entry.name: entry.value for entry in entry_points(group="audit.explainers")}
    return {**outside, **EXPLAINERS}  # nobody takes the place of the one that letters quote


def explainer(name: str) -> Explainer:
    """Return one method by its name.

    Raises
    ------
    UsageError
        Where no method has that name.
    """
    place = EXPLAINERS.get(name)  # first, since looking for what is installed takes milliseconds
    if place is None:
        known = explainers()
        if name not in known:
            raise UsageError(f"explain: no method {name!r} (methods: {', '.join(known)}). Name one of these")
        place = known[name]
    module, _, attribute = place.partition(":")
    found: Any = import_module(module)
    for part in filter(None, attribute.split(".")):
        found = getattr(found, part)
    return cast(Explainer, found)
