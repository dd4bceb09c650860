"""The audit run once more, in memory: the same functions in the same order, and nothing is written.

Where the data are no longer those of the audit, whom to compare with and whom to explain are taken
as they were recorded: a row that is missing today must not change whom everybody else is compared
with, or every number would differ and none would say why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from audit import barrier, measure, other_models, parted, prepare, reason_drift, soundness, worker
from audit.job import Selection

if TYPE_CHECKING:
    from audit.barrier import Barrier
    from audit.job import ExplainedPartition, ScoredPartition
    from audit.prepare import Ready, Tell
    from audit.record import Figure, Finding, Reference
    from audit.replay.records import Key, Records


@dataclass(frozen=True, slots=True, eq=False)
class Again:
    """What came out the second time."""

    scored: tuple[ScoredPartition, ...]
    explained: tuple[ExplainedPartition, ...]
    barrier: Barrier
    groups: measure.Groups
    figures: tuple[Figure, ...]
    findings: tuple[Finding, ...]
    lost: Mapping[str, str]  # digest of a reference that cannot be made again -> why


def again(ready: Ready, records: Records, *, changed: bool, missing: frozenset[Key], tell: Tell) -> Again:
    """Run an audit again.

    Parameters
    ----------
    changed : whether the data are no longer those of the audit
    missing : recorded decisions whose rows are no longer in the data
    """
    scored = prepare.score(ready, tell)
    tell("reference", 0, 1)
    chosen = barrier.choose(ready, scored)
    lost: dict[str, str] = {}
    if changed:
        chosen, lost = as_recorded(ready, scored, chosen, records)
    tell("reference", 1, 1)
    only = ready.config.audit.only
    explained = tuple(
        parted.without_notices(part, only) for part in prepare.explain(scored, chosen, ready.host, tell)
    )
    scored = parted.without_groups(scored, only)
    groups = measure.groups(ready, _with_missing(scored, records, missing) if missing else scored)
    sound = soundness.ask(ready, scored, explained, chosen) + other_models.ask(ready, scored, chosen)
    found = measure.Measured(ready, scored, explained, chosen, groups, sound)
    sealed = records.ledger.figures(records.audit)
    note = sealed["demonstration"].body["note"] if "demonstration" in sealed else None
    figures = parted.own_figures(measure.figures(found, note), only)
    figures += tuple(one for name, one in sealed.items() if name == parted.COMPANION)
    if reason_drift.NAME in sealed:
        before, fewest = sealed[reason_drift.NAME], ready.config.fairness.min_group
        figures += (reason_drift.again(records.ledger, before, figures, fewest),)
    findings, _ = measure.findings(found, figures, None)
    return Again(scored, explained, chosen, groups, figures, findings, lost)


def as_recorded(
    ready: Ready, scored: Sequence[ScoredPartition], chosen: Barrier, records: Records
) -> tuple[Barrier, dict[str, str]]:
    """Return the recorded choice of whom to compare with and whom to explain, in today's places."""
    import numpy as np

    today = {
        records.key_of(one): (number, at)
        for number, part in enumerate(scored)
        for at, one in enumerate(part.decisions)
    }
    by_place = {(one.seq, one.row): key for key, one in records.sealed()}
    kept = dict(chosen.by_cutoff)
    references: list[Reference] = []
    lost: dict[str, str] = {}
    for reference in records.ledger.references(records.audit) if ready.pinned is None else ():
        keys = [by_place[place] for place in reference.rows]
        absent = [key for key in keys if key not in today]
        if absent:
            told = sorted({words for key in absent if (words := records.told(key)) is not None})
            lost[reference.digest] = (
                f"{len(absent)} of the {len(keys)} applicants of reference {reference.digest[:12]} "
                f"are not in the data any more ({'; '.join(told) or 'never erased'})"
            )
            continue
        places = [today[key] for key in keys]
        values = _rows(ready, scored, places)
        if keys:
            scores = [scored[number].decisions[at].score for number, at in places]
            of = np.array([score for score in scores if score is not None], dtype=np.float64)
            reference = replace(
                reference, mean_score=float(of.mean()), low=float(of.min()), high=float(of.max())
            )
        references.append(reference)
        kept[reference.cutoff] = (reference, values)
    if ready.pinned is not None:
        references = list(chosen.references)
    return replace(
        chosen,
        references=tuple(references),
        by_cutoff=kept,
        selections=_selections(scored, records, today),
    ), lost


def _rows(
    ready: Ready, scored: Sequence[ScoredPartition], places: Sequence[tuple[int, int]]
) -> dict[str, Any]:
    import numpy as np

    found: dict[str, Any] = {}
    for number in sorted({number for number, _ in places}):
        mine = [(i, at) for i, (of, at) in enumerate(places) if of == number]
        values = worker.rows_of(ready.job, scored[number].plan, [at for _, at in mine])
        for column, cells in values.items():
            held = found.setdefault(column, np.empty(len(places), dtype=cells.dtype))
            held[[i for i, _ in mine]] = cells
    return found


def _selections(
    scored: Sequence[ScoredPartition], records: Records, today: Mapping[Key, tuple[int, int]]
) -> dict[int, Selection]:
    found: dict[int, tuple[list[int], set[int]]] = {part.plan.seq: ([], set()) for part in scored}
    for part in records.parts:
        for method, columns in part.attributions.items():
            for pos in columns["pos"]:
                place = today.get(records.recorded_key(part.decisions[pos]))
                if place is None:
                    continue
                attributed, sample = found[scored[place[0]].plan.seq]
                if method == worker.QUOTED:
                    attributed.append(place[1])
                else:
                    sample.add(place[1])
    return {seq: Selection(tuple(sorted(one)), tuple(sorted(other))) for seq, (one, other) in found.items()}


def _with_missing(
    scored: Sequence[ScoredPartition], records: Records, missing: frozenset[Key]
) -> tuple[ScoredPartition, ...]:
    """Count the missing too, from what is not locked of them: outcome, score and groups."""
    from audit.fairness.groups import count, merge

    tables = [scored[0].counts]
    for part in records.parts:
        mine = [pos for pos, one in enumerate(part.decisions) if records.recorded_key(one) in missing]
        if mine and part.groups:
            of = [part.decisions[pos] for pos in mine]
            tables.append(
                count(
                    [one.outcome for one in of],
                    {name: [members[pos] for pos in mine] for name, members in part.groups.items()},
                    [float("nan") if one.score is None else one.score for one in of],
                )
            )
    return (replace(scored[0], counts=merge(tables)), *scored[1:])
