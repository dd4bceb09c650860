"""What fits the window of an envelope, measured before it is printed.

US Letter, #10: the part of the page that the window shows in every position of the sheet is 63.5 to
85.3 mm from the top and 22.2 to 111.1 mm from the left. The address starts at x 25.4 and y 66.7 and
is 82 mm wide: four lines of 10/11 points end at y 82.2. A fifth line is set smaller, and then still
fits: 66.7 + 5 × 9.4 pt = 83.3 mm.

A4, DIN 5008 form B in DL or C5/6: the address field starts at x 20 and y 45 and is 85 × 45 mm, of which
17.7 mm belong to the sender's line; six lines of 10/12 points end 25.4 mm below it, within 27.3 mm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from audit.assets import templates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MM_PER_POINT = 25.4 / 72


@dataclass(frozen=True, slots=True)
class Window:
    """The lines that a window shows, at their size and at a smaller one."""

    width_mm: float
    lines: int
    lines_small: int
    points: float = 10.0
    points_small: float = 8.6


WINDOWS = {"letter": Window(82.0, 4, 5), "a4": Window(80.0, 6, 6)}


def fit(lines: Sequence[str], paper: str = "letter") -> str | None:
    """Return how an address is set, ``normal`` or ``small``; None where the window cannot show it.

    >>> fit(["Maria T. Alvarez", "1420 Linden Avenue, Apt 3B", "Dayton OH 45402"])
    'normal'
    """
    window = WINDOWS[paper]
    if not lines or len(lines) > window.lines_small:
        return None
    widest = max(width_em(line) for line in lines) * _MM_PER_POINT
    if len(lines) <= window.lines and widest * window.points <= window.width_mm:
        return "normal"
    return "small" if widest * window.points_small <= window.width_mm else None


def misfit(paper: str) -> str:
    """Return in words that the window cannot show an address."""
    window = WINDOWS[paper]
    room = f"{window.lines_small} lines of {window.width_mm:.0f} mm"
    return f"the address does not fit the window ({room}): shorten it in the recipients file"


def width_em(text: str) -> float:
    """Return the width of a text in IBM Plex Sans Regular, in units of its size, without kerning."""
    advances, units = _advances()
    try:
        return sum(map(advances.__getitem__, text)) / units
    except KeyError:  # a character that the font lacks is drawn by another: its widest is a safe guess
        return sum([advances.get(character, units) for character in text]) / units


def unprintable(text: str) -> bool:
    """Whether a text has a character that the letter's font does not hold."""
    advances, _ = _advances()
    return any(character not in advances for character in text if not character.isspace())


@cache
def held() -> frozenset[str]:
    """Return every character that the letter's font holds."""
    return frozenset(_advances()[0])


@cache
def _advances() -> tuple[Mapping[str, float], float]:
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    with TTFont(templates() / "style" / "fonts" / "IBMPlexSans-Regular.ttf", lazy=True) as font:
        widths = font["hmtx"].metrics
        units = float(font["head"].unitsPerEm)
        return {chr(point): float(widths[name][0]) for point, name in font.getBestCmap().items()}, units
