"""What a host answers, as values that a message can hold, and back: checked for number and size.

A model may say any number, and nothing else: what comes back with another shape, another name or
another word is no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from audit.errors import ModelError
from audit.record import (
    Attributions,
    Figure,
    Model,
    NoCounterfactual,
    Pictured,
    ReasonCode,
    Trust,
    turned,
)
from audit.record.turned import Turned

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_Asked = ParamSpec("_Asked")
_Found = TypeVar("_Found")

_WORD = 40  # letters of a detail at most
_VERDICTS = frozenset({"exact", "certain", "tie", "false"})
_BY_GROUP = "_by_group"  # ends the names of figures that compare groups
_NO_ANSWER = (
    "model: the process that holds it gave what is no answer. Look at the model: it changes what it must not."
)


def _checked(reader: Callable[_Asked, _Found]) -> Callable[_Asked, _Found]:
    """Turn whatever is wrong with what came into the one error that it is."""

    @wraps(reader)
    def read(*arguments: _Asked.args, **named: _Asked.kwargs) -> _Found:
        try:
            return reader(*arguments, **named)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelError(_NO_ANSWER) from error

    return read


def model_as_values(model: Model) -> dict[str, Any]:
    """Return what a model is; who trusts it is known to the driver."""
    found = asdict(model)
    del found["trust"]
    return found


@_checked
def model_of(told: Any, path: str, trust: Trust | None) -> Model:
    """Return what a model is, as the child told it."""
    parameters = told["n_parameters"]
    return Model(
        digest=str(told["digest"]),
        name=str(told["name"]),
        framework=str(told["framework"]),
        version=str(told["version"]),
        inputs=tuple(str(one) for one in told["inputs"]),
        output=str(told["output"]),
        n_parameters=None if parameters is None else int(parameters),
        layers=tuple(dict(one) for one in told["layers"]),
        trust=trust,
    )


def attributions_as_values(found: Attributions) -> dict[str, Any]:
    """Return what a method says."""
    return {
        "method": found.method,
        "factors": found.factors,
        "values": found.values,
        "base": found.base,
        "output": found.output,
        "residual": found.residual,
        "standard_error": found.standard_error,
        "certified": found.certified,
        "details": found.details,
    }


@_checked
def attributions_of(told: Any, n: int, factors: tuple[str, ...]) -> Attributions:
    """Return what a method says of n rows."""
    import numpy as np

    def numbers(name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
        found = np.asarray(told[name], dtype=np.float64)
        if found.shape != shape:
            raise ValueError
        return found

    verdicts = tuple(told["certified"])
    if tuple(told["factors"]) != factors or not isinstance(told["details"], dict):
        raise ValueError
    if len(verdicts) not in (0, n) or not _VERDICTS.issuperset(verdicts):
        raise ValueError
    of_all = (n, len(factors))
    return Attributions(
        method=str(told["method"]),
        factors=factors,
        values=numbers("values", of_all),
        base=numbers("base", (n,)),
        output=numbers("output", (n,)),
        residual=numbers("residual", (n,)),
        standard_error=None if told["standard_error"] is None else numbers("standard_error", of_all),
        certified=verdicts,
        details=told["details"],
    )


def codes_as_values(codes: Sequence[ReasonCode]) -> list[dict[str, Any]]:
    """Return what of the dictionary decides which factors can change; no words of it."""
    return [
        {
            "factor": code.factor,
            "columns": code.columns,
            "missing": code.missing_columns,
            "changeable": code.changeable,
            "change": code.change,
        }
        for code in codes
    ]


def codes_of(told: Sequence[Mapping[str, Any]]) -> tuple[ReasonCode, ...]:
    """Return the dictionary that ``codes_as_values`` told, without its words."""
    return tuple(
        ReasonCode(
            factor=one["factor"],
            code="",
            columns=tuple(one["columns"]),
            statement={},
            changeable=one["changeable"],
            change=one["change"],
            missing_columns=tuple(one["missing"]),
        )
        for one in told
    )


def counterfactuals_as_values(found: Sequence[Turned]) -> list[Any]:
    """Return the changes of each row, or why none is told."""
    return [turned.as_values(one) for one in found]


@_checked
def counterfactuals_of(told: Any, n: int, columns: Collection[str]) -> list[Turned]:
    """Return the changes of n rows.

    Parameters
    ----------
    columns : those that may change
    """
    if not isinstance(told, list) or len(told) != n:
        raise ValueError
    found = [turned.from_values(one) for one in told]
    for one in found:
        if not isinstance(one, NoCounterfactual):
            changed = {change.column for counterfactual in one for change in counterfactual.changes}
            if not changed <= set(columns):
                raise ValueError
    return found


def pictured_as_values(found: Pictured) -> dict[str, Any]:
    """Return what a method says of pictures."""
    return {
        "maps": found.maps,
        "regions": found.regions,
        "residual": found.residual,
        "way": found.way,
        "details": found.details,
    }


@_checked
def pictured_of(told: Any, method: str, shape: tuple[int, int, int]) -> Pictured:
    """Return what a method says of pictures.

    Parameters
    ----------
    shape : pictures, height, width
    """

    def numbers(name: str, of: tuple[int, ...]) -> NDArray[np.float64] | None:
        return None if told[name] is None else _finite(told[name], of)

    maps, regions, details = _finite(told["maps"], shape), told["regions"], told["details"]
    if regions is not None and (
        regions.shape != shape
        or regions.dtype.kind != "i"
        or regions.min() < 1
        or regions.max() > maps[0].size
    ):
        raise ValueError
    if not all(isinstance(one, int | float) or len(one) <= _WORD for one in details.values()):
        raise ValueError
    return Pictured(
        method, maps, regions, numbers("residual", shape[:1]), numbers("way", shape[:1]), dict(details)
    )


@_checked
def classes_of(told: Any, n: int) -> NDArray[np.float64]:
    """Return the scores of n pictures, float64[n, classes]: two classes or more."""
    if told.ndim != 2 or told.shape[1] < 2:
        raise ValueError
    return _finite(told, (n, told.shape[1]))


def _finite(told: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
    import numpy as np

    found = np.asarray(told, dtype=np.float64)
    if found.shape != shape or not np.isfinite(found).all():
        raise ValueError
    return found


def behaviour_as_values(found: Sequence[Figure]) -> dict[str, Any]:
    """Return the figures of global methods, by their names."""
    return {one.name: one.body for one in found}


@_checked
def behaviour_of(told: Any, methods: Sequence[str]) -> tuple[Figure, ...]:
    """Return the figures of the methods that were asked for, and of no other name."""
    names = dict.fromkeys(methods, "model_risk")
    names |= {f"{name}{_BY_GROUP}": "fair_lending" for name in methods}
    if not isinstance(told, dict) or not all(isinstance(body, dict) for body in told.values()):
        raise ValueError
    return tuple(Figure(name, names[name], body) for name, body in told.items())  # type: ignore[arg-type]
