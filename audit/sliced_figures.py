"""Performance as a report shows it: as a whole, over time, slice by slice, and beside a baseline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from audit.record import Figure
from audit.slicing import figures as sliced
from audit.slicing.counts import merge_slices
from audit.slicing.figures import Terms

if TYPE_CHECKING:
    from audit.fairness.groups import CountTable
    from audit.job import ScoredPartition
    from audit.prepare import Ready


def sliced_figures(ready: Ready, scored: Sequence[ScoredPartition], table: CountTable) -> tuple[Figure, ...]:
    """Draw performance as a whole, over time, slice by slice, and beside a baseline."""
    config, plan = ready.config, ready.job.slicing
    if config.audit.kind == "batch":
        return (Figure("slices", "model_risk", {"cause": sliced.BATCH}),) if config.slices else ()
    section, decision = config.performance, config.decision
    counts = merge_slices(part.sliced for part in scored)
    terms = Terms(
        adverse_high=decision.adverse_high,
        included=decision.at_cutoff == "adverse",
        cutoff=decision.cutoff.value if decision.cutoff is not None else None,
        thresholds=section.thresholds or (),
        min_group=config.fairness.min_group,
    )
    figures = [
        sliced.performance(table, terms),
        sliced.over_time(counts, plan, terms, section.over_time.reference if section.over_time else None),
    ]
    if config.slices:
        figures.append(sliced.slices(table, counts, plan, terms))
    if section.search is not None:
        figures.append(sliced.worst(counts, plan, terms, section.search.at_most))
    if section.baseline is not None:
        other = section.baseline
        told = {
            "column": other.scores,
            "path": other.path,
            "digest": other.sha256,
            "cutoff": plan.baseline_cutoff,
        }
        figures.append(sliced.baseline(counts, plan, terms, told))
    return tuple(figures)
