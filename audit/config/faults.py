"""What pydantic refuses, as faults with file, line, place, fact and way out.

Why so: a run of the models stops short of some checks when others fail. So what was refused and can
be left out (an unknown key, a bad value that has a default) is left out, and the rest is read again:
all faults come at once.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from audit.config.nearest import did_you_mean, listed, nearest
from audit.config.reader import Lines, Loc
from audit.config.section import Later
from audit.errors import Fault

M = TypeVar("M", bound=BaseModel)

_ROUNDS = 12


def read_model(model: type[M], data: Any, lines: Lines, at: Loc = ()) -> tuple[M | None, tuple[Fault, ...]]:
    """Read plain values into a model.

    Returns
    -------
    value : the model or None
        With faults: what could be read once the faulty parts were left out, if anything.
    faults : tuple of Fault
        Everything that was refused; empty where the value may be used.
    """
    faults: dict[Fault, None] = {}
    rest = copy.deepcopy(data)
    for _ in range(_ROUNDS):
        try:
            return model.model_validate(rest), tuple(faults)
        except ValidationError as error:
            details = error.errors(include_url=False)
            before = tuple(faults)
            meant = {_meant(model, detail) for detail in details}
            details = [one for one in details if one["type"] != "missing" or _loc(one) not in meant]
            for detail in details:
                fault = _fault(model, detail, lines, at)
                # What no longer fits for something left out before has no fault of its own.
                if not touched(fault, before):
                    faults[fault] = None
            targets = {_target(rest, detail): detail["type"] for detail in details}
            if None in targets:
                break
            for target, kind in targets.items():
                _leave_out(model, rest, target or (), kind)
    return None, tuple(faults)


def touched(fault: Fault, others: Iterable[Fault]) -> bool:
    """Whether a fault speaks of what was left out for another: that must not be called missing."""
    inside = (f"{fault.place}.", f"{fault.place}[") if fault.place else ("",)
    return any(other.place == fault.place or other.place.startswith(inside) for other in others)


def _loc(detail: ErrorDetails) -> Loc:
    # Tags of unions stand in angle brackets, so that they are told from keys.
    return tuple(step for step in detail["loc"] if not (isinstance(step, str) and step.startswith("<")))


def _target(data: Any, detail: ErrorDetails) -> Loc | None:
    """Return what must go for the rest to be read; None where that is everything."""
    loc, kind = _loc(detail), detail["type"]
    if kind == "extra_forbidden":
        return loc
    # What lacks a part goes as a whole, and so does a list with a bad entry.
    target = loc[:-1] if kind == "missing" else loc
    while target and not (isinstance(_at(data, target[:-1]), dict) and target[-1] in _at(data, target[:-1])):
        target = target[:-1]
    return target or None


def _leave_out(model: type[BaseModel], data: Any, target: Loc, kind: str) -> None:
    inside = _at(data, target[:-1])
    if not isinstance(inside, dict):
        return  # it went with what it stands in
    value = inside.pop(target[-1], None)
    meant = nearest(str(target[-1]), _keys(model, target[:-1])) if kind == "extra_forbidden" else None
    if meant is not None and meant not in inside:
        inside[meant] = value  # a slip of the pen: what it holds is read as what was meant


def _meant(model: type[BaseModel], detail: ErrorDetails) -> Loc | None:
    """Return the place of the key that was meant by an unknown one."""
    loc = _loc(detail)
    if detail["type"] != "extra_forbidden":
        return None
    word = nearest(str(loc[-1]), _keys(model, loc[:-1]))
    return (*loc[:-1], word) if word is not None else None


def _at(data: Any, loc: Loc) -> Any:
    for step in loc:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _fault(model: type[BaseModel], detail: ErrorDetails, lines: Lines, at: Loc) -> Fault:
    loc = _loc(detail)
    context: Mapping[str, Any] = detail.get("ctx", {})
    kind = detail["type"]
    if kind in {"refused", "not_built"}:
        return lines.fault((*at, *loc), context["fact"], context["way_out"])
    if kind == "extra_forbidden":
        known = _keys(model, loc[:-1])
        way_out = f"{did_you_mean(str(loc[-1]), known)}Keys known here: {listed(known, 40)}"
        return lines.fault((*at, *loc), "this key is not known", way_out)
    if kind == "missing":
        return lines.fault((*at, *loc), "this key is missing", f"Add `{loc[-1]}: …`")
    fact, way_out = _WORDS.get(kind, _plain)(detail)
    return lines.fault((*at, *loc), fact, way_out)


def _keys(model: type[BaseModel], loc: Loc) -> list[str]:
    """Return the keys that a model knows at a place inside it."""
    if not loc:
        return [name for name, info in _fields(model).items() if not _is_later(info)]
    info = _fields(model).get(str(loc[0]))
    if info is None:
        return []
    keys: list[str] = []
    for inner in _models(info.annotation):
        rest = loc[1:]
        while rest and str(rest[0]) not in _fields(inner):
            rest = rest[1:]  # an index of a list, or a key of a mapping
        keys += [key for key in _keys(inner, rest) if key not in keys]
    return keys


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {info.alias or name: info for name, info in model.model_fields.items()}


def _is_later(info: FieldInfo) -> bool:
    return any(isinstance(part, Later) for part in info.metadata)


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _models(part)]


def _got(detail: ErrorDetails) -> str:
    value = detail["input"]
    if isinstance(value, str):
        # A URL may hold a secret, and is never repeated.
        return "a URL" if "://" in value else repr(value if len(value) <= 40 else value[:37] + "…")
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return "nothing" if value is None else str(value)[:40]


def _expected(words: str, way_out: str = "Mend the value") -> Callable[[ErrorDetails], tuple[str, str]]:
    return lambda detail: (f"got {_got(detail)}, expected {words}", way_out)


def _bound(words: str, key: str) -> Callable[[ErrorDetails], tuple[str, str]]:
    return lambda detail: (f"got {_got(detail)}, expected {words} {detail['ctx'][key]:g}", "Mend the value")


def _literal(detail: ErrorDetails) -> tuple[str, str]:
    choice = detail["ctx"]["expected"]
    known = [word.strip(" '") for word in choice.replace(" or ", ", ").split(",")]
    way_out = f"{did_you_mean(str(detail['input']), known)}Use {choice}"
    return f"got {_got(detail)}, expected {choice}", way_out


def _length(detail: ErrorDetails) -> tuple[str, str]:
    context = detail["ctx"]
    bound = (
        f"at least {context['min_length']}" if "min_length" in context else f"at most {context['max_length']}"
    )
    return f"got {context.get('actual_length', 0)} entries, expected {bound}", "Mend the list"


def _plain(detail: ErrorDetails) -> tuple[str, str]:
    return f"got {_got(detail)}: {detail['msg'][:1].lower()}{detail['msg'][1:]}", "Mend the value"


_WORDS: dict[str, Callable[[ErrorDetails], tuple[str, str]]] = {
    "string_type": _expected("text", "Write text; put numbers, dates, true and false in quotes"),
    "string_too_short": lambda _: ("this is empty", "Write something, or remove the key"),
    "string_pattern_mismatch": _expected("64 digits 0-9 and a-f", "Write the whole SHA-256"),
    "int_type": _expected("a whole number"),
    "int_from_float": _expected("a whole number"),
    "float_type": _expected("a number", "Write a number without quotes"),
    "finite_number": _expected("a finite number"),
    "bool_type": _expected("true or false"),
    "date_type": _expected("a date", "Write it as 2026-11-20"),
    "tuple_type": _expected("a list", "Write [ … ]"),
    "dict_type": _expected("a mapping", "Write `key: value` lines"),
    "mapping_type": _expected("a mapping", "Write `key: value` lines"),
    "model_type": _expected("a mapping", "Write `key: value` lines"),
    "model_attributes_type": _expected("a mapping", "Write `key: value` lines"),
    "literal_error": _literal,
    "too_short": _length,
    "too_long": _length,
    "greater_than": _bound("more than", "gt"),
    "greater_than_equal": _bound("at least", "ge"),
    "less_than": _bound("less than", "lt"),
    "less_than_equal": _bound("at most", "le"),
}
