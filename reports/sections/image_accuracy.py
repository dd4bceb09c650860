"""What is recognised: the share of each class, and what was taken for what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import wording
from reports.charts import bars
from reports.sealed import read
from reports.sections.image_summary import FEW
from reports.wording import count

if TYPE_CHECKING:
    from reports.sealed import Reading

LABEL = "What is recognised"
MOST_DRAWN, MOST_ROWS = 24, 50


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class of the table."""

    name: str
    n: str
    right: str
    share: str
    interval: str
    few: bool


@dataclass(frozen=True, slots=True)
class ImageAccuracy:
    """What the section prints."""

    finding: str
    chart: bars.Bars | None
    chart_narrow: bars.Bars | None
    meaning: str
    rows: tuple[ClassRow, ...]
    more: int
    confused: tuple[tuple[str, str, str], ...]
    wrong: str
    few: int


def query(ledger: Reading, audit_id: str) -> ImageAccuracy:
    """Read the share of each class, and the confusions."""
    sealed = read(ledger, audit_id)
    body = dict(sealed.figure("image_accuracy") or {})
    known = [one for one in body["classes"] if one["value"] is not None]
    judged = [one for one in known if one["n"] >= FEW]
    meaning = "Every class has under 30 pictures: shares are shown, none is judged."
    finding = f"{wording.percent(body['value'])} of pictures are recognised; no class has enough to be judged"
    if judged:
        low, high = (pick(judged, key=lambda one: one["value"]) for pick in (min, max))
        ends = wording.percent_interval(low["low"], low["high"])
        finding = (
            f"“{low['class']}” is recognised least often, in {wording.percent(low['value'])} of pictures"
        )
        meaning = (
            f"“{low['class']}” is recognised in {wording.percent(low['value'])} of its pictures "
            f"(interval {ends}), “{high['class']}” in {wording.percent(high['value'])}."
        )
        if low["value"] == high["value"]:
            finding = f"Each class is recognised alike, in {wording.percent(low['value'])} of pictures"
    sizes = tuple(
        bars.Size(
            one["class"],
            f"{wording.percent(one['value'])} ({wording.percent_interval(one['low'], one['high'])})",
            one["value"],
            low=one["low"],
            high=one["high"],
        )
        for one in known
    )
    drawn = 0 < len(sizes) <= MOST_DRAWN
    head = "Recognised (95% interval)"
    rows = tuple(
        ClassRow(
            one["class"],
            count(one["n"]),
            count(round(one["value"] * one["n"])) if one["value"] is not None else wording.NOTHING,
            wording.percent(one["value"]) if one["value"] is not None else "no picture",
            wording.percent_interval(one["low"], one["high"], mark=False)
            if one["value"] is not None
            else wording.NOTHING,
            one["n"] < FEW,
        )
        for one in body["classes"]
    )
    return ImageAccuracy(
        finding=finding,
        chart=bars.bars(sizes, meaning, head=head, percent=True) if drawn else None,
        chart_narrow=bars.bars(sizes, meaning, head=head, percent=True, narrow=True) if drawn else None,
        meaning=meaning,
        rows=rows[:MOST_ROWS],
        more=max(0, len(rows) - MOST_ROWS),
        confused=tuple((one["label"], one["predicted"], count(one["n"])) for one in body["confused"]),
        wrong=count(body["wrong"]),
        few=FEW,
    )


def title(data: ImageAccuracy) -> str:
    """Return which class is recognised least."""
    return data.finding
