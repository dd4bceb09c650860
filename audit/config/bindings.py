"""Values that are a column of a file or a constant.

A plain name that is a column of the file is that column, anything else a constant;
``{column: …}`` and ``{value: …}`` force it. So a binding stays undecided until the columns are known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeVar, get_args

from pydantic import Field, GetJsonSchemaHandler, model_serializer, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from audit.config.nearest import did_you_mean, listed
from audit.config.section import Label, Section, Text, refusal
from audit.errors import DataError

B = TypeVar("B", bound="Binding")

COLUMN_SCHEMA: JsonSchemaValue = {"type": "string", "minLength": 1}
SCALAR_SCHEMA: JsonSchemaValue = {"type": ["string", "number", "boolean"], "minLength": 1}


def written(value: Any) -> str:
    """Return a constant as text: dates in ISO form, truth as true and false."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def _read_plain(data: Any) -> Any:
    if isinstance(data, Binding):
        return data
    if isinstance(data, str | int | float | bool | dt.date):
        text = written(data).strip()
        if not text:
            raise refusal("this is empty", "Name a column or a constant, or remove the key")
        return {"raw": text}
    if isinstance(data, Mapping):
        column, value = data.get("column"), data.get("value")
        if set(data) == {"column"} and isinstance(column, str):
            return {"raw": column, "column": column}
        if set(data) == {"value"} and isinstance(value, str | int | float | bool | dt.date):
            return {"raw": written(value), "value": written(value)}
    raise refusal("a column or a constant was expected", "Write a name, {column: NAME} or {value: TEXT}")


class Binding(Section):
    """A column or a constant.

    ``column`` or ``value`` is set where the config forces it, and after :func:`bind`; before that
    both are None and ``raw`` is the name as written.
    """

    raw: str
    column: Text | None = None
    value: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any) -> Any:
        return _read_plain(data)

    @property
    def decided(self) -> bool:
        """Whether it is known to be a column or a constant."""
        return self.column is not None or self.value is not None

    @model_serializer
    def _write(self) -> Any:
        if self.column is not None:
            return {"column": self.column}
        return {"value": self.value} if self.value is not None else self.raw

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        one = {"type": "object", "additionalProperties": False}
        return {
            "description": "A column or a constant: a plain name that is a column is that column.",
            "anyOf": [
                SCALAR_SCHEMA,
                {**one, "properties": {"column": COLUMN_SCHEMA}, "required": ["column"]},
                {**one, "properties": {"value": SCALAR_SCHEMA}, "required": ["value"]},
            ],
        }


def bind(binding: B, columns: Iterable[str]) -> B:
    """Decide a binding, now that the columns of its file are known.

    Raises
    ------
    DataError
        ``{column: …}`` names a column that is not there.
    """
    known = tuple(columns)
    if binding.column is not None and binding.column not in known:
        raise DataError(
            f"{binding.column}: there is no such column (columns: {listed(known)}). "
            f"{did_you_mean(binding.column, known)}Name a column of the file."
        )
    if binding.decided:
        return binding
    if binding.raw in known:
        return binding.model_copy(update={"column": binding.raw})
    return binding.model_copy(update={"value": binding.raw})


Actions = Literal[
    "approved",
    "denied",
    "counteroffer",
    "partial",
    "limit_decrease",
    "terminate",
    "apr_increase",
    "incomplete",
    "withdrawn",
]
"""What happened to an application: approved is favourable, the last two are none, all others adverse."""


class ActionBinding(Binding):
    """Where the action taken stands, and what the words of the data mean.

    Without ``values`` the data use our own words (approved, denied …).
    """

    values: Mapping[Label, Actions] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any) -> Any:
        if (
            isinstance(data, Mapping)
            and set(data) == {"column", "values"}
            and isinstance(data["column"], str)
        ):
            return {"raw": data["column"], **data}
        return _read_plain(data)

    @model_serializer
    def _write(self) -> Any:
        plain: Any = {"column": self.column} if self.column is not None else self.raw
        return {"column": self.column, "values": dict(self.values)} if self.values else plain

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        plain = super().__get_pydantic_json_schema__(schema, handler)
        words = {"type": "object", "additionalProperties": {"enum": list(get_args(Actions))}}
        mapped = {
            "type": "object",
            "properties": {"column": COLUMN_SCHEMA, "values": words},
            "required": ["column", "values"],
            "additionalProperties": False,
        }
        return {"description": plain["description"], "anyOf": [*plain["anyOf"], mapped]}
