"""The first half of a run: from a config to scored and explained partitions.

Nothing here writes: every fault of config, dictionary, policies, data and model is named before a
ledger is touched.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit import worker
from audit.check import check
from audit.config import Config, bindings_report, load_dictionary, read_config
from audit.config.load import in_order
from audit.data.dataset import Source, open_source
from audit.data.likeness import found, merge
from audit.data.recipients import read_persons, recipients_columns
from audit.errors import AuditError, ConfigError, Fault
from audit.pinned import Pinned, pinned_reference
from audit.policy import load_policy
from audit.reasons import protected_factors
from audit.record import Audit, Dataset, Model, Policy, Reference

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audit.worker import ExplainedPartition, Job, ScoredPartition, Selection, Values

Tell = Callable[[str, int, int], None]

_PACKAGES = (
    "plainspoken", "tensorflow", "keras", "shap", "lime", "scikit-learn", "scipy", "numpy", "polars",
    "sqlalchemy", "cryptography", "jinja2", "weasyprint",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A config that fits its dictionary, policies, data and model, as far as can be seen unscored."""

    config: Config
    job: Job
    policy: Policy
    model: Model
    dataset: Dataset
    recipients_columns: tuple[str, ...] | None
    pinned: Pinned | None

    @property
    def sign(self) -> float:
        """1 where high scores are adverse, else -1: what turns a contribution toward refusal."""
        return 1.0 if self.config.decision.adverse_high else -1.0

    @property
    def bindings(self) -> tuple[tuple[str, str, str], ...]:
        """Place, "column" or "constant", and what it is, of each name that could be either."""
        return tuple(bindings_report(self.config, self.dataset.columns, self.recipients_columns))


@dataclass(frozen=True, slots=True, eq=False)
class Barrier:
    """What stands between scoring and explaining: whom to compare with, and whom to explain."""

    job: Job  # knows by now which factors are protected
    references: tuple[Reference, ...]
    by_cutoff: Mapping[float | None, tuple[Reference, Values]]
    selections: Mapping[int, Selection]
    protected_inputs: Mapping[str, str]  # model column -> the protected attribute that it tells
    scale: float  # size of the scores, which the tolerance is a share of
    weight: float | None  # how many favourable decisions each sampled one stands for


def prepare(source: str | Path | Mapping[str, Any], *, ledger: str | None = None) -> Ready:
    """Read everything that an audit rests on and check that it fits together.

    Raises
    ------
    ConfigError
        With every fault that can be seen without scoring.
    DataError, ModelError, PolicyError
    """
    reading = read_config(source)
    config = reading.config
    if config is None:
        raise ConfigError(reading.faults)
    ledger = ledger or ledger_beside(config.folder)
    data = _open(config, reading.faults)
    codes = load_dictionary(config.file(config.dictionary)) if config.dictionary else ()
    policy = load_policy(config.policies, config.audit.as_of, config.folder)
    job = worker.Job(config=config, codes=codes, source=data, persons=read_persons(config))
    model = worker.model_of(config)
    return Ready(
        config=config,
        job=job,
        policy=policy,
        model=model,
        dataset=data.dataset(),
        recipients_columns=recipients_columns(config),
        pinned=pinned_reference(config, model, ledger),
    )


def _open(config: Config, faults: Sequence[Fault]) -> Source:
    """Open and plan the data; where something is wrong, say it with all that is wrong beside it."""
    found = [*faults, *check(config)]
    failure: AuditError | None = None
    try:
        data = open_source(config)
        failure = _planned(data)
        seen = replace(data.inspection(), recipients_columns=recipients_columns(config))
        found = [*faults, *check(config, seen)]
    except AuditError as error:
        failure = error
    if isinstance(failure, ConfigError):
        found += failure.faults
    if found:
        raise ConfigError(in_order(found)) from failure
    if failure is not None:
        raise failure
    return data


def _planned(data: Source) -> AuditError | None:
    try:
        data.plan()
    except AuditError as error:
        return error
    return None


def ledger_beside(folder: Path) -> str:
    """Return the URL of the ledger where none is named: $PLAINSPOKEN_LEDGER, else beside the config."""
    name = os.environ.get("PLAINSPOKEN_LEDGER") or str(folder / "ledger.db")
    return name if "://" in name else f"sqlite:///{Path(name).absolute()}"


def head(ready: Ready, *, slot: str, again: int, demonstration: str | None, opened_at: dt.datetime) -> Audit:
    """Return the audit as it opens; its id is the digest of everything that its result depends on."""
    from audit.ledger.seal import digest_of_json, run_id

    config = ready.config
    resolved = config.resolved()
    program = _version("plainspoken")
    parts = {
        "config": digest_of_json(resolved),
        "dictionary": digest_of_json([repr(code) for code in ready.job.codes]),
        "policies": digest_of_json([f"{pack.name} {pack.digest}" for pack in ready.policy.packs]),
        "reference": ready.pinned.reference.digest if ready.pinned is not None else "chosen",
        "model": ready.model.digest,
        "data": ready.dataset.digest,
        "program": program,
        "slot": slot,
        "again": str(again),
        "demonstration": demonstration or "",
    }
    return Audit(
        audit=run_id(parts),
        name=config.audit.name,
        kind=config.audit.kind,
        owner=config.audit.owner,
        as_of=config.audit.as_of,
        model=ready.model,
        dataset=ready.dataset,
        config=resolved,
        slot=slot,
        again=again,
        seed=config.seed,
        program=program,
        opened_at=opened_at,
        environment=environment(),
    )


def environment() -> dict[str, str]:
    """Return what a replay must match: versions of what computes, and the kind of machine."""
    packages = {name: _version(name) for name in _PACKAGES}
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "byteorder": sys.byteorder,
        **{name: found for name, found in packages.items() if found},
    }


def score(ready: Ready, tell: Tell) -> tuple[ScoredPartition, ...]:
    """Score every partition, in order."""
    plans = ready.job.source.plan()
    found = []
    for done, plan in enumerate(plans, start=1):
        found.append(worker.score_partition(ready.job, plan))
        tell("score", done, len(plans))
    return tuple(found)


def refuse_faults(ready: Ready, scored: Sequence[ScoredPartition]) -> None:
    """Check the config once more, now that model inputs, scores and cutoffs are known.

    Raises
    ------
    ConfigError
    """
    decided = [one for part in scored for one in part.decisions if one.outcome != "none"]
    scores = [one.score for one in decided if one.score is not None]
    seen = replace(
        ready.job.source.inspection(),
        score_low=min(scores, default=None),
        score_high=max(scores, default=None),
        model_inputs=ready.model.inputs,
        model_digest=ready.model.digest,
        recipients_columns=ready.recipients_columns,
        pinned=ready.pinned.seen if ready.pinned is not None else None,
    )
    faults = check(ready.config, seen)
    if faults:
        raise ConfigError(faults)


def choose(ready: Ready, scored: Sequence[ScoredPartition]) -> Barrier:
    """Choose whom refused applicants are compared with, and whom to explain."""
    import numpy as np

    config = ready.config
    job, like = _with_likeness(ready, scored)
    decisions = [one for part in scored for one in part.decisions]
    scores = [abs(one.score) for one in decisions if one.score is not None]
    scale = max([1.0, *scores])
    if ready.model.framework in ("none", "scores") or not ready.job.factors:
        selections, _ = _selections(ready, scored)
        return Barrier(job, (), {}, selections, like, scale, None)
    by_cutoff: dict[float | None, tuple[Reference, Values]] = {}
    if ready.pinned is not None:
        by_cutoff = dict(ready.pinned.by_cutoff)
    else:
        from audit.explain.reference import choose_reference

        keys = [key for part in scored for key in part.keys]
        section = config.explain.reference
        alike = section.kind == "all_applicants"
        cutoffs = [None] if alike else sorted({one.cutoff for one in decisions if one.cutoff is not None})
        for cutoff in cutoffs:
            mine = [
                i
                for i, one in enumerate(decisions)
                if one.outcome != "none" and (cutoff is None or one.cutoff == cutoff)
            ]
            reference = choose_reference(
                section.kind,
                scores=np.array([decisions[i].score for i in mine], dtype=np.float64),
                favourable=np.array([decisions[i].outcome == "favourable" for i in mine]),
                places=[(decisions[i].seq, decisions[i].row) for i in mine],
                keys=[keys[i] for i in mine],
                cutoff=cutoff,
                adverse_high=config.decision.adverse_high,
                at_cutoff=config.decision.at_cutoff,
                rows=section.rows,
                min_rows=section.min_rows,
                seed=config.seed,
            )
            by_cutoff[cutoff] = (reference, _rows(ready, scored, reference))
    selections, weight = _selections(ready, scored)
    references = tuple(one for one, _ in by_cutoff.values())
    return Barrier(job, references, by_cutoff, selections, like, scale, weight)


def explain(scored: Sequence[ScoredPartition], barrier: Barrier, tell: Tell) -> Iterator[ExplainedPartition]:
    """Explain partition by partition, in order."""
    total = sum(len(one.attributed) for one in barrier.selections.values())
    before = 0
    tell("explain", before, total)
    for part in scored:
        yield worker.explain_partition(
            barrier.job,
            part,
            barrier.by_cutoff,
            barrier.selections[part.plan.seq],
            barrier.scale,
            lambda n, before=before: tell("explain", before + n, total),
        )
        before += len(barrier.selections[part.plan.seq].attributed)
        tell("explain", before, total)


def _with_likeness(ready: Ready, scored: Sequence[ScoredPartition]) -> tuple[Job, dict[str, str]]:
    """Find the inputs that are a protected attribute; the factors that read them hold their notices."""
    config = ready.config
    inputs = ready.model.inputs or config.data.features
    like = found(merge(part.likeness for part in scored), inputs, config.protected)
    codes = {code.factor: code for code in ready.job.codes}
    return replace(ready.job, protected_factors=protected_factors(codes, like)), like


def _rows(ready: Ready, scored: Sequence[ScoredPartition], reference: Reference) -> Values:
    """Fetch the reference's rows from their partitions, in the reference's order."""
    import numpy as np

    position = {(one.seq, one.row): at for part in scored for at, one in enumerate(part.decisions)}
    plans = {part.plan.seq: part.plan for part in scored}
    found: dict[str, list[NDArray[Any]]] = {}
    order: list[int] = []
    for seq in sorted({seq for seq, _ in reference.rows}):
        places = [i for i, (of, _) in enumerate(reference.rows) if of == seq]
        rows = worker.rows_of(ready.job, plans[seq], [position[reference.rows[i]] for i in places])
        for column, cells in rows.items():
            found.setdefault(column, []).append(cells)
        order += places
    back = np.argsort(np.asarray(order, dtype=np.int64), kind="stable")
    return {column: np.concatenate(cells)[back] for column, cells in found.items()}


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
    return {seq: worker.Selection(tuple(a), tuple(s)) for seq, (a, s) in chosen.items()}, weight


def _drawn(draw: np.random.Generator, places: Sequence[tuple[int, int]], n: int) -> list[tuple[int, int]]:
    if n >= len(places):
        return list(places)
    return [places[i] for i in sorted(draw.choice(len(places), size=n, replace=False).tolist())]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
