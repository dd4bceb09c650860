"""Calibration in small panels, three side by side: mean score across, what happened up, both from 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.charts.axis import Scale, Tick, ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.charts.scores import Bin

WIDTH = 150.0  # a third of the page: on paper a unit is a point


@dataclass(frozen=True, slots=True)
class Place:
    """A drawn bin; ``outside``: its interval does not hold what the score promised."""

    x: float
    y: float
    low: float
    high: float
    outside: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """A drawn panel."""

    title: str
    width: float
    height: float
    start: float
    stop: float
    top: float
    bottom: float
    places: tuple[Place, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def outside(one: Bin) -> bool:
    """Return whether the mean score lies outside the interval of what happened."""
    return not one.low <= one.mean_score <= one.high


def panel(bins: Sequence[Bin], title: str) -> Panel:
    """Place the bins on a square whose diagonal is what the scores promise."""
    start, stop, top, bottom = 24.0, WIDTH - 6, 6.0, 126.0
    across, up = Scale(0.0, 1.0, start, stop), Scale(0.0, 1.0, bottom, top)
    return Panel(
        title,
        WIDTH,
        bottom + 14,
        start,
        stop,
        top,
        bottom,
        tuple(
            Place(across.at(b.mean_score), up.at(b.observed), up.at(b.low), up.at(b.high), outside(b))
            for b in bins
        ),
        ticks(across, 2),
        ticks(up, 2),
    )
