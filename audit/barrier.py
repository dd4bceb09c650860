"""What stands between scoring and explaining: whom to compare with, and whom to explain.

All scores must be known before it, and no reason can be found before it stands. The choice depends
on what the rows hold, never on their order or on how they were cut into partitions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from audit import worker
from audit.data.estimated import ESTIMATED
from audit.data.likeness import found, merge
from audit.data.missing import missing_flags
from audit.data.profile import merge_profiles
from audit.data.slices import groups
from audit.job import Ages, Job, Selection
from audit.reasons import protected_factors
from audit.record import Reference
from audit.scored_age import Younger, bands_by_age

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audit.config import ProtectedAttribute
    from audit.job import References, ScoredPartition, Values
    from audit.prepare import Ready
    from audit.record import ReasonCode


@dataclass(frozen=True, slots=True, eq=False)
class Barrier:
    """What stands between scoring and explaining: whom to compare with, and whom to explain."""

    job: Job  # knows by now which factors are protected
    references: tuple[Reference, ...]
    by_cutoff: References
    selections: Mapping[int, Selection]
    protected_inputs: Mapping[str, str]  # model column -> the protected attribute that it tells without leave
    scale: float  # size of the scores, which the tolerance is a share of
    weight: float | None  # how many favourable decisions each sampled one stands for


def choose(ready: Ready, scored: Sequence[ScoredPartition]) -> Barrier:
    """Choose whom refused applicants are compared with, and whom to explain."""
    job, like = _with_likeness(ready, scored)
    scale = max((abs(one.score) for part in scored for one in part.decisions if one.score), default=1.0)
    by_cutoff: References = {}
    if ready.model.framework not in ("none", "scores") and job.factors:
        section = ready.config.explain.reference
        by_cutoff = (
            ready.pinned.by_cutoff
            if ready.pinned is not None
            else chosen(
                ready,
                scored,
                "all_applicants" if section.kind == "all_applicants" else "near_cutoff",
                rows=section.rows,
                keys=[key for part in scored for key in part.keys],
            )
        )
    job = _with_ages(ready, job, scored, by_cutoff)
    selections, weight = _selections(ready, scored)
    references = tuple(one for one, _ in by_cutoff.values())
    return Barrier(job, references, by_cutoff, selections, like, scale, weight if by_cutoff else None)


def chosen(
    ready: Ready,
    scored: Sequence[ScoredPartition],
    kind: Literal["near_cutoff", "all_applicants"],
    *,
    rows: int,
    keys: Sequence[bytes],
) -> References:
    """Choose a reference for each cutoff, among the applicants that it was for (R16).

    Where the cutoffs are tiers of one scale, that is everybody: who missed a stricter one, and was
    given less than asked, has passed this one and is near it.

    Parameters
    ----------
    rows : at most so many of each
    keys : of every decision, in order; they settle ties and what is drawn
    """
    import numpy as np

    from audit.explain.reference import choose_reference, has_passed

    config, section = ready.config, ready.config.explain.reference
    alike = kind == "all_applicants"
    tiers = config.decision.cutoff is not None and config.decision.cutoff.tiers and not alike
    decisions = [one for part in scored for one in part.decisions]
    of_cutoff: dict[float | None, list[int]] = {None: []} if alike else {}
    for i, one in enumerate(decisions):
        if one.outcome != "none" and (alike or one.cutoff is not None):
            of_cutoff.setdefault(None if alike else one.cutoff, []).append(i)
    everyone = [i for mine in of_cutoff.values() for i in mine] if tiers else []
    references = [
        choose_reference(
            kind,
            scores=np.array([decisions[i].score for i in mine], dtype=np.float64),
            favourable=np.array(
                [has_passed(decisions[i], cutoff if tiers else None, ready.sign) for i in mine], dtype=bool
            ),
            places=[(decisions[i].seq, decisions[i].row) for i in mine],
            keys=[keys[i] for i in mine],
            cutoff=cutoff,
            adverse_high=config.decision.adverse_high,
            at_cutoff=config.decision.at_cutoff,
            rows=rows,
            min_rows=min(section.min_rows, rows),
            seed=config.seed,
        )
        for cutoff, mine in (
            (cutoff, everyone or mine)
            for cutoff, mine in sorted(of_cutoff.items(), key=lambda item: (item[0] is not None, item[0]))
        )
    ]
    columns = _rows(ready, scored, references)
    return {one.cutoff: (one, of) for one, of in zip(references, columns, strict=True)}


def _with_likeness(ready: Ready, scored: Sequence[ScoredPartition]) -> tuple[Job, dict[str, str]]:
    """Find inputs that are a protected attribute, whose factors hold notices, and flags of missing values."""
    config = ready.config
    inputs = ready.model.inputs or config.data.features
    likeness = merge(part.likeness for part in scored)
    # A column that tells another attribute too is not scored with leave.
    stated = {name: one for name, one in config.protected.items() if one.permitted is None}
    like = found(likeness, inputs, stated)
    if config.fairness.bisg is not None:
        # 12 CFR 1002.6(b)(1): an estimate of somebody's race, and a name it is made of, stay out of scores.
        personal = config.fairness.bisg.personal
        like |= {column: ESTIMATED for column in inputs if column in personal and column not in like}
    others = [column for column in inputs if column not in like]
    permitted = {name: one for name, one in config.protected.items() if one.permitted is not None}
    codes = {code.factor: code for code in ready.job.codes}
    job = replace(
        ready.job,
        ages=_ages(codes, permitted, found(likeness, others, permitted)),
        protected_factors=protected_factors(codes, like),
        missing_flags=missing_flags(ready.job.codes, merge_profiles(part.profile for part in scored)),
    )
    return job, like


def _ages(
    codes: Mapping[str, ReasonCode], permitted: Mapping[str, ProtectedAttribute], told: Mapping[str, str]
) -> Ages | None:
    """Return what tells an age that may be scored; None where nothing does."""
    for name, stated in permitted.items():
        columns = tuple(column for column, attribute in told.items() if attribute == name)
        if columns:
            of = dict.fromkeys(columns, name)
            return Ages(name, columns, protected_factors(codes, of), bands_by_age(stated)[1], {})
    return None


def _with_ages(ready: Ready, job: Job, scored: Sequence[ScoredPartition], references: References) -> Job:
    """Look which younger ages occur, among the applicants here and those they are compared with."""
    import numpy as np
    import polars as pl

    if job.ages is None:
        return job
    ages, stated = job.ages, ready.config.protected[job.ages.attribute]
    younger = Younger(ages.columns, bands_by_age(stated)[0])
    for part in scored:
        decided = np.array([one.outcome != "none" for one in part.decisions], dtype=bool)
        younger.add(
            worker.rows_of(ready.job, part.plan, np.flatnonzero(decided).tolist()),
            part.groups[ages.attribute][decided],
        )
    for _, values in references.values():
        if stated.column in values:  # else nobody knows how old they are
            frame = pl.DataFrame({stated.column: values[stated.column]})
            younger.add(values, groups({ages.attribute: stated}, frame)[ages.attribute])
    return replace(job, ages=replace(ages, younger=younger.ages()))


def _rows(
    ready: Ready, scored: Sequence[ScoredPartition], references: Sequence[Reference]
) -> list[dict[str, NDArray[Any]]]:
    """Fetch the rows of each reference, in its order; every partition is read once."""
    import numpy as np

    wanted: dict[int, dict[int, list[tuple[int, int]]]] = {}  # seq -> row -> (reference, place in it)
    for number, reference in enumerate(references):
        for place, (seq, row) in enumerate(reference.rows):
            wanted.setdefault(seq, {}).setdefault(row, []).append((number, place))
    parts: list[list[tuple[list[int], Values]]] = [[] for _ in references]
    for part in scored:
        rows = wanted.get(part.plan.seq, {})
        at = [i for i, one in enumerate(part.decisions) if one.row in rows]
        if not at:
            continue
        values = worker.rows_of(ready.job, part.plan, at)
        for number in range(len(references)):
            mine = [
                (i, place)
                for i, position in enumerate(at)
                for of, place in rows[part.decisions[position].row]
                if of == number
            ]
            if mine:
                taken = np.array([i for i, _ in mine])
                cells = {column: values[column][taken] for column in values}
                parts[number].append(([place for _, place in mine], cells))
    return [_in_places(of_reference) for of_reference in parts]


def _in_places(parts: Sequence[tuple[list[int], Values]]) -> dict[str, NDArray[Any]]:
    import numpy as np

    if not parts:
        return {}
    back = np.argsort(np.array([place for places, _ in parts for place in places]), kind="stable")
    return {column: np.concatenate([values[column] for _, values in parts])[back] for column in parts[0][1]}


def _selections(ready: Ready, scored: Sequence[ScoredPartition]) -> tuple[dict[int, Selection], float | None]:
    """Choose the decisions to attribute: every adverse one, and a seeded sample of favourable ones."""
    import numpy as np

    config = ready.config
    draw = np.random.default_rng(config.seed)
    adverse = [
        (part.plan.seq, at)
        for part in scored
        for at, one in enumerate(part.decisions)
        if one.outcome == "adverse"
    ]
    others = [
        (part.plan.seq, at)
        for part in scored
        for at, one in enumerate(part.decisions)
        if one.outcome == "favourable"
    ]
    favourable = _drawn(draw, others, config.explain.favourable)
    sample = _drawn(draw, adverse, config.explain.sample)
    chosen: dict[int, tuple[list[int], list[int]]] = {part.plan.seq: ([], []) for part in scored}
    for seq, at in sorted([*adverse, *favourable]):
        chosen[seq][0].append(at)
    for seq, at in sorted(sample):
        chosen[seq][1].append(at)
    weight = len(others) / len(favourable) if favourable else None
    return {seq: Selection(tuple(a), tuple(s)) for seq, (a, s) in chosen.items()}, weight


def _drawn(draw: np.random.Generator, places: Sequence[tuple[int, int]], n: int) -> list[tuple[int, int]]:
    if n >= len(places):
        return list(places)
    return [places[i] for i in sorted(draw.choice(len(places), size=n, replace=False).tolist())]
