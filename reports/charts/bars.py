"""Bars from zero: one size an item, with an interval; or a part in front of its whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.charts import NARROW, WIDE
from reports.charts.axis import Scale, Tick, ticks
from reports.charts.labels import lines, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Size:
    """One item: the whole bar, the part in front of it, and the ends of its interval."""

    label: str
    text: str
    value: float
    part: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """A drawn bar."""

    size: Size
    lines: tuple[tuple[str, float], ...]
    text_y: float
    y: float
    width: float
    part: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Bars:
    """A drawn bar chart."""

    title: str
    narrow: bool
    width: float
    height: float
    top: float
    bottom: float
    start: float
    thick: float
    head: str
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]


def bars(
    sizes: Sequence[Size], title: str, *, head: str, narrow: bool = False, percent: bool = False
) -> Bars:
    """Place the bars in the order given; the axis starts at zero and is never cut."""
    start, stop = (0.5, NARROW - 4) if narrow else (150.0, 366.0)
    most = max([*(s.value for s in sizes), *(s.high for s in sizes if s.high is not None), 1e-9])
    scale = Scale(0.0, most * 1.02, start, stop)
    labels = [
        lines(size.label, NARROW - 6 - width_of(size.text, 9), 9, 1) if narrow else lines(size.label, 144, 8)
        for size in sizes
    ]
    tall = any(len(label) > 1 for label in labels)
    pitch, thick = (27.0, 8.0) if narrow else (20.0 if tall else 14.0, 8.6)
    top = 4.0 if narrow else 14.0
    drawn = []
    for i, (size, label) in enumerate(zip(sizes, labels, strict=True)):
        y = top + i * pitch + (14.0 if narrow else (pitch - thick) / 2)
        text_y = round(y - 4 if narrow else y + thick - 1.6, 1)
        first = text_y - 4.6 * (len(label) - 1)
        drawn.append(
            Bar(
                size,
                tuple((text, round(first + 9.2 * j, 1)) for j, text in enumerate(label)),
                text_y,
                round(y, 1),
                round(scale.at(size.value) - start, 1),
                None if size.part is None else round(scale.at(size.part) - start, 1),
                None if size.low is None else scale.at(size.low),
                None if size.high is None else scale.at(size.high),
            )
        )
    bottom = round(top + len(sizes) * pitch + 2, 1)
    axis = ticks(Scale(0.0, scale.high * 100, start, stop) if percent else scale, 4 if narrow else 5)
    if percent:
        axis = tuple(Tick(t.at, t.label + "%") for t in axis)
    return Bars(
        title,
        narrow,
        NARROW if narrow else WIDE,
        bottom + 13,
        top,
        bottom,
        start,
        thick,
        head,
        tuple(drawn),
        axis,
    )
