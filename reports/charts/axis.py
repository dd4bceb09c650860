"""Scales and ticks. Places are rounded to a tenth of a unit, so equal series draw equal bytes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.wording import MINUS

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Tick:
    """A value on an axis: its place and its label."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from ``low`` to ``high`` on places from ``start`` to ``stop``; linear or log."""

    low: float
    high: float
    start: float
    stop: float
    log: bool = False

    def at(self, value: float) -> float:
        """Return the place of a value, held inside the scale."""
        inside = min(max(value, self.low), self.high)
        if self.log:
            part = math.log(inside / self.low) / math.log(self.high / self.low)
        else:
            part = (inside - self.low) / (self.high - self.low)
        return round(self.start + part * (self.stop - self.start), 1)


def span(values: Iterable[float], *, least: float = 0.0) -> tuple[float, float]:
    """Return lowest and highest, widened where they are equal."""
    known = list(values)
    low, high = min(known, default=0.0), max(known, default=1.0)
    if high - low <= least:
        middle = (low + high) / 2
        half = max(least, abs(middle) * 0.1, 1e-6) / 2
        return middle - half, middle + half
    return low, high


def nice_step(extent: float, about: int) -> float:
    """Return a step of 1, 2 or 5 times a power of ten that cuts the extent into about so many."""
    raw = extent / about
    power: float = 10.0 ** math.floor(math.log10(raw))
    for factor in (1, 2, 5):
        if raw <= factor * power * 1.0001:
            return factor * power
    return 10 * power


def tick_label(value: float, step: float, *, sign: bool = False) -> str:
    """Return a label with the decimals that the step needs."""
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    text = f"{abs(value):,.{digits}f}"
    if float(f"{value:.{digits}f}") == 0:
        return text
    return (MINUS if value < 0 else "+" if sign else "") + text


def ticks(scale: Scale, about: int = 5, *, sign: bool = False) -> tuple[Tick, ...]:
    """Return round ticks inside a linear scale."""
    step = nice_step(scale.high - scale.low, about)
    first = math.ceil(scale.low / step - 1e-9)
    last = math.floor(scale.high / step + 1e-9)
    return tuple(
        Tick(scale.at(i * step), tick_label(i * step, step, sign=sign)) for i in range(first, last + 1)
    )


_RATIOS = (0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4, 1.6, 2.0, 2.5, 3.0, 4.0)


def ratio_ticks(scale: Scale, apart: float) -> tuple[Tick, ...]:
    """Return ticks of a log scale of ratios, none nearer than ``apart``; 1.00 always stays."""
    inside = [r for r in _RATIOS if scale.low <= r <= scale.high]
    kept = [1.0] if scale.low <= 1 <= scale.high else []
    for value in sorted(inside, key=lambda r: abs(math.log(r))):
        if all(abs(scale.at(value) - scale.at(other)) >= apart for other in kept):
            kept.append(value)
    return tuple(Tick(scale.at(value), f"{value:.2f}") for value in sorted(kept))
