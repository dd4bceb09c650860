"""What differs between a stamped letter and the same letter as WeasyPrint renders it: nothing may.

Compared is all that a reader sees or hears: each page's drawing instructions byte for byte, the tags,
outlines, metadata, marks of PDF/A and PDF/UA and attached files, and of each font the outline, the width
and the characters of every glyph that the rendered letter has. Only the bytes between may differ: how
objects are numbered and packed, and the glyphs that a stamped letter holds besides.
"""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING, Any

from reports.compiled.specimen import fonts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_FONTS = frozenset({"/FontFile2", "/ToUnicode", "/W", "/FontBBox", "/MaxWidth", "/StemV", "/StemH"})
_PACKING = frozenset({"/Length", "/Filter", "/DecodeParms"})
_MAPPED = re.compile(rb"<([0-9a-f]{4})> <([0-9a-f]+)>")


def differences(stamped: bytes, rendered: bytes) -> tuple[str, ...]:
    """Return where two PDFs differ, as paths of their objects; empty where they are equal.

    No path holds a value, so the result may be kept.
    """
    import pikepdf

    with pikepdf.open(BytesIO(stamped)) as one, pikepdf.open(BytesIO(rendered)) as other:
        found = [*_objects(one.Root, other.Root), *_fonts(one, other)]
        info = [*_objects(one.trailer["/Info"], other.trailer["/Info"], "/Info")]
        if _as_read(one) != _as_read(other):
            found.append("/ID")
    return tuple(dict.fromkeys(found + info))


def _objects(one: Any, other: Any, at: str = "") -> Iterator[str]:
    """Yield the paths below which two objects differ; each pair of indirect objects is walked once."""
    import pikepdf

    left: list[tuple[Any, Any, str]] = [(one, other, at)]
    seen: set[tuple[tuple[int, int], tuple[int, int]]] = set()
    while left:
        one, other, at = left.pop()
        if type(one) is not type(other):
            yield at
        elif isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
            if one.is_indirect:
                pair = (one.objgen, other.objgen)
                if pair in seen:
                    continue
                seen.add(pair)
            keys, others = ({*each.keys()} - _FONTS - _PACKING for each in (one, other))
            if keys != others:
                yield at
                continue
            if isinstance(one, pikepdf.Stream) and not _same_bytes(one, other):
                yield f"{at} (stream)"
            left += [(one[key], other[key], f"{at}{key}") for key in sorted(keys)]
        elif isinstance(one, pikepdf.Array):
            if len(one) != len(other):
                yield at
            else:
                left += [(*pair, at) for pair in zip(one, other, strict=True)]
        elif one != other:
            yield at


def _same_bytes(one: Any, other: Any) -> bool:
    import pikepdf

    try:
        return bool(one.read_bytes() == other.read_bytes())
    except pikepdf.DataDecodingError:  # a stream that no reader can expand is equal to none
        return False


def _as_read(pdf: Any) -> bytes:
    """Return a file's id. A bare end of line in a string is read as a line feed (ISO 32000-1, 7.3.4.2)."""
    return bytes(pdf.trailer["/ID"][0]).replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _fonts(one: Any, other: Any) -> Iterator[str]:
    ours, theirs = dict(fonts_of(one)), dict(fonts_of(other))
    if ours.keys() < theirs.keys():
        yield "fonts"
        return
    for name, font in theirs.items():
        mapped, wanted = (_characters(each) for each in (ours[name], font))
        widths, wide = (_widths(each) for each in (ours[name], font))
        if any(mapped.get(glyph) != text for glyph, text in wanted.items()):
            yield "the characters of a font's glyphs"
        if any(widths.get(glyph) != wide.get(glyph) for glyph in wanted):
            yield "the widths of a font's glyphs"
        if _outlines(ours[name], wanted) != _outlines(font, wanted):
            yield "the outlines of a font's glyphs"


def _characters(font: Any) -> dict[int, bytes]:
    return {int(glyph, 16): text for glyph, text in _MAPPED.findall(font.ToUnicode.read_bytes())}


def _widths(font: Any) -> dict[int, float]:
    """Return the widths of a font's glyphs, of which ``W`` has runs: the first glyph and its widths."""
    found: dict[int, float] = {}
    runs = list(font.DescendantFonts[0].W)
    for first, widths in zip(runs[::2], runs[1::2], strict=True):
        found |= {int(first) + n: float(width) for n, width in enumerate(widths)}
    return found


def _outlines(font: Any, glyphs: dict[int, bytes]) -> list[Any]:
    from fontTools.pens.recordingPen import DecomposingRecordingPen  # type: ignore[import-untyped]
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    with TTFont(BytesIO(font.DescendantFonts[0].FontDescriptor.FontFile2.read_bytes()), lazy=True) as file:
        drawn, names = file.getGlyphSet(), file.getGlyphOrder()
        outlines = []
        for glyph in sorted(glyphs):
            pen = DecomposingRecordingPen(drawn)
            drawn[names[glyph]].draw(pen)
            outlines.append(pen.value)
    return outlines
