"""Labels that fit."""

from __future__ import annotations

from audit import assets
from reports.charts.labels import lines, width_of


def test_no_letter_is_wider_than_we_think() -> None:
    """The table of widths is an upper bound for the font that is printed."""
    from fontTools.ttLib import TTFont

    font = TTFont(assets.templates() / "style" / "fonts" / "IBMPlexSans-Regular.ttf")
    names, metrics, unit = font.getBestCmap(), font["hmtx"], font["head"].unitsPerEm
    letters = [chr(code) for code in (*range(32, 127), 0xB7, 0xD7, 0x2013, 0x2212, 0x201C, 0x201D, 0x2026)]
    too_wide = [c for c in letters if metrics[names[ord(c)]][0] / unit > width_of(c, 1.0) + 1e-9]
    assert too_wide == []


def test_long_labels_break_and_end_in_an_ellipsis() -> None:
    """Two lines at most; what is cut is seen to be cut; a short label stays whole."""
    text = "Amount owed on revolving accounts compared with their limits over twelve months"
    first, second = lines(text, 144, 8)
    assert text.startswith(first)
    assert second.endswith("…")
    assert all(width_of(line, 8) <= 144 for line in (first, second))
    assert lines("Credit limit", 144, 8) == ("Credit limit",)
    assert lines("x" * 200, 50, 8, 1)[0].endswith("…")
