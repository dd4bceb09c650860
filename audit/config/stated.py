"""``record.denial_reasons``: the reasons that the lender itself put down for a refusal, as HMDA codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, GetJsonSchemaHandler, model_serializer, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from audit.config.bindings import COLUMN_SCHEMA
from audit.config.section import Label, Many, Section, Text, Unique

MOST = 4  # 12 CFR 1003.4(a)(16) and the register's layout: up to four reasons


class DenialReasons(Section):
    """Columns of the reasons that the lender stated, in its order, and what their words mean.

    A list of columns holds HMDA codes; ``values`` says which code another word stands for.
    """

    columns: Annotated[Many[Text], Field(min_length=1, max_length=MOST), Unique("column")]
    values: Mapping[Label, Annotated[int, Field(ge=1, le=9)]] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, data: Any) -> Any:
        return {"columns": data} if isinstance(data, list | tuple) else data

    @model_serializer
    def _write(self) -> Any:
        columns = list(self.columns)
        return {"columns": columns, "values": dict(self.values)} if self.values else columns

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        columns = {"type": "array", "items": COLUMN_SCHEMA, "minItems": 1, "maxItems": MOST}
        codes = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1, "maximum": 9}}
        mapped = {
            "type": "object",
            "properties": {"columns": columns, "values": codes},
            "required": ["columns"],
            "additionalProperties": False,
        }
        return {
            "description": "Columns of the reasons that the lender stated, as HMDA codes of denial.",
            "anyOf": [{**columns, "uniqueItems": True}, mapped],
        }
