"""Performance: where scores lie, whether they rank, and whether they come true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import ranked, wording
from reports.charts import scores
from reports.groups import attribute_label, group_label, order, parts
from reports.sealed import Sealed, cutoff_words, read
from reports.wording import capital, count

if TYPE_CHECKING:
    from reports.sealed import Reading

LABEL = "Performance"
_MIN_BIN = 30


@dataclass(frozen=True, slots=True)
class BinRow:
    """One row of the calibration's table."""

    n: str
    mean_score: str
    observed: str
    interval: str


@dataclass(frozen=True, slots=True)
class Performance:
    """What the section prints."""

    finding: str
    distribution: scores.Distribution | None
    distribution_narrow: scores.Distribution | None
    distribution_meaning: str
    scores_cause: str
    calibration: scores.Calibration | None
    calibration_cause: str
    calibration_meaning: str
    outcome: str
    bins: tuple[BinRow, ...]
    confusion: tuple[tuple[str, str, str], ...]
    confusion_cause: str
    confusion_meaning: str
    measures: tuple[ranked.MeasureRow, ...]
    gains: ranked.Gains | None
    sweep: ranked.Sweep | None
    periods: ranked.Periods | None
    periods_cause: str


def _groups(body: dict[str, Any], sealed: Sealed) -> tuple[scores.Counted, ...]:
    rows = [scores.Counted("All", tuple(body["counts"]), count(sum(body["counts"])))]
    by_group = body.get("by_group") or {}
    # The figure's keys are sorted; the config's order is that of the disparities.
    for attribute in dict.fromkeys((*sealed.references, *by_group)):
        groups = by_group.get(attribute)
        if not groups or len(parts(attribute)) > 1:
            continue
        rows.append(scores.Counted(attribute_label(attribute), head=True))
        reference = sealed.references.get(attribute, "")
        for group in sorted(groups, key=lambda g: order(g, reference)):
            counts = tuple(groups[group])
            rows.append(scores.Counted(group_label(group), counts, count(sum(counts))))
    return tuple(rows)


def _distribution(
    sealed: Sealed,
) -> tuple[scores.Distribution | None, scores.Distribution | None, str]:
    body = sealed.measured("scores")
    if body is None or not body.get("counts"):
        return None, None, ""
    groups, edges, cutoff = _groups(dict(body), sealed), body["edges"], body.get("cutoff")
    counts = body["counts"]
    fullest = max(range(len(counts)), key=lambda i: counts[i])
    low, high = cutoff_words(float(edges[fullest])), cutoff_words(float(edges[fullest + 1]))
    meaning = (
        f"Most scores of one step lie from {low} to {high}: {count(counts[fullest])} of {count(sum(counts))}."
    )
    if cutoff is not None:
        meaning += f" The cutoff stands at {cutoff_words(float(cutoff))}."
    label = "" if cutoff is None else f"cutoff {cutoff_words(float(cutoff))}"
    wide = scores.distribution(groups, edges, meaning, cutoff=cutoff, cutoff_label=label)
    narrow = scores.distribution(groups, edges, meaning, cutoff=cutoff, cutoff_label=label, narrow=True)
    return wide, narrow, meaning


def _bins(sealed: Sealed) -> list[scores.Bin]:
    body = sealed.measured("calibration")
    return [] if body is None else [scores.Bin(**b) for b in body["bins"]]


def _calibration_meaning(bins: list[scores.Bin], outcome: str, *, promises: bool) -> str:
    if not promises:
        return "Scores here are no probabilities, so they promise nothing that could be compared."
    told = [b for b in bins if b.n >= _MIN_BIN]
    over = [b for b in told if b.mean_score > b.high]
    under = [b for b in told if b.mean_score < b.low]
    if not over and not under:
        return "In every bin the score lies inside the interval of what happened."
    worst = max((*over, *under), key=lambda b: abs(b.mean_score - b.observed))
    side = f"promise {'more' if worst in over else 'fewer'} {outcome} outcomes than came"
    place = f"scores about {wording.ratio(worst.mean_score)}"
    rate = f"{wording.percent(worst.observed)} (interval {wording.percent_interval(worst.low, worst.high)})"
    return f"{capital(place)} {side}: {rate} of them were {outcome}."


_CELLS = (
    ("true_positive", "Refused, and it turned out badly"),
    ("false_positive", "Refused, although it turned out well"),
    ("true_negative", "Approved, and it turned out well"),
    ("false_negative", "Approved, although it turned out badly"),
)


def _confusion(sealed: Sealed) -> tuple[tuple[tuple[str, str, str], ...], str]:
    body = sealed.measured("confusion")
    if body is None:
        return (), ""
    cells = [(key, label) for key, label in _CELLS if body.get(key) is not None]
    total = sum(body[key] for key, _ in cells)
    rows = tuple((label, count(body[key]), wording.share(body[key], total)) for key, label in cells)
    wrong = body.get("false_positive", 0) + body.get("true_positive", 0)
    meaning = (
        f"{wording.share(body.get('false_positive', 0), wrong)} of refusals turned out well. "
        "In live lending what becomes of the refused is not seen."
        if wrong
        else ""
    )
    return rows, meaning


def query(ledger: Reading, audit_id: str) -> Performance:
    """Read scores, calibration and errors."""
    sealed = read(ledger, audit_id)
    wide, narrow, meaning = _distribution(sealed)
    bins = _bins(sealed)
    outcome = str((sealed.measured("calibration") or {}).get("outcome", "adverse"))
    promises = bool(bins) and all(0 <= b.mean_score <= 1 for b in bins)
    calibration_meaning = _calibration_meaning(bins, outcome, promises=promises) if bins else ""
    shown = [b for b in bins if b.n >= _MIN_BIN]
    rows, confusion_meaning = _confusion(sealed)
    whole = sealed.measured("performance")
    auc = sealed.rate("auc")
    if auc is not None and auc.value is not None:
        finding = (
            f"In {wording.percent(auc.value)} of pairs the worse outcome scored worse "
            f"(AUC {wording.score(auc.value)})"
        )
    elif wide is not None:
        finding = "Where the scores lie; whether they come true was not measured"
    else:
        finding = "No scores were recorded, so nothing can be said of them"
    return Performance(
        finding=finding,
        distribution=wide,
        distribution_narrow=narrow,
        distribution_meaning=meaning,
        scores_cause="" if wide else sealed.cause("scores"),
        calibration=scores.calibration(shown, calibration_meaning, promises=promises) if shown else None,
        calibration_cause="" if shown else sealed.cause("calibration") or "every bin holds under 30 people",
        calibration_meaning=calibration_meaning,
        outcome=outcome,
        bins=tuple(
            BinRow(
                count(b.n),
                wording.score(b.mean_score),
                wording.percent(b.observed),
                wording.percent_interval(b.low, b.high, mark=False),
            )
            for b in bins
        ),
        confusion=rows,
        confusion_cause="" if rows else sealed.cause("confusion"),
        confusion_meaning=confusion_meaning,
        measures=ranked.measure_rows(whole),
        gains=ranked.gains(whole),
        sweep=ranked.sweep(whole),
        periods=ranked.periods(sealed),
        periods_cause=sealed.cause("over_time") if sealed.figure("over_time") else "",
    )


def title(data: Performance) -> str:
    """Return how well scores rank."""
    return data.finding
