"""Run an audit again from what was recorded, and name everything that is not as it was sealed.

The second run takes the config, the seeds, the dictionary, the policies and the model's inputs as
the ledger recorded them. Only what is not recorded is read from the files that the config names:
the model, and the columns that a ledger must not hold in clear (dates, protected columns). Those
files are held against the record too, each by itself. So a changed cell is named as a changed cell,
and the scores are still those of the recorded applicant.

Why so: a replay that runs from today's files cannot tell a model that drifted from a file that was
edited. ``from_files`` asks for that run all the same: it shows what today's files would give.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.errors import AuditError, ConfigError, DataError, UsageError
from audit.group_tests import AMONG_ALIKE, OF_OUTCOMES
from audit.replay import inputs, outputs
from audit.replay.answer import Replay
from audit.replay.difference import Compared, distances
from audit.replay.records import Records, recorded_source

if TYPE_CHECKING:
    from audit.config import Config
    from audit.ledger import Ledger
    from audit.prepare import Ready, Tell
    from audit.record import Audit

_NO_KEY = (
    "the key file is not at hand, so the recorded inputs stay locked: the run is from the files, and "
    "decisions are matched by their row"
)
_UNRECORDED = (
    "which cells of the data differ: all that was recorded is equal, so they lie in what a ledger does not "
    "keep (protected values in clear, what happened later, columns of scores and of decisions, columns that "
    "nothing reads)"
)


def replay(
    ledger: Ledger,
    audit: str,
    *,
    folder: Path,
    config: Path | None = None,
    from_files: bool = False,
    tell: Tell | None = None,
) -> Replay:
    """Run an audit again and hold it against its record.

    Parameters
    ----------
    audit : an id, a unique beginning of it, or ``latest``
    folder : where the files that the config names lie
    config : a config file to hold against the sealed one
    from_files : run with the config, data, dictionary and policies as they are now

    Raises
    ------
    UsageError
        The audit is not sealed yet.
    ConfigError, DataError, ModelError
        A file that the config names is not there or cannot be read.
    """
    from audit.config import load_config

    found = ledger.find(audit)
    if found.state != "sealed":
        raise UsageError(f"audit {found.audit[:12]}: it is not sealed yet. Finish it with plainspoken run.")
    if found.kind == "images":
        from audit.replay.pictures import replay_pictures

        quiet: Tell = tell or (lambda stage, done, total: None)
        return replay_pictures(ledger, found, folder=folder, config=config, url=_url(ledger), tell=quiet)
    named = _named(ledger, config) if config is not None else None
    stated = load_config(_as_written(ledger, found), folder=folder)
    used = named if from_files and named is not None else stated
    compared = [inputs.config(found.config, named.resolved())] if named is not None else []
    ready, early = _ready(ledger, found, used)
    if ready is None:
        return _stopped(found, from_files, [*compared, *early[0]], early[1])
    with ready:
        return _compared(
            ledger, found, ready, compared, from_files, tell or (lambda stage, done, total: None)
        )


def _named(ledger: Ledger, file: Path) -> Config:
    """Read a config as a run reads it: with what its release gives."""
    from audit.config import read_config
    from audit.release import completing

    reading = read_config(file, complete=completing(_url(ledger)))
    if reading.faults or reading.config is None:
        raise ConfigError(reading.faults)
    return reading.config


def _url(ledger: Ledger) -> str:
    return ledger.engine.url.render_as_string(hide_password=False)


def _as_written(ledger: Ledger, audit: Audit) -> dict[str, Any]:
    """Return the sealed config, its protected attributes in the order in which the file had them."""
    sealed = dict(audit.config)
    figure = ledger.figures(audit).get("data")
    written = [one["attribute"] for one in figure.body.get("protected", ())] if figure is not None else []
    stated = sealed.get("protected") or {}
    order = [name for name in written if name in stated]
    sealed["protected"] = {name: stated[name] for name in (*order, *(set(stated) - set(order)))}
    return sealed


def _ready(ledger: Ledger, audit: Audit, config: Config) -> tuple[Ready | None, tuple[list[Compared], str]]:
    """Open what the config names; where a pin refuses a changed file, say which file changed."""
    from audit import prepare

    try:
        return prepare.prepare(config.resolved(), ledger=_url(ledger), folder=config.folder), ([], "")
    except AuditError as error:
        changed = _changed(audit, config)
        if not changed:
            raise
        return None, (changed, str(error))


def _changed(audit: Audit, config: Config) -> list[Compared]:
    """Return which files are others than those of the audit; none where they cannot be looked at."""
    from audit.data.dataset import open_source
    from audit.models import stated_digest

    found: list[Compared] = []
    path = config.model.path if config.model is not None else None
    one = Compared("model")
    # Looked at, never opened: a pin may have refused it.
    digest = stated_digest(path, config.folder) if path is not None else None
    if digest is not None and not one.equal("digest", audit.model.digest, digest):
        found.append(one)
    two = Compared("data")
    try:
        source = open_source(config)
        source.plan()
    except AuditError as error:
        if (config.data.file is None or config.file(config.data.file).is_file()) and isinstance(
            error, DataError
        ):
            two.add("rows", "readable", str(error))
    else:
        two.equal("digest", audit.dataset.digest, source.digest)
    return [*found, two] if not two.ok else found


def _stopped(audit: Audit, from_files: bool, compared: list[Compared], why: str) -> Replay:
    return Replay(
        audit=audit.audit,
        exact=not _environment(audit),
        from_files=from_files,
        environment=_environment(audit),
        compared=tuple(compared),
        erased={},
        cannot=(f"it could not be run again: {why}",),
    )


def _environment(audit: Audit) -> tuple[tuple[str, str, str], ...]:
    from audit.identity import environment

    now = environment()
    names = dict.fromkeys((*audit.environment, *now))
    pairs = ((name, audit.environment.get(name, ""), now.get(name, "")) for name in names)
    return tuple(pair for pair in pairs if pair[1] != pair[2])


def _compared(
    ledger: Ledger, audit: Audit, ready: Ready, compared: list[Compared], from_files: bool, tell: Tell
) -> Replay:
    from audit.record import Policy
    from audit.replay.again import again

    records = Records.of(ledger, audit)
    environment = _environment(audit)
    within = distances([name for name, _, _ in environment])
    cannot = [] if records.unlocked else [_NO_KEY]
    compared.append(inputs.model(audit.model, ready.model))
    data, met = inputs.data(records, ready.job.source, ready.job)
    codes = ledger.codes(audit)
    compared += [data, inputs.dictionary(codes, ready.job.codes), _policies(ledger, audit, ready)]
    changed = ready.dataset.digest != audit.dataset.digest
    missing = frozenset(key for key, _ in records.sealed() if key not in met)
    if not from_files:
        source = ready.job.source
        if changed and records.unlocked:
            source = recorded_source(source, ready.config.data.id, records)
        policy = Policy(
            audit.as_of, ledger.packs(audit), ledger.requirements(audit), ledger.statements(audit)
        )
        # Another model or other data are named once, as such, and not again in each figure.
        ready = replace(
            ready,
            job=replace(ready.job, codes=codes, source=source),
            policy=policy,
            model=audit.model,
            dataset=audit.dataset,
        )
    if [one.place for one in data.differences] == ["digest"]:
        cannot.append(_UNRECORDED)
    erased = {one.decision: told for key, one in records.sealed() if (told := records.told(key)) is not None}
    if from_files:
        missing = frozenset()  # what is not in the files takes no part
    run = again(
        ready,
        records,
        changed=changed and records.unlocked and not from_files,
        missing=missing,
        tell=tell,
    )
    scores, attributions, reasons, left_out = outputs.decisions(
        records, run, data, within=within, sign=ready.sign
    )
    if left_out:
        cannot += [f"attributions and reasons of {left_out:,} decisions: {why}" for why in run.lost.values()]
    observed = ready.config.data.observed is not None
    absent = f"{len(missing):,} recorded {'row is' if len(missing) == 1 else 'rows are'} not in the data"
    if missing and observed:
        cannot.append(f"what the model got right and wrong: {absent}")
    fairness = ready.config.fairness
    alike = bool(fairness.controls or fairness.segments or fairness.price)
    if missing and alike:
        cannot.append(f"comparisons of people alike in controls, segments or prices: {absent}")
    compared += [outputs.references(records, run, within=within), scores, attributions, reasons]
    if missing and any("groups" in part.lost for part in records.parts):
        cannot.append(f"rates: {absent}, and their groups were let go of")
    else:
        unknown = (OF_OUTCOMES if observed else frozenset()) | (AMONG_ALIKE if alike else frozenset())
        unknown = unknown if missing else frozenset()
        compared.append(outputs.rates(records, run, within=within, unknown=unknown))
    if missing:
        cannot.append(f"findings and figures: {absent}")
    else:
        compared.append(outputs.findings(records, run, within=within))
        if not within.exact:
            cannot.append("figures: on another environment a last bit can carry a value over a bin's edge")
        elif any(one.place == inputs.ORDER for one in data.differences):
            cannot.append("figures: the rows stand in another order, and which dots are drawn follows it")
        else:
            compared.append(outputs.figures(records, run))
    return Replay(audit.audit, within.exact, from_files, environment, tuple(compared), erased, tuple(cannot))


def _policies(ledger: Ledger, audit: Audit, ready: Ready) -> Compared:
    found = Compared("policies")
    old = {pack.name: pack.digest for pack in ledger.packs(audit)}
    new = {pack.name: pack.digest for pack in ready.policy.packs}
    for name in dict.fromkeys((*old, *new)):
        found.equal(f"{name} digest", old.get(name), new.get(name))
    return found


__all__ = ["Compared", "Replay", "replay"]
