"""The waterfall: one gap, step by step of the factors that carry it; each step starts where the last ended.

The axis starts nowhere in particular: 0 is the mean of the reference group, and the last dot is the group's.
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
class Step:
    """One factor's part. ``sure``: its interval does not span 0; ``text`` is printed at the right edge."""

    label: str
    value: float
    sure: bool
    text: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn step: ``state`` is widens, narrows or spans (uncertain)."""

    label: str
    text: str
    y: float
    bar_y: float
    left: float
    width: float
    state: str
    join: float | None  # where the line to the next step stands


@dataclass(frozen=True, slots=True)
class Waterfall:
    """A drawn waterfall."""

    title: str
    narrow: bool
    width: float
    height: float
    top: float
    bottom: float
    zero: float
    end: float
    thick: float
    pitch: float
    start_label: str
    end_label: str
    end_text: str
    first_y: float
    last_y: float
    steps: tuple[Drawn, ...]
    ticks: tuple[Tick, ...]


def waterfall(
    steps: Sequence[Step], title: str, *, start: str, end: str, end_text: str, narrow: bool = False
) -> Waterfall:
    """Place the steps in the order given, from the reference's mean to the group's.

    Parameters
    ----------
    start, end : what the two dots are
    end_text : the whole gap, printed beside the last dot
    """
    left, right = (4.0, NARROW - 4) if narrow else (156.0, 362.0)
    reach = [0.0]
    for step in steps:
        reach.append(reach[-1] + step.value)
    low, high = span(reach, least=1e-6)
    room = (high - low) * 0.05
    scale = Scale(low - room, high + room, left, right)
    pitch, thick = (27.0, 8.0) if narrow else (14.0, 8.6)
    top = 4.0
    drawn = []
    for at, step in enumerate(steps):
        y = top + (at + 1) * pitch + (14.0 if narrow else (pitch - thick) / 2)
        ends = sorted((scale.at(reach[at]), scale.at(reach[at + 1])))
        state = "spans" if not step.sure else "widens" if step.value * (reach[-1] or 1.0) >= 0 else "narrows"
        label = NARROW - 6 - width_of(step.text, 9) if narrow else 150
        drawn.append(
            Drawn(
                "".join(lines(step.label, label, 9 if narrow else 8, 1)),
                step.text,
                round(y - 4 if narrow else y + thick - 1.6, 1),
                round(y, 1),
                ends[0],
                round(max(ends[1] - ends[0], 0.8), 1),
                state,
                scale.at(reach[at + 1]),
            )
        )
    last = top + (len(steps) + 1) * pitch
    bottom = round(last + pitch + 2, 1)
    middle = 18.0 if narrow else pitch / 2
    return Waterfall(
        title,
        narrow,
        NARROW if narrow else WIDE,
        round(bottom + 13, 1),
        top,
        bottom,
        scale.at(0.0),
        scale.at(reach[-1]),
        thick,
        pitch,
        "".join(lines(start, 150.0 if not narrow else NARROW - 8, 9 if narrow else 8, 1)),
        "".join(
            lines(end, 150.0 if not narrow else NARROW - 12 - width_of(end_text, 9), 9 if narrow else 8, 1)
        ),
        end_text,
        round(top + middle, 1),
        round(last + middle, 1),
        tuple(drawn),
        ticks(scale, 3 if narrow else 5, sign=True),
    )
