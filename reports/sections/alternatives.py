"""Alternatives: what other models and other cutoffs would do to accuracy and to approval ratios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import ratios, wording
from reports.charts.scatter import Point, Scatter, scatter
from reports.groups import attribute_label, group_words, label_in, parts
from reports.other_cutoffs import Cutoffs, other_cutoffs
from reports.sealed import read
from reports.wording import capital, count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.other_cutoffs import Cutoffs, other_cutoffs
from reports.sealed import Reading

LABEL = "Alternatives"
_SHOWN = 3  # attributes on the page


@dataclass(frozen=True, slots=True)
class Ratio:
    """The lowest ratio of an attribute: of which group, its interval, and its change against now."""

    value: str
    group: str
    interval: str
    moved: str
    frontier: bool


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """One candidate beside the model as it is."""

    label: str
    tone: str
    auc: str
    auc_change: str
    auc_ends: str
    right: str
    turned: str
    ratios: tuple[Ratio, ...]  # the lowest of each attribute


@dataclass(frozen=True, slots=True)
class Frontier:
    """The candidates, seen by one attribute."""

    heading: str
    chart: Scatter | None
    narrow: Scatter | None
    meaning: str


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What the section prints."""

    finding: str
    more: str
    cause: str
    n: str
    accuracy_cause: str
    averaged: int
    frontiers: tuple[Frontier, ...]
    columns: tuple[str, ...]
    rows: tuple[CandidateRow, ...]
    retrained: str
    cutoffs: Cutoffs | None
    cutoffs_cause: str
    screen: str


def query(ledger: Reading, audit_id: str) -> Alternatives | None:
    """Read candidates and cutoffs; None where they were not asked for."""
    sealed = read(ledger, audit_id)
    whole = sealed.figure("alternatives")
    if whole is None:
        return None
    body, cut = sealed.measured("alternatives"), sealed.measured("cutoff_frontier")
    line = ratios.screening_line(sealed.asked)
    shown = [] if body is None else _shown(body)
    frontiers = () if body is None else tuple(_frontiers(body, line, shown))
    finding, more = _finding(body)
    return Alternatives(
        finding=finding,
        more=more,
        cause="" if body is not None else str(whole["cause"]),
        n="" if body is None else count(body["n"]),
        accuracy_cause="" if body is None else body["cause"] or "",
        averaged=0 if body is None else int(body["averaged"]),
        frontiers=frontiers,
        columns=tuple(attribute_label(name) for _, name in shown),
        rows=() if body is None else tuple(_candidate(one, shown) for one in body["candidates"]),
        retrained=_retrained(body),
        cutoffs=None if cut is None else other_cutoffs(cut, line),
        cutoffs_cause="" if cut is not None else sealed.cause("cutoff_frontier"),
        screen="" if line is None else f"{line:.2f}",
    )


def title(data: Alternatives) -> str:
    """Return the best that was found at no loss of accuracy that is more than chance."""
    return data.finding


def _better(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """Return the candidate that gains most for the group furthest behind, beyond chance.

    It costs no accuracy beyond chance, and puts no other group of the attribute behind.
    """
    best: tuple[float, Mapping[str, Any], Mapping[str, Any]] | None = None
    for one in body["candidates"][1:]:
        if one["auc"] is None or one["auc"]["change_high"] < 0:
            continue
        for of, now in zip(one["attributes"], body["candidates"][0]["attributes"], strict=True):
            worst, before = of["worst"], now["worst"]
            if worst is None or before is None:
                continue
            (same,) = [each for each in of["groups"] if each["group"] == before["group"]]
            sure = (same["change_low"] or 0) > 1 and worst["value"] > before["value"]
            # What one group gains must not be what another loses.
            behind = any(each["value"] < 1 and (each["change_high"] or 1) < 1 for each in _known(of))
            if sure and not behind and before["value"] < 1 and (best is None or same["change"] > best[0]):
                best = same["change"], one, {**of, "told": same, "before": before}
    return None if best is None else (best[1], best[2])


def _known(of: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in of["groups"] if each["value"] is not None]


def _finding(body: Mapping[str, Any] | None) -> tuple[str, str]:
    """Return the title, and the sentence under it that says more."""
    if body is None:
        return "No other model was tried", ""
    tried = len(body["candidates"]) - 1
    if body["cause"]:
        return f"{count(tried)} other models were tried, and what they cost is not known", ""
    found = _better(body)
    if found is None:
        return (
            f"None of {count(tried)} other models is less disparate at no loss of accuracy beyond chance",
            "",
        )
    one, of = found
    after, before = (wording.ratio(of[name]["value"], (1.0,)) for name in ("told", "before"))
    who = capital(group_words(of["attribute"], of["told"]["group"]))
    return f"{who}: a ratio of {after} in place of {before} at no loss beyond chance", (
        f"One of {count(tried)} other models ({one['name']}) puts the approval ratio of "
        f"{group_words(of['attribute'], of['told']['group'])} at {after} in place of {before}, puts no other "
        "group of the attribute behind beyond chance, and its loss of accuracy is not beyond chance."
    )


def _shown(body: Mapping[str, Any]) -> list[tuple[int, str]]:
    """Return place and name of the attributes on the page; crossed ones stand in the attached file."""
    found = [
        (at, of["attribute"])
        for at, of in enumerate(body["candidates"][0]["attributes"])
        if of["worst"] is not None and len(parts(of["attribute"])) == 1
    ]
    return found[:_SHOWN]


def _frontiers(
    body: Mapping[str, Any], line: float | None, shown: Sequence[tuple[int, str]]
) -> list[Frontier]:
    found = []
    for at, attribute in shown:
        points = []
        for one in body["candidates"]:
            mine, auc = one["attributes"][at], one["auc"]
            if auc is None or mine["worst"] is None:
                continue
            state = "now" if one["kind"] == "now" else "kept" if mine["frontier"] else "passed"
            points.append(
                Point(
                    capital(one["name"]),
                    state,
                    auc["change"],
                    mine["worst"]["value"],
                    None if state == "now" else (auc["change_low"], auc["change_high"]),
                    None if state == "now" else (mine["worst"]["low"], mine["worst"]["high"]),
                )
            )
        heading = attribute_label(attribute)
        how: dict[str, Any] = {
            "x_name": "change of AUC",
            "y_name": "lowest ratio of approval rates",
            "x_line": 0.0,
            "y_line": line,
            "y_line_label": "" if line is None else f"{line:.2f} screening line",
        }
        kept = [one["name"] for one in body["candidates"] if one["attributes"][at]["frontier"]]
        found.append(
            Frontier(
                heading,
                scatter(points, heading, **how) if points else None,
                scatter(points, heading, narrow=True, **how) if points else None,
                f"Not beaten in both accuracy and ratio: {wording.joined(kept)}." if kept else "",
            )
        )
    return found


def _candidate(one: Mapping[str, Any], shown: Sequence[tuple[int, str]]) -> CandidateRow:
    now = one["kind"] == "now"
    auc, right = one["auc"], one["right"]
    dash = wording.NOTHING
    cells = []
    for at, attribute in shown:
        worst = one["attributes"][at]["worst"]
        if worst is None:
            cells.append(Ratio(dash, "", "", "", False))
            continue
        moved = ""
        if not now and worst["change"] is not None:
            ends = wording.ratio_interval(worst["change_low"], worst["change_high"])
            moved = f"× {wording.ratio(worst['change'])} ({ends})"
        cells.append(
            Ratio(
                wording.ratio(worst["value"]),
                label_in(attribute, worst["group"]),
                wording.ratio_interval(worst["low"], worst["high"]),
                moved,
                bool(one["attributes"][at]["frontier"]),
            )
        )
    return CandidateRow(
        label=capital(one["name"]),
        tone="reference" if now else "",
        auc=dash if auc is None else wording.score(auc["value"]),
        auc_change=dash if auc is None or now else wording.signed(auc["change"]),
        auc_ends="" if auc is None or now else wording.signed_interval(auc["change_low"], auc["change_high"]),
        right=dash if right is None else wording.percent(right["value"]),
        turned=dash if now else count(one["turned"]),
        ratios=tuple(cells),
    )


def _retrained(body: Mapping[str, Any] | None) -> str:
    trained = None if body is None else body["retrained"]
    if body is None or trained is None:
        return "No function that trains was given, so subsets of factors and weights were not tried."
    if trained["cause"]:
        return f"Not trained anew: {trained['cause'].removesuffix('.')}."
    failed = trained.get("failed") or ()
    told = (
        f"Trained anew by {trained['function']} (SHA-256 {trained['digest'][:16]}…) on "
        f"{count(body['n_trained'])} decisions that none is measured on; walls: {trained['walls']}. "
        "Which factors go together is chosen on the decisions measured, and the best of many looks better "
        "than it is: measure it on new decisions before anything rests on it."
    )
    if failed:
        first = failed[0]
        more = f", and {count(len(failed) - 1)} more" if len(failed) > 1 else ""
        told += f" Could not be trained: {first['name']} ({first['cause'].removesuffix('.')}){more}."
    return told
