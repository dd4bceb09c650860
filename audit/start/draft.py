"""Entries of a dictionary for the inputs that have none yet, drafted from the data that a config names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audit.check.files import file_faults, shown
from audit.config import read_config
from audit.config.dictionary import Dictionary, read_dictionary
from audit.config.load import in_order
from audit.config.reader import Lines
from audit.errors import ConfigError, UsageError
from audit.start.factors import drafts
from audit.start.reasons_yaml import reasons_yaml
from audit.start.roles import roles_of
from audit.start.table import look


@dataclass(frozen=True, slots=True)
class Drafted:
    """The entries as text, empty where every input has a factor, and how many there are."""

    text: str
    factors: int
    inputs: int


def draft(path: Path) -> Drafted:
    """Draft entries for the features of a config that its dictionary does not have; nothing is approved.

    Raises
    ------
    ConfigError
        Config, data or dictionary cannot be read.
    UsageError
        The config names no features or no file, or the data have not its features.
    DataError
    """
    reading = read_config(path)
    config = reading.config
    if config is None:
        raise ConfigError(reading.faults)
    found = [*reading.faults, *file_faults(config)]
    needed = [fault for fault in found if fault.place.startswith(("data.path", "data.features"))]
    if needed:
        raise ConfigError(in_order(needed))
    if not config.data.features:
        raise UsageError(f"{path}: data: no features are named to draft entries for. Add features: [ … ].")
    if config.data.file is None:
        raise UsageError(
            f"{path}: data: entries are drafted from a file, and this is a query. Save its rows as CSV."
        )
    data = shown(config, config.data.file)
    assert data is not None  # or a variable that is not set was told above
    table = look(data)
    absent = [one for one in config.data.features if one not in table]
    if absent:
        raise UsageError(f"{table.name}: columns: it has no {', '.join(absent[:12])}. Mend data.features.")
    there = _there(path, shown(config, config.dictionary) if config.dictionary is not None else None)
    mapped = {column for code in there.codes for column in (*code.columns, *code.missing_columns)}
    inputs = tuple(one for one in config.data.features if one not in mapped)
    if not inputs:
        return Drafted("", 0, 0)
    factors = drafts(table, inputs)
    sounds = roles_of(table, frozenset(config.data.features)).sounds_protected
    codes = frozenset(code.code for code in there.codes)
    names = frozenset(code.factor for code in there.codes)
    return Drafted(
        reasons_yaml(factors, sounds, taken_codes=codes, taken_names=names), len(factors), len(inputs)
    )


def _there(path: Path, file: Path | None) -> Dictionary:
    """Return the dictionary that is there already; an empty one where none is."""
    if file is None or not file.is_file():
        return Dictionary((), Lines(str(path)), ())
    found = read_dictionary(file)
    if not found.complete:
        raise ConfigError(found.faults)
    return found
