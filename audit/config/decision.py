"""``decision``: how a score becomes a decision, and which decisions were really taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, GetJsonSchemaHandler, model_serializer, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from audit.config.section import Date, Label, Section, Text, Value, refusal

_FORMS = "Write a number, {column: NAME} or {by: NAME, values: {…}}"


class Cutoff(Section):
    """The score past which an application is refused: one number, a column, or one per group.

    Exactly one of ``value``, ``column`` and ``by`` (with ``values``) is set. ``tiers`` says that the
    cutoffs are steps of one scale, as of prices or limits, and each row has the one that it missed:
    who missed a stricter one has passed the others.
    """

    value: float | None = None
    column: Text | None = None
    by: Text | None = None
    values: Mapping[Label, float] = Field(default_factory=dict)
    tiers: bool = False

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any) -> Any:
        if isinstance(data, int | float) and not isinstance(data, bool):
            return {"value": data}
        if not isinstance(data, Mapping):
            raise refusal("no cutoff can be read from this", _FORMS)
        return data

    @model_validator(mode="after")
    def _one_form(self) -> Cutoff:
        forms = [self.value is not None, self.column is not None, self.by is not None]
        if sum(forms) != 1 or (self.by is not None) != bool(self.values):
            raise refusal("no cutoff can be read from this", _FORMS)
        if self.tiers and self.value is not None:
            raise refusal("one cutoff has no tiers", "Remove tiers, or say which cutoff each row missed")
        return self

    @model_serializer
    def _write(self) -> Any:
        if self.value is not None:
            return self.value
        form = {"column": self.column} if self.column else {"by": self.by, "values": dict(self.values)}
        return {**form, "tiers": True} if self.tiers else form

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        text: JsonSchemaValue = {"type": "string", "minLength": 1}
        values = {"type": "object", "minProperties": 1, "additionalProperties": {"type": "number"}}
        one = {"type": "object", "additionalProperties": False}
        tiers = {"type": "boolean", "default": False}
        return {
            "description": "The score past which an application is refused.",
            "anyOf": [
                {"type": "number"},
                {**one, "properties": {"column": text, "tiers": tiers}, "required": ["column"]},
                {
                    **one,
                    "properties": {"by": text, "values": values, "tiers": tiers},
                    "required": ["by", "values"],
                },
            ],
        }


class Taken(Section):
    """The decision really taken."""

    column: Text
    adverse: Value
    """The value that is the refusal."""


class DisclosedScore(Section):
    """What counsel says the score is under 15 USC 1681g(f)(2)(A); there is no default."""

    role: Literal["not_a_credit_score", "credit_score"]
    by: Text
    date: Date
    low: float | None = None
    """Lowest possible score, where it is a credit score."""

    high: float | None = None

    @model_validator(mode="after")
    def _range(self) -> DisclosedScore:
        # 15 USC 1681g(f)(1)(B): the range of possible scores is told with the score.
        if self.role == "credit_score" and (self.low is None or self.high is None):
            raise refusal("a credit score is told with its range", "Give low and high")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise refusal(f"low ({self.low:g}) is not below high ({self.high:g})", "Mend the two")
        return self


Stages = Literal["rule", "score", "judgmental", "gray_band"]
"""Which component refused; in the gray band score and judgment decide together."""


class Stage(Section):
    """The column that says what decided, and what the words of the data mean.

    Without ``values`` the data use our own words: rule, score, judgmental, gray_band.
    """

    column: Text
    values: Mapping[Label, Stages] = Field(default_factory=dict)


class Listed(Section):
    """A column that names several things in one cell."""

    column: Text
    separator: Annotated[str, Field(min_length=1)] = ";"


class DecisionSection(Section):
    """How a score becomes a decision."""

    adverse: Literal["high", "low"] | None = None
    """Which scores are bad; stated, never guessed."""

    cutoff: Cutoff | None = None
    at_cutoff: Literal["adverse", "favourable"] = "adverse"
    """What a score equal to the cutoff means."""

    taken: Taken | None = None
    disclosed_score: DisclosedScore | None = None
    stage: Stage | None = None
    rules: Listed | None = None
    """The column that names the knock-out rules that fired."""

    judgment: Listed | None = None
    """The column that names the grounds that a person reviewed."""

    @property
    def adverse_high(self) -> bool:
        """Whether high scores are bad."""
        return self.adverse == "high"
