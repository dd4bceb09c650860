"""Lines of text as WeasyPrint breaks and draws them, without its pages: the same code, called alone.

Breaking is WeasyPrint's ``split_first_line`` and drawing its ``draw_first_line``, so Pango and HarfBuzz
choose breaks, glyphs and kerning as they do for a whole letter. What is asked again is remembered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from reports.compiled.kerned import Kerned

if TYPE_CHECKING:
    from reports.compiled.specimen import Specimen
    from reports.compiled.style import Style

_RUNS = re.compile(rb"<([0-9a-f]*)>")
_FOURS = re.compile(rb"[0-9a-f]{4}")
_KEPT = 1024  # texts of a setter, of which a press has some fifty
_TIE = 0.01  # px; a line that nearly fills its box is left to WeasyPrint


class Unset(Exception):
    """A text that cannot be set alone; the message is the cause and holds nothing of the text."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is drawn: the font with its size, the shown string, the glyphs in it."""

    text: str
    font: str
    size: bytes
    shown: bytes
    glyphs: frozenset[int]


class Setter:
    """Sets texts of one style in one width.

    Parameters
    ----------
    style : Style
        That of a text box.
    width : float
        Pixels that its lines may fill; infinite where nothing breaks them.
    kerned : Kerned
        What was drawn in this style and its fonts, whatever the width.
    """

    def __init__(self, style: Style, width: float, kerned: Kerned) -> None:
        self.style, self.width = style, width
        self._known: dict[str, tuple[Line, ...]] = {}
        self._kerned = kerned
        # Spaced text is wider than its glyphs.
        self._plain = style["letter_spacing"] == "normal" and style["word_spacing"] == 0

    @staticmethod
    def signature(style: Style, width: float) -> str:
        """Return what tells one setter from another."""
        return f"{list(style.values())}{width!r}"

    def lines(self, text: str) -> tuple[Line, ...]:
        """Return the lines of a text.

        Raises
        ------
        Unset
            It does not stand in one font, or a line ends where its box does.
        """
        found = self._known.get(text)
        if found is None:
            if len(self._known) > _KEPT:  # names and addresses come once; what repeats comes again soon
                self._known.clear()
            found = self._known[text] = self._put_together(text) or tuple(
                self._drawn(line) for line in self._broken(text)
            )
        return found

    def _put_together(self, text: str) -> tuple[Line, ...] | None:
        """Return the one line of a text whose letters were drawn before; None where it is to be drawn."""
        made = self._kerned.line(text, self.width - _TIE) if self._plain and _is_one(text) else None
        return None if made is None else (Line(text, *made),)

    def is_within(self, text: str, made: Specimen) -> bool:
        """Whether a repertoire has every glyph of a text's lines."""
        return all(line.glyphs <= made.faces[line.font].glyphs for line in self.lines(text))

    def _broken(self, text: str) -> list[str]:
        from weasyprint.text.line_break import split_first_line

        if not _is_one(text):
            raise Unset("blanks that a page would join")
        left, lines = text.encode(), list[str]()
        while True:
            layout, _, after, width, _, _ = split_first_line(left.decode(), self.style, None, self.width, 0)
            if self.style["white_space"] == "normal" and width > self.width - _TIE:
                raise Unset("a line that fills its box to the edge")
            lines.append(layout.text)
            if after is None:
                return lines
            left = left[after:]
            if len(lines) > 40:
                raise Unset("more lines than a letter holds")

    def _drawn(self, text: str) -> Line:
        from weasyprint.draw.text import draw_first_line
        from weasyprint.matrix import Matrix
        from weasyprint.text.line_break import Layout

        layout = Layout(self.style)
        layout.set_text(text, justify=True)
        pen = _Pen()
        box = SimpleNamespace(text=text, style=self.style, pango_layout=layout)
        if draw_first_line(pen, box, "clip", "none", Matrix()) or len(pen.shown) != 1 or len(pen.fonts) != 1:
            raise Unset("a text of several fonts")
        (font, size), shown = pen.fonts[0], pen.shown[0]
        glyphs = frozenset(int(four, 16) for run in _RUNS.findall(shown) for four in _FOURS.findall(run))
        if self._plain:
            self._kerned.learn(text, font, size, shown, pen.widths)
        return Line(text, font, size, shown, glyphs)


class _Pen:
    """Stands in for a page's stream and keeps what is drawn on it."""

    def __init__(self) -> None:
        from weasyprint.text.ffi import ffi

        self.ink_rect, self.logical_rect = ffi.new("PangoRectangle *"), ffi.new("PangoRectangle *")
        self.shown: list[bytes] = []
        self.fonts: list[tuple[str, bytes]] = []
        self.widths: dict[int, int] = {}

    def add_font(self, pango_font: Any) -> tuple[Any, float]:
        from weasyprint.pdf.fonts import Font
        from weasyprint.text.fonts import get_pango_font_key

        key, description, size = get_pango_font_key(pango_font)
        if key not in _fonts:
            _fonts[key] = Font(pango_font, description, size)
        self.widths = _fonts[key].widths
        return _fonts[key], size

    def set_text_matrix(self, *_: float) -> None:
        """Where the text stands is the page's matter."""

    def set_font_size(self, font: str, size: float) -> None:
        self.fonts.append((font, written(size)))

    def set_text_rise(self, _: float) -> None:
        raise Unset("a mark set above its letter")

    def show_text(self, text: str) -> None:
        self.shown.append(text.encode())


_fonts: dict[int, Any] = {}


def _is_one(text: str) -> bool:
    """Whether a text stands on a page as it is written: no blanks that are joined, no line that ends."""
    return "  " not in text and text.strip() == text and not any(c in text for c in "\t\n\r\f")


def written(number: float) -> bytes:
    """Return a number as WeasyPrint writes it on a page."""
    from pydyf import _to_bytes  # type: ignore[import-untyped]

    found: bytes = _to_bytes(number)
    return found
