"""How two numbers, lists or texts are held against each other, and what a difference is. Pure.

On the environment that the audit was made in, everything must be equal to the last bit. Elsewhere
other processors and library versions sum in another order, so numbers may lie a stated distance
apart; words, codes and their order may not.

Why so, the distances: other batch shapes, thread counts and instruction sets moved scores of the
measured networks by at most 1.8e-7 and contributions by 3e-8; 1e-6 is five times that, and a tenth
of what counts as a tie between two reasons. Processors of another type were not measured, so there
it is 1e-5. The distances are shares of the size of the scores where that is above 1.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

_SHOWN = 90  # characters of a value in words; JSON has it whole


@dataclass(frozen=True, slots=True)
class Distances:
    """How far apart two numbers may lie; 0 asks for the same bits."""

    scores: float = 0.0
    contributions: float = 0.0
    residuals: float = 0.0
    rates: float = 0.0
    ties: float = 0.0  # closer than this, two reasons may change places

    @property
    def exact(self) -> bool:
        """Whether everything must be equal to the last bit."""
        return self == Distances()

    def of(self, size: float) -> Distances:
        """Return the distances for scores of this size."""
        size = max(1.0, size)
        return replace(
            self,
            scores=self.scores * size,
            contributions=self.contributions * size,
            residuals=self.residuals * size,
            ties=self.ties * size,
        )


SAME_ENVIRONMENT = Distances()
SAME_PROCESSOR = Distances(scores=1e-6, contributions=1e-6, residuals=1e-5, rates=1e-6, ties=1e-5)
OTHER_PROCESSOR = replace(SAME_PROCESSOR, scores=1e-5, contributions=1e-5, rates=1e-5)


def distances(differing: Collection[str]) -> Distances:
    """Return what is asked for where these parts of the environment are not those of the audit."""
    if not differing:
        return SAME_ENVIRONMENT
    return OTHER_PROCESSOR if {"machine", "processor"} & set(differing) else SAME_PROCESSOR


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was sealed.

    ``decision`` is a pseudonym; None where the difference is of no single decision.
    """

    place: str
    sealed: Any
    now: Any
    decision: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it for machines."""
        row = {} if self.decision is None else {"decision": self.decision}
        return {**row, "place": self.place, "sealed": self.sealed, "now": self.now}

    def __str__(self) -> str:
        row = "" if self.decision is None else f"{self.decision} "
        return f"{row}{self.place}: {_told(self.sealed)} sealed, {_told(self.now)} now"


def _told(value: Any) -> str:
    if value is None:
        return "nothing"
    text = repr(value) if isinstance(value, float) else str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


@dataclass(slots=True)
class Compared:
    """Everything of one kind: how much was held against each other, and what differs."""

    kind: str
    n: int = 0
    differences: list[Difference] = field(default_factory=list)
    decisions: set[str] = field(default_factory=set)  # in which something differs
    largest: float | None = None  # distance between two numbers that were compared

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    def add(self, place: str, sealed: Any, now: Any, decision: str | None = None) -> None:
        """Note a difference."""
        self.differences.append(Difference(place, sealed, now, decision))
        if decision is not None:
            self.decisions.add(decision)

    def equal(self, place: str, sealed: Any, now: Any, decision: str | None = None) -> bool:
        """Hold two values against each other that must be equal whatever the environment."""
        self.n += 1
        if sealed == now:
            return True
        self.add(place, sealed, now, decision)
        return False

    def near(
        self,
        place: str,
        sealed: float | None,
        now: float | None,
        distance: float,
        decision: str | None = None,
    ) -> bool:
        """Hold two numbers against each other; ``distance`` 0 asks for the same bits."""
        self.n += 1
        if sealed is None or now is None:
            if sealed is now:
                return True
        else:
            apart = abs(sealed - now)
            if not math.isnan(apart):
                self.largest = apart if self.largest is None else max(self.largest, apart)
            if sealed == now or apart <= distance:
                return True
        self.add(place, sealed, now, decision)
        return False

    def alike(self, place: str, sealed: Any, now: Any, distance: float) -> None:
        """Hold two JSON values against each other: numbers by distance, all else as it stands."""
        if isinstance(sealed, Mapping) and isinstance(now, Mapping):
            for key in dict.fromkeys((*sealed, *now)):
                self.alike(f"{place}.{key}", sealed.get(key), now.get(key), distance)
        elif _is_list(sealed) and _is_list(now) and len(sealed) == len(now):
            for i, (one, other) in enumerate(zip(sealed, now, strict=True)):
                self.alike(f"{place}[{i}]", one, other, distance)
        elif _is_number(sealed) and _is_number(now):
            self.near(place, sealed, now, distance)
        else:
            self.equal(place, sealed, now)

    def as_json(self, limit: int) -> dict[str, Any]:
        """Return it for machines, with at most so many differences."""
        return {
            "kind": self.kind,
            "equal": self.ok,
            "compared": self.n,
            "different": len(self.differences),
            "decisions": len(self.decisions),
            "largest": self.largest,
            "differences": [one.as_json() for one in self.differences[:limit]],
        }


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def keyed(rows: Iterable[Any], *names: str) -> dict[tuple[Any, ...], Any]:
    """Return records by the values of some of their fields."""
    return {tuple(getattr(row, name) for name in names): row for row in rows}
