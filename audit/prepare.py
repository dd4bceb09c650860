"""The first half of a run: from a config to scored and explained partitions.

Nothing here writes: every fault of config, dictionary, policies, data and model is named before a
ledger is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit import worker
from audit.check import check, check_data, dictionary_of
from audit.check.coding import CodingSeen, coding_faults
from audit.config import Config, Inspection, bindings_report, read_config
from audit.config.dictionary import Dictionary
from audit.config.explain import CounterfactualsSection
from audit.config.faults import touched
from audit.config.load import in_order
from audit.config.only import Only, restricted
from audit.data.dataset import Kind, Source, open_source
from audit.data.recipients import read_persons, recipients_columns
from audit.errors import AuditError, ConfigError, Fault, ModelError
from audit.host import Host, host_of
from audit.job import Job
from audit.pinned import Pinned, pinned_reference
from audit.places import hidden_from_models, ledger_url
from audit.policy import load_policy
from audit.record import Dataset, Model, Policy
from audit.release import completing, release_of
from audit.slicing.planning import plan_of

if TYPE_CHECKING:
    from audit.barrier import Barrier
    from audit.job import ExplainedPartition, ScoredPartition

Tell = Callable[[str, int, int], None]

# What was seen of the model, the reference and the release stands, whatever the data.
_NOT_OF_THE_DATA = (
    "model_inputs", "model_digest", "model_runs_code", "recipients_columns", "pinned", "release",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A config that fits its dictionary, policies, data and model, as far as can be seen unscored."""

    config: Config
    job: Job
    policy: Policy
    model: Model
    dataset: Dataset
    seen: Inspection
    pinned: Pinned | None
    host: Host | None  # holds the model; whoever asked for this closes it
    baseline: Host | None = None  # holds the model that this one is held against, where that is a file
    given: bool = False  # data were handed over, in place of those that the config names
    hidden: tuple[Path, ...] = ()  # files that nothing of the user's code may read
    dictionary: Dictionary | None = None  # as it was read, with its lines

    @property
    def sign(self) -> float:
        """1 where high scores are adverse, else -1: what turns a contribution toward refusal."""
        return 1.0 if self.config.decision.adverse_high else -1.0

    @property
    def bindings(self) -> tuple[tuple[str, str, str], ...]:
        """Place, "column" or "constant", and what it is, of each name that could be either."""
        return tuple(bindings_report(self.config, self.dataset.columns, self.seen.recipients_columns))

    @property
    def walls(self) -> str | None:
        """Which walls stood around the model, in words; None where no model was opened."""
        return self.host.walls() if self.host is not None else None

    def close(self) -> None:
        """End the process that holds the model."""
        for held in (self.host, self.baseline):
            if held is not None:
                held.close()

    def __enter__(self) -> Ready:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def prepare(
    source: str | Path | Mapping[str, Any],
    *,
    ledger: str | None = None,
    folder: Path | None = None,
    data: Any = None,
    kinds: Mapping[str, Kind] | None = None,
    host: Host | None = None,
    only: Only | None = None,
) -> Ready:
    """Read everything that an audit rests on and check that it fits together.

    Parameters
    ----------
    folder : Path, optional
        What the config's paths start from; by default the file's folder, or the current one.
    data : data frame, optional
        Audited in place of the file or query that the config names.
    kinds : feature -> number or text, optional
        Where the data are too few to tell.
    host : Host, optional
        Holds the config's model already.
    only : notices or fairness, optional
        What alone the audit is for; by default what the config says.

    Raises
    ------
    ConfigError
        With every fault that can be seen without scoring.
    DataError, ModelError, PolicyError
    """
    beside = Path(source).parent if folder is None and not isinstance(source, Mapping) else folder
    url = ledger_url(ledger, (beside or Path.cwd()).resolve())
    reading = read_config(source, folder=folder, complete=completing(url))
    config = reading.config
    if config is None:
        raise ConfigError(reading.faults)
    config = restricted(config, only)
    lent, host = host is not None, host or _host(config, reading.faults, url, data)
    try:
        source_, model, seen = _opened(config, reading.faults, url, host, data, kinds)
        pinned = pinned_reference(config, model, source_.kinds, url, host)
        if pinned is not None:
            seen = replace(seen, pinned=pinned.seen)
            faults = _checked(config, data is not None, seen)
            if faults:
                raise ConfigError(faults)
        dictionary = dictionary_of(config)
        codes = dictionary.codes if dictionary is not None else ()
        policy = load_policy(config.policies, config.audit.as_of, config.folder)
        job = Job(
            config=config,
            codes=codes,
            source=source_,
            persons=read_persons(config),
            counterfactuals=_counterfactuals(config, policy),
            slicing=plan_of(config, seen.columns, seen.levels, seen.groups),
        )
        other = _baseline(config, url)
        return Ready(
            config=config,
            job=job,
            policy=policy,
            model=model,
            dataset=source_.dataset(),
            seen=seen,
            pinned=pinned,
            host=host,
            baseline=other,
            given=data is not None,
            hidden=hidden_from_models(config, url),
            dictionary=dictionary,
        )
    except BaseException:
        if host is not None and not lent:
            host.close()
        raise


def _baseline(config: Config, url: str) -> Host | None:
    """Open the model that this one is held against; None where there is none, or its scores are a column.

    Raises
    ------
    ModelError
        It cannot be opened.
    """
    section = config.performance.baseline
    if section is None or section.path is None or config.audit.kind != "population":
        return None
    host = host_of(config.model_copy(update={"model": section}), hidden_from_models(config, url))
    assert host is not None  # it has a path
    try:
        host.model()
    except AuditError as error:
        host.close()
        raise ModelError(f"performance.baseline: {error}") from error
    return host


def _counterfactuals(config: Config, policy: Policy) -> CounterfactualsSection | None:
    """Return how far counterfactuals are looked for; None where nothing asks for them."""
    if config.audit.only == "fairness":
        return None  # they answer an applicant, who is told by the audit for notices
    asked = policy.counterfactuals or "counterfactual" in config.explain.also
    return config.explain.counterfactuals or (CounterfactualsSection() if asked else None)


def another(ready: Ready, data: Any, kinds: Mapping[str, Kind] | None = None) -> Ready:
    """Return what is ready, for other data under the same config.

    Raises
    ------
    ConfigError, DataError
        Where the data do not fit.
    """
    config = ready.config
    source = open_source(config, frame=data, kinds=kinds)
    source.plan()
    stands = {name: getattr(ready.seen, name) for name in _NOT_OF_THE_DATA}
    seen = replace(source.inspection(), **stands)
    faults = _not_of_a_file(check_data(config, ready.dictionary, seen), data is not None)
    if faults:
        raise ConfigError(faults)
    job = replace(ready.job, source=source, persons=read_persons(config))
    return replace(ready, job=job, dataset=source.dataset(), seen=seen)


def _checked(config: Config, given: bool, seen: Inspection | None = None) -> tuple[Fault, ...]:
    """Return every fault; where data are given, the file that the config names need not be there."""
    return _not_of_a_file(check(config, seen), given)


def _not_of_a_file(faults: Iterable[Fault], given: bool) -> tuple[Fault, ...]:
    return tuple(one for one in faults if not (given and one.place.startswith("data.path")))


def _host(config: Config, faults: Sequence[Fault], url: str, data: Any) -> Host | None:
    """Start what holds the model, so that it opens while the data are read; not where something is wrong."""
    if [*faults, *_checked(config, data is not None)]:
        return None
    return host_of(config, hidden_from_models(config, url))


def _opened(
    config: Config,
    faults: Sequence[Fault],
    url: str,
    host: Host | None,
    given: Any,
    kinds: Mapping[str, Kind] | None,
) -> tuple[Source, Model, Inspection]:
    """Open data and model; where something is wrong, say it with all that is wrong beside it."""
    found = [*faults, *_checked(config, given is not None)]
    failures: list[AuditError] = []
    seen: Inspection | None = None
    try:
        data = open_source(config, frame=given, kinds=kinds)
        failures += _planned(data)
        seen = replace(data.inspection(), recipients_columns=recipients_columns(config))
    except AuditError as error:
        failures.append(error)
    if not faults and seen is not None:
        seen = replace(seen, release=release_of(config, url))
    if not found:  # a model is opened only where nothing said of it is wrong already
        try:
            model = worker.model_of(config, host)
            if seen is not None:
                seen = replace(seen, model_inputs=model.inputs, model_digest=model.digest)
        except AuditError as error:
            failures.append(error)
    if seen is not None:
        found = [*faults, *_checked(config, given is not None, seen)]
    if len(failures) == 1 and not found:
        raise failures[0]
    # A column that is still to be named is not called absent.
    told = [fault for failure in failures for fault in _faults(failure)]
    found += [fault for fault in told if not touched(fault, config.refused)]
    if found:
        raise ConfigError(in_order(found))
    assert seen is not None  # or there was a failure
    return data, model, seen


def _faults(failure: AuditError) -> tuple[Fault, ...]:
    if isinstance(failure, ConfigError):
        return failure.faults
    # "place: fact. Way out.", as every message of ours is
    place, _, rest = str(failure).partition(": ")
    fact, _, way_out = rest.removesuffix(".").rpartition(". ")
    return (Fault(place, None, "", fact or way_out, way_out if fact else "Correct it and start again"),)


def _planned(data: Source) -> list[AuditError]:
    try:
        data.plan()
    except AuditError as error:
        return [error]  # what the pass saw until then is still judged
    return []


def score(ready: Ready, tell: Tell) -> tuple[ScoredPartition, ...]:
    """Score every partition, in order."""
    plans = ready.job.source.plan()
    found = []
    for done, plan in enumerate(plans, start=1):
        found.append(worker.score_partition(ready.job, plan, ready.host, ready.baseline))
        tell("score", done, len(plans))
    return tuple(found)


def refuse_faults(ready: Ready, scored: Sequence[ScoredPartition]) -> None:
    """Check the config once more, now that the scores are known.

    Raises
    ------
    ConfigError
    """
    decided = [one for part in scored for one in part.decisions if one.outcome != "none"]
    scores = [one.score for one in decided if one.score is not None]
    seen = replace(ready.seen, score_low=min(scores, default=None), score_high=max(scores, default=None))
    faults = [
        *_not_of_a_file(check_data(ready.config, ready.dictionary, seen), ready.given),
        *coding_faults(ready.config, _coding(ready.config, scored)),
    ]
    if faults:
        raise ConfigError(in_order(faults))


def _coding(config: Config, scored: Sequence[ScoredPartition]) -> CodingSeen:
    import numpy as np

    from audit.data.decide import adverse_by_cutoff
    from audit.fairness.groups import merge as merge_counts
    from audit.fairness.performance import auc_rate

    if config.model is None or config.audit.kind == "batch":
        return CodingSeen()  # a night of refusals lies on one side of everything
    by_score = [
        one
        for part in scored
        for one in part.decisions
        if one.stage == "score" and one.outcome != "none" and one.score is not None and one.cutoff is not None
    ]
    refused = adverse_by_cutoff(
        config,
        np.array([one.score for one in by_score], dtype=np.float64),
        np.array([one.cutoff for one in by_score], dtype=np.float64),
    )
    adverse = np.array([one.outcome == "adverse" for one in by_score], dtype=bool)
    counts = merge_counts(part.counts for part in scored).score_counts()
    auc = auc_rate("all", "all", counts, adverse_high=config.decision.adverse_high)
    return CodingSeen(len(by_score), int((refused != adverse).sum()), auc.value, auc.high)


def explain(
    scored: Sequence[ScoredPartition], barrier: Barrier, host: Host | None, tell: Tell
) -> Iterator[ExplainedPartition]:
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
            host,
            partial(_further, tell, before, total),
        )
        before += len(barrier.selections[part.plan.seq].attributed)
        tell("explain", before, total)


def _further(tell: Tell, before: int, total: int, done: int) -> None:
    tell("explain", before + done, total)
