"""Estimated groups: approval by weights of name and address, and how far that can be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import wording
from reports.groups import ESTIMATED_NAMES as NAMES
from reports.sealed import read
from reports.wording import count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.sealed import Reading

LABEL = "Estimated groups"
_LEVELS = {"block_group": "block group", "tract": "tract", "zip": "ZIP code"}
_TABLES = {"surnames": "surnames", "block_group": "block groups", "tract": "tracts", "zip": "ZIP codes"}


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group by weights."""

    label: str
    tone: str
    expected: str
    rate: str
    interval: str
    ratio: str
    ratio_interval: str
    p_value: str


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """How far one group's numbers can be wrong, and what thresholds would say."""

    label: str
    unseen: str
    ratio_range: str
    bounds: str
    half: str
    four_fifths: str


@dataclass(frozen=True, slots=True)
class Estimated:
    """What the section prints."""

    finding: str
    cause: str
    matched: str
    missing: tuple[tuple[str, str], ...]
    rows: tuple[GroupRow, ...]
    errors: tuple[ErrorRow, ...]
    meaning: str
    tables: tuple[tuple[str, str, str], ...]
    difference: str
    min_group: int


def query(ledger: Reading, audit_id: str) -> Estimated | None:
    """Read the figure; None where no groups were estimated."""
    body = read(ledger, audit_id).figure("estimated_groups")
    if body is None:
        return None
    levels = ", ".join(f"{count(one['n'])} by {_LEVELS[one['level']]}" for one in body["levels"])
    matched = f"{count(body['n_matched'])} of {count(body['n'])} decided applications" + (
        f" ({levels})" if levels else ""
    )
    compared = [one for one in body["groups"] if one["ratio"] is not None]
    return Estimated(
        finding=_finding(body, compared),
        cause=body["cause"] or "",
        matched=matched,
        missing=tuple((one["cause"], count(one["n"])) for one in body["missing"]),
        rows=tuple(_row(one, body["reference"]) for one in body["groups"]),
        errors=tuple(_errors(one) for one in body["groups"] if one["rate"] is not None),
        meaning=_meaning(body, compared),
        tables=tuple((_TABLES[one["table"]], one["name"], one["sha256"][:16]) for one in body["tables"]),
        difference=wording.size(body["difference"] * 100, 0),
        min_group=int(body["min_group"]),
    )


def title(data: Estimated) -> str:
    """Return the widest ratio that is more than chance."""
    return data.finding


def _finding(body: Mapping[str, Any], compared: list[Mapping[str, Any]]) -> str:
    if body["cause"]:
        return "Too few people have an estimated group"
    told = [
        one
        for one in compared
        if one["ratio_low"] is not None and not one["ratio_low"] <= 1 <= one["ratio_high"]
    ]
    if not told:
        return "No gap in approval between estimated groups is more than chance"
    one = min(told, key=lambda each: (each["ratio"], each["group"]))
    reference = NAMES[body["reference"]]
    return (
        f"The estimated group {NAMES[one['group']]} is approved "
        f"{wording.ratio(one['ratio'], (1.0,))} times as often as {reference}"
    )


def _row(one: Mapping[str, Any], reference: str) -> GroupRow:
    is_reference = one["group"] == reference
    dash = wording.NOTHING
    return GroupRow(
        NAMES[one["group"]],
        "reference" if is_reference else "few" if one["rate"] is None else "",
        wording.size(one["expected"], 1),
        "too few" if one["rate"] is None else wording.percent(one["rate"]),
        dash if one["rate"] is None else wording.percent_interval(one["low"], one["high"]),
        "1" if is_reference else wording.ratio(one["ratio"]),
        dash if is_reference else wording.ratio_interval(one["ratio_low"], one["ratio_high"]),
        dash if is_reference else wording.p_value(one["p_value"]),
    )


def _errors(one: Mapping[str, Any]) -> ErrorRow:
    def at(line: float) -> str:
        (found,) = [each for each in one["classified"] if each["at"] == line]
        if found["rate"] is None:
            return f"too few, n = {count(found['n'])}"
        return f"{wording.percent(found['rate'])} of {count(found['n'])}"

    has = one["ratio_error_low"] is not None and one["ratio_error_high"] is not None
    return ErrorRow(
        NAMES[one["group"]],
        wording.percent(one["unseen"], 0),
        wording.ratio_interval(one["ratio_error_low"], one["ratio_error_high"]) if has else wording.NOTHING,
        wording.percent_interval(one["bound_low"], one["bound_high"], 0),
        at(0.5),
        at(0.8),
    )


def _meaning(body: Mapping[str, Any], compared: list[Mapping[str, Any]]) -> str:
    if not compared:
        return ""
    one = min(compared, key=lambda each: (each["ratio"], each["group"]))
    points = wording.size(body["difference"] * 100, 0)
    low, high = one["ratio_error_low"], one["ratio_error_high"]
    if low is None or high is None:
        return ""
    return (
        f"If members of the group were approved {points} points less or more often than other people of the "
        "same name and place, and members of the reference the other way, the ratio of "
        f"{wording.ratio(one['ratio'])} would lie within {wording.ratio_interval(low, high)}. "
        "These data cannot say whether they are."
    )
