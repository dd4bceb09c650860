"""The spread of scores: one row a group, from 10 to 90 % of it, its middle half and its median."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reports.charts import NARROW, WIDE
from reports.charts.axis import Scale, Tick, span, ticks
from reports.charts.labels import group_name, lines

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Spread:
    """One group: values at 10, 25, 50, 75 and 90 % of it; empty where it is too small.

    ``head`` marks an attribute's name; ``text`` is printed at the right edge.
    """

    label: str
    n: str = ""
    text: str = ""
    values: tuple[float, ...] = ()
    head: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A drawn row: where its words and its mark stand, and the places of its five values."""

    spread: Spread
    y: float
    mark_y: float
    places: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Spreads:
    """Drawn spreads over one axis."""

    title: str
    narrow: bool
    width: float
    height: float
    top: float
    bottom: float
    start: float
    stop: float
    cutoff: float | None
    cutoff_label: str
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]


def spreads(
    groups: Sequence[Spread],
    title: str,
    *,
    cutoff: float | None,
    cutoff_label: str = "",
    narrow: bool = False,
) -> Spreads:
    """Place the groups in the order given; the axis holds every value, and the cutoff."""
    start, stop = (2.0, NARROW - 2) if narrow else (150.0, 372.0)
    known = [value for group in groups for value in group.values]
    low, high = span([*known, *([cutoff] if cutoff is not None else [])], least=1e-6)
    room = (high - low) * 0.03
    scale = Scale(low - room, high + room, start, stop)
    top = y = 16.0
    rows: list[Row] = []
    for given in groups:
        if given.head:
            y += 14.5 if rows else 11.0
            name = "".join(lines(given.label, NARROW if narrow else 140.0, 9 if narrow else 8, 1))
            rows.append(Row(replace(given, label=name), round(y, 1), round(y, 1), ()))
            y += 2.2
            continue
        group = replace(given, label=group_name(given.label, given.n, given.text, narrow=narrow))
        places = tuple(scale.at(value) for value in group.values)
        if narrow:
            rows.append(Row(group, round(y + 11, 1), round(y + 19, 1), places))
            y += 25
        else:
            y += 13.0
            rows.append(Row(group, round(y, 1), round(y - 2.8, 1), places))
    bottom = round(y + 6, 1)
    return Spreads(
        title,
        narrow,
        NARROW if narrow else WIDE,
        round(bottom + 13, 1),
        top,
        bottom,
        start,
        stop,
        None if cutoff is None else scale.at(cutoff),
        cutoff_label,
        tuple(rows),
        ticks(scale, 4 if narrow else 5),
    )
