"""What an audit for notices alone, or for fairness alone, does not keep: what is the other's.

An audit for notices keeps no group of anybody and no comparison of groups; one for fairness keeps nothing
that a letter is written from, and no notice is due under it. What is left out is left out here, in one
place, before anything is written. ``audit.config.only`` sees to it that it is not even read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from audit.config.schema import NOTICES_ALONE
from audit.record import Figure, Notice

if TYPE_CHECKING:
    from audit.config.only import Only
    from audit.job import ExplainedPartition, ScoredPartition

COMPANION = "companion"


def without_groups(scored: Iterable[ScoredPartition], only: Only | None) -> tuple[ScoredPartition, ...]:
    """Return partitions as everything after explaining sees them: for notices without anybody's group.

    Explaining itself may need the group of a lawfully scored age (R18), which is an input of the model.
    """
    return tuple(replace(part, groups={}) if only == "notices" else part for part in scored)


def without_notices(part: ExplainedPartition, only: Only | None) -> ExplainedPartition:
    """Return a partition as it is kept: for fairness without what letters are written from."""
    if only != "fairness":
        return part
    owed_nothing = tuple(replace(one, notice=Notice()) for one in part.decisions)
    return replace(part, decisions=owed_nothing, cases=())


def own_figures(figures: Iterable[Figure], only: Only | None) -> tuple[Figure, ...]:
    """Return figures as they are sealed: for notices none of fair lending, each with its cause."""
    return tuple(
        replace(one, body={"cause": NOTICES_ALONE})
        if only == "notices" and one.access == "fair_lending"
        else one
        for one in figures
    )


def companion(only: Only, audit: str, leaf: str = "") -> Figure:
    """Return the figure that names the audit of the other half.

    Parameters
    ----------
    only : what the other one is for
    leaf : its checkpoint, where it was sealed before this one
    """
    return Figure(COMPANION, "model_risk", {"only": only, "audit": audit, "checkpoint": leaf})
