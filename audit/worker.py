"""The only part of a process that owns the model, the explainers and the data.

The driver hands over a ``Job`` (config, dictionary, planned source: plain values) and takes back
finished partitions. The two partition functions are pure and picklable: they give the same values
inline, in a process pool and in a child of its own. The model is opened once a process.

Why so: two phases. Whom a refused applicant is compared with (R4) can only be chosen when every
score is known, so scoring and explaining are apart, and the choice stands between them as the one
barrier of an audit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from audit.config import Config
from audit.data.cases import case_files
from audit.data.dataset import Batch, Source
from audit.data.decide import cutoffs, decide, observed
from audit.data.likeness import Likeness, stride, tally
from audit.data.profile import Profile, profile
from audit.data.slices import groups, intersection_groups
from audit.fairness.groups import CountTable, count
from audit.models import describe, open_model
from audit.reasons import orient, principal_reasons
from audit.reasons_given import imported_reasons
from audit.record import (
    Attributions,
    CaseFile,
    Decision,
    Model,
    PartitionPlan,
    Person,
    QuarantinedRow,
    ReasonCode,
    Reference,
    Scorer,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = Mapping[str, NDArray[Any]]

# Closer than this, as a share of the scores' size, contributions are ties (R13): float32 models
# repeat a sum to about 1e-7 of it, and a hundred times that is still far below what is printed.
TOLERANCE = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """Everything that a worker must know: plain values, picklable."""

    config: Config
    codes: tuple[ReasonCode, ...]
    source: Source
    persons: Mapping[str, tuple[Person, ...]] = field(default_factory=dict)
    protected_factors: frozenset[str] = frozenset()

    @property
    def factors(self) -> dict[str, list[str]]:
        """The players of the game: each factor of the dictionary that has columns."""
        return {
            code.factor: list(dict.fromkeys((*code.columns, *code.missing_columns)))
            for code in self.codes
            if code.columns
        }


@dataclass(frozen=True, slots=True, eq=False)
class ScoredPartition:
    """A partition after the first phase: outcomes and counts, and what the barrier needs."""

    plan: PartitionPlan
    decisions: tuple[Decision, ...]
    groups: Mapping[str, NDArray[Any]]  # attribute, and "sex x age", -> group of each decision
    counts: CountTable
    observed: NDArray[np.float64] | None  # 1 adverse, 0 not, NaN not known
    keys: tuple[bytes, ...]  # of each row's content: settle ties whatever the order of the rows
    quarantined: tuple[QuarantinedRow, ...]
    likeness: Likeness  # what tells whether an input is a protected attribute
    profile: Profile


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One method's contributions for some decisions of a partition."""

    rows: tuple[int, ...]  # positions in the partition's decisions
    attributions: Attributions


@dataclass(frozen=True, slots=True, eq=False)
class ExplainedPartition:
    """A partition after the second phase: reasons, notices and contributions."""

    seq: int
    decisions: tuple[Decision, ...]
    cases: tuple[CaseFile, ...]
    blocks: Mapping[str, Block]
    causes: Mapping[str, str]  # method -> why it was not measured
    values: Values  # columns of the attributed rows, in their order, for the pictures


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Which decisions of a partition are attributed, and on which the cross-checks run."""

    attributed: tuple[int, ...]
    sample: tuple[int, ...]


_SCORERS: dict[str, Scorer | None] = {}


def scorer_of(config: Config) -> Scorer | None:
    """Open the config's model, once a process; None where decisions are audited without one.

    Raises
    ------
    ModelError
        Unknown format, missing trust, another digest, or a model that cannot be read.
    """
    section = config.model
    if section is None or section.path is None:
        return None
    key = f"{config.folder}|{section.model_dump_json()}|{config.data.features}"
    if key not in _SCORERS:
        _SCORERS.clear()
        _SCORERS[key] = open_model(
            section.path,
            trust=section.trust.model_dump() if section.trust is not None else None,
            sha256=section.sha256,
            output=section.output,
            folder=config.folder,
            features=config.data.features,
        )
    return _SCORERS[key]


def model_of(config: Config) -> Model:
    """Describe what scores: a model, a column of scores, or nothing."""
    section = config.model
    scorer = scorer_of(config)
    if scorer is not None:
        return describe(scorer, section.version if section is not None else None)
    if section is not None and section.scores is not None:
        return describe(open_model(f"scores:{section.scores}"), section.version)
    return Model(digest="0" * 64, name="no model", framework="none", version="0" * 16)


def score_partition(job: Job, plan: PartitionPlan) -> ScoredPartition:
    """Read a partition, score it, and count what was decided.

    Raises
    ------
    DataError
        The data are no longer those that were planned.
    ModelError
        A score that is not finite, or not one score a row.
    """
    import numpy as np

    config = job.config
    batch = job.source.read(plan)
    scores = _scores(config, batch)
    decisions = decide(config, batch, scores, cutoffs(config, batch.frame), job.persons)
    members = groups(config.protected, batch.frame)
    members |= intersection_groups(config.intersections, members)
    happened = observed(config, batch.frame)
    return ScoredPartition(
        plan=plan,
        decisions=decisions,
        groups=members,
        counts=count(
            np.array([one.outcome for one in decisions], dtype=object),
            members,
            np.array([np.nan if one.score is None else one.score for one in decisions], dtype=np.float64),
            happened,
        ),
        observed=happened,
        keys=batch.keys(),
        quarantined=batch.quarantined,
        likeness=tally(
            batch.frame,
            batch.rows,
            config.data.features,
            config.protected,
            stride(job.source.n_rows),
        ),
        profile=profile(batch.features()),
    )


def rows_of(job: Job, plan: PartitionPlan, positions: Sequence[int]) -> Values:
    """Return the model's columns of some decisions of a partition, by their position."""
    import numpy as np

    values = job.source.read(plan).features()
    place = np.asarray(positions, dtype=np.int64)
    return {column: cells[place] for column, cells in values.items()}


def explain_partition(
    job: Job,
    scored: ScoredPartition,
    references: Mapping[float | None, tuple[Reference, Values]],
    selection: Selection,
    scale: float,
    tell: Callable[[int], None] | None = None,
) -> ExplainedPartition:
    """Attribute the adverse decisions and the sample, and choose the reasons.

    Parameters
    ----------
    references : cutoff -> the reference and its rows
        Each decision is compared with the applicants near its own cutoff (R16).
    selection : Selection
        Positions in ``scored.decisions``.
    scale : float
        Size of the scores, which the tolerance is a share of.
    tell : callable, optional
        Called with the number of decisions that are explained.
    """
    config = job.config
    batch = job.source.read(scored.plan)
    scorer = scorer_of(config)
    values = batch.features()
    causes: dict[str, str] = {}
    blocks: dict[str, Block] = {}
    if scorer is not None and job.factors:
        wanted = {"shapley": selection.attributed}
        wanted |= dict.fromkeys(config.explain.also, selection.sample)
        for method, positions in wanted.items():
            block, cause = _attribute(
                job, scorer, method, scored.decisions, positions, values, references, scale, tell
            )
            if block is not None:
                blocks[method] = block
            if cause is not None:
                causes[method] = cause
    cases = case_files(config, batch, config.data.features)
    decisions = _with_reasons(
        job, scored.decisions, blocks.get("shapley"), values, references, scale, batch, cases
    )
    return ExplainedPartition(
        seq=scored.plan.seq,
        decisions=decisions,
        cases=cases,
        blocks=blocks,
        causes=causes,
        values=_take(values, blocks["shapley"].rows if "shapley" in blocks else ()),
    )


def _scores(config: Config, batch: Batch) -> NDArray[np.float64] | None:
    section = config.model
    if section is None:
        return None
    if section.scores is not None:
        column = section.scores
        return open_model(f"scores:{column}").score(batch.inputs([column]))
    scorer = scorer_of(config)
    return None if scorer is None else scorer.score(batch.features())


def _attribute(
    job: Job,
    scorer: Scorer,
    method: str,
    decisions: Sequence[Decision],
    positions: Sequence[int],
    values: Values,
    references: Mapping[float | None, tuple[Reference, Values]],
    scale: float,
    tell: Callable[[int], None] | None,
) -> tuple[Block | None, str | None]:
    """Explain some rows by one method, each against the reference of its own cutoff."""
    from audit.explain import explainer

    explain = job.config.explain
    method_of = explainer(method)
    options: dict[str, Any] = {"seed": job.config.seed}
    if method == "shapley":
        options |= {
            "exact_up_to": explain.reasons.exact_up_to,
            "adverse": job.config.decision.adverse,
            "at_most": explain.reasons.at_most,
            "floor": explain.reasons.floor,
            "tolerance": TOLERANCE * scale,
            "progress": tell,
        }
    parts: list[tuple[list[int], Attributions]] = []
    for cutoff, (_, reference) in references.items():
        mine = [at for at in positions if cutoff is None or decisions[at].cutoff == cutoff]
        if not mine or not any(len(cells) for cells in reference.values()):
            continue
        parts.append(
            (mine, method_of.explain(scorer, _take(values, mine), reference, job.factors, **options))
        )
    if not parts:
        return None, "there was nobody to compare with" if positions else None
    return Block(tuple(at for mine, _ in parts for at in mine), joined([one for _, one in parts])), None


def taken(attributions: Attributions, rows: Sequence[int]) -> Attributions:
    """Return what is said of some of the rows."""
    import numpy as np

    place = np.asarray(rows, dtype=np.int64)
    errors = attributions.standard_error
    return replace(
        attributions,
        values=attributions.values[place],
        base=attributions.base[place],
        output=attributions.output[place],
        residual=attributions.residual[place],
        standard_error=None if errors is None else errors[place],
        certified=tuple(attributions.certified[at] for at in rows) if attributions.certified else (),
    )


def joined(parts: Sequence[Attributions]) -> Attributions:
    """Return what is said of the rows of all parts, in their order."""
    import numpy as np

    if len(parts) == 1:
        return parts[0]
    errors = [part.standard_error for part in parts]
    return replace(
        parts[0],
        values=np.concatenate([part.values for part in parts]),
        base=np.concatenate([part.base for part in parts]),
        output=np.concatenate([part.output for part in parts]),
        residual=np.concatenate([part.residual for part in parts]),
        standard_error=None
        if any(one is None for one in errors)
        else np.concatenate([one for one in errors if one is not None]),
        certified=tuple(word for part in parts for word in part.certified),
    )


def _with_reasons(
    job: Job,
    decisions: Sequence[Decision],
    block: Block | None,
    values: Values,
    references: Mapping[float | None, tuple[Reference, Values]],
    scale: float,
    batch: Batch,
    cases: Sequence[CaseFile],
) -> tuple[Decision, ...]:
    """Give each adverse decision its reasons and its notice the state that follows from them."""
    config = job.config
    codes = {code.factor: code for code in job.codes}
    by_code = {code.code: code for code in job.codes}
    place = {at: i for i, at in enumerate(block.rows)} if block is not None else {}
    given = _given(config, batch)
    finished: list[Decision] = []
    for at, decision in enumerate(decisions):
        i = place.get(at)
        if decision.outcome != "adverse" and i is None:
            finished.append(decision)
            continue
        completed = _date(cases[at].record.get("completed_at"))
        if given is not None and decision.outcome == "adverse":
            finished.append(
                imported_reasons(
                    decision,
                    given[at],
                    by_code,
                    at_most=config.explain.reasons.at_most,
                    protected_factors=job.protected_factors,
                    completed_at=completed,
                )
            )
            continue
        reference = _reference_of(decision, references)
        contributions: dict[str, float] = {}
        errors = certified = residual = None
        if block is not None and i is not None:
            found = block.attributions
            raw = dict(zip(found.factors, found.values[i].tolist(), strict=True))
            contributions = orient(raw, "high" if config.decision.adverse_high else "low")
            residual = float(found.residual[i])
            certified = found.certified[i] if found.certified else "exact"
            if found.standard_error is not None:
                errors = dict(zip(found.factors, found.standard_error[i].tolist(), strict=True))
        finished.append(
            principal_reasons(
                replace(decision, reference=reference.digest if reference is not None else None),
                contributions,
                errors,
                codes,
                _missing(job.codes, values, at),
                at_most=config.explain.reasons.at_most,
                floor=config.explain.reasons.floor,
                tolerance=TOLERANCE * scale,
                certified=certified,
                residual=residual,
                reference_ok=reference is None or reference.cause is None,
                protected_factors=job.protected_factors,
                completed_at=completed,
            )
        )
    return tuple(finished)


def _given(config: Config, batch: Batch) -> list[tuple[str, ...]] | None:
    """Return the reason codes that the vendor gave, in its order; None where none are imported."""
    from audit.data.cells import as_words

    if config.reasons_given is None:
        return None
    columns = [as_words(batch.frame[name]).fill_null("").to_list() for name in config.reasons_given.columns]
    return [tuple(str(cell).strip() for cell in row) for row in zip(*columns, strict=True)]


def _date(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None  # the letter that needs this date names it as missing


def _reference_of(
    decision: Decision, references: Mapping[float | None, tuple[Reference, Values]]
) -> Reference | None:
    found = references.get(decision.cutoff) or references.get(None)
    return found[0] if found is not None else None


def _missing(codes: Sequence[ReasonCode], values: Values, at: int) -> frozenset[str]:
    """Return the factors of which nothing is known in a row: their flag is set, or all cells are empty."""
    found = set()
    for code in codes:
        # A flag of its own is set where it is true; a value's own column is missing where it is empty.
        flags = [_cell(values, name, at) for name in code.missing_columns if name not in code.columns]
        own = [name for name in code.missing_columns if name in code.columns] or [
            name for name in code.columns if name not in code.missing_columns
        ]
        empty = bool(own) and all(_cell(values, name, at) is None for name in own)
        if empty or any(flag not in (None, 0.0, "") for flag in flags):
            found.add(code.factor)
    return frozenset(found)


def _cell(values: Values, column: str, at: int) -> float | str | None:
    if column not in values:
        return None
    cell = values[column][at]
    if isinstance(cell, str):
        return cell or None
    return None if cell != cell else float(cell)


def _take(values: Values, positions: Sequence[int]) -> Values:
    import numpy as np

    place = np.asarray(positions, dtype=np.int64)
    return {column: cells[place] for column, cells in values.items()}
