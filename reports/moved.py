"""What moving one value does to scores, as curves, words and tables: dependence, lines, local effects."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from reports import wording
from reports.charts.curves import Curve, Series, curve, shared
from reports.groups import attribute_label, group_words
from reports.wording import count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_CURVES = 12  # of a figure that are drawn: the widest; all stand in its table
_FLAT = 1e-9  # of a curve's extent: what rounding may make of a level step


@dataclass(frozen=True, slots=True)
class PointRow:
    """One point of a curve's table."""

    point: str
    n: str
    value: str
    interval: str


@dataclass(frozen=True, slots=True)
class Part:
    """One curve, its meaning, and its table; the table is empty where another figure has it."""

    label: str
    column: str
    chart: Curve
    meaning: str
    rows: tuple[PointRow, ...]


@dataclass(frozen=True, slots=True)
class AxisRow:
    """One row of the table of all that was moved."""

    label: str
    column: str
    extent: str
    spread: str
    against: str
    beyond: str


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group whose curve differs from that of all others by more than chance."""

    label: str
    column: str
    group: str
    n: str
    gap: str


@dataclass(frozen=True, slots=True)
class GroupCurves:
    """One attribute: in how many axes groups differ, and which."""

    heading: str
    meaning: str
    rows: tuple[GroupRow, ...]


def widest(axes: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the first axis of each factor, as many as are drawn; axes come widest first."""
    first: dict[str, Mapping[str, Any]] = {}
    for axis in axes:
        first.setdefault(axis["factor"], axis)
    return list(first.values())[:MOST_CURVES]


def column_of(axis: Mapping[str, Any]) -> str:
    """Return the column's name, where it says more than the factor's label does."""
    same = axis["label"].lower().replace(" ", "_") == axis["column"].lower()
    return "" if same else str(axis["column"])


def _points(axis: Mapping[str, Any]) -> tuple[float, ...] | tuple[str, ...]:
    if axis["kind"] == "category":
        return tuple(str(point) or "missing" for point in axis["points"])
    return tuple(float(point) for point in axis["points"])


def _in_table(axis: Mapping[str, Any]) -> list[str]:
    return [point if isinstance(point, str) else _plain(point) for point in _points(axis)]


def _plain(value: float) -> str:
    """Return a number with the digits that it needs."""
    if float(value).is_integer():
        return wording.size(value, 0)
    return wording.size(value, 1 if abs(value) >= 1000 else 3)


def direction(axis: Mapping[str, Any], heights: Sequence[float]) -> str:
    """Say which way a curve goes: up, down, both, or nowhere."""
    name = f"“{axis['column']}”" if column_of(axis) else f"“{axis['label']}”"
    extent = max(heights) - min(heights)
    low, high = wording.score(min(heights)), wording.score(max(heights))
    if min(heights) < 0 < max(heights):
        low, high = wording.signed(min(heights)), wording.signed(max(heights))
    if axis["kind"] == "category":
        lowest, highest = (list(heights).index(end) for end in (min(heights), max(heights)))
        points = _points(axis)
        return f"From {low} at “{points[lowest]}” to {high} at “{points[highest]}”."
    room = _FLAT * max(extent, 1e-12)
    rises = all(b >= a - room for a, b in pairwise(heights))
    falls = all(b <= a + room for a, b in pairwise(heights))
    if rises and falls:
        return f"{name} moves no score."
    if rises:
        return f"The higher {name}, the higher the score: from {low} to {high}."
    if falls:
        return f"The higher {name}, the lower the score: from {high} to {low}."
    return f"{name} does not move scores one way throughout: between {low} and {high}."


def _spread_words(axis: Mapping[str, Any]) -> str:
    against = axis["against"]
    if against == 0:
        return " No line ends against the mean."
    return f" {wording.share(against)} of the lines go against the mean where it is furthest from its start."


def dependence_parts(
    axes: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, Any]], cutoff: float | None
) -> tuple[Part, ...]:
    """Return the curves: single lines about their mean where lines were sealed, else means in a band."""
    by_column = {(axis["factor"], axis["column"]): axis for axis in axes}
    drawn = [(axis, by_column.get((axis["factor"], axis["column"]))) for axis in widest(lines or axes)]
    series = [_series(axis, bool(lines)) for axis, _ in drawn]
    if not series:
        return ()
    low, high = shared(series, *((0.0,) if lines else ()))
    parts = []
    for (axis, table), one in zip(drawn, series, strict=True):
        meaning = direction(axis, one.mean) + (_spread_words(axis) if lines else "")
        chart = curve(one, meaning, low=low, high=high, mark=None if lines else cutoff, sign=bool(lines))
        parts.append(
            Part(axis["label"], column_of(axis), chart, meaning, () if table is None else _rows(table))
        )
    return tuple(parts)


def _series(axis: Mapping[str, Any], lines: bool) -> Series:
    if lines:
        return Series(_points(axis), tuple(axis["mean"]), lines=tuple(tuple(line) for line in axis["lines"]))
    return Series(_points(axis), tuple(axis["mean"]), tuple(axis["low"]), tuple(axis["high"]))


def _rows(axis: Mapping[str, Any]) -> tuple[PointRow, ...]:
    return tuple(
        PointRow(point, count(n), wording.score(mean), wording.interval(low, high, 3))
        for point, n, mean, low, high in zip(
            _in_table(axis), axis["counts"], axis["mean"], axis["low"], axis["high"], strict=True
        )
    )


def axis_rows(axes: Sequence[Mapping[str, Any]]) -> tuple[AxisRow, ...]:
    """Return one row an axis: how far its mean goes, how lines part, and what lies beyond the data."""
    return tuple(
        AxisRow(
            axis["label"],
            column_of(axis),
            wording.score(axis["extent"]),
            wording.score(axis["spread"]),
            wording.share(axis["against"]),
            _beyond(axis["beyond"]),
        )
        for axis in axes
    )


def _beyond(beyond: Mapping[str, Any]) -> str:
    if beyond["share"] is None:
        return f"not measured: {beyond['cause']}"
    with_column = f", most with {beyond['column']}" if beyond["column"] else ""
    return wording.share(beyond["share"]) + with_column


def beyond_meaning(axes: Sequence[Mapping[str, Any]]) -> str:
    """Say where moved rows are people that do not exist."""
    known = [axis for axis in axes if axis["beyond"]["share"] is not None]
    if not known:
        return ""
    worst = max(known, key=lambda axis: (axis["beyond"]["share"], axis["column"]))
    share = worst["beyond"]["share"]
    if share == 0:
        return "No moved value meets another that it never meets in the data."
    return (
        f"Of the points of “{worst['column']}” {wording.share(share)} pair it with a value of another column "
        "that nobody has it with: there the model is asked about people who do not exist. Where this share "
        "is large, the accumulated local effect says more."
    )


def group_curves(body: Mapping[str, Any]) -> tuple[GroupCurves, ...]:
    """Return, by attribute, the groups whose curves differ from the rest by more than chance.

    Crossed attributes stand in the attached file.
    """
    found = []
    for entry in body["attributes"]:
        if " x " in entry["attribute"]:
            continue
        rows = tuple(
            GroupRow(
                axis["label"],
                column_of(axis),
                group_words(entry["attribute"], group["group"]),
                count(group["n"]),
                wording.signed(group["gap"]),
            )
            for axis in entry["axes"]
            for group in axis["groups"]
            if group["more_than_chance"]
        )
        n, whole = entry["n_differ"], entry["n_differ"] + entry["n_alike"]
        meaning = (
            f"Along none of {count(whole)} columns does a group’s curve differ by more than chance."
            if not n
            else f"Curves of groups differ by more than chance along {count(n)} of {count(whole)} columns."
        )
        found.append(GroupCurves(attribute_label(entry["attribute"]), meaning, rows))
    return tuple(found)


def local_effect_parts(axes: Sequence[Mapping[str, Any]]) -> tuple[Part, ...]:
    """Return the curves of accumulated local effects in their bands."""
    drawn = widest(axes)
    series = [
        Series(_points(axis), tuple(axis["effect"]), tuple(axis["low"]), tuple(axis["high"]))
        for axis in drawn
    ]
    if not series:
        return ()
    low, high = shared(series, 0.0)
    parts = []
    for axis, one in zip(drawn, series, strict=True):
        meaning = direction(axis, one.mean)
        chart = curve(one, meaning, low=low, high=high, sign=True)
        parts.append(Part(axis["label"], column_of(axis), chart, meaning, _effect_rows(axis)))
    return tuple(parts)


def _effect_rows(axis: Mapping[str, Any]) -> tuple[PointRow, ...]:
    # Of numbers, a bin's rows lie under its upper end; the first point opens the first bin.
    counts = axis["counts"] if axis["kind"] == "category" else [None, *axis["counts"]]
    return tuple(
        PointRow(
            point,
            wording.NOTHING if n is None else count(n),
            wording.signed(value),
            wording.signed_interval(low, high),
        )
        for point, n, value, low, high in zip(
            _in_table(axis), counts, axis["effect"], axis["low"], axis["high"], strict=True
        )
    )
