"""What would have turned a refusal: other values of what a person can change, and the score they give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


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
