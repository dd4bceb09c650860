"""Curves of a score along one value: a thick mean, thin single lines, a band, ticks of data below.

Numbers are joined by straight lines between the points that were measured; levels of a category
are dots, since nothing lies between them. Nothing is drawn past the first and the last point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.charts import NARROW
from reports.charts.axis import Scale, Tick, span, ticks
from reports.charts.effects import x_ticks
from reports.charts.labels import lines as fitted

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Series:
    """What is drawn of one axis: points, their means, ends of intervals, and single lines.

    ``points`` are numbers, or names of levels.
    """

    points: tuple[float, ...] | tuple[str, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    lines: tuple[tuple[float, ...], ...] = ()

    @property
    def ends(self) -> tuple[float, ...]:
        """Every height that is drawn."""
        return (*self.mean, *self.low, *self.high, *(y for line in self.lines for y in line))

    @property
    def named(self) -> bool:
        """Whether the points are levels of a category."""
        return isinstance(self.points[0], str)


@dataclass(frozen=True, slots=True)
class Dot:
    """A level of a category: its place, its mean and the ends of its interval."""

    x: float
    y: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """A drawn curve, 240 units wide: two stand side by side on paper."""

    title: str
    width: float
    height: float
    start: float
    stop: float
    top: float
    bottom: float
    zero: float | None
    mark: float | None
    mean: str
    band: str
    lines: tuple[str, ...]
    dots: tuple[Dot, ...]
    data: tuple[float, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def _path(xs: Sequence[float], ys: Sequence[float]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in zip(xs, ys, strict=True))


def _names(names: Sequence[str], xs: Sequence[float], room: float) -> tuple[Tick, ...]:
    return tuple(Tick(x, "".join(fitted(name, room, 7.8, 1))) for name, x in zip(names, xs, strict=True))


def curve(
    series: Series, title: str, *, low: float, high: float, mark: float | None = None, sign: bool = False
) -> Curve:
    """Place one axis.

    Parameters
    ----------
    low, high : the heights that all curves of a figure share, so that they compare
    mark : a height that is drawn as a dashed line: the cutoff
    sign : whether heights are differences, with a line at 0
    """
    start, stop, top, bottom = 30.0, NARROW - 6, 5.0, 72.0
    up = Scale(low, high, bottom, top)
    if series.named:
        step = (stop - start) / len(series.points)
        xs = tuple(round(start + (at + 0.5) * step, 1) for at in range(len(series.points)))
        across = _names([str(name) for name in series.points], xs, step - 3)
    else:
        numbers = [float(point) for point in series.points]
        scale = Scale(*span(numbers), start, stop)
        xs = tuple(scale.at(number) for number in numbers)
        across = x_ticks(scale, 4)
    heights = [up.at(y) for y in series.mean]
    below, above = [up.at(y) for y in series.low], [up.at(y) for y in series.high]
    dots: tuple[Dot, ...] = ()
    band = mean = ""
    if series.named:
        dots = tuple(
            Dot(x, y, below[at] if below else None, above[at] if above else None)
            for at, (x, y) in enumerate(zip(xs, heights, strict=True))
        )
    else:
        mean = _path(xs, heights)
        if below:
            band = _path([*xs, *reversed(xs)], [*above, *reversed(below)]) + "Z"
    return Curve(
        title,
        NARROW,
        bottom + 20,
        start,
        stop,
        top,
        bottom,
        up.at(0.0) if sign else None,
        up.at(mark) if mark is not None and low <= mark <= high else None,
        mean,
        band,
        tuple(_path(xs, [up.at(y) for y in line]) for line in series.lines),
        dots,
        () if series.named else xs,
        across,
        ticks(up, 4, sign=sign),
    )


def shared(every: Sequence[Series], *others: float) -> tuple[float, float]:
    """Return the heights that hold all series, and the other numbers, with a little room."""
    low, high = span([*others, *(end for series in every for end in series.ends)])
    room = (high - low) * 0.06
    return low - room, high + room
