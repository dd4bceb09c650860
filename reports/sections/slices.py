"""Slices: where the model fares worse than elsewhere, and how much of that chance could have made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import wording
from reports.charts.curves import Curve, Series, curve
from reports.groups import attribute_label
from reports.heat import Cell, Heat
from reports.ranked import rate, said, slice_label, with_interval
from reports.sealed import read
from reports.wording import capital, count, percent, plural
from reports.worst import Search, points, searched

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reports.sealed import Reading, Sealed

LABEL = "Slices"
MOST_ROWS = 50  # of a table; the attached file has them all
MOST_COLUMNS = 6  # of a heat table
MOST_CURVES = 4  # slices drawn side by side
_STEPS = 5
_AXES = {"precision": "precision", "recall": "recall", "false_positive_rate": "false positive rate"}
_CUTS = {
    "protected": "groups as the config states them",
    "bins": "bins as the config states them, from",
    "quantiles": "bins of about equal count, from",
    "categories": "each value",
    "values": "the values that the config names",
}


@dataclass(frozen=True, slots=True)
class SliceRow:
    """One slice of a table."""

    label: str
    tone: str
    n: str
    approved: str
    turned_out: str
    promised: str
    errors: str
    precision: str
    recall: str
    auc: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the config's ``slices``."""

    heading: str
    cut: str
    heat: Heat | None
    rows: tuple[SliceRow, ...]
    curves: tuple[tuple[str, Curve], ...]  # precision by recall, one a slice
    roc: tuple[tuple[str, Curve], ...]  # recall by false positives, one a slice
    more: str
    cause: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """The model beside another."""

    against: str
    rows: tuple[tuple[str, str, tuple[str, ...]], ...]  # label, tone, cells
    meaning: str
    note: str


@dataclass(frozen=True, slots=True)
class Slices:
    """What the section prints."""

    finding: str
    min_group: int
    search: Search | None
    search_cause: str
    entries: tuple[Entry, ...]
    baseline: Baseline | None
    baseline_cause: str


def query(ledger: Reading, audit_id: str) -> Slices | None:
    """Read slices, search and baseline; None where none was asked for."""
    sealed = read(ledger, audit_id)
    if not any(sealed.figure(name) for name in ("slices", "slice_search", "baseline")):
        return None
    search, body = searched(sealed), sealed.measured("slices")
    entries = tuple(_entry(one, sealed.min_group) for one in body["slices"]) if body is not None else ()
    return Slices(
        finding=_finding(sealed, body),
        min_group=sealed.min_group,
        search=search,
        search_cause=sealed.cause("slice_search") if sealed.figure("slice_search") and search is None else "",
        entries=entries,
        baseline=_baseline(sealed),
        baseline_cause=sealed.cause("baseline") if sealed.figure("baseline") else "",
    )


def title(data: Slices) -> str:
    """Return where the model fares worst."""
    return data.finding


def _finding(sealed: Sealed, body: Mapping[str, Any] | None) -> str:
    found = sealed.measured("slice_search")
    if found is not None:
        n, tested = found["n_found"], count(found["n_tested"])
        if not n:
            return f"None of {tested} slices fares worse than the rest by more than chance"
        worst = found["slices"][0]
        return (
            f"{capital(wording.number_in_words(n))} of {tested} slices {plural(n, 'fares', 'fare')} worse "
            f"than the rest by more than chance, first {said(worst['groups'])}"
        )
    errors = [
        (one["measures"]["error_rate"]["value"], entry, one)
        for entry in (body or {"slices": ()})["slices"]
        for one in entry.get("groups", ())
        if one["cause"] is None and one["measures"]["error_rate"]["value"] is not None
    ]
    if not errors:
        return "Slices are shown; how often they were decided wrongly was not measured"
    value, entry, one = max(errors, key=lambda each: float(each[0]))
    name = f"{attribute_label(entry['name']).lower()} {slice_label(one['slice'])}"
    return f"The slice decided wrongly most often is {name}: {percent(value)}"


def _entry(body: Mapping[str, Any], min_group: int) -> Entry:
    cut = "; ".join(
        f"{one['name'].replace('_', ' ')}: {_CUTS[one['cut']]}"
        + (f" {wording.joined([_edge(edge) for edge in one['edges']])}" if one["edges"] else "")
        for one in body["by"]
    )
    heading = attribute_label(body["name"])
    if "cause" in body:
        return Entry(heading, cut, None, (), (), (), "", str(body["cause"]))
    groups, single = body["groups"], len(body["by"]) == 1
    more = len(groups) - MOST_ROWS
    told = (
        f"{count(more)} more {plural(more, 'slice')} in results.json, attached to the PDF."
        if more > 0
        else ""
    )
    return Entry(
        heading,
        cut,
        _heat(body) if len(body["by"]) == 2 else None,
        tuple(_row(one, min_group) for one in groups[:MOST_ROWS]),
        _curves(groups, "recall", "precision") if single else (),
        _curves(groups, "false_positive_rate", "recall", level=True) if single else (),
        told,
        "",
    )


def _curves(
    groups: Sequence[Mapping[str, Any]], across: str, up: str, *, level: bool = False
) -> tuple[tuple[str, Curve], ...]:
    """Return one rate by another over the cutoffs, of the slices that are large enough, where they are few.

    ``level`` draws where both are equal: what scores that order nothing would give.
    """
    drawn = []
    for one in groups:
        swept = one["sweep"]
        if one["cause"] is not None or not one["n_observed"] or across not in swept:
            continue
        known: dict[float, float] = {}
        for x, y in zip(swept[across], swept[up], strict=True):
            if x is not None and y is not None:
                known[x] = max(y, known.get(x, 0.0)) if level else y
        if len(known) > 2:
            points = tuple(sorted(known))
            ends = [(wording.share(known[at]), wording.share(at)) for at in (points[0], points[-1])]
            names = (_AXES[up], _AXES[across])
            title = (
                f"{slice_label(one['slice'])}: {names[0]} from {ends[0][0]} at a {names[1]} of {ends[0][1]} "
            )
            title += f"to {ends[1][0]} at {ends[1][1]}"
            series = Series(points, tuple(known[point] for point in points), lines=(points,) if level else ())
            drawn.append((slice_label(one["slice"]), curve(series, title, low=0.0, high=1.0)))
    return tuple(drawn) if 1 < len(drawn) <= MOST_CURVES else ()


def _edge(value: float) -> str:
    return f"{value:,.6f}".rstrip("0").rstrip(".").replace("-", wording.MINUS)


def _row(one: Mapping[str, Any], min_group: int) -> SliceRow:
    measures, few = one["measures"], one["cause"] is not None

    def told(metric: str) -> str:
        measure = measures[metric]
        if measure["n"] < min_group and measure["value"] is not None:
            return "too few"
        return rate(measures, metric)

    promised = measures["mean_score"]["value"] if measures["brier"]["value"] is not None else None
    auc = measures["auc"]
    return SliceRow(
        slice_label(one["slice"]),
        "few" if few else "",
        count(one["n"]),
        told("selection_rate"),
        told("adverse_outcome_rate"),
        percent(promised) if not few else "too few",
        told("error_rate"),
        told("positive_predictive_value"),
        told("true_positive_rate"),
        "too few" if auc["n"] < min_group and auc["value"] is not None else with_interval(measures, "auc"),
    )


def _heat(body: Mapping[str, Any]) -> Heat | None:
    """Return the error rates of two crossed columns as a heat table; None where they do not fit a page."""
    cells: dict[tuple[str, str], Mapping[str, Any]] = {}
    for one in body["groups"]:
        parts = one["slice"].split(" x ")
        if len(parts) != 2:
            return None
        cells[parts[0], parts[1]] = one
    across = list(dict.fromkeys(second for _, second in cells))
    down = list(dict.fromkeys(first for first, _ in cells))
    order = [name for one in body["by"][1:] for name in one["groups"] if name in across]
    across = [*order, *(name for name in across if name not in order)]
    if len(across) > MOST_COLUMNS:
        return None
    known = [
        (one["measures"]["error_rate"]["value"], place)
        for place, one in cells.items()
        if one["cause"] is None and one["measures"]["error_rate"]["value"] is not None
    ]
    if not known:
        return None
    most, where = max(known, key=lambda each: float(each[0]))

    def cell(one: Mapping[str, Any] | None) -> Cell:
        if one is None:
            return Cell(wording.NOTHING, "nobody", 0)
        error = one["measures"]["error_rate"]
        if one["cause"] is not None or error["value"] is None:
            return Cell("too few" if one["cause"] else wording.NOTHING, f"n = {count(one['n'])}", 0)
        step = 1 + min(_STEPS - 1, int(_STEPS * error["value"] / most)) if most > 0 else 1
        return Cell(percent(error["value"]), f"of {count(error['n'])}", step)

    first, second = (one["name"].replace("_", " ") for one in body["by"])
    rows = tuple((slice_label(a), tuple(cell(cells.get((a, b))) for b in across)) for a in down)
    darkest = cells[where]["measures"]["error_rate"]
    meaning = (
        f"The darkest cell: {first} {slice_label(where[0])}, {second} {slice_label(where[1])}, where "
        f"{percent(most)} of {count(darkest['n'])} were decided wrongly "
        f"({wording.percent_interval(darkest['low'], darkest['high'])})."
    )
    return Heat(
        f"Decided wrongly, by {first} and {second}",
        tuple((slice_label(b), "") for b in across),
        rows,
        meaning,
    )


def _baseline(sealed: Sealed) -> Baseline | None:
    body = sealed.measured("baseline")
    if body is None:
        return None
    rows = []
    for one in body["slices"][: MOST_ROWS + 1]:
        whole = one["name"] == "all"
        label = "All applicants" if whole else f"{attribute_label(one['name'])}: {slice_label(one['slice'])}"
        rows.append((label, "few" if one["cause"] else "", _compared(one)))
    first = body["slices"][0]
    against = f"the scores in {body['column']}" if body["column"] else str(body["path"])
    note = (
        f"{count(body['n_uncompared'])} applicants without a score of it are left out."
        if body["n_uncompared"]
        else ""
    )
    return Baseline(against, tuple(rows), _compared_words(first), note)


def _compared(one: Mapping[str, Any]) -> tuple[str, ...]:
    errors = one["errors"]
    aucs = tuple(wording.score(one[side]["auc"]["value"]) for side in ("model", "baseline"))
    if "cause" in errors:
        return (count(one["n"]), *aucs, wording.NOTHING, wording.NOTHING, wording.NOTHING, wording.NOTHING)
    if one["cause"]:
        few = "too few"
        return (
            count(one["n"]),
            few,
            few,
            count(errors["only_model"]),
            count(errors["only_baseline"]),
            few,
            few,
        )
    interval = "" if errors["low"] is None else f" ({points(errors['low'])} to {points(errors['high'])})"
    return (
        count(one["n"]),
        *aucs,
        count(errors["only_model"]),
        count(errors["only_baseline"]),
        points(errors["difference"]) + interval,
        wording.p_value(errors["p_value"]),
    )


def _compared_words(one: Mapping[str, Any]) -> str:
    errors = one["errors"]
    if "cause" in errors:
        return f"Errors are not compared: {errors['cause']}."
    alone, other = errors["only_model"], errors["only_baseline"]
    text = (
        f"On {count(errors['n'])} applicants with an outcome, this model alone erred {count(alone)} times, "
        f"the baseline alone {count(other)} times"
    )
    if errors["p_value"] >= 0.05:
        return f"{text}: chance could be all of it."
    return f"{text}: more than chance."
