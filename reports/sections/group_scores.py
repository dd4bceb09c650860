"""Scores by group: where they lie, and whether they promise each group what came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import wording
from reports.charts.calibrated import Panel, outside, panel
from reports.charts.scores import Bin
from reports.charts.spread import Spread, Spreads, spreads
from reports.groups import attribute_label, group_label, group_words, order, parts
from reports.sealed import cutoff_words, read
from reports.wording import capital, count, plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.sealed import Reading, Sealed

LABEL = "Scores by group"
MOST_GROUPS = 40  # rows of chart and table; results.json has them all
MOST_PANELS = 9
_ABREAST = 3  # groups side by side in the table of bins
_MIN_BIN = 30


@dataclass(frozen=True, slots=True)
class Row:
    """One group: its size, its five quantiles and its mean; ``head`` rows name an attribute."""

    label: str
    head: bool
    tone: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bins:
    """The bins of some groups of one attribute side by side; a cell is its text and whether it is outside."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[str, bool], ...]], ...]


@dataclass(frozen=True, slots=True)
class GroupScores:
    """What the section prints."""

    finding: str
    cause: str
    chart: Spreads | None
    narrow: Spreads | None
    meaning: str
    rows: tuple[Row, ...]
    more: str
    panels: tuple[tuple[str, Panel], ...]
    tables: tuple[Bins, ...]
    calibration_cause: str
    calibration_meaning: str
    outcome: str
    min_group: int


def query(ledger: Reading, audit_id: str) -> GroupScores | None:
    """Read quantiles and calibration of every group; None where the audit sealed none."""
    sealed = read(ledger, audit_id)
    if sealed.figure("score_quantiles") is None and sealed.figure("calibration_by_group") is None:
        return None
    if sealed.audit.kind == "batch" or sealed.groups_elsewhere:
        return None  # the section Fairness says why nobody is compared
    body = sealed.measured("score_quantiles")
    told = [] if body is None else _told(sealed, body["rows"])
    kept, cutoff = told[:MOST_GROUPS], (sealed.measured("scores") or {}).get("cutoff")
    meaning, drawn = _meaning(kept), _drawn(kept)
    label = "" if cutoff is None else f"cutoff {cutoff_words(float(cutoff))}"
    how: dict[str, Any] = {"cutoff": cutoff, "cutoff_label": label}
    bins, cause = _bins(sealed)
    n_out = sum(outside(b) for _, _, of in bins for b in of)
    n_bins = sum(len(of) for _, _, of in bins)
    more = len(told) - len(kept)
    finding = (
        f"In {count(n_out)} of {count(n_bins)} bins scores and outcomes lie apart; chance alone makes "
        "about one in twenty"
        if n_bins
        else meaning.rstrip(".") or "Scores by group were not measured"
    )
    return GroupScores(
        finding=finding,
        cause="" if kept else sealed.cause("score_quantiles") or "no group was measured",
        chart=spreads(drawn, meaning, **how) if kept else None,
        narrow=spreads(drawn, meaning, narrow=True, **how) if kept else None,
        meaning=meaning,
        rows=tuple(_rows(kept)),
        more=f"{count(more)} more {plural(more, 'group')} in results.json." if more > 0 else "",
        panels=tuple(_panel(*one) for one in bins[:MOST_PANELS]),
        tables=tuple(_tables(bins[:MOST_PANELS])),
        calibration_cause=cause,
        calibration_meaning=_calibration_meaning(bins),
        outcome=str((sealed.measured("calibration_by_group") or {}).get("outcome", "adverse")),
        min_group=sealed.min_group,
    )


def title(data: GroupScores) -> str:
    """Return how many bins lie apart from what their scores promised."""
    return data.finding


def _told(sealed: Sealed, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return all, then the groups of each attribute that is not crossed, in the order of the config."""
    told = [row for row in rows if row["attribute"] == "all"]
    for attribute, reference in sealed.references.items():
        if len(parts(attribute)) == 1:
            mine = [row for row in rows if row["attribute"] == attribute]
            told += sorted(mine, key=lambda row: order(row["group"], reference))
    return told


def _name(row: Mapping[str, Any]) -> str:
    return "All" if row["attribute"] == "all" else group_label(row["group"])


def _middle(row: Mapping[str, Any]) -> str:
    one = row["quantiles"][2]
    return f"{wording.score(one['value'])} ({wording.score_interval(one['low'], one['high'])})"


def _drawn(told: Sequence[Mapping[str, Any]]) -> list[Spread]:
    drawn: list[Spread] = []
    attribute = "all"
    for row in told:
        if row["attribute"] != attribute:
            attribute = row["attribute"]
            drawn.append(Spread(attribute_label(attribute), head=True))
        if "quantiles" in row:
            values = tuple(one["value"] for one in row["quantiles"])
            drawn.append(Spread(_name(row), count(row["n"]), _middle(row), values))
        else:
            drawn.append(Spread(_name(row), count(row["n"]), "too few"))
    return drawn


def _rows(told: Sequence[Mapping[str, Any]]) -> list[Row]:
    rows = []
    attribute = "all"
    for row in told:
        if row["attribute"] != attribute:
            attribute = row["attribute"]
            rows.append(Row(attribute_label(attribute), True, "", ()))
        if "quantiles" not in row:
            rows.append(Row(_name(row), False, "few", (count(row["n"]), *["too few"] * 6)))
            continue
        values = [wording.score(one["value"]) for one in row["quantiles"]]
        values[2] = _middle(row)
        rows.append(Row(_name(row), False, "", (count(row["n"]), *values, wording.score(row["mean"]))))
    return rows


def _meaning(told: Sequence[Mapping[str, Any]]) -> str:
    known = [row for row in told if "quantiles" in row and row["attribute"] != "all"]
    if not known:
        return ""
    ends = [f(known, key=lambda row: float(row["quantiles"][2]["value"])) for f in (min, max)]
    low, high = (
        f"{group_words(row['attribute'], row['group'])} {wording.score(row['quantiles'][2]['value'])}"
        for row in ends
    )
    return f"The lowest median score is that of {low}, the highest that of {high}."


Binned = tuple[str, str, list[Bin]]


def _bins(sealed: Sealed) -> tuple[list[Binned], str]:
    """Return attribute, group and bins of 30 or more, and why there are none."""
    body = sealed.measured("calibration_by_group")
    if body is None:
        return [], sealed.cause("calibration_by_group")
    found: list[Binned] = []
    for attribute, reference in sealed.references.items():
        groups = body["by_group"].get(attribute, {}) if len(parts(attribute)) == 1 else {}
        for group in sorted(groups, key=lambda g: order(g, reference)):
            told = groups[group]
            if isinstance(told, dict):
                continue  # too few, with its cause in the attached file
            bins = [bin for each in told if (bin := Bin(**each)).n >= _MIN_BIN]
            if sum(bin.n for bin in bins) >= max(sealed.min_group, 1):
                found.append((attribute, group, bins))
    if not found:
        return [], "every bin holds under 30 people"
    if any(not 0 <= bin.mean_score <= 1 for _, _, bins in found for bin in bins):
        return [], "scores here are no probabilities, so they promise nothing that could be compared"
    return found, ""


def _panel(attribute: str, group: str, bins: list[Bin]) -> tuple[str, Panel]:
    who = capital(group_words(attribute, group))
    n = sum(outside(one) for one in bins)
    return who, panel(bins, f"{who}: {count(n)} of {count(len(bins))} bins lie apart from what came")


def _tables(bins: Sequence[Binned]) -> list[Bins]:
    tables = []
    for attribute in dict.fromkeys(one[0] for one in bins):
        mine = [one for one in bins if one[0] == attribute]
        for at in range(0, len(mine), _ABREAST):
            shown = mine[at : at + _ABREAST]
            depth = max(len(of) for _, _, of in shown)
            rows = tuple(
                (count(i + 1), tuple(_cell(of[i]) if i < len(of) else ("", False) for _, _, of in shown))
                for i in range(depth)
            )
            heads = tuple(f"{group_label(g)}, n = {count(sum(b.n for b in of))}" for _, g, of in shown)
            tables.append(Bins(attribute_label(attribute), heads, rows))
    return tables


def _cell(one: Bin) -> tuple[str, bool]:
    ends = wording.percent_interval(one.low, one.high, mark=False)
    return f"{wording.score(one.mean_score)} · {wording.percent(one.observed)} ({ends})", outside(one)


def _calibration_meaning(bins: Sequence[Binned]) -> str:
    counted = [
        (sum(b.mean_score > b.high for b in of), sum(b.mean_score < b.low for b in of), attribute, group)
        for attribute, group, of in bins
    ]
    apart = [one for one in counted if one[0] or one[1]]
    if not counted:
        return ""
    if not apart:
        return "In every bin of every group the mean score lies inside the interval of what happened."
    more, fewer, attribute, group = max(apart, key=lambda one: one[0] + one[1])
    return (
        f"{capital(group_words(attribute, group))} have most: in {count(more)} "
        f"{plural(more, 'bin')} scores promise more than came, in {count(fewer)} fewer."
    )
