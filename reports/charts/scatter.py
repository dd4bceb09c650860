"""The scatter: one dot an item between two measures, with intervals; nothing joins them.

It draws frontiers (accuracy against a ratio) and proxies (how well a factor tells a group against how far it
moves scores). Only what is told of by name has a label; labels that would cover another stay away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.charts import NARROW, WIDE
from reports.charts.axis import Scale, Tick, span, ticks
from reports.charts.labels import lines, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Point:
    """One item.

    ``state`` is now, kept (on the frontier, or named), told (hollow, with a label) or passed (hollow).
    """

    label: str
    state: str
    x: float
    y: float
    x_ends: tuple[float, float] | None = None
    y_ends: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Dot:
    """A drawn item: places of the dot, of the ends of its intervals and of its label."""

    state: str
    x: float
    y: float
    left: float | None
    right: float | None
    low: float | None
    high: float | None
    label: str
    label_x: float
    label_y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Scatter:
    """A drawn scatter."""

    title: str
    narrow: bool
    width: float
    height: float
    start: float
    stop: float
    top: float
    bottom: float
    x_line: float | None
    y_line: float | None
    x_name: str
    y_name: str
    y_line_label: str
    dots: tuple[Dot, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def scatter(
    points: Sequence[Point],
    title: str,
    *,
    x_name: str,
    y_name: str,
    x_line: float | None = None,
    y_line: float | None = None,
    y_line_label: str = "",
    height: float = 150.0,
    narrow: bool = False,
) -> Scatter:
    """Place the items.

    Parameters
    ----------
    x_line, y_line : values drawn as lines: where nothing would change, a screening line
    height : of the room for dots
    """
    start, stop, top = 34.0, (NARROW if narrow else WIDE) - 8, 16.0
    bottom = top + height
    shown = [p for p in points if p.state != "passed"]  # of the others no interval is drawn
    across = [*(p.x for p in points), *(end for p in shown if p.x_ends for end in p.x_ends)]
    upward = [*(p.y for p in points), *(end for p in shown if p.y_ends for end in p.y_ends)]
    x = _scale([*across, *([x_line] if x_line is not None else [])], start, stop)
    y = _scale([*upward, *([y_line] if y_line is not None else [])], bottom, top)
    size = 9 if narrow else 7.8
    dots: list[Dot] = []
    taken = [(x.at(p.x) - 4, y.at(p.y) - 4, x.at(p.x) + 4, y.at(p.y) + 4) for p in points]
    for p in shown:
        if p.x_ends:
            taken.append((x.at(p.x_ends[0]), y.at(p.y) - 0.5, x.at(p.x_ends[1]), y.at(p.y) + 0.5))
        if p.y_ends:
            taken.append((x.at(p.x) - 0.5, y.at(p.y_ends[1]), x.at(p.x) + 0.5, y.at(p.y_ends[0])))
    order = sorted(points, key=lambda p: ("now", "kept", "told", "passed").index(p.state))
    for point in order:
        place = x.at(point.x), y.at(point.y)
        label, at, anchor = "", place, "start"
        if point.state != "passed":
            wanted = "".join(lines(point.label, 110 if narrow else 190, size, 1))
            found = _free(place, width_of(wanted, size), taken, start, stop, top, bottom)
            if found is not None:
                label, at, anchor = wanted, found[0], found[1]
                taken.append(found[2])
        ends = tuple(
            None if of is None else (s.at(of[0]), s.at(of[1]))
            for s, of in ((x, point.x_ends), (y, point.y_ends))
        )
        dots.append(
            Dot(
                point.state,
                *place,
                None if ends[0] is None else ends[0][0],
                None if ends[0] is None else ends[0][1],
                None if ends[1] is None else ends[1][0],
                None if ends[1] is None else ends[1][1],
                label,
                round(at[0], 1),
                round(at[1], 1),
                anchor,
            )
        )
    return Scatter(
        title,
        narrow,
        NARROW if narrow else WIDE,
        bottom + 26,
        start,
        stop,
        top,
        bottom,
        None if x_line is None else x.at(x_line),
        None if y_line is None else y.at(y_line),
        x_name,
        y_name,
        y_line_label,
        tuple(reversed(dots)),  # what is told of by name lies above the rest
        ticks(x, 3 if narrow else 6),
        ticks(y, 5),
    )


def _scale(values: Sequence[float], start: float, stop: float) -> Scale:
    low, high = span(values, least=1e-4)
    room = (high - low) * 0.05
    return Scale(low - room, high + room, start, stop)


Box = tuple[float, float, float, float]


def _free(
    place: tuple[float, float],
    width: float,
    taken: Sequence[Box],
    start: float,
    stop: float,
    top: float,
    bottom: float,
) -> tuple[tuple[float, float], str, Box] | None:
    """Return where a label fits beside its dot: its place, its anchor and the room that it takes."""
    x, y = place
    for down in (2.6, -4.0, 9.5, -12.0, 17.0):
        for side in (1, -1):
            left = x + 6 if side == 1 else x - 6 - width
            box = (left, y + down - 7, left + width, y + down + 1.5)
            inside = start <= box[0] and box[2] <= stop and top <= box[1] and box[3] <= bottom
            if inside and not any(
                box[0] < o[2] and o[0] < box[2] and box[1] < o[3] and o[1] < box[3] for o in taken
            ):
                return (x + 6 * side, y + down), "start" if side == 1 else "end", box
    return None
