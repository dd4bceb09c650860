"""Explains scores: what each factor contributed, against applicants that are named.

An explanation method is a module with ``name``, ``needs``, ``source`` and ``explain(scorer, rows,
reference, factors) -> Attributions`` (the Protocol ``Explainer``). The built-in ones stand in one
table and are imported on use; others come by the entry point group ``audit.explainers``, in the
same form. These methods are local: each says of one decision what its factors did. What says of a
model how it behaves over many decisions is global and stands in ``behaviour.PORTRAITS``.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, cast

from audit.errors import UsageError
from audit.record import Explainer

__all__ = ["EXPLAINERS", "explainer", "explainers"]

EXPLAINERS: Mapping[str, str] = {
    "shapley": "audit.explain.shapley",
    "shap": "audit.explain.shap",
    "lime": "audit.explain.lime",
}


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
    known = explainers()
    if name not in known:
        raise UsageError(f"explain: no method {name!r} (methods: {', '.join(known)}). Name one of these")
    module, _, attribute = known[name].partition(":")
    found: Any = import_module(module)
    for part in filter(None, attribute.split(".")):
        found = getattr(found, part)
    return cast(Explainer, found)
