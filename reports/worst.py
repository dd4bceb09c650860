"""The worst slices in words: what the search looked at, and how much of it chance could have made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import wording
from reports.ranked import said
from reports.wording import count, percent

if TYPE_CHECKING:
    from reports.sealed import Sealed

_WORDS = {
    "error_rate": ("is decided wrongly", "decided wrongly"),
    "false_positive_rate": (
        "is refused and would have turned out well",
        "refused, of those who turned out well",
    ),
    "false_negative_rate": ("is approved and turned out badly", "approved, of those who turned out badly"),
    "adverse_rate": ("is refused", "refused"),
}


@dataclass(frozen=True, slots=True)
class WorstRow:
    """A slice that the search looked at."""

    slice: str
    n: str
    value: str
    rest: str
    difference: str
    p_value: str
    note: str
    found: bool  # more than chance, all that were looked at counted in


@dataclass(frozen=True, slots=True)
class Search:
    """What the search found."""

    sub: str
    rows: tuple[WorstRow, ...]
    meaning: str
    left_out: str


def searched(sealed: Sealed) -> Search | None:
    """Return what the search found; None where it was not made."""
    body = sealed.measured("slice_search")
    if body is None:
        return None
    happens, share = _WORDS[body["metric"]]
    rows = tuple(_worst(one) for one in body["slices"] if one["found"] or one["difference"] > 0)
    meaning = f"Of all applicants counted, {percent(body['value'])} were {share}. "
    found = [one for one in body["slices"] if one["found"]]
    if found:
        first = found[0]
        meaning += (
            f"In the slice {said(first['groups'])} it was {percent(first['value'])} of {count(first['n'])}: "
            f"about {count(round(first['excess']))} people more than at the rate of the rest."
        )
    else:
        meaning += "No slice stands out once all that were looked at are counted in."
    sub = (
        f"Every group of {count(len(body['columns']))} columns, and every two crossed, of "
        f"{body['min_group']} people or more: {count(body['n_tested'])} slices, each against everybody "
        f"outside it. Counted: how often one {happens}. p: Fisher’s exact test, with all slices counted in "
        "(Holm). Interval: 95%, of that slice alone."
    )
    return Search(sub, rows, meaning, wording.joined(body["left_out"]))


def _worst(one: Mapping[str, Any]) -> WorstRow:
    within = wording.joined([said(groups) for groups in one["inside"]])
    note = "more than chance" if one["found"] else "chance could be all of it"
    return WorstRow(
        said(one["groups"]),
        count(one["n"]),
        percent(one["value"]),
        percent(one["rest"]),
        f"{points(one['difference'])} ({points(one['low'])} to {points(one['high'])})",
        wording.p_value(one["holm"]),
        f"inside {within}" if within else note,
        bool(one["found"]),
    )


def points(value: float) -> str:
    """Return a difference of shares in percentage points, signed."""
    return wording.signed(100 * value, 1)
