"""The forest: ratios by group with their intervals; and the ratio strip of page 1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reports.charts import NARROW, WIDE
from reports.charts.axis import Scale, Tick, ratio_ticks
from reports.charts.labels import group_name, lines, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence

# Beyond these a ratio is drawn as an arrow at the edge; its number stands beside it.
_LEAST, _MOST = 0.4, 2.5


@dataclass(frozen=True, slots=True)
class Ratio:
    """One group as the forest needs it.

    ``state`` is head (an attribute's name), reference, dot, span (its interval spans the line),
    below, few (under the minimum size), or none (not measured: ``text`` says why).
    """

    state: str
    label: str
    n: str = ""
    text: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A drawn row: words and places."""

    ratio: Ratio
    y: float
    mark_y: float
    x: float | None
    left: float | None
    right: float | None
    cut_left: bool
    cut_right: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A bound that a duty sets: its place, and its name as the drawing prints it."""

    at: float
    label: str
    label_x: float
    label_y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Forest:
    """A drawn forest."""

    title: str
    narrow: bool
    width: float
    height: float
    top: float
    bottom: float
    start: float
    stop: float
    one: float
    line: float | None
    line_label: str
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    bounds: tuple[Line, ...] = ()


def _scale(ratios: Sequence[Ratio], lines_at: Sequence[float], start: float, stop: float) -> Scale:
    # A group of a few people must not squeeze the others: its line may end in an arrow, its dot stays.
    ends = [
        e
        for r in ratios
        for e in ((r.value,) if r.state == "few" else (r.low, r.high, r.value))
        if e is not None and e > 0
    ]
    low = min([*ends, 0.9, *(line * 0.93 for line in lines_at)])
    high = max([*ends, 1.1])
    return Scale(max(low * 0.97, _LEAST), min(high * 1.03, _MOST), start, stop, log=True)


def _cut(value: float | None, scale: Scale) -> tuple[bool, bool]:
    return (value is not None and value < scale.low, value is not None and value > scale.high)


def _row(ratio: Ratio, y: float, mark_y: float, scale: Scale) -> Row:
    if ratio.state in ("head", "none"):
        return Row(ratio, y, mark_y, None, None, None, cut_left=False, cut_right=False)
    value = 1.0 if ratio.state == "reference" else ratio.value
    has = ratio.low is not None and ratio.high is not None and ratio.state != "reference"
    left = scale.at(max(ratio.low or 0, 1e-9)) if has else None
    right = scale.at(ratio.high or 0) if has else None
    place = None if value is None else scale.at(max(value, 1e-9))
    return Row(
        ratio,
        round(y, 1),
        round(mark_y, 1),
        place,
        left,
        right,
        cut_left=_cut(ratio.low if has else None, scale)[0],
        cut_right=_cut(ratio.high if has else None, scale)[1],
    )


def _fitted(ratio: Ratio, *, narrow: bool) -> Ratio:
    if ratio.state == "head":
        room, size = (NARROW, 9) if narrow else (340.0, 8)
        return replace(ratio, label="".join(lines(ratio.label, room, size, 1)))
    return replace(ratio, label=group_name(ratio.label, ratio.n, ratio.text, narrow=narrow))


def _line(value: float, name: str, scale: Scale, place: int, *, narrow: bool) -> Line:
    """Place a bound's line, and its name above it in a row of its own, inside the drawing."""
    label, size = f"{value:.2f} {name}", 9 if narrow else 7.5
    at, width = scale.at(value), width_of(label, size)
    left = at - 3 - width >= 0
    return Line(at, label, round(at + (-3 if left else 3), 1), 18.0 + 9 * place, "end" if left else "start")


def forest(
    ratios: Sequence[Ratio],
    title: str,
    line: float | None,
    *,
    bounds: Sequence[tuple[float, str]] = (),
    narrow: bool = False,
) -> Forest:
    """Place the groups on a log scale, 1.00 as a line, the screening line dashed.

    Parameters
    ----------
    bounds : what duties ask at least, each with its name (``house bound``); drawn dotted, never dashed
    """
    start, stop = (2.0, NARROW - 2) if narrow else (150.0, 356.0)
    scale = _scale(ratios, [*([line] if line else []), *(value for value, _ in bounds)], start, stop)
    top = 16.0 + 9 * len(bounds)
    y = top
    rows: list[Row] = []
    for given in ratios:
        ratio = _fitted(given, narrow=narrow)
        if ratio.state == "head":
            y += 14.5 if rows else 11.0
            rows.append(_row(ratio, y, y, scale))
            y += 2.2
        elif narrow:
            rows.append(_row(ratio, y + 11, y + 19, scale))
            y += 25
        else:
            y += 12.6
            rows.append(_row(ratio, y, y - 2.8, scale))
    bottom = round(y + 6, 1)
    return Forest(
        title,
        narrow,
        NARROW if narrow else WIDE,
        round(bottom + 13, 1),
        top,
        bottom,
        start,
        stop,
        scale.at(1.0),
        scale.at(line) if line else None,
        f"{line:.2f}" if line else "",
        tuple(rows),
        ratio_ticks(scale, 26.0),
        tuple(_line(*bound, scale, place, narrow=narrow) for place, bound in enumerate(bounds)),
    )


@dataclass(frozen=True, slots=True)
class StripDot:
    """One group on the strip; only the extremes are named."""

    x: float
    state: str
    label: str
    label_x: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Strip:
    """A drawn ratio strip."""

    title: str
    narrow: bool
    width: float
    one: float
    line: float | None
    dots: tuple[StripDot, ...]
    ticks: tuple[Tick, ...]


def _named(ratios: Sequence[Ratio], most: int) -> set[int]:
    """Choose the far ends: below or spanning first, then the lowest, then the highest."""
    order = sorted(range(len(ratios)), key=lambda i: ratios[i].value or 0)
    telling = [i for i in order if ratios[i].state in ("below", "span")]
    return set([*telling[:1], *order[:1], *order[-1:]][:most])


def strip(ratios: Sequence[Ratio], title: str, line: float | None, *, narrow: bool = False) -> Strip:
    """Place all groups with enough people on one line of ratios."""
    shown = sorted((r for r in ratios if r.value is not None and r.value > 0), key=lambda r: r.value or 0)
    width = NARROW if narrow else WIDE
    values = [r.value or 1.0 for r in shown]
    low = min([*values, line or 0.9, 0.9]) * 0.92
    high = max([*values, 1.1]) * 1.04
    scale = Scale(max(low, _LEAST), min(high, _MOST), 0.0, width, log=True)
    named, dots, last = _named(shown, 3), [], -1000.0
    cut = scale.at(line) if line else None
    size = 9 if narrow else 7.5
    for i, ratio in enumerate(shown):
        x = scale.at(ratio.value or 1.0)
        half = width_of(ratio.label, size) / 2
        label_x = min(max(x, half), width - half)
        if cut is not None and abs(label_x - cut) < half + 2:  # beside the screening line, not across it
            label_x = cut + (half + 2 if x >= cut else -half - 2)
        fits = i in named and label_x - half > last + 3
        if fits:
            last = label_x + half
        dots.append(StripDot(x, ratio.state, ratio.label if fits else "", round(label_x, 1), "middle"))
    return Strip(
        title,
        narrow,
        width,
        scale.at(1.0),
        cut,
        tuple(dots),
        ratio_ticks(scale, 34.0),
    )
