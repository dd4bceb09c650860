"""What the parts of one config must be to each other; seen without data, model or other files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from audit.config.nearest import did_you_mean, listed
from audit.errors import Fault

if TYPE_CHECKING:
    from audit.config.schema import Config


# What a release gives to a batch that does not say it itself.
_RELEASED = ("model", "dictionary", "decision.adverse", "decision.cutoff", "explain.reference.pinned")


def consistency_faults(config: Config, released_elsewhere: bool = False) -> Iterator[Fault]:
    """Yield what does not fit together inside a config.

    Parameters
    ----------
    released_elsewhere : bool
        The config names a release that was not looked up, so what that gives is not missing.
    """
    # What was left out for a fault of its own is not called missing.
    left_out = frozenset(fault.place for fault in config.refused)
    left_out |= frozenset(_RELEASED if released_elsewhere else ())
    for part in (
        _model,
        _deciding,
        _reference,
        _protected,
        _fairness,
        _dictionary,
        _record,
        _release,
        _slices,
        _baseline,
    ):
        yield from part(config, left_out)


def _lacks(config: Config, left_out: frozenset[str], place: str) -> bool:
    value: Any = config
    for name in place.split("."):
        value = getattr(value, name, None)
    return value in (None, ()) and not any(
        other == place or other.startswith((f"{place}.", f"{place}[")) or place.startswith(f"{other}.")
        for other in left_out
    )


def _model(config: Config, left_out: frozenset[str]) -> Iterator[Fault]:
    model, fault = config.model, config.lines.fault
    if model is None:
        return
    if model.path is not None and model.scores is not None:
        yield fault(("model",), "a path and a column of scores are both given", "Keep one of them")
    elif _lacks(config, left_out, "model.path") and _lacks(config, left_out, "model.scores"):
        yield fault(("model",), "nothing says what scores", "Give a path or a column of scores")
    if model.scores is not None:
        for key in ("sha256", "trust"):
            if getattr(model, key) is not None:
                yield fault(("model", key), "scores from a column open no model", "Remove this key")
        return
    runs = model.is_function or model.is_pickle or model.is_folder
    if runs and _lacks(config, left_out, "model.trust"):
        kind = "a Python function" if model.is_function else "a SavedModel" if model.is_folder else ""
        what = f"{kind} runs code" if kind else "opening a pickle runs code"
        way_out = "Add trust: {by, reason, date} once somebody has looked, or use .keras or .skops"
        yield fault(("model", "path"), f"{what}, and nobody is named who trusts it", way_out)
    if model.is_pickle and _lacks(config, left_out, "model.sha256"):
        way_out = "Add sha256: with the digest of the file that was looked at"
        yield fault(("model", "path"), "the trust in a pickle is not pinned to its bytes", way_out)
    if model.is_function and model.sha256 is not None:
        way_out = "Remove it; the digest of the module is recorded"
        yield fault(("model", "sha256"), "a function has no file of its own to pin", way_out)
    if model.path is not None and _lacks(config, left_out, "data.features"):
        yield fault(("data",), "no features are named for the model", "Add features: [ … ]")


def _deciding(config: Config, left_out: frozenset[str]) -> Iterator[Fault]:
    decision, fault = config.decision, config.lines.fault
    if config.model is not None and _lacks(config, left_out, "decision.adverse"):
        way_out = "Add adverse: high or adverse: low"
        yield fault(("decision",), "nothing says which scores are bad", way_out)
    if decision.cutoff is not None and _lacks(config, left_out, "model"):
        yield fault(
            ("decision", "cutoff"), "a cutoff needs scores", "Add model: {scores: COLUMN} or remove it"
        )
    ways = ("decision.cutoff", "decision.taken", "record.action")
    if all(_lacks(config, left_out, way) for way in ways):
        way_out = "Give decision.cutoff for the model's scores, decision.taken or record.action"
        yield fault(("decision",), "nothing says who was refused", way_out)
    action = config.record.action
    if action is not None and action.values and action.column is None:
        yield fault(("record", "action"), "values belong to a column", "Write {column: …, values: {…}}")


def _reference(config: Config, left_out: frozenset[str]) -> Iterator[Fault]:
    reference, fault = config.explain.reference, config.lines.fault
    explained = config.model is not None and config.model.path is not None
    here = ("explain", "reference")
    if config.audit.kind == "batch" and explained and _lacks(config, left_out, "explain.reference.pinned"):
        # A night of refusals holds nobody to be compared with.
        way_out = "Add pinned: {from: AUDIT or file, sha256: …}"
        yield fault(here, "a batch has no pinned reference", way_out)
    elif explained and reference.kind == "near_cutoff" and _lacks(config, left_out, "decision.cutoff"):
        way_out = "Give decision.cutoff, or write kind: all_applicants"
        yield fault(here, "applicants near the cutoff cannot be found without one", way_out)


def _protected(config: Config, left_out: frozenset[str]) -> Iterator[Fault]:
    fault, known = config.lines.fault, config.names("protected")
    seen: dict[frozenset[str], int] = {}
    for number, names in enumerate(config.intersections):
        for index, name in enumerate(names):
            if name not in known:
                way_out = (
                    f"{did_you_mean(name, known)}Name protected attributes: {listed(known) or 'none yet'}"
                )
                yield fault(("intersections", number, index), f"no protected attribute {name!r}", way_out)
        if frozenset(names) in seen:
            fact = f"these attributes are crossed in entry {seen[frozenset(names)] + 1} already"
            yield fault(("intersections", number), fact, "Keep one")
        seen.setdefault(frozenset(names), number)
    for name in known:
        if name == "all" or " x " in name:
            yield fault(("protected", name), "this name is taken by the reports", "Choose another name")
        stated = config.protected.get(name)
        if stated is not None and stated.permitted is not None and name != "age":
            # 12 CFR 1002.6(b)(1) and (2): of the prohibited bases, age alone may be scored.
            way_out = "Remove permitted, or move it to protected.age"
            yield fault(("protected", name, "permitted"), "no basis but age can be scored lawfully", way_out)


def _fairness(config: Config, left_out: frozenset[str]) -> Iterator[Fault]:
    fault, fairness = config.lines.fault, config.fairness
    protected = {attribute.column: name for name, attribute in config.protected.items()}
    named = [(("controls", i), control.column) for i, control in enumerate(fairness.controls)]
    named += [(("segments", i), column) for i, column in enumerate(fairness.segments)]
    for loc, column in named:
        if column in protected:
            # Among people alike in it nobody of another group is left to compare with.
            fact = (
                f"{column!r} is the protected attribute {protected[column]!r}: it would explain itself away"
            )
            yield fault(("fairness", *loc), fact, "Remove it")
    known = config.names("protected")
    for key in ("sex", "race"):
        name = getattr(fairness.ll144, key, None)
        if name is not None and name not in known:
            way_out = f"{did_you_mean(name, known)}Name a protected attribute: {listed(known) or 'none yet'}"
            yield fault(("fairness", "ll144", key), f"no protected attribute {name!r}", way_out)


def _dictionary(config: Config, left_out: frozenset[str]) -> Iterator[Fault]:
    needed = (config.model is not None and config.model.path is not None) or config.reasons_given is not None
    if needed and _lacks(config, left_out, "dictionary"):
        yield config.lines.fault(
            ("dictionary",), "no dictionary says what the factors mean", "Add dictionary: reasons.yaml"
        )


def _record(config: Config, left_out: frozenset[str]) -> Iterator[Fault]:
    jurisdiction = config.record.jurisdiction
    # A plain name may still be a column; that is known once the data are.
    named = jurisdiction.value if jurisdiction is not None else None
    if named is not None and named not in config.names("entities"):
        way_out = f"{did_you_mean(named, config.names('entities'))}Add it to entities"
        yield config.lines.fault(("record", "jurisdiction"), f"no entity decides in {named!r}", way_out)


def _release(config: Config, left_out: frozenset[str]) -> Iterator[Fault]:
    if config.release is not None and config.audit.kind != "batch":
        # An audit of a population is what is accepted; held to another one it would find nothing new.
        yield config.lines.fault(
            ("release",), "only a batch runs under a release", "Remove this key, or write kind: batch"
        )


def _slices(config: Config, left_out: frozenset[str]) -> Iterator[Fault]:
    seen: dict[Any, int] = {}
    for number, one in enumerate(config.slices):
        if one.name == "all":
            yield config.lines.fault(("slices", number), "the name all is taken", "Rename the column")
        if one.name in seen:
            fact = f"these columns are crossed in entry {seen[one.name] + 1} already"
            yield config.lines.fault(("slices", number), fact, "Keep one")
        seen.setdefault(one.name, number)
        for key, named in (("bins", one.bins), ("values", one.values)):
            for name in named:
                if name not in one.by:
                    way_out = f"{did_you_mean(name, one.by)}Add it to by, or remove it"
                    yield config.lines.fault(("slices", number, key), f"{name!r} is not in by", way_out)
        for name in one.bins:
            if name in one.values:
                yield config.lines.fault(
                    ("slices", number, "bins"), f"{name!r} has values too", "Keep one of them"
                )


def _baseline(config: Config, left_out: frozenset[str]) -> Iterator[Fault]:
    other, fault = config.performance.baseline, config.lines.fault
    here = ("performance", "baseline")
    if other is None:
        return
    if _lacks(config, left_out, "model"):
        yield fault(here, "there is no model to hold it against", "Add model, or remove the baseline")
    if (other.path is None) == (other.scores is None):
        yield fault(here, "a baseline is a path or a column of scores", "Give one of them")
    if other.is_function:
        way_out = "Name a file, or write its scores into a column of the data"
        yield fault((*here, "path"), "a function has no file that could be pinned", way_out)
    elif other.path is not None and _lacks(config, left_out, "performance.baseline.sha256"):
        # What a run found would otherwise hang on a file that its identity does not know.
        yield fault(here, "the baseline is not pinned to its bytes", "Add sha256: with the file's digest")
    if (other.is_pickle or other.is_folder) and _lacks(config, left_out, "performance.baseline.trust"):
        way_out = "Add trust: {by, reason, date} once somebody has looked"
        yield fault((*here, "path"), "opening it runs code, and nobody is named who trusts it", way_out)
