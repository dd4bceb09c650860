"""Effect curves: the mean contribution of a factor over its own values, bin by bin."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.charts import NARROW
from reports.charts.axis import Scale, Tick, nice_step, span, tick_label, ticks

if TYPE_CHECKING:
    from collections.abc import Sequence


_DASH = 4.0  # the shortest step that is still seen


@dataclass(frozen=True, slots=True)
class EffectBin:
    """A run of values of the factor, how many people lie in it, and their mean contribution."""

    low: float
    high: float
    n: int
    mean: float


@dataclass(frozen=True, slots=True)
class Step:
    """A drawn bin."""

    left: float
    right: float
    y: float
    people: float


@dataclass(frozen=True, slots=True)
class Effect:
    """A drawn effect curve, 240 units wide: two stand side by side on paper."""

    title: str
    label: str
    width: float
    height: float
    start: float
    stop: float
    top: float
    bottom: float
    zero: float
    floor: float
    steps: tuple[Step, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def _short(value: float, step: float) -> str:
    """Return an axis label of a large number: 250k."""
    if abs(value) >= 10_000_000:
        return f"{value / 1e6:,.0f}M".replace("-", "\u2212")
    if abs(value) >= 10_000:
        return f"{value / 1e3:,.0f}k".replace("-", "\u2212")
    return tick_label(value, step)


def x_ticks(scale: Scale, about: int) -> tuple[Tick, ...]:
    """Return round ticks of a factor's values, large numbers in short."""
    step = nice_step(scale.high - scale.low, about)
    first, last = math.ceil(scale.low / step - 1e-9), math.floor(scale.high / step + 1e-9)
    return tuple(Tick(scale.at(i * step), _short(round(i * step, 10), step)) for i in range(first, last + 1))


def effect(bins: Sequence[EffectBin], label: str, title: str, *, low: float, high: float) -> Effect:
    """Place the bins; ``low`` and ``high`` are shared by all factors, so heights compare."""
    start, stop, top, bottom = 30.0, NARROW - 6, 5.0, 55.0
    left, right = span([edge for b in bins for edge in (b.low, b.high)])
    across = Scale(left, right, start, stop)
    up = Scale(low, high, bottom, top)
    most = max((b.n for b in bins), default=1) or 1
    floor = bottom + 11
    steps = []
    for b in bins:
        x1, x2 = across.at(b.low), across.at(b.high)
        if x2 - x1 < _DASH:  # a single value is a short dash about its place
            middle = min(max((x1 + x2) / 2, start + _DASH / 2), stop - _DASH / 2)
            x1, x2 = round(middle - _DASH / 2, 1), round(middle + _DASH / 2, 1)
        steps.append(Step(x1, x2, up.at(b.mean), round(8 * b.n / most, 1)))
    return Effect(
        title,
        label,
        NARROW,
        floor + 13,
        start,
        stop,
        top,
        bottom,
        up.at(0.0),
        floor,
        tuple(steps),
        x_ticks(across, 4),
        ticks(up, 4, sign=True),
    )
