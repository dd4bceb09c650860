"""What would have turned a refusal: other values of what a person can change, and the score they give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple


class Change(NamedTuple):
    """One column that would have been another; ``before`` is None where nothing was known."""

    column: str
    before: float | str | None
    after: float | str


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """The smallest change of these factors that turns a decision, scored by the model that refused.

    ``cost`` is in units of the reference's spread, summed over what changed; a word, a switch or a
    value that was missing counts 1. JSON values only, so that it can be locked under a person's key.
    """

    changes: tuple[Change, ...]
    factors: tuple[str, ...]
    score_before: float
    score_after: float
    cost: float


@dataclass(frozen=True, slots=True)
class NoCounterfactual:
    """Why none is told, and how many evaluations of the model were spent on looking."""

    cause: str
    tried: int = 0


Turned = tuple[Counterfactual, ...] | NoCounterfactual


def as_values(turned: Turned) -> list[dict[str, Any]] | dict[str, Any]:
    """Return the changes, or why none is told, as JSON values.

    >>> as_values(NoCounterfactual("nothing can change"))
    {'cause': 'nothing can change', 'tried': 0}
    """
    if isinstance(turned, NoCounterfactual):
        return {"cause": turned.cause, "tried": turned.tried}
    return [
        {
            "changes": [list(change) for change in one.changes],
            "factors": list(one.factors),
            "score_before": one.score_before,
            "score_after": one.score_after,
            "cost": one.cost,
        }
        for one in turned
    ]


def from_values(values: Any) -> Turned:
    """Return what ``as_values`` gave.

    Raises
    ------
    KeyError, TypeError, ValueError
        It gave nothing of the kind.
    """
    if isinstance(values, dict):
        return NoCounterfactual(str(values["cause"]), int(values["tried"]))
    return tuple(
        Counterfactual(
            changes=tuple(
                Change(str(c), _cell(before), _known(after)) for c, before, after in one["changes"]
            ),
            factors=tuple(str(factor) for factor in one["factors"]),
            score_before=float(one["score_before"]),
            score_after=float(one["score_after"]),
            cost=float(one["cost"]),
        )
        for one in values
    )


def _cell(value: Any) -> float | str | None:
    return None if value is None else _known(value)


def _known(value: Any) -> float | str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError
    return value
