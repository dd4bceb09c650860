"""The strip of contributions: which values of a factor push where.

Dots that would cover each other are stacked about the middle of their row, in the order of the
sealed series; nothing is jittered by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.charts import NARROW, WIDE
from reports.charts.axis import Scale, Tick, ticks
from reports.charts.labels import lines

if TYPE_CHECKING:
    from collections.abc import Sequence

Point = tuple[float, float | None]


@dataclass(frozen=True, slots=True)
class Strand:
    """One factor: its label and its points (contribution, rank of the value from 0 to 1)."""

    label: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Dot:
    """A drawn dot; ``shade`` is low, middle, high, or none where the value has no order."""

    x: float
    y: float
    shade: str


@dataclass(frozen=True, slots=True)
class SwarmRow:
    """A drawn factor."""

    lines: tuple[tuple[str, float], ...]
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Swarm:
    """A drawn strip of contributions."""

    title: str
    narrow: bool
    width: float
    height: float
    top: float
    bottom: float
    zero: float
    rows: tuple[SwarmRow, ...]
    ticks: tuple[Tick, ...]
    radius: float


def _shade(rank: float | None) -> str:
    if rank is None:
        return "none"
    return "low" if rank < 1 / 3 else "middle" if rank < 2 / 3 else "high"


def _stacked(
    points: Sequence[Point], scale: Scale, middle: float, half: float, radius: float
) -> tuple[Dot, ...]:
    columns: dict[int, int] = {}
    dots = []
    pitch = radius * 1.75
    for value, rank in sorted(points, key=lambda p: (p[0], -1.0 if p[1] is None else p[1])):
        x = scale.at(value)
        column = round(x / (radius * 2))
        height = columns.get(column, 0)
        columns[column] = height + 1
        offset = (height + 1) // 2 * pitch * (1 if height % 2 else -1)
        # A row that is full is folded back on itself: dots then lie over each other.
        offset = max(-half, min(half, offset))
        dots.append(Dot(x, round(middle + offset, 1), _shade(rank)))
    return tuple(dots)


def swarm(strands: Sequence[Strand], title: str, *, narrow: bool = False) -> Swarm:
    """Place the dots: zero is the comparison group, toward refusal is right."""
    start, stop = (4.0, NARROW - 4) if narrow else (150.0, WIDE - 8)
    values = [value for strand in strands for value, _ in strand.points]
    low, high = min([*values, -1e-6]), max([*values, 1e-6])
    room = (high - low) * 0.04
    scale = Scale(low - room, high + room, start, stop)
    pitch, half, radius = (36.0, 10.5, 1.5) if narrow else (20.0, 8.0, 1.35)
    top = 24.0 if narrow else 16.0
    rows = []
    for i, strand in enumerate(strands):
        middle = top + i * pitch + (pitch - half - 1.5 if narrow else pitch / 2)
        label = lines(strand.label, NARROW, 9, 1) if narrow else lines(strand.label, 144, 8)
        first = top + i * pitch + 9.5 if narrow else middle + 2.8 - 4.6 * (len(label) - 1)
        placed = tuple((text, round(first + 9.2 * j, 1)) for j, text in enumerate(label))
        rows.append(SwarmRow(placed, _stacked(strand.points, scale, middle, half, radius)))
    bottom = round(top + len(strands) * pitch + 2, 1)
    return Swarm(
        title,
        narrow,
        NARROW if narrow else WIDE,
        bottom + 13,
        top,
        bottom,
        scale.at(0.0),
        tuple(rows),
        ticks(scale, 4 if narrow else 7, sign=True),
        radius,
    )
