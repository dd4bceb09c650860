"""What every part of the config shares: strictness, plain types, and the ways to say no.

Values come from YAML, where a list is a list and a date may stand in quotes; the types here take
those and nothing looser.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from audit.config.nearest import did_you_mean

T = TypeVar("T")


class Section(BaseModel):
    """A part of the config: frozen, strict, and closed to unknown keys."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        validate_default=False,
        protected_namespaces=(),
        use_attribute_docstrings=True,
    )


def refusal(fact: str, way_out: str) -> PydanticCustomError:
    """Return the error by which a validator refuses a value, in our own words."""
    # Both halves travel in the context; braces in a template would be taken for fields.
    return PydanticCustomError("refused", "{fact}", {"fact": fact, "way_out": way_out})


def not_built_yet(what: str, way_out: str) -> PydanticCustomError:
    """Return the error for a key or value whose capability is still to come."""
    return PydanticCustomError("not_built", "{fact}", {"fact": f"{what}: not built yet", "way_out": way_out})


@dataclass(frozen=True, slots=True)
class Later:
    """Marks a key whose capability is still to come: only its empty value is taken.

    A key that were ignored silently would promise what the audit does not do.
    """

    what: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._refuse, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"enum": [None, []], "description": f"{self.what}: not built yet"}

    def _refuse(self, value: Any) -> Any:
        if value is None or value in ((), []):
            return value
        raise not_built_yet(self.what, "Remove this key")


def _date(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            raise refusal(f"{value[:40]!r} is no date", "Write it as 2026-11-20") from None
    if isinstance(value, dt.datetime):
        raise refusal("a date was expected, and this has a time", "Write it as 2026-11-20")
    return value


def _label(value: Any) -> Any:
    # A group or a code in the data may look like a number; whether true stands for `true`,
    # `True` or 1 there, nobody can know, so truth values stay refused.
    return str(value) if type(value) is int else value


def _lines(value: Any) -> Any:
    lines = value if isinstance(value, list | tuple) else ()
    if lines and all(isinstance(line, str) and line.strip() for line in lines):
        return "\n".join(line.strip() for line in lines)
    return value


Many = Annotated[tuple[T, ...], Field(strict=False)]
"""A list in the file, a tuple here."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Label = Annotated[Text, BeforeValidator(_label, json_schema_input_type=Text | int)]
"""A name as it stands in the data: text, or a whole number that is taken as text."""

Date = Annotated[dt.date, BeforeValidator(_date)]
Address = Annotated[
    Text, BeforeValidator(_lines, json_schema_input_type=Text | Annotated[list[Text], Field(min_length=1)])
]
"""An address: text, or a list of its lines."""

Sha256 = Annotated[str, StringConstraints(pattern=re.compile(r"^[0-9a-f]{64}$"))]
Share = Annotated[float, Field(ge=0, le=1)]
Whole = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Value = str | int | float | bool
"""A value as it stands in a cell of the data."""


def endings(names: tuple[str, ...]) -> str:
    """Return a pattern for the end of a file's name, in small letters or capitals.

    >>> endings((".csv", ".h5"))
    '([.][cC][sS][vV]|[.][hH]5)$'
    """
    spelled = (
        "".join(f"[{letter}{letter.upper()}]" if letter.isalpha() else letter for letter in name)
        for name in names
    )
    return f"({'|'.join(word.replace('.', '[.]') for word in spelled)})$"


@dataclass(frozen=True, slots=True)
class Unique:
    """Marks a list that names nothing twice."""

    what: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "uniqueItems": True}

    def _check(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        twice = sorted({str(value) for value in values if values.count(value) > 1})
        if twice:
            raise refusal(f"{self.what} {', '.join(twice)} is named twice", "Name it once")
        return values


_IMAGES = "Leave it out, or write audit.kind: images where the model reads pictures"


@dataclass(frozen=True, slots=True)
class OneOf:
    """Marks a name that is built, and tells one that is to come from one that nobody knows."""

    what: str
    built: tuple[str, ...]
    known: tuple[str, ...] = ()
    of_pictures: tuple[str, ...] = ()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"enum": list(self.built)}

    def _check(self, value: str) -> str:
        if value in self.built:
            return value
        way_out = f"Use {' or '.join(self.built)}"
        if value in self.known:
            raise not_built_yet(f"{self.what} {value!r}", way_out)
        if value in self.of_pictures:
            raise refusal(f"the {self.what} {value!r} explains pictures, not columns", _IMAGES)
        way_out = did_you_mean(value, self.built) + way_out
        raise refusal(f"there is no {self.what} {value[:40]!r}", way_out)
