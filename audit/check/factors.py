"""The dictionary of reasons against model and data (R10, R11, R12)."""

from __future__ import annotations

from collections.abc import Iterator

from audit.config import Config, Inspection
from audit.config.dictionary import Dictionary
from audit.config.nearest import did_you_mean, listed
from audit.errors import Fault
from audit.record import ReasonCode


def factor_faults(config: Config, dictionary: Dictionary, inspection: Inspection | None) -> Iterator[Fault]:
    """Yield inputs without a factor, factors that the model does not read, and what they lack."""
    for code in dictionary.codes:
        if code.proxy is not None and code.proxy.of not in config.names("protected"):
            known = config.names("protected")
            fact = f"no protected attribute {code.proxy.of!r} in {config.path.name}"
            way_out = f"{did_you_mean(code.proxy.of, known)}Name one of {listed(known) or 'none'}"
            yield dictionary.lines.fault((code.factor, "proxy", "of"), fact, way_out)
    if inspection is not None and dictionary.complete:
        yield from _rules(config, dictionary, inspection)
    if config.model is None or config.model.path is None:
        return  # without a model nothing is attributed to factors
    inputs = inspection.model_inputs if inspection is not None else ()
    yield from _unmapped(dictionary, inputs or config.data.features)
    for code in dictionary.codes:
        yield from _unread(code, dictionary, inputs or config.data.features)
        if inspection is not None:
            yield from _missing(code, dictionary, inspection)


def _rules(config: Config, dictionary: Dictionary, inspection: Inspection) -> Iterator[Fault]:
    # Comment 9(b)(2)-8: a rule that refused is stated itself. In a night of refusals one that is new
    # holds its own notices and stops no other.
    known = {name for code in dictionary.codes for name in (code.factor, code.code)}
    strange = {name: n for name, n in inspection.rules.items() if name not in known}
    if strange and config.audit.kind == "population":
        ordered = sorted(strange.items(), key=lambda item: (-item[1], item[0]))
        counted = listed(f"{name} {n:,}" for name, n in ordered)
        fact = f"rules fired that no entry of {config.dictionary} states ({counted})"
        way_out = f"{did_you_mean(ordered[0][0], known)}Add an entry with its own statement for each"
        yield config.lines.fault(("decision", "rules"), fact, way_out)


def _unmapped(dictionary: Dictionary, inputs: tuple[str, ...]) -> Iterator[Fault]:
    mapped = {column for code in dictionary.codes for column in code.columns}
    if not dictionary.complete:
        return  # an entry that could not be read has columns too; its own fault comes first
    for column in inputs:
        if column not in mapped:
            # Regulation B, appendix C: a reason that is not on the list may not be told as the nearest one.
            fact = "the model reads this column, and no factor has it"
            way_out = f"{did_you_mean(column, mapped)}Add the column to a factor with its own statement"
            yield Fault(dictionary.lines.file, 1, column, fact, way_out)


def _unread(code: ReasonCode, dictionary: Dictionary, inputs: tuple[str, ...]) -> Iterator[Fault]:
    for index, column in enumerate(code.columns):
        if column not in inputs:
            # R1: a reason relates to a factor actually considered or scored.
            fact = f"the model does not read {column!r} (it reads {listed(inputs)})"
            way_out = f"{did_you_mean(column, inputs)}Name an input of the model, or remove it"
            yield dictionary.lines.fault((code.factor, "columns", index), fact, way_out)


def _missing(code: ReasonCode, dictionary: Dictionary, inspection: Inspection) -> Iterator[Fault]:
    for index, column in enumerate(code.missing_columns):
        if column not in inspection.columns:
            fact = f"no column {column!r} in {inspection.source}"
            way_out = f"{did_you_mean(column, inspection.columns)}Name a column of the data"
            yield dictionary.lines.fault((code.factor, "missing", "columns", index), fact, way_out)
    gaps = [column for column in code.columns if inspection.missing.get(column, 0)]
    if gaps and not code.missing_statement:
        # R12: a missing value speaks as missing information, never as the value put in its place.
        rows = max(inspection.missing[column] for column in gaps)
        fact = f"{listed(gaps)} can be missing (in {rows:,} rows), and nothing says so to the applicant"
        way_out = "Add missing: {statement: {en: We could not verify …}}"
        yield dictionary.lines.fault((code.factor, "missing"), fact, way_out)
