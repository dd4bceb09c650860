"""Scales and ticks."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from reports.charts.axis import Scale, nice_step, ratio_ticks, span, tick_label, ticks


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_lie_inside_and_in_order(low: float, extent: float) -> None:
    """No tick leaves its axis, and a larger value lies further right."""
    scale = Scale(low, low + extent, 10.0, 210.0)
    places = [tick.at for tick in ticks(scale)]
    assert all(10 <= place <= 210 for place in places)
    assert places == sorted(places)


def test_a_ratio_and_its_inverse_lie_equally_far() -> None:
    """The scale of ratios is logarithmic: 0.5 and 2 are the same gap."""
    scale = Scale(0.25, 4.0, 0.0, 200.0, log=True)
    assert scale.at(1.0) == 100.0
    assert scale.at(2.0) - 100 == 100 - scale.at(0.5)


def test_equal_rates_always_have_a_tick() -> None:
    """1.00 is labelled, and no two labels touch."""
    marks = ratio_ticks(Scale(0.4, 2.5, 0.0, 200.0, log=True), 26.0)
    assert "1.00" in [tick.label for tick in marks]
    assert all(b.at - a.at >= 26 for a, b in itertools.pairwise(marks))


def test_steps_are_round_and_labels_have_their_decimals() -> None:
    """1, 2 and 5 times a power of ten."""
    assert [nice_step(x, 5) for x in (1.0, 0.3, 7.0)] == [0.2, 0.1, 2]
    assert [tick_label(x, 0.1, sign=True) for x in (-0.2, 0.0, 0.1)] == ["−0.2", "0.0", "+0.1"]


def test_equal_values_still_have_an_extent() -> None:
    """A constant series gets an axis."""
    low, high = span([3.0, 3.0])
    assert low < 3.0 < high
