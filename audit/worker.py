"""The two phases of a partition: it is scored and decided, then explained and given its reasons.

Both functions take a ``Job`` (config, dictionary, planned source: plain values) and the host that
holds the model, and give the same values wherever that is: in this process, or in a child behind
walls. They never touch a model themselves.

Why so: two phases. Whom a refused applicant is compared with (R4) can only be chosen when every
score is known, so scoring and explaining are apart, and the choice stands between them as the one
barrier of an audit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from audit.config import Config
from audit.data.cases import case_files
from audit.data.cells import as_words, date
from audit.data.dataset import Batch
from audit.data.decide import cutoffs, decide, observed
from audit.data.estimated import estimated
from audit.data.likeness import stride, tally
from audit.data.missing import missing_factors
from audit.data.profile import profile
from audit.data.slices import groups, intersection_groups
from audit.data.stated import stated_reasons
from audit.data.strata import strata
from audit.errors import ModelError, UsageError
from audit.explain.joining import joined, taken
from audit.fairness.groups import count
from audit.host import Host
from audit.job import (
    NOBODY_TO_COMPARE,
    AgeTried,
    Block,
    ExplainedPartition,
    Job,
    ScoredPartition,
    Selection,
    by_reference,
    compared_with,
    take,
)
from audit.models import describe, open_model
from audit.owed import clock_field, owed_unless_complete
from audit.reasons import orient, principal_reasons, rank_scored
from audit.reasons_given import imported_reasons
from audit.record import (
    Attributions,
    CaseFile,
    Decision,
    Model,
    PartitionPlan,
    ReasonCode,
)
from audit.scored_age import tried
from audit.sliced import sliced
from audit.turning import with_counterfactuals

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audit.job import References, Values

# Closer than this, as a share of the scores' size, contributions are ties (R13): float32 models
# repeat a sum to about 1e-7 of it, and a hundred times that is still far below what is printed.
TOLERANCE = 1e-5
QUOTED = "shapley"  # the one method that letters quote


def model_of(config: Config, host: Host | None) -> Model:
    """Describe what scores: a model, a column of scores, or nothing.

    Raises
    ------
    ModelError
        Unknown format, missing trust, another digest, or a model that cannot be read.
    """
    section = config.model
    if host is not None:
        model = host.model()
    elif section is not None and section.scores is not None:
        model = describe(open_model(f"scores:{section.scores}"))
    else:
        return Model(digest="0" * 64, name="no model", framework="none", version="0" * 16)
    version = section.version if section is not None else None
    return model if version is None else replace(model, version=version)


def score_partition(
    job: Job, plan: PartitionPlan, host: Host | None, baseline: Host | None = None
) -> ScoredPartition:
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
    scores = _scores(config, batch, host)
    at = cutoffs(config, batch.frame)
    decisions = decide(config, batch, scores, at, job.persons)
    members = groups(config.protected, batch.frame)
    members |= intersection_groups(config.intersections, members)
    happened = observed(config, batch.frame)
    outcomes = np.array([one.outcome for one in decisions], dtype=object)
    values = np.array([np.nan if one.score is None else one.score for one in decisions], dtype=np.float64)
    return ScoredPartition(
        plan=plan,
        decisions=decisions,
        groups=members,
        counts=count(outcomes, members if config.audit.only != "notices" else {}, values, happened),
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
        sliced=sliced(job, batch, decisions, at, members, happened, baseline),
        stated=stated_reasons(told, batch.frame) if (told := config.record.denial_reasons) else None,
        strata=strata(config, batch.frame, members, outcomes, values),
        estimated=estimated(config, batch.frame),
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
    references: References,
    selection: Selection,
    scale: float,
    host: Host | None,
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
    values: dict[str, NDArray[Any]] = batch.features()
    causes: dict[str, str] = {}
    blocks: dict[str, Block] = {}
    if host is not None and job.factors:
        wanted = {QUOTED: selection.attributed}
        wanted |= dict.fromkeys(config.explain.cross_checks, selection.sample)
        for method, positions in wanted.items():
            block, cause = _attribute(
                job, host, method, scored.decisions, positions, values, references, scale, tell
            )
            if block is not None:
                blocks[method] = block
            if cause is not None:
                causes[method] = cause
    cases = with_counterfactuals(
        job,
        host,
        scored.decisions,
        case_files(config, batch, config.data.features),
        values,
        references,
    )
    aged = _aged(job, scored, selection, values, scale, host)
    decisions = _with_reasons(
        job, scored.decisions, blocks.get(QUOTED), values, references, scale, batch, cases, aged
    )
    return ExplainedPartition(
        seq=scored.plan.seq,
        decisions=decisions,
        cases=cases,
        blocks=blocks,
        causes=causes,
        values=take(values, blocks[QUOTED].rows if QUOTED in blocks else ()),
        aged=aged,
    )


def _aged(
    job: Job, scored: ScoredPartition, selection: Selection, values: Values, scale: float, host: Host | None
) -> AgeTried | None:
    """Try younger ages on those of 62 or older, where age is scored with leave (R18)."""
    if job.ages is None:
        return None
    return tried(
        job.ages,
        host,
        scored.decisions,
        selection.attributed,
        scored.groups[job.ages.attribute],
        values,
        sign=1.0 if job.config.decision.adverse_high else -1.0,
        tolerance=TOLERANCE * scale,
    )


def _scores(config: Config, batch: Batch, host: Host | None) -> NDArray[np.float64] | None:
    section = config.model
    if section is None:
        return None
    if section.scores is not None:
        column = section.scores
        return open_model(f"scores:{column}").score(batch.inputs([column]))
    return None if host is None else host.score(batch.features())


def options_of(job: Job, method: str, scale: float) -> dict[str, Any]:
    """Return the keywords that a method is asked with.

    Parameters
    ----------
    scale : size of the scores, which the tolerance is a share of
    """
    reasons = job.config.explain.reasons
    if method != QUOTED:
        return {"seed": job.config.seed}
    return {
        "seed": job.config.seed,
        "exact_up_to": reasons.exact_up_to,
        "sampling": reasons.sampling,
        "adverse": job.config.decision.adverse,
        "at_most": reasons.at_most,
        "floor": reasons.floor,
        "tolerance": TOLERANCE * scale,
    }


def _attribute(
    job: Job,
    host: Host,
    method: str,
    decisions: Sequence[Decision],
    positions: Sequence[int],
    values: Values,
    references: References,
    scale: float,
    tell: Callable[[int], None] | None,
) -> tuple[Block | None, str | None]:
    """Explain some rows by one method, each against the reference of its own cutoff."""
    options = options_of(job, method, scale)
    order: list[int] = []
    parts: list[Attributions] = []
    for reference, mine in by_reference(decisions, positions, references):
        further = partial(_further, tell, len(order)) if method == QUOTED and tell is not None else None
        try:
            parts.append(host.attribute(method, take(values, mine), reference, job.factors, options, further))
        except (UsageError, ModelError) as error:
            if method != QUOTED:
                return None, str(error)  # a cross-check that cannot be made is no reason to stop
            if isinstance(error, UsageError):
                raise
            fact = str(error).partition(": ")[2].partition(". ")[0]
            raise ModelError(
                "model: it cannot score one applicant's values mixed with another's, which explaining asks "
                f"for ({fact}). Let it answer for every combination of its inputs."
            ) from error
        order += mine
    if not parts:
        return None, NOBODY_TO_COMPARE if positions else None
    back = sorted(range(len(order)), key=order.__getitem__)
    return Block(tuple(order[i] for i in back), taken(joined(parts), back)), None


def _further(tell: Callable[[int], None], before: int, done: int) -> None:
    tell(before + done)


def _with_reasons(
    job: Job,
    decisions: Sequence[Decision],
    block: Block | None,
    values: Values,
    references: References,
    scale: float,
    batch: Batch,
    cases: Sequence[CaseFile],
    aged: AgeTried | None,
) -> tuple[Decision, ...]:
    """Give each adverse decision its reasons and its notice the state that follows from them."""
    config = job.config
    codes = {code.factor: code for code in job.codes}
    by_code = {code.code: code for code in job.codes}
    place = {at: i for i, at in enumerate(block.rows)} if block is not None else {}
    given = _given(config, batch)
    missing = missing_factors(
        job.codes,
        {**values, **batch.inputs(sorted(job.missing_flags - set(values)))},
        job.missing_flags,
    )
    worse = frozenset(aged.worse if aged is not None else ())
    untried = frozenset(aged.unknown if aged is not None else ())
    finished: list[Decision] = []
    for at, decision in enumerate(decisions):
        i = place.get(at)
        completed = date(cases[at].record.get(clock_field(decision.action)))
        if decision.outcome != "adverse" and i is None:
            finished.append(owed_unless_complete(decision, completed))
            continue
        protected = job.protected_factors
        if job.ages is not None and at in untried:
            protected |= job.ages.factors  # R18: where nothing shows that age may be scored, it may not
        compared = compared_with(decision, references)
        reference = compared[0] if compared is not None else None
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
        decision = replace(
            decision,
            rules=_as_factors(decision.rules, codes, by_code),
            judgment=_as_factors(decision.judgment, codes, by_code),
        )
        if given is not None and decision.outcome == "adverse":
            _, unpushed = rank_scored(contributions, codes, floor=0, tolerance=TOLERANCE * scale)
            finished.append(
                imported_reasons(
                    decision,
                    given[at],
                    by_code,
                    at_most=config.explain.reasons.at_most,
                    protected_factors=protected,
                    negative_age=at in worse,
                    helped=[one.factor for one in unpushed],
                    completed_at=completed,
                )
            )
            continue
        finished.append(
            principal_reasons(
                replace(decision, reference=reference.digest if reference is not None else None),
                contributions,
                errors,
                codes,
                frozenset(factor for factor, rows in missing.items() if rows[at]),
                at_most=config.explain.reasons.at_most,
                floor=config.explain.reasons.floor,
                tolerance=TOLERANCE * scale,
                certified=certified,
                residual=residual,
                reference_ok=reference is None or reference.cause is None,
                protected_factors=protected,
                negative_age=at in worse,
                completed_at=completed,
            )
        )
    return tuple(finished)


def _given(config: Config, batch: Batch) -> list[tuple[str, ...]] | None:
    """Return the reason codes that the vendor gave, in its order; None where none are imported."""
    if config.reasons_given is None:
        return None
    columns = [as_words(batch.frame[name]).fill_null("").to_list() for name in config.reasons_given.columns]
    return [tuple(str(cell).strip() for cell in row) for row in zip(*columns, strict=True)]


def _as_factors(
    names: Sequence[str], codes: Mapping[str, ReasonCode], by_code: Mapping[str, ReasonCode]
) -> tuple[str, ...]:
    """Return what the data call rules and grounds as factors of the dictionary; either name will do."""
    return tuple(by_code[name].factor if name not in codes and name in by_code else name for name in names)
