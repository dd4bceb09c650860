"""The letters' fonts for a declared repertoire, made by WeasyPrint itself from a page that shows it.

A stamped letter holds these fonts and not a subset of its own, so that its bytes depend on nothing
but its values. There are two repertoires: what most letters need, and a wide one for the rest of Latin.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from html import escape
from io import BytesIO
from typing import Any

_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_LATIN = "".join(chr(point) for point in range(0xA1, 0x100) if point != 0xAD)
_SIGNS = "\u2010\u2011\u2013\u2014\u2018\u2019\u201a\u201c\u201d\u201e\u2022"
_SIGNS += "\u2026\u2032\u2039\u203a\u20ac\u2122\u2212\u2248\u2260\u2264\u2265\u0152\u0153"
_MORE = (0x1A0, 0x1A1, 0x1AF, 0x1B0, *range(0x218, 0x21C), 0x1E9E, *range(0x1EA0, 0x1EFA))
_WIDE = "".join(map(chr, (*range(0x100, 0x180), *_MORE)))
REPERTOIRES = (_ASCII + _LATIN + _SIGNS, _ASCII + _LATIN + _SIGNS + _WIDE)
_BLANKS = " \u00a0"


@dataclass(frozen=True, slots=True)
class Face:
    """One font of a repertoire: its file, what maps glyphs to characters, and its dictionaries' entries."""

    file: bytes
    length: int
    to_unicode: bytes
    descriptor: dict[str, bytes]
    widths: bytes
    glyphs: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class Specimen:
    """The fonts of a repertoire by the names that pages call them by; each is made once."""

    characters: frozenset[str]
    faces: dict[str, Face]


@cache
def specimen(styles: tuple[str, ...], repertoire: int) -> Specimen:
    """Return the fonts of a repertoire, 0 or 1, as letters with these style sheets use them."""
    import pikepdf

    from reports.pdf import to_pdf

    held = "".join(one for one in REPERTOIRES[repertoire] if ord(one) in _held())
    shown = " ".join(f"n{escape(one)}n" for one in held) + " n\u00a0n"
    html = (
        '<!doctype html><html lang="en"><head><title>Repertoire</title></head><body><main>'
        f'<p>{shown}</p><p class="name">{shown}</p></main></body></html>'
    )
    with pikepdf.open(BytesIO(to_pdf(html, styles=styles))) as pdf:
        faces = {name: _face(font) for name, font in fonts_of(pdf)}
    return Specimen(frozenset(held + _BLANKS), faces)


def fonts_of(pdf: Any) -> list[tuple[str, Any]]:
    """Return the fonts of a file by the names that its pages call them by."""
    found = {}
    for page in pdf.pages:
        for name, font in page.Resources.get("/Font", {}).items():
            found[name.lstrip("/")] = font
    return sorted(found.items())


def _face(font: Any) -> Face:
    descendant = font.DescendantFonts[0]
    descriptor = descendant.FontDescriptor
    file = descriptor.FontFile2.read_bytes()
    mapped = font.ToUnicode.read_bytes()
    kept = {key: as_written(descriptor[key]) for key in descriptor if key != "/FontFile2"}
    named = re.findall(rb"^<([0-9a-f]{4})> <", mapped, re.MULTILINE)
    glyphs = frozenset(int(glyph, 16) for glyph in named) - {0xFFFF}
    return Face(file, len(file), mapped, kept, descendant.W.unparse(), glyphs)


def as_written(value: Any) -> bytes:
    """Return a value of a PDF's dictionary as it stands in a file."""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    written: bytes = str(value).encode() if isinstance(value, int | Decimal) else value.unparse()
    return written


@cache
def _held() -> frozenset[int]:
    """Return the code points that both of the letters' fonts hold."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    from audit.assets import templates

    held: list[set[int]] = []
    for weight in ("Regular", "SemiBold"):
        with TTFont(templates() / "style" / "fonts" / f"IBMPlexSans-{weight}.ttf", lazy=True) as font:
            held.append(set(font.getBestCmap()))
    return frozenset(held[0] & held[1])


@lru_cache(8192)  # most texts of a letter are said to everybody
def least(text: str, styles: tuple[str, ...]) -> int | None:
    """Return the first repertoire that has every character of a text; None where none has."""
    for repertoire in range(len(REPERTOIRES)):
        if specimen(styles, repertoire).characters.issuperset(text):
            return repertoire
    return None
