"""What fits the window of a #10 envelope, measured before it is printed.

The part of the page that the window shows in every position of the sheet is 63.5 to 85.3 mm from
the top and 22.2 to 111.1 mm from the left. The address starts at x 25.4 and y 66.7 and is 82 mm
wide: four lines of 10/11 points end at y 82.2. A fifth line is set smaller, and then still fits:
66.7 + 5 × 9.4 pt = 83.3 mm.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from audit.assets import templates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH_MM = 82.0
LINES = 4
LINES_SMALL = 5
POINTS = 10.0
POINTS_SMALL = 8.6

_MM_PER_POINT = 25.4 / 72


def fit(lines: Sequence[str]) -> str | None:
    """Return how an address is set, ``normal`` or ``small``; None where the window cannot show it.

    >>> fit(["Maria T. Alvarez", "1420 Linden Avenue, Apt 3B", "Dayton OH 45402"])
    'normal'
    """
    if not lines or len(lines) > LINES_SMALL:
        return None
    widest = max(width_em(line) for line in lines) * _MM_PER_POINT
    if len(lines) <= LINES and widest * POINTS <= WIDTH_MM:
        return "normal"
    return "small" if widest * POINTS_SMALL <= WIDTH_MM else None


def width_em(text: str) -> float:
    """Return the width of a text in IBM Plex Sans Regular, in units of its size, without kerning."""
    advances, units = _advances()
    # A character that the font lacks is drawn by another: its widest is a safe guess.
    return sum(advances.get(ord(character), units) for character in text) / units


def unprintable(text: str) -> bool:
    """Whether a text has a character that the letter's font does not hold."""
    advances, _ = _advances()
    return any(ord(character) not in advances for character in text if not character.isspace())


@cache
def _advances() -> tuple[Mapping[int, float], float]:
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    with TTFont(templates() / "style" / "fonts" / "IBMPlexSans-Regular.ttf", lazy=True) as font:
        widths = font["hmtx"].metrics
        units = float(font["head"].unitsPerEm)
        return {point: float(widths[name][0]) for point, name in font.getBestCmap().items()}, units
