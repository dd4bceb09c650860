"""A line of text put together from lines that were drawn: glyph by glyph, with the kerning of each two.

Names, addresses and amounts come once, but their pairs of letters come again and again. So from each line
that WeasyPrint draws the glyph of every character and its kerning before the next one are learned, and a
line whose every pair was seen is written from them, as WeasyPrint would have drawn it.

Why so, without drawing it: in the letters' fonts nothing but the next character moves a glyph. Their only
positioning is kerning of pairs that moves the first of two, and nothing replaces a glyph but marks that
combine, which no repertoire holds. A test reads that from the fonts, and another draws what was put
together. Text of more characters, of more fonts, or of a width that may break is drawn.
"""

from __future__ import annotations

import re
from operator import add
from typing import NamedTuple

from reports.compiled.specimen import REPERTOIRES

_CHARACTERS = frozenset(REPERTOIRES[-1] + " ")
_LINE = re.compile(rb"(?:[0-9a-f]{4}(?:>-?[0-9]+<)?)+")
_GLYPH = re.compile(rb"([0-9a-f]{4})(>(-?[0-9]+)<)?")
_KEPT = 16_384  # pairs of characters


class _Piece(NamedTuple):
    """A character before another, or last: its glyph and what follows it, as drawn, and its width."""

    shown: bytes
    glyph: int
    width: int  # at the most, in thousandths of the font's size


class Kerned:
    """What was learned of one style."""

    def __init__(self) -> None:
        self._pieces: dict[str, _Piece] = {}
        self._font: tuple[str, bytes] | None = None

    def learn(self, text: str, font: str, size: bytes, shown: bytes, widths: dict[int, int]) -> None:
        """Learn from a line that was drawn.

        Parameters
        ----------
        font, size, shown : as the line was drawn
        widths : of the font's glyphs, in thousandths of its size
        """
        inside = shown[1:-1] if shown.endswith(b">") else shown[1:] + b"<"
        if not _CHARACTERS.issuperset(text) or not _LINE.fullmatch(inside):
            return
        found = _GLYPH.findall(inside)
        if len(found) != len(text) or (self._font or (font, size)) != (font, size):
            return
        self._font = font, size
        if len(self._pieces) > _KEPT:
            self._pieces.clear()
        for n, (glyph, kern, by) in enumerate(found):
            width = widths[int(glyph, 16)] - int(by or 0) + 1
            self._pieces[text[n : n + 2]] = _Piece(glyph + kern, int(glyph, 16), width)

    def line(self, text: str, width: float) -> tuple[str, bytes, bytes, frozenset[int]] | None:
        """Return font, size, shown string and glyphs of a line; None where it has to be drawn.

        Parameters
        ----------
        width : float
            What the line may fill, in the unit of its font's size.
        """
        if self._font is None:
            return None
        pieces = self._pieces
        try:
            found = [*map(pieces.__getitem__, map(add, text, text[1:])), pieces[text[-1:]]]
        except KeyError:
            return None
        font, size = self._font
        pairs, glyphs, widths = zip(*found, strict=True)
        if sum(widths) * float(size) / 1000 > width:
            return None
        inside = b"".join(pairs)
        shown = b"<" + inside[:-1] if inside.endswith(b"<") else b"<" + inside + b">"
        return font, size, shown, frozenset(glyphs)
