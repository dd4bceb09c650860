"""The sweep of a ratio: one dot a measured cutoff, with its interval; nothing is drawn between them.

Ratios stand on a log scale that all panels share. A line that leaves the scale ends in a tip, and a cutoff
at which nobody was approved has no dot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.charts import NARROW
from reports.charts.axis import Scale, Tick, ratio_ticks, span, ticks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Beyond these a ratio ends in a tip at the edge; its number stands in the table.
_LEAST, _MOST = 0.4, 2.5


@dataclass(frozen=True, slots=True)
class Measured:
    """The ratio at one cutoff; ``value`` is None where nobody was approved."""

    cutoff: float
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Dot:
    """A drawn cutoff: ``state`` is now (in force), sure (its interval does not hold 1) or spans."""

    state: str
    x: float
    y: float
    low: float
    high: float
    cut_low: bool
    cut_high: bool


@dataclass(frozen=True, slots=True)
class Sweep:
    """A drawn panel, 240 units wide."""

    title: str
    width: float
    height: float
    start: float
    stop: float
    top: float
    bottom: float
    one: float
    line: float | None
    cutoff: float | None
    dots: tuple[Dot, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def shared(every: Iterable[Sequence[Measured]], line: float | None) -> tuple[float, float]:
    """Return the lowest and the highest ratio that all panels show."""
    ends = [
        e for points in every for p in points for e in (p.low, p.value, p.high) if e is not None and e > 0
    ]
    low = min([*ends, 0.9, line * 0.93 if line else 0.9])
    high = max([*ends, 1.1])
    return max(low * 0.97, _LEAST), min(high * 1.03, _MOST)


def sweep(
    points: Sequence[Measured],
    title: str,
    *,
    between: tuple[float, float],
    line: float | None,
    cutoff: float | None,
) -> Sweep:
    """Place one group's ratios.

    Parameters
    ----------
    points : not empty, ascending
    between : the ratios at the lower and the upper edge, as `shared` gives them
    line : the screening line
    cutoff : the one in force
    """
    start, stop, top, bottom = 30.0, NARROW - 8, 6.0, 88.0
    across = Scale(*span(p.cutoff for p in points), start + 4, stop - 4)
    up = Scale(*between, bottom, top, log=True)
    dots = []
    for p in points:
        if p.value is None:
            continue
        low = p.value if p.low is None else p.low
        high = p.value if p.high is None else p.high
        state = "now" if p.cutoff == cutoff else "spans" if low <= 1 <= high else "sure"
        dots.append(
            Dot(
                state,
                across.at(p.cutoff),
                up.at(p.value),
                up.at(low),
                up.at(high),
                low < up.low,
                high > up.high,
            )
        )
    return Sweep(
        title,
        NARROW,
        bottom + 14,
        start,
        stop,
        top,
        bottom,
        up.at(1.0),
        None if line is None else up.at(line),
        None if cutoff is None else across.at(cutoff),
        tuple(dots),
        ticks(across, 6),
        ratio_ticks(up, 15.0),
    )
