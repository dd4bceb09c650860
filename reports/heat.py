"""A heat table of factors by group: each cell prints its number, and is darker the larger it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import wording
from reports.groups import attribute_label, group_label, order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_GROUPS = 6  # columns that fit the page; attributes with more stand in the attached file
_STEPS = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """One number, its interval, and its step of shade from 1 to 5; 0 where there are too few."""

    value: str
    interval: str
    step: int


@dataclass(frozen=True, slots=True)
class Heat:
    """One attribute: its groups with their counts, a row a factor, and the darkest cell in words."""

    heading: str
    groups: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    meaning: str


def heat(entry: Mapping[str, Any], reference: str, does: str) -> Heat | None:
    """Return the table of one attribute; None where it has too many groups for a page.

    Parameters
    ----------
    entry : ``attribute``, ``groups`` of {group, n}, ``factors`` of {label, values of {value, low, high}}
    does : what a number is, in the sentence about the darkest cell: "“Income” <does> 0.05 …"
    """
    groups = sorted(enumerate(entry["groups"]), key=lambda g: order(g[1]["group"], reference))
    if not groups or len(groups) > MOST_GROUPS:
        return None
    known = [value for factor in entry["factors"] for value in factor["values"] if value is not None]
    most = max((value["value"] for value in known), default=0.0)
    rows = []
    for factor in entry["factors"]:
        cells = tuple(_cell(factor["values"][at], most) for at, _ in groups)
        rows.append((factor["label"], cells))
    meaning = ""
    if most > 0:
        label, group = next(
            (factor["label"], group["group"])
            for factor in entry["factors"]
            for at, group in groups
            if factor["values"][at] is not None and factor["values"][at]["value"] == most
        )
        meaning = f"The darkest cell: “{label}” {does} {wording.score(most)} in group “{group_label(group)}”."
    return Heat(
        attribute_label(entry["attribute"]),
        tuple((group_label(g["group"]), f"n = {wording.count(g['n'])}") for _, g in groups),
        tuple(rows),
        meaning,
    )


def square(names: Sequence[str], table: Sequence[Sequence[float | None]], heading: str, meaning: str) -> Heat:
    """Return a table of everything against everything, of shares from 0 to 1."""

    def cell(value: float | None) -> Cell:
        if value is None:
            return Cell(wording.NOTHING, "", 0)
        return Cell(wording.share(value), "", 1 + min(_STEPS - 1, int(_STEPS * value)))

    rows = tuple((name, tuple(cell(value) for value in row)) for name, row in zip(names, table, strict=True))
    return Heat(heading, tuple((name, "") for name in names), rows, meaning)


def _cell(value: Mapping[str, float] | None, most: float) -> Cell:
    if value is None:
        return Cell("too few", "", 0)
    step = 1 + min(_STEPS - 1, int(_STEPS * max(0.0, value["value"]) / most)) if most > 0 else 1
    return Cell(wording.score(value["value"]), wording.score_interval(value["low"], value["high"]), step)
