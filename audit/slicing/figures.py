"""The figures of performance and slices: JSON values only, which the run seals and reports print.

A figure that could not be measured is ``{"cause": …}``. A slice below the least size keeps its counts and
numbers and has a cause: it is inconclusive, and shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from audit.config.slices import SearchMetric
from audit.fairness.groups import ALL, CountTable
from audit.record import Access, Figure
from audit.slicing import periods
from audit.slicing.counts import WHOLE, Plan, SliceCounts, Spec
from audit.slicing.cuts import Cut, order
from audit.slicing.measures import of_group
from audit.slicing.paired import paired
from audit.slicing.ranking import gains
from audit.slicing.sweep import grid
from audit.slicing.worst import Tested, inside, search

BATCH = "a batch holds refusals only, so nothing can be said of all who applied"
MOST_SLICES = 500  # of one entry; more are nobody's groups, and would fill the ledger


@dataclass(frozen=True, slots=True)
class Terms:
    """How scores and decisions are read.

    Parameters
    ----------
    adverse_high : bool
        Whether high scores are bad.
    included : bool
        Whether a score at the cutoff is adverse.
    cutoff : float or None
        Where one holds for all rows.
    thresholds : tuple of float
        Of the sweep; empty: twentieths.
    min_group : int
    """

    adverse_high: bool
    included: bool
    cutoff: float | None
    thresholds: tuple[float, ...]
    min_group: int


def performance(table: CountTable, terms: Terms) -> Figure:
    """Return how well scores rank and how near they come, the sweep, and what each tenth captures."""
    counts = table.score_counts()
    if not len(counts.score):
        return Figure("performance", "model_risk", {"cause": "the decisions have no scores"})
    captured = gains(counts, adverse_high=terms.adverse_high)
    body = {
        **of_group(
            table,
            ALL,
            ALL,
            grid(counts, terms.thresholds, terms.cutoff),
            adverse_high=terms.adverse_high,
            included=terms.included,
        ),
        "cutoff": terms.cutoff,
        "gains": {"cause": captured} if isinstance(captured, str) else {"tenths": captured},
    }
    return Figure("performance", "model_risk", body)


def over_time(counts: SliceCounts, plan: Plan, terms: Terms, reference: str | None) -> Figure:
    """Return performance and drift by period."""
    if counts.periods is None or plan.period is None:
        cause = "no column of dates is named (performance.over_time, record.decided_at)"
        return Figure("over_time", "model_risk", {"cause": cause})
    body = periods.over_time(
        counts.periods, terms.min_group, adverse_high=terms.adverse_high, reference=reference
    )
    if "cause" not in body:
        body = {"column": plan.period[0], "by": plan.period[1], **body}
    return Figure("over_time", "model_risk", body)


def slices(whole: CountTable, counts: SliceCounts, plan: Plan, terms: Terms) -> Figure:
    """Return every slice of every entry of ``slices``."""
    thresholds = grid(whole.score_counts(), terms.thresholds, terms.cutoff)
    entries = [
        _entry(table, spec, thresholds, terms) for spec, table in zip(plan.specs, counts.tables, strict=True)
    ]
    body: dict[str, Any] = {"min_group": terms.min_group, "cutoff": terms.cutoff, "slices": entries}
    return Figure("slices", _access(cut for spec in plan.specs for cut in spec.cuts), body)


def _entry(table: CountTable, spec: Spec, thresholds: Sequence[float], terms: Terms) -> dict[str, Any]:
    found = []
    groups = table.groups(spec.name)
    if len(groups) > MOST_SLICES:
        return {**_told(spec), "cause": f"{len(groups)} slices, more than {MOST_SLICES}"}
    for group in ordered(spec, groups):
        one = of_group(
            table,
            spec.name,
            group,
            thresholds,
            adverse_high=terms.adverse_high,
            included=terms.included,
        )
        few = f"too few: n < {terms.min_group}" if one["n"] < terms.min_group else None
        found.append({"slice": group, **one, "cause": few})
    return {**_told(spec), "groups": found}


def _told(spec: Spec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "by": [
            {"name": cut.name, "cut": cut.origin, "edges": list(cut.edges), "groups": list(cut.bins)}
            if cut.origin in ("bins", "quantiles")
            else {"name": cut.name, "cut": cut.origin, "edges": [], "groups": []}
            for cut in spec.cuts
        ],
    }


def ordered(spec: Spec, groups: Sequence[str]) -> list[str]:
    """Return the slices of an entry in the natural order of its columns."""
    width = len(spec.cuts)
    split = {group: tuple(group.split(" x ")) for group in groups}
    if any(len(parts) != width for parts in split.values()):
        return sorted(groups)  # a category's own name holds the sign of a cross
    places = []
    for at, cut in enumerate(spec.cuts):
        names = order(cut, sorted({parts[at] for parts in split.values()}))
        places.append({name: place for place, name in enumerate(names)})
    return sorted(groups, key=lambda group: [places[at][part] for at, part in enumerate(split[group])])


def worst(counts: SliceCounts, plan: Plan, terms: Terms, at_most: int) -> Figure:
    """Return what the search found, and how much it looked at."""
    if counts.together is None:
        return Figure("slice_search", "model_risk", {"cause": "no column has two groups to search"})
    together = counts.together
    access = _access(plan.searched)
    metric = plan.metric
    if not together.n:
        return Figure("slice_search", access, {"cause": _NOBODY[metric]})
    tested = search(together, plan.searched, terms.min_group)
    found = [one for one in tested if one.found]
    body = {
        "metric": metric,
        "value": together.n_hit / together.n,
        "n": together.n,
        "columns": [cut.name for cut in plan.searched],
        "edges": {cut.name: list(cut.edges) for cut in plan.searched if cut.edges},
        "left_out": list(plan.left_out),
        "min_group": terms.min_group,
        "n_tested": len(tested),
        "n_found": len(found),
        "n_found_by_rate": sum(one.benjamini_hochberg < 0.05 for one in tested),
        "slices": [_as_row(one, found) for one in tested[:at_most]],
    }
    return Figure("slice_search", access, body)


_NOBODY: dict[SearchMetric, str] = {
    "error_rate": "what really happened was not observed",
    "false_positive_rate": "no favourable outcome was observed",
    "false_negative_rate": "no adverse outcome was observed",
    "adverse_rate": "nobody was decided upon",
}


def _as_row(one: Tested, found: Sequence[Tested]) -> dict[str, Any]:
    difference, low, high = one.gap()
    return {
        "groups": [{"column": column, "group": group} for column, group in one.groups],
        "n": one.n,
        "hit": one.hit,
        "value": one.hit / one.n,
        "rest": one.rest_hit / one.rest,
        "excess": one.excess,
        "difference": difference,
        "low": low,
        "high": high,
        "p_value": one.p_value,
        "holm": one.holm,
        "benjamini_hochberg": one.benjamini_hochberg,
        "found": one.found,
        "inside": [
            [{"column": column, "group": group} for column, group in groups] for groups in inside(one, found)
        ],
    }


def baseline(counts: SliceCounts, plan: Plan, terms: Terms, told: dict[str, Any]) -> Figure:
    """Return the model beside a baseline, whole and slice by slice, on the rows that both scored."""
    if not counts.compared:
        return Figure("baseline", "model_risk", {"cause": "neither model scored these rows"})
    names = (WHOLE, *(spec.name for spec in plan.specs))
    rows = []
    for name, spec, compared in zip(names, (None, *plan.specs), counts.compared, strict=True):
        groups = (WHOLE,) if spec is None else ordered(spec, compared.model.groups(name))
        rows += [
            paired(compared, name, group, adverse_high=terms.adverse_high, min_group=terms.min_group)
            for group in groups[:MOST_SLICES]
        ]
    body = {**told, "n_uncompared": counts.n_uncompared, "slices": rows}
    return Figure("baseline", _access(cut for spec in plan.specs for cut in spec.cuts), body)


def _access(cuts: Iterable[Cut]) -> Access:
    """Return the class of a figure: by a protected attribute it is a matter of fair lending."""
    return "fair_lending" if any(cut.origin == "protected" for cut in cuts) else "model_risk"
