"""Behaviour: how the model answers over many decisions, by the global methods that were asked for.

An audit that asked for none has no such section.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import wording
from reports.charts import bars
from reports.heat import Heat, heat
from reports.layers import Network, network
from reports.moved import (
    AxisRow,
    GroupCurves,
    Part,
    axis_rows,
    beyond_meaning,
    dependence_parts,
    group_curves,
    local_effect_parts,
)
from reports.sealed import Sealed, read
from reports.wording import count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.sealed import Reading

LABEL = "Behaviour"
METHODS = {
    "permutation_importance": "What is lost without a factor",
    "partial_dependence": "What scores answer to one value",
    "ice": "Single lines",
    "ale": "Accumulated local effects",
    "interaction": "Which factors act together",
    "weights": "Weights of the network",
}
_MOST_PAIRS = 10
_MEASURES = {
    "auc": "AUC lost",
    "log_loss": "Log-loss gained",
    "moved": "A score moves by",
    "turned": "Decisions that turn",
}


@dataclass(frozen=True, slots=True)
class ImportanceRow:
    """One factor: each measure and its interval."""

    label: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Importance:
    """What is lost without each factor."""

    n: str
    repeats: str
    measure: str
    chart: bars.Bars
    narrow: bars.Bars
    meaning: str
    columns: tuple[str, ...]
    rows: tuple[ImportanceRow, ...]
    causes: tuple[tuple[str, str], ...]
    heats: tuple[Heat, ...]


@dataclass(frozen=True, slots=True)
class PairRow:
    """One pair of factors."""

    label: str
    size: str
    share: str


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which factors act together."""

    n: str
    among: str
    chart: bars.Bars
    narrow: bars.Bars
    meaning: str
    rows: tuple[PairRow, ...]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the section prints; a part that was not asked for is empty."""

    finding: str
    bad: str
    importance: Importance | None
    n_moved: str
    curves: tuple[Part, ...]
    drawn_lines: str
    axes: tuple[AxisRow, ...]
    axes_meaning: str
    groups: tuple[GroupCurves, ...]
    effects: tuple[Part, ...]
    pairs: Pairs | None
    network: Network | None
    not_measured: tuple[tuple[str, str, str], ...]


def query(ledger: Reading, audit_id: str) -> Behaviour | None:
    """Read the figures of the global methods; None where the audit asked for none."""
    sealed = read(ledger, audit_id)
    if not any(sealed.figure(name) is not None for name in METHODS):
        return None
    dependence, lines = sealed.measured("partial_dependence"), sealed.measured("ice")
    axes = dependence["axes"] if dependence else []
    line_axes = lines["axes"] if lines else []
    grouped, effects = sealed.measured("partial_dependence_by_group"), sealed.measured("ale")
    importance, pairs, weights = _importance(sealed), _pairs(sealed), sealed.measured("weights")
    decision = sealed.audit.config.get("decision") or {}
    cutoff = (sealed.measured("scores") or {}).get("cutoff")
    moved = dependence or lines
    drawn = len(line_axes[0]["lines"]) if line_axes else 0
    return Behaviour(
        finding=_finding(sealed),
        bad="High scores are bad." if decision.get("adverse", "high") == "high" else "Low scores are bad.",
        importance=importance,
        n_moved=count(moved["n"]) if moved else "",
        curves=dependence_parts(axes, line_axes, cutoff),
        drawn_lines=count(drawn) if drawn else "",
        axes=axis_rows(axes),
        axes_meaning=beyond_meaning(axes),
        groups=group_curves(grouped) if grouped else (),
        effects=local_effect_parts(effects["axes"]) if effects else (),
        pairs=pairs,
        network=network(weights) if weights else None,
        not_measured=_not_measured(sealed),
    )


def _finding(sealed: Sealed) -> str:
    importance = sealed.measured("permutation_importance")
    first = importance["factors"][0] if importance and importance["factors"] else None
    if importance and first and first[importance["ordered_by"]] is not None:
        size = wording.score(first[importance["ordered_by"]]["value"])
        if importance["ordered_by"] == "auc":
            return f"Without “{first['label']}” the scores lose {size} of AUC"
        return f"Without “{first['label']}” a score moves by {size} on average"
    for name, words in (("partial_dependence", "the mean score"), ("ale", "scores")):
        axes = (sealed.measured(name) or {}).get("axes")
        if axes:
            return f"“{axes[0]['label']}” moves {words} furthest, by {wording.score(axes[0]['extent'])}"
    pairs = (sealed.measured("interaction") or {}).get("pairs")
    if pairs:
        return f"“{pairs[0]['label']}” is the pair that acts together most"
    return "How the model answers over many decisions"


def _cell(measure: str, one: Mapping[str, float] | None) -> tuple[str, str]:
    """Return a measure and its interval."""
    if one is None:
        return wording.NOTHING, ""
    low, high = one["low"], one["high"]
    if measure == "turned":
        return wording.percent(one["value"]), wording.percent_interval(max(0.0, low), min(1.0, high))
    value = wording.signed(one["value"]) if low < 0 else wording.score(one["value"])
    return value, wording.score_interval(low, high)


def _importance(sealed: Sealed) -> Importance | None:
    body = sealed.measured("permutation_importance")
    if body is None:
        return None
    by = body["ordered_by"]
    told = [row for row in body["factors"] if row[by] is not None]
    if not told:
        return None
    columns = [measure for measure in _MEASURES if measure not in body["causes"]]
    sizes = [
        bars.Size(
            row["label"],
            "{} ({})".format(*_cell(by, row[by])),
            max(0.0, row[by]["value"]),
            low=max(0.0, row[by]["low"]),
            high=max(0.0, row[by]["high"]),
        )
        for row in told
    ]
    first = told[0]
    meaning = f"Without “{first['label']}”, {_lost(by, first[by]['value'])}. "
    unsure = [row for row in told if row[by]["low"] <= 0]
    if unsure and by == "auc":
        meaning += (
            f"For {wording.number_in_words(len(unsure))} of {wording.number_in_words(len(told))} factors "
            "the interval holds 0: without them the scores may order outcomes as well. "
        )
    meaning += "Of two factors that tell the same, each seems to matter little."
    head = f"{_MEASURES[by]} (95% interval)"
    grouped = sealed.measured("permutation_importance_by_group")
    heats = [
        heat(entry, sealed.references.get(entry["attribute"], ""), "moves a score by")
        for entry in (grouped["attributes"] if grouped else ())
        if " x " not in entry["attribute"]
    ]
    return Importance(
        count(body["n"]),
        count(body["repeats"]),
        _MEASURES[by],
        bars.bars(sizes, meaning, head=head),
        bars.bars(sizes, meaning, head=head, narrow=True),
        meaning,
        tuple(_MEASURES[measure] for measure in columns),
        tuple(
            ImportanceRow(row["label"], tuple(_cell(measure, row[measure]) for measure in columns))
            for row in told
        ),
        (
            *((_MEASURES[measure], cause) for measure, cause in body["causes"].items()),
            *((row["label"], row["cause"]) for row in body["factors"] if row["cause"]),
        ),
        tuple(one for one in heats if one is not None),
    )


def _lost(measure: str, value: float) -> str:
    if measure == "auc":
        return f"the scores order outcomes worse by {wording.score(value)} of AUC"
    return f"a score moves by {wording.score(value)} on average"


def _pairs(sealed: Sealed) -> Pairs | None:
    body = sealed.measured("interaction")
    if body is None or not body["pairs"]:
        return None
    pairs = body["pairs"]
    sizes = [
        bars.Size(
            one["label"],
            f"{wording.score(one['size'])} ({wording.score_interval(one['low'], one['high'])})",
            one["size"],
            low=one["low"],
            high=one["high"],
        )
        for one in pairs[:_MOST_PAIRS]
    ]
    first = pairs[0]
    if first["size"] == 0:
        meaning = "No two of these factors act together: what each does adds up."
    else:
        meaning = (
            f"“{first['label']}”: beyond the sum of each, the two move a score by "
            f"{wording.score(first['size'])} (root mean square), "
            f"{wording.share(first['share'])} of the variance of their joint effect."
        )
    head = "Size (95% interval)"
    return Pairs(
        count(body["n"]),
        wording.joined([f"“{one['label']}”" for one in body["among"]]),
        bars.bars(sizes, meaning, head=head),
        bars.bars(sizes, meaning, head=head, narrow=True),
        meaning,
        tuple(
            PairRow(
                one["label"],
                f"{wording.score(one['size'])} ({wording.score_interval(one['low'], one['high'])})",
                wording.NOTHING if one["share"] is None else _share(one),
            )
            for one in pairs
        ),
    )


def _share(pair: Mapping[str, Any]) -> str:
    ends = wording.percent_interval(pair["share_low"], pair["share_high"], 0, mark=False)
    return f"{wording.share(pair['share'])} ({ends})"


def _not_measured(sealed: Sealed) -> tuple[tuple[str, str, str], ...]:
    """Return (method, what, cause) of everything that was asked for and not measured."""
    found = []
    for name, words in METHODS.items():
        body = sealed.figure(name)
        if body is None:
            continue
        if set(body) == {"cause"}:
            found.append((words, "all", str(body["cause"])))
        for one in body.get("not_measured", ()):
            found.append((words, one["column"], one["cause"]))
    return tuple(found)


def title(data: Behaviour) -> str:
    """Return what weighs most."""
    return data.finding
