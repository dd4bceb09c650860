"""Other cutoffs: which of them no other beats in both accuracy and ratio, and how ratios move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports import wording
from reports.charts.curves import Curve, Series, curve, shared
from reports.charts.scatter import Point, Scatter, scatter
from reports.groups import attribute_label, group_label, group_words, label_in, parts
from reports.sealed import cutoff_words
from reports.wording import capital, count, plural

_TENTHS = 10
_ATTRIBUTES = 3  # frontiers on the page
_ROWS = 8  # unbeaten cutoffs in a table
_LABELS = 5  # of them named in the drawing
_NEAR = 0.2  # of all applicants: cutoffs that approve so many more or fewer than now are weighed
_LEAST, _MOST = 0.05, 0.95  # shares approved that drawings show: with fewer, intervals hide everything


@dataclass(frozen=True, slots=True)
class Unbeaten:
    """Every cutoff by one attribute: how often it is right, and the lowest ratio that it leaves."""

    heading: str
    chart: Scatter
    narrow: Scatter
    meaning: str
    rows: tuple[tuple[bool, tuple[str, ...]], ...]  # whether in force; cutoff, approved, right, ratio, whose
    more: bool  # unbeaten ones that only the attached file holds


@dataclass(frozen=True, slots=True)
class CutoffRow:
    """One cutoff."""

    cutoff: str
    tone: str
    approval: str
    right: str
    ratios: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """What other cutoffs would do."""

    groups: tuple[str, ...]
    frontiers: tuple[Unbeaten, ...]
    curves: tuple[tuple[str, Curve], ...]
    rows: tuple[CutoffRow, ...]
    n: str
    least: str
    most: str


def other_cutoffs(body: Mapping[str, Any], line: float | None) -> Cutoffs:
    """Return what each cutoff would do, from the sealed figure."""
    use = body["cutoffs"].index(body["cutoff"])
    # The lowest ratio at the cutoff in use, attribute by attribute.
    picked = []
    for of in body["attributes"]:
        known = [one for one in of["groups"] if one["ratio"][use] is not None]
        if known:
            picked.append((of, min(known, key=lambda one: (one["ratio"][use], one["group"]))))
    curves = []
    for of, one in picked:
        at = [
            i
            for i, ratio in enumerate(one["ratio"])
            if ratio is not None and _LEAST <= body["approval"][i] <= _MOST
        ]
        series = Series(
            tuple(body["approval"][i] * 100 for i in at),
            tuple(one["ratio"][i] for i in at),
            tuple(one["low"][i] for i in at),
            tuple(one["high"][i] for i in at),
        )
        if len(set(series.points)) > 1:
            low, high = shared([series], 1.0, *([line] if line is not None else []))
            who = capital(group_words(of["attribute"], one["group"]))
            label = f"{who} against {group_label(of['reference'])}"
            curves.append((label, curve(series, label, low=max(low, 0.0), high=high, mark=line)))
    last = len(body["cutoffs"]) - 1
    shown = sorted({use, *(round(last * part / _TENTHS) for part in range(_TENTHS + 1))})
    rows = tuple(
        CutoffRow(
            cutoff_words(body["cutoffs"][at]),
            "sum" if at == use else "",
            wording.percent(body["approval"][at]),
            wording.NOTHING if body["right"] is None else wording.percent(body["right"][at]["value"]),
            tuple(
                wording.NOTHING
                if one["ratio"][at] is None
                else f"{wording.ratio(one['ratio'][at])} "
                f"({wording.ratio_interval(one['low'][at], one['high'][at])})"
                for _, one in picked
            ),
        )
        for at in shown
    )
    groups = tuple(f"{capital(group_words(of['attribute'], one['group']))}" for of, one in picked)
    least, most = (wording.percent(one, 0) for one in (_LEAST, _MOST))
    return Cutoffs(groups, tuple(_frontiers(body, line)), tuple(curves), rows, count(body["n"]), least, most)


@dataclass(frozen=True, slots=True)
class _At:
    """One cutoff of one attribute: how good it is, and the group whose ratio is furthest from equal.

    ``ratio`` is the smaller approval rate over the larger, so that nobody's lead passes for equality.
    """

    place: int
    good: float
    ratio: float
    ends: tuple[float, float]
    group: str
    behind: bool


def _furthest(of: Mapping[str, Any], body: Mapping[str, Any]) -> list[_At]:
    """Return the cutoffs near the one in force at which a ratio is known."""
    found = []
    use = body["approval"][body["cutoffs"].index(body["cutoff"])]
    for at, approval in enumerate(body["approval"]):
        known = [_folded(one, at) for one in of["groups"] if one["ratio"][at] is not None]
        if not known or abs(approval - use) > _NEAR or not (_LEAST <= approval <= _MOST or approval == use):
            continue
        good = approval if body["right"] is None else body["right"][at]["value"]
        ratio, ends, group, behind = min(known)
        found.append(_At(at, good, ratio, ends, group, behind))
    return found


def _folded(one: Mapping[str, Any], at: int) -> tuple[float, tuple[float, float], str, bool]:
    ratio, low, high = one["ratio"][at], one["low"][at], one["high"][at]
    if ratio <= 1:
        return ratio, (low, high), one["group"], True
    return 1 / ratio, (1 / high, 1 / low), one["group"], False


def unbeaten(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Return, for each point, whether no other is at least as good in both and better in one.

    >>> unbeaten([(0.7, 0.9), (0.8, 0.8), (0.7, 0.8), (0.8, 0.8)])
    [True, True, False, True]
    """
    return [not any(x >= a and y >= b and (x > a or y > b) for x, y in points) for a, b in points]


def _frontiers(body: Mapping[str, Any], line: float | None) -> Iterator[Unbeaten]:
    measured = "right decisions" if body["right"] is not None else "approved"
    single = [of for of in body["attributes"] if len(parts(of["attribute"])) == 1]
    for of in single[:_ATTRIBUTES]:
        found = _furthest(of, body)
        if len(found) < 2:
            continue
        best = unbeaten([(one.good, one.ratio) for one in found])
        kept = [one for one, is_best in zip(found, best, strict=True) if is_best]
        named = {kept[round(i * (len(kept) - 1) / max(_LABELS - 1, 1))].place for i in range(_LABELS)}
        points = [
            _point(one, body, is_best=is_best, named=one.place in named)
            for one, is_best in zip(found, best, strict=True)
        ]
        heading = attribute_label(of["attribute"])
        title = f"{heading}: no other cutoff beats {count(len(kept))} of {count(len(found))}"
        how: dict[str, Any] = {
            "x_name": f"share of {measured}, %" if body["right"] is not None else "share approved, %",
            "y_name": "smaller approval rate over the larger",
            "height": 110.0,
            "y_line": line,
            "y_line_label": "" if line is None else f"{line:.2f} screening line",
        }
        now = next((one for one in found if body["cutoffs"][one.place] == body["cutoff"]), None)
        step = -(-len(kept) // _ROWS)
        rows = {one.place: one for i, one in enumerate(kept) if i % step == 0 or one is now}
        if now is not None:
            rows[now.place] = now
        yield Unbeaten(
            heading,
            scatter(points, title, **how),
            scatter(points, title, narrow=True, **how),
            _said(now, kept, found, body),
            tuple((one is now, _cells(one, of["attribute"], body)) for _, one in sorted(rows.items())),
            len(kept) > len([one for one in kept if one.place in rows]),
        )


def _point(one: _At, body: Mapping[str, Any], *, is_best: bool, named: bool) -> Point:
    at, now = one.place, body["cutoffs"][one.place] == body["cutoff"]
    right = None if body["right"] is None else body["right"][at]
    words = wording.score(body["cutoffs"][at])
    return Point(
        f"now, {cutoff_words(body['cutoffs'][at])}" if now else words if named else "",
        "now" if now else "kept" if is_best else "passed",
        one.good * 100,
        one.ratio,
        None if right is None else (right["low"] * 100, right["high"] * 100),
        one.ends,
    )


def _said(now: _At | None, kept: Sequence[_At], found: Sequence[_At], body: Mapping[str, Any]) -> str:
    n = len(kept)
    text = f"{count(n)} of {count(len(found))} cutoffs {plural(n, 'is', 'are')} beaten by no other."
    if now is None:
        return text
    if now in kept:
        return f"{text} The one in force is among them."
    better = [one for one in kept if one.good >= now.good and one.ratio >= now.ratio]
    first = cutoff_words(body["cutoffs"][max(better, key=lambda one: (one.ratio, one.good)).place])
    return f"{text} The one in force is not: {first} is at least as good in both, chance not counted in."


def _cells(one: _At, attribute: str, body: Mapping[str, Any]) -> tuple[str, ...]:
    at = one.place
    right = None if body["right"] is None else body["right"][at]
    return (
        cutoff_words(body["cutoffs"][at]),
        wording.percent(body["approval"][at]),
        wording.NOTHING if right is None else _share(right),
        f"{wording.ratio(one.ratio)} ({wording.ratio_interval(*one.ends)})",
        f"{label_in(attribute, one.group)} {'behind' if one.behind else 'ahead'}",
    )


def _share(one: Mapping[str, float]) -> str:
    return (
        f"{wording.percent(one['value'])} ({wording.percent_interval(one['low'], one['high'], mark=False)})"
    )
