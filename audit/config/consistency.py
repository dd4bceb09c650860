"""What the parts of one config must be to each other; seen without data, model or other files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit.config.nearest import did_you_mean, listed
from audit.errors import Fault

if TYPE_CHECKING:
    from audit.config.schema import Config


def consistency_faults(config: Config) -> Iterator[Fault]:
    """Yield what does not fit together inside a config."""
    yield from _model(config)
    yield from _deciding(config)
    yield from _reference(config)
    yield from _protected(config)
    yield from _dictionary(config)
    yield from _record(config)


def _model(config: Config) -> Iterator[Fault]:
    model, fault = config.model, config.lines.fault
    if model is None:
        return
    if (model.path is None) == (model.scores is None):
        fact = "a model is a path or a column of scores" + (", and both are given" if model.path else "")
        yield fault(("model",), fact, "Give one of `path` and `scores`")
    if model.scores is not None:
        for key in ("sha256", "trust"):
            if getattr(model, key) is not None:
                yield fault(("model", key), "scores from a column open no model", "Remove this key")
        return
    if (model.is_function or model.is_pickle) and model.trust is None:
        what = "a Python function runs code" if model.is_function else "opening a pickle runs code"
        way_out = "Add trust: {by, reason, date} once somebody has looked, or use .keras or .skops"
        yield fault(("model", "path"), f"{what}, and nobody is named who trusts it", way_out)
    if model.is_pickle and model.sha256 is None:
        way_out = "Add sha256: with the digest of the file that was looked at"
        yield fault(("model", "path"), "the trust in a pickle is not pinned to its bytes", way_out)
    if model.is_function and model.sha256 is not None:
        way_out = "Remove it; the digest of the module is recorded"
        yield fault(("model", "sha256"), "a function has no file of its own to pin", way_out)
    if model.path is not None and not config.data.features:
        yield fault(("data",), "no features are named for the model", "Add features: [ … ]")


def _deciding(config: Config) -> Iterator[Fault]:
    decision, fault = config.decision, config.lines.fault
    if config.model is not None and decision.adverse is None:
        way_out = "Add adverse: high or adverse: low"
        yield fault(("decision",), "nothing says which scores are bad", way_out)
    if decision.cutoff is not None and config.model is None:
        yield fault(
            ("decision", "cutoff"), "a cutoff needs scores", "Add model: {scores: COLUMN} or remove it"
        )
    by_model = config.model is not None and decision.cutoff is not None
    if not by_model and decision.taken is None and config.record.action is None:
        way_out = "Give decision.cutoff for the model's scores, decision.taken or record.action"
        yield fault(("decision",), "nothing says who was refused", way_out)
    action = config.record.action
    if action is not None and action.values and action.column is None:
        yield fault(("record", "action"), "values belong to a column", "Write {column: …, values: {…}}")


def _reference(config: Config) -> Iterator[Fault]:
    reference, fault = config.explain.reference, config.lines.fault
    explained = config.model is not None and config.model.path is not None
    here = ("explain", "reference")
    if config.audit.kind == "batch" and explained and reference.pinned is None:
        # A night of refusals holds nobody to be compared with.
        way_out = "Add pinned: {from: AUDIT or file, sha256: …}"
        yield fault(here, "a batch has no pinned reference", way_out)
    elif explained and reference.kind == "near_cutoff" and config.decision.cutoff is None:
        way_out = "Give decision.cutoff, or write kind: all_applicants"
        yield fault(here, "applicants near the cutoff cannot be found without one", way_out)


def _protected(config: Config) -> Iterator[Fault]:
    fault, known = config.lines.fault, tuple(config.protected)
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


def _dictionary(config: Config) -> Iterator[Fault]:
    needed = (config.model is not None and config.model.path is not None) or config.reasons_given is not None
    if needed and config.dictionary is None:
        yield config.lines.fault(
            (), "no dictionary says what the factors mean", "Add dictionary: reasons.yaml"
        )


def _record(config: Config) -> Iterator[Fault]:
    jurisdiction = config.record.jurisdiction
    # A plain name may still be a column; that is known once the data are.
    named = jurisdiction.value if jurisdiction is not None else None
    if named is not None and named not in config.entities:
        way_out = f"{did_you_mean(named, config.entities)}Add it to entities"
        yield config.lines.fault(("record", "jurisdiction"), f"no entity decides in {named!r}", way_out)
