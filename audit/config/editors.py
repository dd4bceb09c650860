"""The JSON Schema of an ``audit.yaml``, by which editors complete and underline."""

from __future__ import annotations

from typing import Any

from audit.config.images import KIND, ImagesConfig
from audit.config.schema import Config


def json_schema() -> dict[str, Any]:
    """Return the schema of the config; it takes what the config takes, key for key.

    Rules over several keys, dates that exist and files that are there are for ``check``.
    """
    people = Config.model_json_schema(by_alias=True, mode="validation")
    pictures = ImagesConfig.model_json_schema(by_alias=True, mode="validation")
    named = {**people.pop("$defs"), **pictures.pop("$defs")}
    is_of_images = {"properties": {"kind": {"const": KIND}}, "required": ["kind"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Plainspoken audit config",
        "description": "The config of one audit: what is audited, over which groups, against which policies.",
        "type": "object",
        # What each key may hold is said below; here they are named, for editors that complete keys.
        "properties": {
            key: {"description": one.get("description", f"See {key} below.")}
            for key, one in {**pictures["properties"], **people["properties"]}.items()
        },
        "if": {"properties": {"audit": is_of_images}, "required": ["audit"]},
        "then": pictures,
        "else": people,
        "$defs": named,
    }
