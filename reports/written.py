"""What is wrong with a file of words, and on which line: a word that is no text, a rule that is no rule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from audit.errors import Fault

if TYPE_CHECKING:
    from pathlib import Path

_WORDS = "Write text there, or leave it out, and ours stands"


def first_fault(
    path: Path, found: Mapping[Any, Any], ours: Mapping[str, Any], *, rules: tuple[str, ...]
) -> Fault | None:
    """Return the first fault of a file of words; None where it has none.

    Parameters
    ----------
    found : what the file holds
    ours : words that it writes over: each keeps its shape, text, list or mapping
    rules : keys of lists of regular expressions
    """
    for key, value in found.items():
        if key in rules:
            faults = _of_rules(value)
        else:
            faults = _of_words(value, ours.get(key) if isinstance(key, str) else None)
        for steps, fact, way_out in faults:
            place = ".".join(str(step) for step in (key, *steps))
            return Fault(str(path), _line(path, (key, *steps)), place, fact, way_out)
    return None


_Found = Iterator[tuple[tuple[Any, ...], str, str]]


def _of_rules(value: Any) -> _Found:
    if not isinstance(value, list):
        yield (), "it is no list", "Write a list of regular expressions"
        return
    for number, one in enumerate(value):
        if not isinstance(one, str) or not one.strip():
            yield (number,), "it is no text", "Write a regular expression"
            continue
        try:
            re.compile(one)
        except re.error as error:
            yield (number,), f"it is no regular expression ({error})", "Correct it"


def _of_words(value: Any, ours: Any) -> _Found:
    if ours is not None and _shape(value) != _shape(ours):
        yield (), f"it is {_shape(value)}, where {_shape(ours)} is read", _WORDS
    elif isinstance(value, Mapping):
        known = ours if isinstance(ours, Mapping) else {}
        for key, one in value.items():
            yield from (((key, *steps), fact, way) for steps, fact, way in _of_words(one, known.get(key)))
    elif isinstance(value, list):
        like = ours[0] if ours else None
        for number, one in enumerate(value):
            yield from (((number, *steps), fact, way) for steps, fact, way in _of_words(one, like))
    elif not isinstance(value, str):
        yield (), f"it is {_shape(value)}, and no text", _WORDS


def _shape(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return "text" if isinstance(value, str) else f"the {type(value).__name__} {value}"


def _line(path: Path, steps: tuple[Any, ...]) -> int | None:
    """Return the line, from 1, of what stands at these keys and positions."""
    from ruamel.yaml import YAML

    at, line = YAML(typ="rt").load(path.read_text(encoding="utf-8")), None
    for step in steps:
        marks = getattr(at, "lc", None)
        if marks is None or marks.data is None:
            break
        line = (marks.item(step) if isinstance(at, list) else marks.key(step))[0] + 1
        at = at[step]
    return line
