"""Scores: where they lie by group, and whether they come true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.charts import NARROW, WIDE
from reports.charts.axis import Scale, Tick, ticks

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Counted:
    """One group: counts over shared edges. ``head`` marks an attribute's name, without counts."""

    label: str
    counts: tuple[int, ...] = ()
    n: str = ""
    head: bool = False


@dataclass(frozen=True, slots=True)
class Steps:
    """A drawn histogram: one path of steps."""

    counted: Counted
    label_y: float
    base: float
    path: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """Drawn histograms over one axis."""

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
    rows: tuple[Steps, ...]
    ticks: tuple[Tick, ...]


def _path(counts: Sequence[int], edges: Sequence[float], scale: Scale, base: float, tall: float) -> str:
    total, most = sum(counts), max(counts, default=0)
    if not total:
        return ""
    parts = [f"M{scale.at(edges[0])} {base}"]
    for count, left, right in zip(counts, edges, edges[1:], strict=False):
        y = round(base - tall * count / most, 1)
        parts.append(f"L{scale.at(left)} {y}L{scale.at(right)} {y}")
    return "".join([*parts, f"L{scale.at(edges[-1])} {base}Z"])


def distribution(
    groups: Sequence[Counted],
    edges: Sequence[float],
    title: str,
    *,
    cutoff: float | None,
    cutoff_label: str = "",
    narrow: bool = False,
) -> Distribution:
    """Draw one histogram a group, each as tall as its own highest step, over one axis."""
    start, stop = (2.0, NARROW - 2) if narrow else (150.0, WIDE - 6)
    scale = Scale(edges[0], edges[-1], start, stop)
    tall, y, rows = (18.0 if narrow else 11.0), 16.0, []
    for group in groups:
        if group.head:
            y += 15.0 if narrow else 12.5
            rows.append(Steps(group, round(y - 3, 1), y, ""))
            continue
        y += tall + (16.0 if narrow else 3.4)
        label_y = round(y - tall - 4 if narrow else y - 2, 1)
        rows.append(Steps(group, label_y, round(y, 1), _path(group.counts, edges, scale, round(y, 1), tall)))
    bottom = round(y + 3, 1)
    return Distribution(
        title,
        narrow,
        NARROW if narrow else WIDE,
        bottom + 13,
        16.0,
        bottom,
        start,
        stop,
        None if cutoff is None else scale.at(cutoff),
        cutoff_label,
        tuple(rows),
        ticks(scale, 4 if narrow else 6),
    )


@dataclass(frozen=True, slots=True)
class Bin:
    """Applicants of like scores: mean score, and what share of them turned out adverse."""

    n: int
    mean_score: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Place:
    """A drawn bin."""

    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A drawn calibration: promised against happened, both from 0 to 1."""

    title: str
    size: float
    start: float
    stop: float
    top: float
    bottom: float
    diagonal: bool
    places: tuple[Place, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def calibration(bins: Sequence[Bin], title: str, *, promises: bool) -> Calibration:
    """Place the bins on a square.

    ``promises`` says that a score is a probability of the adverse outcome; only then has the
    diagonal a meaning.
    """
    size, start, stop, top, bottom = NARROW, 26.0, NARROW - 8, 6.0, 206.0
    low, high = (0.0, 1.0)
    if not promises:
        low, high = min(b.mean_score for b in bins), max(b.mean_score for b in bins)
        room = (high - low) * 0.06 or 0.5
        low, high = low - room, high + room
    across, up = Scale(low, high, start, stop), Scale(0.0, 1.0, bottom, top)
    places = tuple(
        Place(across.at(b.mean_score), up.at(b.observed), up.at(b.low), up.at(b.high)) for b in bins
    )
    return Calibration(
        title, size, start, stop, top, bottom, promises, places, ticks(across, 5), ticks(up, 5)
    )
