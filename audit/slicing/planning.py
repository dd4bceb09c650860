"""From a config and what one pass over the data saw to the plan that every partition counts by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from audit.config import bind
from audit.config.slices import sliced_names
from audit.slicing.counts import Plan, Spec
from audit.slicing.cuts import Cut, cut_of, searched_cut

if TYPE_CHECKING:
    from audit.config import Config
    from audit.config.slices import Period
    from audit.data.levels import ColumnSeen


def plan_of(
    config: Config,
    columns: Sequence[str],
    seen: Mapping[str, ColumnSeen],
    groups: Mapping[str, Mapping[str, int]],
) -> Plan:
    """Return how a run slices; nothing is sliced in a batch, which holds refusals only.

    Parameters
    ----------
    columns : of the data
    seen : column -> what the pass saw of it
    groups : protected attribute -> group -> rows
    """
    if config.audit.kind != "population":
        return Plan()
    section = config.performance
    searched, left_out = _searched(config, seen, groups)
    other = section.baseline
    cutoff = config.decision.cutoff
    return Plan(
        specs=tuple(
            Spec(
                one.name,
                tuple(
                    cut_of(config, name, seen, bins=one.bins.get(name, ()), values=one.values.get(name, ()))
                    for name in one.by
                ),
            )
            for one in config.slices
        ),
        searched=searched,
        left_out=left_out,
        metric=section.search.metric if section.search is not None else "error_rate",
        period=_period(config, columns),
        baseline_cutoff=None
        if other is None
        else other.cutoff
        if other.cutoff is not None
        else cutoff.value
        if cutoff is not None
        else None,
    )


def _searched(
    config: Config, seen: Mapping[str, ColumnSeen], groups: Mapping[str, Mapping[str, int]]
) -> tuple[tuple[Cut, ...], tuple[str, ...]]:
    section = config.performance.search
    if section is None:
        return (), ()
    # A column of a protected attribute is searched once, by the groups that the config states.
    own = {one.column for one in config.protected.values()} - set(config.protected)
    stated = section.columns or tuple(
        name for _, name in sliced_names(config) if name not in own or name in config.protected
    )
    cuts = {name: searched_cut(config, name, seen, groups) for name in dict.fromkeys(stated)}
    return (
        tuple(cut for cut in cuts.values() if cut is not None),
        tuple(name for name, cut in cuts.items() if cut is None),
    )


def _period(config: Config, columns: Sequence[str]) -> tuple[str, Period] | None:
    stated = config.performance.over_time
    if stated is not None:
        return stated.column, stated.by
    for binding in (config.record.decided_at, config.record.received_at):
        column = bind(binding, columns).column if binding is not None else None
        if column is not None:
            return column, "month"
    return None
