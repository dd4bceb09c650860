"""Gap: which factors stand behind a gap in scores, and which of them tell a group by themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from reports import wording
from reports.charts.scatter import Point, Scatter, scatter
from reports.charts.waterfall import Step, Waterfall, waterfall
from reports.groups import attribute_label, group_words, label_in, order, parts
from reports.sealed import read
from reports.wording import capital, count, plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.sealed import Reading, Sealed

LABEL = "Gap"
_DRAWN = 3  # waterfalls
_SEEN = 0.0005  # score points that print as more than 0
_ROWS = 6  # factors in the table of what tells a group
_TOLD = 3  # factors of a gap in the table
_SMALL = 0.02  # of all steps: what is smaller stands in one step at the end


@dataclass(frozen=True, slots=True)
class GapRow:
    """One group in the table of gaps; ``head`` rows name an attribute."""

    label: str
    head: bool = False
    n: str = ""
    gap: str = ""
    interval: str = ""
    factors: str = ""
    left: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Fall:
    """One waterfall and what it says."""

    heading: str
    chart: Waterfall
    narrow: Waterfall
    meaning: str
    steps: tuple[tuple[str, str, str, str], ...]  # factor, points, interval, gap so far


@dataclass(frozen=True, slots=True)
class ProxyRow:
    """One factor: how well it tells a group, beside how far it moves scores."""

    label: str
    group: str
    auc: str
    interval: str
    both: str
    share: str
    note: str


@dataclass(frozen=True, slots=True)
class Proxies:
    """What the scan says of one attribute."""

    heading: str
    meaning: str
    chart: Scatter | None
    narrow: Scatter | None
    rows: tuple[ProxyRow, ...]
    n_more: int
    cause: str


@dataclass(frozen=True, slots=True)
class StableRow:
    """How stable the reasons of one group are."""

    label: str
    head: bool
    n: str
    overlap: str
    first: str


@dataclass(frozen=True, slots=True)
class Gap:
    """What the section prints."""

    finding: str
    falls: tuple[Fall, ...]
    rows: tuple[GapRow, ...]
    open: bool  # whether sampling leaves something that is not attributed
    proxies: tuple[Proxies, ...]
    scan: str  # how the scan was made, or why not
    tells: str
    moves: str
    stable: tuple[StableRow, ...]
    draws: int
    min_group: int


def query(ledger: Reading, audit_id: str) -> Gap | None:
    """Read gaps, the scan and stability by group; None where no group was compared."""
    sealed = read(ledger, audit_id)
    body = sealed.measured("gap")
    if body is None:
        return None
    drawn = sorted(
        (
            (of, one)
            for of in body["attributes"]
            for one in of["groups"]
            if one["factors"] and len(parts(of["attribute"])) == 1 and _sure(one)
        ),
        key=lambda pair: -abs(pair[1]["gap"]),
    )[:_DRAWN]
    scan = sealed.measured("proxies")
    stable = sealed.measured("stability_by_group")
    return Gap(
        finding=_finding(drawn),
        falls=tuple(_fall(of, one) for of, one in drawn),
        rows=tuple(_rows(body)),
        open=any(abs(one["sampling"]) >= _SEEN for of in body["attributes"] for one in of["groups"]),
        proxies=() if scan is None else tuple(_proxies(of) for of in scan["attributes"]),
        scan=_scan_words(sealed, scan),
        tells="" if scan is None else f"{scan['tells']:.2f}",
        moves="" if scan is None else wording.share(scan["moves"]),
        stable=() if stable is None else tuple(_stable(stable)),
        draws=0 if stable is None else int(stable["draws"]),
        min_group=int(body["min_group"]),
    )


def title(data: Gap) -> str:
    """Return which factor carries the widest gap that is more than chance."""
    return data.finding


def _sure(one: Mapping[str, Any]) -> bool:
    return one["gap"] is not None and not one["low"] <= 0 <= one["high"]


def _finding(drawn: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> str:
    if not drawn:
        return "No gap in mean scores is more than chance"
    of, one = drawn[0]
    first = one["factors"][0]
    who = group_words(of["attribute"], one["group"])
    if first["value"] * one["gap"] <= 0:
        return f"No one factor carries the gap of {who}"
    part = "most" if abs(first["value"]) > abs(one["gap"]) / 2 else "the largest part"
    return f"{first['label']} carries {part} of the gap of {who}"


def _fall(of: Mapping[str, Any], one: Mapping[str, Any]) -> Fall:
    whole = sum(abs(factor["value"]) for factor in one["factors"]) or 1.0
    shown = [factor for factor in one["factors"] if abs(factor["value"]) >= _SMALL * whole]
    rest = [factor for factor in one["factors"] if abs(factor["value"]) < _SMALL * whole]
    steps = [
        Step(
            factor["label"],
            factor["value"],
            not factor["low"] <= 0 <= factor["high"],
            wording.signed(factor["value"]),
        )
        for factor in shown
    ]
    if rest:
        value = sum(factor["value"] for factor in rest)
        steps.append(
            Step(f"{len(rest)} smaller {plural(len(rest), 'factor')}", value, False, wording.signed(value))
        )
    for name, label in (("base", "Comparison of another cutoff"), ("sampling", "Not attributed (sampling)")):
        if abs(one[name]) >= _SEEN:
            steps.append(Step(label, one[name], False, wording.signed(one[name])))
    ends = [wording.signed_interval(factor["low"], factor["high"]) for factor in shown]
    ends += [wording.NOTHING] * (len(steps) - len(ends))
    so_far = accumulate(step.value for step in steps)
    table = tuple(
        (step.label, step.text, interval, wording.signed(total))
        for step, interval, total in zip(
            steps, (*ends, *[wording.NOTHING] * (len(steps) - len(ends))), so_far, strict=True
        )
    )
    who = capital(group_words(of["attribute"], one["group"]))
    how: dict[str, Any] = {
        "start": f"{capital(label_in(of['attribute'], of['reference']))}",
        "end": f"{capital(label_in(of['attribute'], one['group']))}",
        "end_text": wording.signed(one["gap"]),
    }
    against = (
        f"{label_in(of['attribute'], one['group'])} against {label_in(of['attribute'], of['reference'])}"
    )
    heading = f"{attribute_label(of['attribute'])}: {against}"
    more = "nearer to refusal" if one["gap"] > 0 else "further from refusal"
    carried = [
        factor
        for factor in shown
        if factor["value"] * one["gap"] > 0 and not factor["low"] <= 0 <= factor["high"]
    ]
    told = " and ".join(
        f"{factor['label'].lower()} ({wording.signed(factor['value'])})" for factor in carried[:2]
    )
    meaning = (
        f"{who}: {wording.size(abs(one['gap']), 3)} score points {more} on average "
        f"({wording.signed_interval(one['low'], one['high'])}). "
        + (f"What carries it most: {told}. " if told else "No factor’s part is beyond chance. ")
        + "The steps sum to the gap."
    )
    return Fall(
        heading,
        waterfall(steps, heading, **how),
        waterfall(steps, heading, narrow=True, **how),
        meaning,
        table,
    )


def _rows(body: Mapping[str, Any]) -> list[GapRow]:
    rows = []
    for of in body["attributes"]:
        rows.append(
            GapRow(
                f"{attribute_label(of['attribute'])} (against {label_in(of['attribute'], of['reference'])})",
                head=True,
            )
        )
        for one in sorted(of["groups"], key=lambda each: order(each["group"], of["reference"])):
            label, n = label_in(of["attribute"], one["group"]), count(round(one["n"]))
            if one["gap"] is None:
                rows.append(
                    GapRow(
                        label,
                        n=n,
                        gap="too few" if "too few" in one["cause"] else "not measured",
                        cause=one["cause"],
                    )
                )
                continue
            told = [
                f"{factor['label']} {wording.signed(factor['value'])} "
                f"({wording.signed_interval(factor['low'], factor['high'])})"
                for factor in one["factors"][:_TOLD]
            ]
            rows.append(
                GapRow(
                    label,
                    n=n,
                    gap=wording.signed(one["gap"]),
                    interval=wording.signed_interval(one["low"], one["high"]),
                    factors="; ".join(told),
                    left=wording.NOTHING if one["cause"] else wording.signed(one["sampling"]),
                    cause=one["cause"] or "",
                )
            )
    return rows


def _scan_words(sealed: Sealed, scan: Mapping[str, Any] | None) -> str:
    if scan is None:
        body = sealed.figure("proxies")
        return "" if body is None else f"Not measured: {body['cause']}."
    return f"{count(scan['n'])} decisions, {scan['folds']}-fold, seed {scan['seed']}"


def _proxies(of: Mapping[str, Any]) -> Proxies:
    heading = attribute_label(of["attribute"])
    if of["cause"]:
        return Proxies(heading, "", None, None, (), 0, of["cause"])
    named = [factor for factor in of["factors"] if factor["named"]]
    rows, points = [], []
    for factor in of["factors"]:
        best = factor["best"]
        note = "stands in" if factor["named"] else ""
        if factor["verdict"]:
            note = f"{note}; {factor['verdict']}" if note else factor["verdict"]
        rows.append(
            ProxyRow(
                factor["label"],
                label_in(of["attribute"], best["group"]),
                wording.score(best["auc"]),
                wording.score_interval(best["low"], best["high"]),
                f"{wording.score(best['logistic'])} / {wording.score(best['trees'])}",
                wording.NOTHING if factor["share"] is None else wording.share(factor["share"]),
                note or wording.NOTHING,
            )
        )
        if factor["share"] is not None:
            points.append(
                Point(
                    factor["label"],
                    "kept" if factor["named"] else "passed",
                    factor["share"] * 100,
                    best["auc"],
                    None,
                    (best["low"], best["high"]),
                )
            )
    together = max(of["together"], key=lambda one: one["auc"])
    words = (
        f"All factors together tell {group_words(of['attribute'], together['group'])} from others with an "
        f"AUC of {wording.score(together['auc'])} "
        f"({wording.score_interval(together['low'], together['high'])})."
    )
    if named:
        told = wording.joined([factor["label"].lower() for factor in named])
        tells, moves = (plural(len(named), f"{verb}s", verb) for verb in ("tell", "move"))
        meaning = f"{words} {capital(told)} {tells} a group and {moves} scores."
    else:
        meaning = f"{words} No factor both tells a group and moves scores much."
    how: dict[str, Any] = {
        "x_name": "share of all movement of scores, %",
        "y_name": "AUC of telling a group",
        "y_line": 0.5,
        "y_line_label": "tells nothing",
    }
    heading_of = f"What tells {heading.lower()}"
    if not named:  # the best three are told by name all the same, so that the dots can be read
        best_three = {point.label for point in sorted(points, key=lambda point: -point.y)[:3]}
        points = [replace(p, state="told") if p.label in best_three else p for p in points]
    return Proxies(
        heading,
        meaning,
        scatter(points, heading_of, height=110, **how) if points else None,
        scatter(points, heading_of, height=110, narrow=True, **how) if points else None,
        tuple(rows[:_ROWS]),
        max(0, len(rows) - _ROWS),
        "",
    )


def _stable(body: Mapping[str, Any]) -> list[StableRow]:
    rows = []
    for of in body["attributes"]:
        rows.append(StableRow(attribute_label(of["attribute"]), True, "", "", ""))
        for one in of["groups"]:
            shares = [
                "too few"
                if one[name] is None
                else wording.percent(one[name]["value"])
                + f" ({wording.percent_interval(one[name]['low'], one[name]['high'], mark=False)})"
                for name in ("overlap", "same_first")
            ]
            rows.append(StableRow(label_in(of["attribute"], one["group"]), False, count(one["n"]), *shares))
    return rows
