"""``fairness.bisg``: groups estimated from surname and address, by tables that the user gives."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from audit.config.section import Section, Text, refusal

Group = Literal["white", "black", "aian", "api", "hispanic", "two_or_more"]
LEVELS = ("block_group", "tract", "zip")


class Areas(Section):
    """A column, or a file, for each level of area."""

    block_group: Text | None = None
    """Twelve digits of the census block group."""

    tract: Text | None = None
    """Eleven digits of the census tract."""

    zip: Text | None = None
    """Five digits of the ZIP code."""

    @property
    def given(self) -> dict[str, str]:
        """Level -> column or file, the finest first."""
        named = {level: getattr(self, level) for level in LEVELS}
        return {level: name for level, name in named.items() if name is not None}


class Tables(Areas):
    """Files beside the config: census tables of surnames and of adults by area."""

    surnames: Text | None = None
    """Columns name, white, black, api, aian, two_or_more, hispanic: P(group | surname)."""


class Probabilities(Section):
    """Columns of probabilities that somebody has computed already."""

    white: Text
    black: Text
    aian: Text
    api: Text
    hispanic: Text
    two_or_more: Text


class BisgSection(Section):
    """Whose race and ethnicity is estimated, and from what. Estimates are weights, never anybody's race."""

    reference: Group = "white"
    """The group that all others are compared with."""

    surname: Text | None = None
    """The column of surnames."""

    co_surname: Text | None = None
    """The column of a co-applicant's surname, used where the applicant's is not listed."""

    areas: Areas = Field(default_factory=Areas)
    precision: Text | None = None
    """The column that says how precisely an address was found: rooftop, street, zip4 or zip."""

    tables: Tables = Field(default_factory=Tables)
    probabilities: Probabilities | None = None
    """In place of names, areas and tables."""

    @model_validator(mode="after")
    def _complete(self) -> BisgSection:
        named = self.surname is not None or bool(self.areas.given) or self.tables.surnames is not None
        if self.probabilities is not None:
            if named:
                raise refusal("probabilities and names are both given", "Keep one of them")
            return self
        if self.surname is None or self.tables.surnames is None:
            raise refusal(
                "surnames need a column and a table",
                "Give surname and tables.surnames, or probabilities",
            )
        without = [level for level in self.areas.given if level not in self.tables.given]
        without += [level for level in self.tables.given if level not in self.areas.given]
        if without or not self.areas.given:
            fact = f"{without[0]} has not both a column and a table" if without else "no area is named"
            raise refusal(fact, "Give areas and tables the same levels: block_group, tract, zip")
        return self

    @property
    def columns(self) -> dict[str, str]:
        """Place in this section -> column of the data."""
        found = {"surname": self.surname, "co_surname": self.co_surname, "precision": self.precision}
        found |= {f"areas.{level}": column for level, column in self.areas.given.items()}
        if self.probabilities is not None:
            found |= {
                f"probabilities.{group}": getattr(self.probabilities, group)
                for group in type(self.probabilities).model_fields
            }
        return {place: column for place, column in found.items() if column is not None}

    @property
    def personal(self) -> frozenset[str]:
        """Columns that speak of one person's race: probabilities, and the names they are made of."""
        return frozenset(
            column
            for place, column in self.columns.items()
            if place in ("surname", "co_surname") or place.startswith("probabilities.")
        )

    @property
    def files(self) -> dict[str, str]:
        """Place in this section -> file."""
        found = {"tables.surnames": self.tables.surnames} if self.tables.surnames is not None else {}
        return found | {f"tables.{level}": file for level, file in self.tables.given.items()}
