"""Whether a value meets a JSON Schema: the words that our schema uses, one `if` each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

TYPES: dict[str, Any] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}

TOLD = {"title", "description", "default", "format", "$schema", "$defs", "then", "else"}


def meets(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    """Return whether ``value`` meets ``schema``; an unknown word of the schema is an error."""
    return all(_meets(value, word, rule, schema, root) for word, rule in schema.items() if word not in TOLD)


def _meets(value: Any, word: str, rule: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    if word == "$ref":
        return meets(value, root["$defs"][rule.removeprefix("#/$defs/")], root)
    if word == "if":
        return meets(value, schema["then" if meets(value, rule, root) else "else"], root)
    if word == "anyOf":
        return any(meets(value, one, root) for one in rule)
    if word == "oneOf":
        return sum(meets(value, one, root) for one in rule) == 1
    if word == "type":
        return any(TYPES[name](value) for name in ([rule] if isinstance(rule, str) else rule))
    if word == "enum":
        return any(value == one and type(value) is type(one) for one in rule)
    if word == "const":
        return value == rule and type(value) is type(rule)
    if word in {"pattern", "minLength"}:
        if not isinstance(value, str):
            return True
        return re.search(rule, value) is not None if word == "pattern" else len(value) >= rule
    if word in {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}:
        if not TYPES["number"](value):
            return True
        return {
            "minimum": value >= rule,
            "maximum": value <= rule,
            "exclusiveMinimum": value > rule,
            "exclusiveMaximum": value < rule,
        }[word]
    if word in {"items", "minItems", "maxItems", "uniqueItems"}:
        if not isinstance(value, list):
            return True
        if word == "items":
            return all(meets(item, rule, root) for item in value)
        if word == "uniqueItems":
            return len({repr(item) for item in value}) == len(value)
        return len(value) >= rule if word == "minItems" else len(value) <= rule
    if word in {"properties", "required", "additionalProperties", "propertyNames", "minProperties"}:
        if not isinstance(value, dict):
            return True
        if word == "properties":
            return all(meets(value[key], one, root) for key, one in rule.items() if key in value)
        if word == "required":
            return all(key in value for key in rule)
        if word == "minProperties":
            return len(value) >= rule
        if word == "propertyNames":
            return all(meets(key, rule, root) for key in value)
        others = [one for key, one in value.items() if key not in schema.get("properties", {})]
        return not others if rule is False else all(meets(one, rule, root) for one in others)
    raise AssertionError(f"the schema uses a word that this oracle does not know: {word}")
