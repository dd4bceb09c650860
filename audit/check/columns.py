"""Columns that the config names: does the data have them, and does the model read them?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.config import Config, Inspection
from audit.config.nearest import did_you_mean, listed
from audit.config.reader import Loc
from audit.config.slices import performance_columns
from audit.errors import Fault


def column_faults(config: Config, inspection: Inspection) -> Iterator[Fault]:
    """Yield columns that the data do not have, and inputs that are no features or the reverse."""
    known = inspection.columns
    for loc, column in _named(config):
        if column not in known:
            fact = f"no column {column!r} in {inspection.source} (columns: {listed(known)})"
            yield config.lines.fault(loc, fact, f"{did_you_mean(column, known)}Name a column of the data")
    yield from _inputs(config, inspection)


def _named(config: Config) -> Iterator[tuple[Loc, str]]:
    data, decision, model = config.data, config.decision, config.model
    yield ("data", "id"), data.id
    if data.person is not None:
        yield ("data", "person"), data.person
    for index, feature in enumerate(data.features):
        yield ("data", "features", index), feature
    if data.observed is not None:
        yield ("data", "observed", "column"), data.observed.column
    if model is not None and model.scores is not None:
        yield ("model", "scores"), model.scores
    if decision.cutoff is not None and decision.cutoff.column is not None:
        yield ("decision", "cutoff", "column"), decision.cutoff.column
    if decision.cutoff is not None and decision.cutoff.by is not None:
        yield ("decision", "cutoff", "by"), decision.cutoff.by
    for key in ("taken", "stage", "rules", "judgment"):
        section = getattr(decision, key)
        if section is not None:
            yield ("decision", key, "column"), section.column
    for name, attribute in config.protected.items():
        yield ("protected", name, "column"), attribute.column
    for column in config.explain.orders:
        yield ("explain", "orders", column), column
    for index, column in enumerate(config.reasons_given.columns if config.reasons_given else ()):
        yield ("reasons_given", "columns", index), column
    for column in config.record.denial_reasons.columns if config.record.denial_reasons else ():
        yield ("record", "denial_reasons"), column
    for index, control in enumerate(config.fairness.controls):
        yield ("fairness", "controls", index), control.column
    for index, column in enumerate(config.fairness.segments):
        yield ("fairness", "segments", index), column
    if config.fairness.price is not None:
        yield ("fairness", "price", "column"), config.fairness.price.column
    yield from performance_columns(config)


def _inputs(config: Config, inspection: Inspection) -> Iterator[Fault]:
    inputs, features = inspection.model_inputs, config.data.features
    if not inputs:
        return
    for column in inputs:
        if column not in features:
            fact = f"the model reads {column!r}, which is no feature"
            yield config.lines.fault(
                ("data", "features"), fact, f"{did_you_mean(column, features)}Add it to data.features"
            )
    for index, feature in enumerate(features):
        if feature not in inputs:
            fact = f"the model does not read {feature!r} (it reads {listed(inputs)})"
            yield config.lines.fault(("data", "features", index), fact, "Remove it from data.features")
