"""The threshold sweep of every protected group: who would be approved, and how often wrongly, at each cutoff.

Why so: the cutoffs are those of the sweep of the whole population, so that one line of a report's table
speaks of the same cutoff for everybody; ratios have Katz's interval, which many cutoffs can afford.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from audit.fairness.disparities import MOST_GROUPS
from audit.fairness.frontier import NO_SCORES, ratios_at
from audit.fairness.groups import CountTable, ScoreCounts
from audit.slicing.sweep import Integers, flagged

NO_GROUPS = "no group was compared with a reference"


def sweeps(
    table: CountTable,
    references: Mapping[str, str],
    thresholds: Sequence[float],
    *,
    cutoff: float | None,
    adverse_high: bool,
    included: bool,
    min_group: int,
) -> dict[str, Any]:
    """Return the figure's body.

    Parameters
    ----------
    references : attribute -> group
    thresholds : of the sweep, ascending, on the scale of the scores
    cutoff : the one in force, where one holds for all
    included : whether a score at the threshold is adverse
    min_group : below it a group has its count and nothing else

    Returns
    -------
    dict
        ``thresholds``, ``cutoff``, and by attribute the groups, the reference first. Each group has ``n``,
        ``n_adverse`` and ``n_favourable`` (outcomes observed); and, one entry a threshold, ``approved`` and
        the counts ``false_positive`` (refused, turned out well) and ``false_negative`` (approved, turned out
        badly). Any but the reference has ``ratio``, ``low`` and ``high`` of approval rates.
    """
    if not len(table.score_counts().score):
        return {"cause": NO_SCORES}

    def refused(counts: ScoreCounts, column: Integers) -> Integers:
        return flagged(counts.score, column, thresholds, adverse_high=adverse_high, included=included)

    attributes: list[dict[str, Any]] = []
    for attribute, reference in references.items():
        groups = table.groups(attribute)
        if reference not in groups:
            continue
        if len(groups) > MOST_GROUPS:
            cause = f"{len(groups)} groups, more than {MOST_GROUPS}: state bands, or join groups"
            attributes.append({"attribute": attribute, "reference": reference, "cause": cause})
            continue
        base = table.score_counts(attribute, reference)
        size, theirs = int(base.n.sum()), base.n.sum() - refused(base, base.n)
        rows: list[dict[str, Any]] = []
        for group in (reference, *(name for name in groups if name != reference)):
            counts = table.score_counts(attribute, group)
            n = int(counts.n.sum())
            row: dict[str, Any] = {"group": group, "n": n}
            rows.append(row)
            if n < max(min_group, 1):
                row["cause"] = f"too few: n < {min_group}"
                continue
            approved = n - refused(counts, counts.n)
            n_adverse = int(counts.adverse.sum())
            row |= {
                "n_adverse": n_adverse,
                "n_favourable": int(counts.favourable.sum()),
                "approved": approved.tolist(),
                "false_positive": refused(counts, counts.favourable).tolist(),
                "false_negative": (n_adverse - refused(counts, counts.adverse)).tolist(),
            }
            if group != reference and size >= max(min_group, 1):
                row |= ratios_at(approved, n, theirs, size)
        attributes.append({"attribute": attribute, "reference": reference, "groups": rows})
    if not attributes:
        return {"cause": NO_GROUPS}
    return {
        "thresholds": list(thresholds),
        "cutoff": cutoff,
        "min_group": min_group,
        "outcomes": any(
            row.get("n_adverse") or row.get("n_favourable")
            for of in attributes
            for row in of.get("groups", ())
        ),
        "attributes": attributes,
    }
