"""A compiled page, and its form for a file: plain values, of which none is ever run.

A file's form is JSON and the bytes that JSON cannot hold behind it. Styles are written once for all texts
that have them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from reports.compiled.cutting import Cut, Scale, Slot, Uncut
from reports.compiled.frozen import Frozen
from reports.compiled.specimen import Face, Specimen
from reports.compiled.stated import Statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.compiled.setting import Setter


@dataclass(frozen=True, slots=True)
class Compiled:
    """A page whose texts take so many lines, with the fonts of each repertoire."""

    cut: Cut
    frozen: tuple[Frozen, ...]
    still: str  # what is drawn besides the texts of slots


class Unkept(Exception):
    """A value that no file holds, or a file that holds no such value; the message is the cause."""


def as_kept(made: Compiled | Uncut | Specimen) -> bytes:
    """Return what is kept of a page, of why it is none, or of a repertoire's fonts.

    Raises
    ------
    Unkept
        A style has a value of a type that is not written here.
    """
    blobs: list[bytes] = []
    plain = _plain(_form(made), blobs)
    head = json.dumps([plain, [len(one) for one in blobs]], allow_nan=True).encode()
    return len(head).to_bytes(4) + head + b"".join(blobs)


def from_kept(content: bytes, setter: Callable[[Any, float], Setter]) -> Compiled | Uncut | Specimen:
    """Return what ``as_kept`` was given.

    Parameters
    ----------
    setter : callable
        Returns the setter of a style's values and a width.

    Raises
    ------
    Unkept
        The content is none of it.
    """
    try:
        end = 4 + int.from_bytes(content[:4])
        plain, sizes = json.loads(content[4:end])
        blobs = []
        for size in sizes:
            blobs.append(content[end : end + size])
            end += size
        return _made(_rich(plain, blobs), setter)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise Unkept(f"the content cannot be read ({type(error).__name__})") from error


def _form(made: Compiled | Uncut | Specimen) -> dict[str, Any]:
    if isinstance(made, Uncut):
        return {"uncut": str(made)}
    if isinstance(made, Specimen):
        faces = {name: _fields(face) for name, face in made.faces.items()}
        return {"characters": "".join(sorted(made.characters)), "faces": faces}
    styles: dict[str, Any] = {}

    def of(setter: Setter | None) -> tuple[str, float] | None:
        if setter is None:
            return None
        values = dict(setter.style)
        name = repr(values)
        styles.setdefault(name, (str(len(styles)), values))
        return styles[name][0], setter.width

    cut = made.cut
    return {
        "pages": [[part if isinstance(part, bytes) else list(part) for part in one] for one in cut.pages],
        "texts": [of(one) for one in cut.texts],
        "numbers": [of(one) for one in cut.numbers],
        "counts": list(cut.counts),
        "scales": [list(one) for one in cut.scales],
        "styles": dict(styles.values()),
        "frozen": [_fields(one) | {"says": asdict(one.says)} for one in made.frozen],
        "still": made.still,
    }


def _made(form: dict[str, Any], setter: Callable[[Any, float], Setter]) -> Compiled | Uncut | Specimen:
    if "uncut" in form:
        return Uncut(form["uncut"])
    if "faces" in form:
        faces = {name: Face(**face) for name, face in form["faces"].items()}
        return Specimen(frozenset(form["characters"]), faces)

    def of(one: tuple[str, float] | None) -> Setter | None:
        return None if one is None else setter(form["styles"][one[0]], one[1])

    cut = Cut(
        pages=tuple(
            tuple(part if isinstance(part, bytes) else Slot(*part) for part in page) for page in form["pages"]
        ),
        texts=tuple(map(of, form["texts"])),
        counts=tuple(form["counts"]),
        numbers=tuple(map(of, form["numbers"])),
        scales=tuple(Scale(*one) for one in form["scales"]),
    )
    frozen = tuple(Frozen(**{**one, "says": Statement(**one["says"])}) for one in form["frozen"])
    return Compiled(cut, frozen, form["still"])


def _fields(one: Any) -> dict[str, Any]:
    return {field.name: getattr(one, field.name) for field in fields(one)}


def _plain(value: Any, blobs: list[bytes]) -> Any:
    """Return a value as JSON holds it; what JSON has no name for is a list of its type and its parts."""
    from weasyprint.css.properties import Dimension

    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, bytes):
        blobs.append(value)
        return ["bytes", len(blobs) - 1]
    if isinstance(value, Dimension):
        return ["dimension", value.value, value.unit]
    if isinstance(value, dict):
        return {str(name): _plain(one, blobs) for name, one in value.items()}
    if isinstance(value, set | frozenset):
        return [_SERIES[type(value)], *(_plain(one, blobs) for one in sorted(value))]
    if isinstance(value, list | tuple):
        return [_SERIES[list if isinstance(value, list) else tuple], *(_plain(one, blobs) for one in value)]
    raise Unkept(f"a {type(value).__name__} is written to no file")


_SERIES: dict[type[Any], str] = {tuple: "tuple", list: "list", set: "set", frozenset: "frozenset"}
_KINDS = {name: kind for kind, name in _SERIES.items()}


def _rich(value: Any, blobs: list[bytes]) -> Any:
    if isinstance(value, dict):
        return {name: _rich(one, blobs) for name, one in value.items()}
    if not isinstance(value, list):
        return value
    kind, *parts = value
    if kind == "bytes":
        return blobs[parts[0]]
    if kind == "dimension":
        from weasyprint.css.properties import Dimension

        return Dimension(*parts)
    return _KINDS[kind](_rich(one, blobs) for one in parts)
