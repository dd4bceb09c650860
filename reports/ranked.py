"""Performance as a whole in words: how well scores rank, what each tenth holds, and how periods moved."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import wording
from reports.charts import bars, curves
from reports.charts.curves import Series
from reports.groups import group_label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.sealed import Sealed

_MOST_BARS = 24  # periods that a chart holds; the table holds them all
_MOST_CUTOFFS = 12  # rows of the table of cutoffs; the chart and the attached file hold them all
SOME, MUCH = 0.1, 0.25  # of PSI: a convention of scorecard builders

# Metric -> its name, and what its ends mean.
MEASURES = {
    "auc": ("AUC", "1 = every pair is ordered rightly, 0.5 = none"),
    "gini": ("Gini", "twice the AUC less 1"),
    "ks": ("KS distance", "largest gap of the two cumulative shares"),
    "average_precision": ("Average precision", "mean precision over the adverse outcomes"),
    "brier": ("Brier score", "0 = each score certain and right"),
    "log_loss": ("Log loss", "0 = each score certain and right"),
    "calibration_ratio": ("Promised to came", "1 = as many as the scores promised"),
}


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One measure of the whole population."""

    name: str
    value: str
    interval: str
    n: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Gains:
    """What the worst tenths hold of the adverse outcomes."""

    curve: curves.Curve
    rows: tuple[tuple[str, str, str, str], ...]
    meaning: str


@dataclass(frozen=True, slots=True)
class Sweep:
    """Precision and recall at each cutoff."""

    curves: tuple[tuple[str, curves.Curve], ...]
    rows: tuple[tuple[str, ...], ...]
    in_force: str
    more: bool  # cutoffs that only the attached file holds


@dataclass(frozen=True, slots=True)
class Periods:
    """Performance by period."""

    wide: bars.Bars | None
    narrow: bars.Bars | None
    rows: tuple[tuple[str, ...], ...]
    reference: str
    column: str
    meaning: str
    n_unknown: str


def measure_rows(body: Mapping[str, Any] | None) -> tuple[MeasureRow, ...]:
    """Return the measures that the audit sealed."""
    if body is None:
        return ()
    rows = []
    for metric, (name, meaning) in MEASURES.items():
        one = body["measures"].get(metric)
        if one is None:
            continue
        value = wording.score(one["value"]) if one["value"] is not None else "not measured"
        told = meaning if one["value"] is not None else one["cause"]
        rows.append(
            MeasureRow(
                name, value, wording.score_interval(one["low"], one["high"]), wording.count(one["n"]), told
            )
        )
    return tuple(rows)


def gains(body: Mapping[str, Any] | None) -> Gains | None:
    """Return the gains chart; None where nothing was ordered."""
    if body is None or "tenths" not in body["gains"]:
        return None
    tenths = body["gains"]["tenths"]
    points = (0.0, *(one["share"] for one in tenths))
    captured = (0.0, *(one["captured"] for one in tenths))
    second = tenths[1]
    meaning = (
        f"The fifth of applicants with the worst scores holds {wording.share(second['captured'])} of the "
        f"adverse outcomes, {wording.ratio(second['lift'])} times their share."
    )
    drawn = curves.curve(Series(points, captured, lines=(points,)), meaning, low=0.0, high=1.0)
    rows = tuple(
        (
            wording.share(one["share"]),
            wording.percent(one["captured"]),
            wording.ratio(one["lift"]),
            wording.score(one["score"]),
        )
        for one in tenths
    )
    return Gains(drawn, rows, meaning)


def sweep(body: Mapping[str, Any] | None) -> Sweep | None:
    """Return precision and recall over the cutoffs of the sweep; None where no outcome was observed."""
    if body is None or "threshold" not in body["sweep"] or not body["n_observed"]:
        return None
    swept = body["sweep"]
    drawn = []
    for name, metric in (("Precision", "precision"), ("Recall", "recall")):
        known = [(t, v) for t, v in zip(swept["threshold"], swept[metric], strict=True) if v is not None]
        if len(known) < 2:
            continue
        points, values = zip(*known, strict=True)
        title = f"{name} from {wording.share(values[0])} at {_cut(points[0])} to {wording.share(values[-1])}"
        title += f" at {_cut(points[-1])}"
        drawn.append((name, curves.curve(Series(points, values), title, low=0.0, high=1.0)))
    rows = tuple(
        (
            _cut(swept["threshold"][at]),
            *(
                wording.percent(swept[metric][at])
                for metric in ("adverse_rate", "precision", "recall", "false_positive_rate", "error_rate")
            ),
        )
        for at in range(len(swept["threshold"]))
    )
    cutoff = body.get("cutoff")
    force = "" if cutoff is None else _cut(cutoff)
    step = -(-len(rows) // _MOST_CUTOFFS)
    kept = tuple(row for at, row in enumerate(rows, start=1) if at % step == 0 or row[0] == force)
    return Sweep(tuple(drawn), kept, force, len(kept) < len(rows))


def _cut(value: float) -> str:
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return (text if len(text.partition(".")[2]) != 1 else text + "0").replace("-", wording.MINUS)


def periods(sealed: Sealed) -> Periods | None:
    """Return performance by period; None where it was not measured."""
    body = sealed.measured("over_time")
    if body is None:
        return None
    told = body["periods"]
    moved = [one for one in told if one["psi"] is not None and one["period"] != body["reference"]]
    known = [one for one in moved if one["cause"] is None]
    meaning = "There is one period only, so nothing can have moved."
    if known:
        most = max(known, key=lambda one: float(one["psi"]))
        meaning = (
            f"Scores moved most in {most['period']}: PSI {wording.score(most['psi'])}, where chance alone "
            f"gives {wording.score(most['by_chance'])}; read by convention as {most['reading']}."
        )
    elif len(told) > 1:
        meaning = "Every other period is too small to be compared."
    sizes = [
        bars.Size(
            one["period"],
            f"{wording.score(one['psi'])} (chance {wording.score(one['by_chance'])})",
            one["psi"],
        )
        for one in moved
    ]
    fits = 0 < len(sizes) <= _MOST_BARS
    return Periods(
        bars.bars(sizes, meaning, head="PSI") if fits else None,
        bars.bars(sizes, meaning, head="PSI", narrow=True) if fits else None,
        tuple(_period(one, body["reference"]) for one in told),
        body["reference"] or "",
        body["column"],
        meaning,
        wording.count(body["n_unknown"]) if body["n_unknown"] else "",
    )


def _period(one: Mapping[str, Any], reference: str | None) -> tuple[str, ...]:
    if one["cause"] is not None:
        few = "too few"
        return (one["period"], wording.count(one["n"]), few, few, few, few, few)
    measures = one["measures"]
    psi = "reference" if one["period"] == reference else wording.score(one["psi"])
    return (
        one["period"],
        wording.count(one["n"]),
        rate(measures, "selection_rate"),
        rate(measures, "adverse_outcome_rate"),
        rate(measures, "error_rate"),
        with_interval(measures, "auc"),
        psi,
    )


def rate(measures: Mapping[str, Any], metric: str) -> str:
    """Return a rate in percent, or a dash where it has no value."""
    return wording.percent(measures[metric]["value"])


def with_interval(measures: Mapping[str, Any], metric: str) -> str:
    """Return a measure with its interval: ``0.785 (0.770–0.801)``."""
    one = measures[metric]
    if one["value"] is None:
        return wording.NOTHING
    if one["low"] is None:
        return wording.score(one["value"])
    return f"{wording.score(one['value'])} ({wording.score_interval(one['low'], one['high'])})"


def said(names: Sequence[Mapping[str, str]]) -> str:
    """Return the groups of a slice in words: ``region north, age 18–24``."""
    return ", ".join(f"{one['column'].replace('_', ' ')} {slice_label(one['group'])}" for one in names)


def slice_label(group: str) -> str:
    """Return a slice as a cell: bins with a dash, and numbers below zero with a minus sign."""
    return _BELOW_ZERO.sub(wording.MINUS, group_label(group))


_BELOW_ZERO = re.compile(r"(?<![\w.–])-(?=\d)")
