"""Tests of what the window of the envelope shows."""

from __future__ import annotations

from reports import envelope


def test_four_lines_fit_and_a_fifth_is_set_smaller() -> None:
    """Four short lines are set at full size, five smaller, six not at all, none not either."""
    line = "1420 Linden Avenue, Apt 3B"
    assert envelope.fit([line] * 4) == "normal"
    assert envelope.fit([line] * 5) == "small"
    assert envelope.fit([line] * 6) is None
    assert envelope.fit([]) is None


def test_a_line_wider_than_the_window_is_not_cut() -> None:
    """A line too wide at full size is tried smaller, and then given up."""
    widths = {n: envelope.fit(["n" * n]) for n in (30, 40, 42, 60)}
    assert widths == {30: "normal", 40: "normal", 42: "small", 60: None}


def test_widths_are_those_of_the_font() -> None:
    """The width of a text is the sum of its letters' widths in the font that prints it."""
    assert envelope.width_em("") == 0
    assert envelope.width_em("iii") < envelope.width_em("mmm")
    assert abs(envelope.width_em("ab") - envelope.width_em("a") - envelope.width_em("b")) < 1e-12


def test_the_small_lines_stay_in_the_part_that_is_always_seen() -> None:
    """Five small lines end above 85.3 mm, where the window may end."""
    bottom = 66.7 + 5 * 9.4 * 25.4 / 72
    assert bottom < 85.3
