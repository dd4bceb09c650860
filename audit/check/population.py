"""The rows themselves: groups, bands, actions, scores and cutoffs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from audit.check.words import counted, group_faults, label_faults
from audit.config import Config, Inspection
from audit.config.bindings import Actions
from audit.config.decision import Stages
from audit.config.nearest import did_you_mean, listed
from audit.config.protected import UNKNOWN
from audit.errors import Fault


def population_faults(config: Config, inspection: Inspection) -> Iterator[Fault]:
    """Yield what makes these rows impossible to audit as the config says."""
    if inspection.n_rows == 0:
        fact = f"{inspection.source} has no rows"
        yield config.lines.fault(("data", "path"), fact, "Give data with at least one decision")
        return
    yield from _bands(config, inspection)
    if config.audit.kind == "population":
        # A night of refusals may well hold one group only; its rates are not judged.
        yield from _references(config, inspection)
    yield from label_faults(config, inspection)
    yield from _actions(config, inspection)
    yield from _stages(config, inspection)
    yield from _cutoffs(config, inspection)
    yield from _pinned(config, inspection)
    if inspection.model_runs_code is not None and config.model is not None and config.model.trust is None:
        fact = (
            f"opening this model runs code ({inspection.model_runs_code}), and nobody is named who trusts it"
        )
        way_out = "Add trust: {by, reason, date} once somebody has looked"
        yield config.lines.fault(("model", "path"), fact, way_out)


def _bands(config: Config, inspection: Inspection) -> Iterator[Fault]:
    for name, attribute in config.protected.items():
        seen = inspection.numbers.get(name)
        if seen is not None and attribute.bands is not None and seen.n_below_bands:
            fact = (
                f"{seen.n_below_bands:,} rows lie below the first band "
                f"(the lowest value is {seen.low:g}, the band starts at {attribute.bands[0]:g})"
            )
            way_out = f"Start the bands at {seen.low:g} or lower"
            yield config.lines.fault(("protected", name, "bands"), fact, way_out)


def _references(config: Config, inspection: Inspection) -> Iterator[Fault]:
    for name, attribute in config.protected.items():
        groups = inspection.groups.get(name)
        if groups is None:
            continue
        known = {group: n for group, n in groups.items() if group != UNKNOWN and n}
        if not known:
            fact = f"every row's {attribute.column!r} is missing"
            yield config.lines.fault(("protected", name), fact, "Remove this attribute, or fill the column")
        elif len(known) == 1:
            fact = f"every known row is {next(iter(known))!r}: there is no second group to compare"
            yield config.lines.fault(("protected", name), fact, "Remove this attribute, or mend the column")
        elif attribute.reference not in known:
            fact = f"no row belongs to the reference {attribute.reference!r} (groups: {counted(known)})"
            way_out = f"{did_you_mean(attribute.reference, known)}Name one of the groups"
            yield config.lines.fault(("protected", name, "reference"), fact, way_out)
        if attribute.bands is None:
            yield from group_faults(config, name, known)


def _actions(config: Config, inspection: Inspection) -> Iterator[Fault]:
    action = config.record.action
    if action is None:
        return
    meant = tuple(action.values) if action.values else get_args(Actions)
    strange = {word: n for word, n in inspection.actions.items() if word not in meant}
    if strange:
        fact = f"the data hold actions without a meaning here ({counted(strange)})"
        way_out = f"Add them to values, each as one of {listed(get_args(Actions))}"
        yield config.lines.fault(("record", "action", "values"), fact, way_out)


def _stages(config: Config, inspection: Inspection) -> Iterator[Fault]:
    stage = config.decision.stage
    if stage is None:
        return
    meant = tuple(stage.values) if stage.values else get_args(Stages)
    strange = {word: n for word, n in inspection.stages.items() if word not in meant}
    if strange:
        # Comment 9(b)(2)-7: reasons come from the component that failed, so it must be known which did.
        fact = f"the data hold stages without a meaning here ({counted(strange)})"
        way_out = f"Add them to values, each as one of {listed(get_args(Stages))}"
        yield config.lines.fault(("decision", "stage", "values"), fact, way_out)


def _cutoffs(config: Config, inspection: Inspection) -> Iterator[Fault]:
    cutoff = config.decision.cutoff
    if cutoff is None:
        return
    if cutoff.by is not None:
        strange = {key: n for key, n in inspection.cutoff_keys.items() if key not in cutoff.values}
        if strange:
            fact = f"no cutoff is given for {cutoff.by} {counted(strange)}"
            yield config.lines.fault(("decision", "cutoff", "values"), fact, "Give each its cutoff")
    low, high = inspection.score_low, inspection.score_high
    if config.release is not None:
        return  # model and cutoff are those that were accepted, and were held to each other then
    if config.audit.kind == "batch":
        # Refused applications lie on one side of the cutoff; those they are compared with, on the other.
        pinned = inspection.pinned
        if pinned is None or pinned.low is None or pinned.high is None or low is None or high is None:
            return
        low, high = min(low, pinned.low), max(high, pinned.high)
    if low is None or high is None:
        return
    given = {cutoff.value} if cutoff.value is not None else set(cutoff.values.values())
    every = {one for one in given | set(inspection.cutoffs) if one is not None}
    outside = [f"{one:g}" for one in sorted(every) if not low <= one <= high]
    if outside:
        fact = f"the cutoff {listed(outside)} lies outside the scores ({low:g} to {high:g})"
        yield config.lines.fault(("decision", "cutoff"), fact, "Give the cutoff on the scale of the scores")


def _pinned(config: Config, inspection: Inspection) -> Iterator[Fault]:
    pinned, seen = config.explain.reference.pinned, inspection.pinned
    if pinned is None or seen is None:
        return
    here = ("explain", "reference", "pinned")
    if seen.digest != pinned.sha256:
        fact = f"the digest of the pinned reference differs (got {seen.digest}, expected {pinned.sha256})"
        yield config.lines.fault(
            (*here, "sha256"), fact, "Name the reference that was meant, or pin this one"
        )
    if inspection.model_digest is not None and seen.model_digest != inspection.model_digest:
        fact = f"the pinned reference was scored by another model ({seen.model_digest[:16]})"
        yield config.lines.fault(here, fact, "Pin a reference of this model")
    strange = sorted(set(inspection.cutoffs) - set(seen.cutoffs)) if seen.cutoffs else []
    if strange:
        fact = (
            f"the pinned reference has no applicants for the cutoff {listed(f'{one:g}' for one in strange)}"
        )
        yield config.lines.fault(here, fact, "Pin a reference of the same cutoff")
