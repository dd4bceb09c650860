"""How a model behaves over many decisions: the global methods that an audit asks for, as figures.

A method is a function of one question (``_Asked``) that gives its figures; ``PORTRAITS`` is their
table. What two methods need (importance, curves) is measured once. A method that the model cannot
answer gives its cause and stops no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.errors import ModelError, UsageError
from audit.explain import portraits
from audit.explain.ale import Effect, accumulated_local_effect
from audit.explain.axis import Axis, NoAxis, axes
from audit.explain.extrapolation import beyond
from audit.explain.game import columns_of
from audit.explain.interaction import AMONG, interactions
from audit.explain.partial_dependence import Dependence, by_group, dependence
from audit.explain.permutation_importance import REPEATS, Importance, Judged, permutation_importance
from audit.explain.population import Population, population
from audit.explain.weights import NOT_DENSE, weights
from audit.record import Figure, Scorer

if TYPE_CHECKING:
    from numpy.typing import NDArray


ROWS = 2000  # decisions that are looked at
NO_MODEL = "no model was opened: the scores or the decisions were already in the data"
NO_FACTORS = "no factor of the dictionary has columns"


@dataclass(frozen=True, slots=True)
class Setting:
    """What of an audit decides how a model is looked at: plain values.

    ``flags`` are, by factor, the columns that say that something is missing; ``orders`` the stated
    orders of categories, by column; ``cutoff`` the one of the config, where it states one.
    """

    factors: Mapping[str, Sequence[str]]
    seed: int
    adverse_high: bool = True
    at_cutoff_adverse: bool = True
    min_group: int = 30
    flags: Mapping[str, Sequence[str]] = field(default_factory=dict)
    orders: Mapping[str, Sequence[str]] = field(default_factory=dict)
    cutoff: float | None = None


def pictures_of(
    setting: Setting,
    scorer: Scorer | None,
    rows: Any,
    groups: Mapping[str, NDArray[Any]],
    outcomes: NDArray[np.float64] | None,
    reference: Any,
    methods: Sequence[str],
    *,
    cutoffs: NDArray[np.float64] | None = None,
) -> tuple[Figure, ...]:
    """Return the figures of global methods.

    Parameters
    ----------
    scorer : None where decisions are audited without a model
    rows : polars frame or columns of at most ``ROWS`` scored decisions (``population.drawn``)
    groups : attribute -> the group of each row
    outcomes : float64[n], 1 where the outcome was adverse, 0 where not, NaN where nobody knows; or None
    reference : rows that refused applicants are compared with, for units that are idle; None: ``rows``
    methods : names out of ``PORTRAITS``; others are refused
    cutoffs : float64[n], of each row; None: the config's one cutoff, where it states one

    Raises
    ------
    UsageError
        Where a method is not known.
    """
    unknown = [method for method in methods if method not in PORTRAITS]
    if unknown:
        raise UsageError(
            f"explain: no global method {unknown[0]!r} (methods: {', '.join(PORTRAITS)}). Name one of these"
        )
    if scorer is None or not setting.factors:
        cause = NO_MODEL if scorer is None else NO_FACTORS
        return tuple(Figure(method, "model_risk", {"cause": cause}) for method in methods)
    figures: list[Figure] = []
    try:
        asked = _asked(setting, scorer, rows, groups, outcomes, reference, cutoffs)
    except (UsageError, ModelError) as error:
        return tuple(Figure(method, "model_risk", {"cause": str(error)}) for method in methods)
    for method in methods:
        try:
            figures.extend(PORTRAITS[method](asked))
        except (UsageError, ModelError) as error:
            # Not every model answers for rows that nobody has; that is no reason to stop the audit.
            figures.append(Figure(method, "model_risk", {"cause": str(error)}))
    return tuple(figures)


@dataclass(frozen=True, eq=False)
class _Asked:
    """One question: the population and everything that it is held against."""

    population: Population
    judged: Judged
    flags: Mapping[str, Sequence[str]]
    orders: Mapping[str, Sequence[str]]
    reference: NDArray[Any]
    min_group: int
    seed: int

    @cached_property
    def importance(self) -> tuple[list[Importance], dict[tuple[str, str], list[Importance]]]:
        """Permutation importance of all factors, over all rows and by group."""
        return permutation_importance(
            self.population, self.judged, repeats=REPEATS, seed=self.seed, min_group=self.min_group
        )

    @cached_property
    def axes(self) -> tuple[tuple[Axis, ...], tuple[NoAxis, ...]]:
        """What can be moved, and what cannot."""
        return axes(self.population, self.flags, self.orders)

    @cached_property
    def curves(self) -> list[Dependence]:
        """The lines of all axes."""
        return [dependence(self.population, axis) for axis in self.axes[0]]


def _asked(
    setting: Setting,
    scorer: Scorer,
    rows: Any,
    groups: Mapping[str, NDArray[Any]],
    outcomes: NDArray[np.float64] | None,
    reference: Any,
    cutoffs: NDArray[np.float64] | None,
) -> _Asked:
    people = population(scorer, rows, setting.factors, groups)
    if cutoffs is None and setting.cutoff is not None:
        cutoffs = np.full(len(people), setting.cutoff)
    return _Asked(
        people,
        Judged(
            outcomes,
            cutoffs,
            adverse_high=setting.adverse_high,
            at_cutoff_adverse=setting.at_cutoff_adverse,
        ),
        setting.flags,
        setting.orders,
        people.encoded if reference is None else scorer.encode(columns_of(reference)),
        setting.min_group,
        setting.seed,
    )


def _permutation_importance(asked: _Asked) -> tuple[Figure, ...]:
    everybody, grouped = asked.importance
    return (
        portraits.permutation_importance(everybody, REPEATS, asked.seed),
        portraits.permutation_importance_by_group(grouped),
    )


def _partial_dependence(asked: _Asked) -> tuple[Figure, ...]:
    found = [(one, beyond(asked.population, one.axis)) for one in asked.curves]
    grouped = [(one, by_group(asked.population, one, asked.min_group)) for one in asked.curves]
    return (
        portraits.partial_dependence(found, asked.axes[1]),
        portraits.partial_dependence_by_group(grouped, asked.min_group),
    )


def _ice(asked: _Asked) -> tuple[Figure, ...]:
    return (portraits.ice(asked.curves, asked.seed),)


def _ale(asked: _Asked) -> tuple[Figure, ...]:
    found: list[Effect] = []
    absent = list(asked.axes[1])
    for axis in asked.axes[0]:
        order = asked.orders.get(axis.column, ())
        one = accumulated_local_effect(asked.population, axis, order=order, seed=asked.seed)
        if isinstance(one, Effect):
            found.append(one)
        else:
            absent.append(NoAxis(axis.factor, axis.column, one))
    return (portraits.ale(found, absent),)


def _interaction(asked: _Asked) -> tuple[Figure, ...]:
    moved = [one for one in asked.importance[0] if "moved" in one.measures]
    moved.sort(key=lambda one: (-one.measures["moved"].value, one.factor))
    among = [one.factor for one in moved[:AMONG]]
    found = interactions(asked.population, among, seed=asked.seed)
    if isinstance(found, str):
        return (Figure("interaction", "model_risk", {"cause": found}),)
    return (portraits.interaction(*found, among),)


def _weights(asked: _Asked) -> tuple[Figure, ...]:
    read = getattr(asked.population.scorer, "dense", None)
    network = NOT_DENSE if read is None else read(asked.reference)
    if isinstance(network, str):
        return (Figure("weights", "model_risk", {"cause": network}),)
    return (portraits.weights(weights(network), asked.population.factors),)


PORTRAITS: Mapping[str, Callable[[_Asked], tuple[Figure, ...]]] = {
    "permutation_importance": _permutation_importance,
    "partial_dependence": _partial_dependence,
    "ice": _ice,
    "ale": _ale,
    "interaction": _interaction,
    "weights": _weights,
}
