"""Labels that fit: text is broken by its measured width, since SVG does not break lines.

Why so: the widths are a table of classes of letters, measured once in the font and rounded up,
so that drawing a chart opens no font file.
"""

from __future__ import annotations

from typing import Final

from reports.charts import NARROW

# Advance widths of IBM Plex Sans Regular in parts of the type size, rounded up.
_NARROW: Final = frozenset("ijl.,;:'!|()[]’‘·")
_SLIM: Final = frozenset('frtI-“”"/')
_WIDE: Final = frozenset("mMW@%…—")
_ELLIPSIS: Final = "…"


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Return about how wide a text is, never less than it is."""
    return sum(_width(letter) for letter in text) * size * (1.06 if bold else 1.0)


def _width(letter: str) -> float:
    if letter == " ":
        return 0.24
    if letter in _NARROW:
        return 0.34
    if letter in _SLIM:
        return 0.48
    if letter in _WIDE:
        return 0.95
    return 0.77 if letter == "w" else 0.72 if letter.isupper() or letter in "#&" else 0.61


def _cut(text: str, width: float, size: float) -> str:
    if width_of(text, size) <= width:
        return text
    while text and width_of(text + _ELLIPSIS, size) > width:
        text = text[:-1]
    return text.rstrip(" ,;") + _ELLIPSIS


def lines(text: str, width: float, size: float, most: int = 2) -> tuple[str, ...]:
    """Return the text in at most so many lines; what does not fit ends in an ellipsis."""
    words = text.split()
    result: list[str] = []
    while words and len(result) < most - 1:
        line = words[0]
        taken = 1
        while taken < len(words) and width_of(f"{line} {words[taken]}", size) <= width:
            line = f"{line} {words[taken]}"
            taken += 1
        words = words[taken:]
        result.append(_cut(line, width, size))
    if words:
        result.append(_cut(" ".join(words), width, size))
    return tuple(result)


def group_name(label: str, n: str, text: str, *, narrow: bool) -> str:
    """Return a group's name as its row has room for it: beside the drawing, or before its numbers."""
    room = NARROW - 12 - width_of(f"n {n} · {text}", 9) if narrow else 104.0
    return "".join(lines(label, max(room, 30.0), 9 if narrow else 8, 1))
