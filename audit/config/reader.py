"""YAML 1.2 as plain values, with the line of every one of them.

Why so: the file is composed into nodes and built here, because nodes know their marks and the
spelling of their keys. Loaders that build dictionaries themselves stop at the first duplicate key
or let the last one win, and turn the key ``01`` into 1.

The same text is parsed once a process: a run looks at each policy several times, and reading them
took longer than scoring a thousand applicants.
"""

from __future__ import annotations

import copy
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from audit.errors import ConfigError, Fault

Loc = tuple[str | int, ...]

_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_AT_MOST = 100_000  # values of one file
_WRITE = "Write the values out"
_TAG = "tag:yaml.org,2002:"


def place(loc: Loc) -> str:
    """Return a path inside a file as faults print it.

    >>> place(("intersections", 0, 1))
    'intersections[0][1]'
    """
    text = ""
    for step in loc:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


@dataclass(frozen=True, slots=True)
class Lines:
    """Where each value of a file stands."""

    file: str
    known: Mapping[Loc, int] = field(default_factory=dict)

    def line(self, loc: Loc) -> int | None:
        """Return the 1-based line of ``loc``, or of the nearest thing around it that has one."""
        for stop in range(len(loc), -1, -1):
            if loc[:stop] in self.known:
                return self.known[loc[:stop]]
        return None

    def fault(self, loc: Loc, fact: str, way_out: str) -> Fault:
        """Return a fault that stands at ``loc``."""
        return Fault(self.file, self.line(loc), place(loc), fact, way_out)


def read_yaml(path: Path | str) -> tuple[Any, Lines]:
    """Read a YAML 1.2 file as plain values; every key of a mapping is text, as it is spelled.

    Parameters
    ----------
    path : Path or str
        The file; faults name it as it is given here.

    Returns
    -------
    data : dict, list, str, int, float, bool, datetime.date or None
        None for an empty file. A plain whole number with a leading zero stays text: a code.
    lines : Lines
        The 1-based line of every value.

    Raises
    ------
    ConfigError
        The file is missing, not UTF-8, not YAML, or has duplicate keys (all of them are named).
    """
    file = str(path)
    try:
        text = Path(path).read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise ConfigError(Fault(file, None, "", "there is no such file", "Name a file that exists")) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(Fault(file, line, "", "this is not UTF-8 text", "Save the file as UTF-8")) from None
    except OSError as error:
        fact = f"the file cannot be read ({error.strerror})"
        raise ConfigError(Fault(file, None, "", fact, "Name a file that you may read")) from None
    data, lines = _parse(text, file)
    return copy.deepcopy(data), lines


@lru_cache(maxsize=64)
def _parse(text: str, file: str) -> tuple[Any, Lines]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    # typ="safe" builds plain values and knows no tag that runs code.
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(text)
        builder = _Builder(yaml.constructor, file)
        data = None if node is None else builder.build(node, ())
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        fact = f"this is not YAML: {error.problem or 'it cannot be read'}"
        raise ConfigError(Fault(file, line, "", fact, "Mend the line, or put the text in quotes")) from None
    except RecursionError:
        fact = "the values of this file stand too deep inside each other"
        raise ConfigError(Fault(file, None, "", fact, "Write it flatter")) from None
    except (YAMLError, ValueError) as error:
        fact = f"this is not YAML: {str(error).splitlines()[0]}"
        raise ConfigError(Fault(file, None, "", fact, "Mend the file")) from None
    if builder.faults:
        raise ConfigError(tuple(builder.faults))
    return data, Lines(file, builder.lines)


class _Builder:
    """Builds plain values out of nodes, and notes lines and faults on the way."""

    def __init__(self, constructor: Any, file: str) -> None:
        self.constructor = constructor
        self.file = file
        self.lines: dict[Loc, int] = {}
        self.faults: list[Fault] = []
        self.around: list[Any] = []  # the nodes that the present one stands in

    def build(self, node: Any, loc: Loc) -> Any:
        self.lines.setdefault(loc, node.start_mark.line + 1)
        if len(self.lines) > _AT_MOST:
            # Aliases of aliases can make a short file longer than memory.
            fault = Fault(
                self.file, node.start_mark.line + 1, "", "the aliases make this file too long", _WRITE
            )
            raise ConfigError(fault)
        if any(node is outer for outer in self.around):
            self._fault(node, loc, "this alias stands inside what it names", _WRITE)
            return None
        if node.id == "scalar":
            return self._scalar(node)
        self.around.append(node)
        try:
            if node.id == "sequence":
                return [self.build(item, (*loc, index)) for index, item in enumerate(node.value)]
            return dict(self._pairs(node, loc))
        finally:
            self.around.pop()

    def _pairs(self, node: Any, loc: Loc) -> Iterator[tuple[str, Any]]:
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if key_node.id != "scalar":
                self._fault(key_node, loc, "a key must be one word", "Write `key: value`")
                continue
            key = str(key_node.value)
            here = (*loc, key)
            if key_node.tag == f"{_TAG}merge":
                self._fault(key_node, here, "merge keys are not YAML 1.2", _WRITE)
                continue
            if key in first:
                self._fault(key_node, here, f"this key stands already in line {first[key]}", "Keep one")
                continue
            first[key] = line
            self.lines[here] = line
            yield key, self.build(value_node, here)

    def _scalar(self, node: Any) -> Any:
        if node.tag == f"{_TAG}int" and node.style is None and _LEADING_ZERO.fullmatch(node.value):
            # A code such as 01 or a post code, whose zero is part of it.
            return str(node.value)
        if node.tag == f"{_TAG}timestamp":
            # A time of day, or a date that does not exist, stays text; whoever wants a date says so.
            try:
                return dt.date.fromisoformat(node.value)
            except ValueError:
                return str(node.value)
        return self.constructor.construct_object(node, deep=True)

    def _fault(self, node: Any, loc: Loc, fact: str, way_out: str) -> None:
        self.faults.append(Fault(self.file, node.start_mark.line + 1, place(loc), fact, way_out))
