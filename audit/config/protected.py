"""``protected``: the attributes that rates are compared over, with stated types and references."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from audit.config.nearest import did_you_mean, listed
from audit.config.section import Date, Label, Many, Section, Text, refusal

UNKNOWN = "unknown"
ELDERLY = 62
"""12 CFR 1002.2(o): elderly means an age of 62 or older."""


def ascending(bands: tuple[float, ...]) -> tuple[float, ...]:
    if any(low >= high for low, high in itertools.pairwise(bands)):
        raise refusal("the bands do not ascend", "List their lower ends from low to high, each once")
    return bands


def band_names(bands: tuple[float, ...], whole: bool) -> tuple[str, ...]:
    """Return the names of left-closed bands, given their lower ends.

    >>> band_names((18, 25, 62), whole=True)
    ('18-24', '25-61', '62+')
    >>> band_names((0, 0.5), whole=False)
    ('0-0.5', '0.5+')
    """
    names = []
    for low, high in itertools.pairwise(bands):
        # Of whole numbers the last one inside is named; of others the end that is not reached.
        last = high - 1 if whole else high
        names.append(_end(low) if last == low else f"{_end(low)}-{_end(last)}")
    return (*names, f"{_end(bands[-1])}+")


def _end(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


class Permitted(Section):
    """Who says that age may be scored, and on what basis (12 CFR 1002.6(b)(2))."""

    basis: Text
    """What makes the system one that may score age, as its validation under 1002.2(p)."""

    by: Text
    date: Date


class ProtectedAttribute(Section):
    """One protected attribute."""

    column: Text
    type: Literal["category", "integer", "number"]
    """How the column is read; stated, never guessed."""

    reference: Label
    """The group that all others are compared with."""

    bands: Annotated[Many[float], Field(min_length=1), AfterValidator(ascending)] | None = None
    """Lower ends of left-closed bands, for integers and numbers."""

    provenance: Literal["collected", "self_test", "proxy"] = "collected"
    permitted: Permitted | None = None
    """Lawfully scored age, for `protected.age` alone; who is 62 or older may not fare worse for it."""

    @model_validator(mode="after")
    def _bands_fit(self) -> ProtectedAttribute:
        if self.permitted is not None and (not self.bands or ELDERLY not in self.bands[1:]):
            # 12 CFR 1002.6(b)(2)(ii) compares those of 62 and older with every younger group.
            raise refusal(
                f"no band of the permitted age begins at {ELDERLY}, with a younger one before it",
                f"Give an age in years its bands, as in bands: [18, 25, 40, {ELDERLY}]",
            )
        if self.type == "category":
            if self.bands is not None:
                raise refusal("a category has no bands", "Write type: integer or number, or remove bands")
            return self
        if self.bands is None:
            raise refusal(f"this {self.type} has no bands", "Give the lower ends, as in bands: [18, 25, 62]")
        if self.type == "integer" and any(end != int(end) for end in self.bands):
            raise refusal(
                "bands of an integer must be whole numbers", "Mend the bands, or write type: number"
            )
        names = self.band_names
        if self.reference not in names:
            raise refusal(
                f"the reference {self.reference!r} is none of the bands ({listed(names)})",
                f"{did_you_mean(self.reference, names)}Name one of the bands",
            )
        return self

    @property
    def band_names(self) -> tuple[str, ...]:
        """The groups of a banded attribute in ascending order; empty for a category."""
        return band_names(self.bands, self.type == "integer") if self.bands else ()
