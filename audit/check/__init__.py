"""Do config, dictionary, policies, data and model fit together? Every fault, all at once.

``check(config)`` looks at the config and the files that it names, before any of them is opened;
``check(config, inspection)`` also at what the worker saw of data and model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from audit.check.columns import column_faults
from audit.check.duties import duty_faults
from audit.check.factors import factor_faults
from audit.check.files import file_faults, shown
from audit.check.population import population_faults
from audit.check.released import release_faults
from audit.check.sliced import slice_faults
from audit.config import Config, Inspection, read_config
from audit.config.bound import binding_faults, bindings_report
from audit.config.dictionary import Dictionary, read_dictionary
from audit.config.faults import touched
from audit.config.load import in_order
from audit.errors import Fault

__all__ = ["bindings_report", "check", "check_data", "dictionary_of", "examine"]


def check(config: Config, inspection: Inspection | None = None) -> tuple[Fault, ...]:
    """Return every fault that can be seen, in the order of their lines.

    Parameters
    ----------
    config : Config
        As ``load_config`` gives it.
    inspection : Inspection, optional
        What the worker saw of data and model; without it they are not judged.
    """
    faults = list(file_faults(config))
    faults += duty_faults(config)
    dictionary = dictionary_of(config)
    if dictionary is not None:
        faults += dictionary.faults
        faults += factor_faults(config, dictionary, inspection)
    if inspection is not None:
        faults += _of_the_data(config, dictionary, inspection)
    return _told(config, faults)


def check_data(config: Config, dictionary: Dictionary | None, inspection: Inspection) -> tuple[Fault, ...]:
    """Return the faults of data and model under a config, a dictionary and policies without any."""
    faults = list(factor_faults(config, dictionary, inspection)) if dictionary is not None else []
    return _told(config, [*faults, *_of_the_data(config, dictionary, inspection)])


def _of_the_data(config: Config, dictionary: Dictionary | None, inspection: Inspection) -> Iterator[Fault]:
    yield from column_faults(config, inspection)
    yield from binding_faults(config, inspection.columns, inspection.recipients_columns)
    yield from population_faults(config, inspection)
    yield from slice_faults(config, inspection)
    whole = dictionary is not None and not dictionary.faults
    yield from release_faults(config, dictionary.codes if dictionary and whole else None, inspection)


def _told(config: Config, faults: Iterable[Fault]) -> tuple[Fault, ...]:
    # What was left out of the config for a fault of its own is not called missing.
    return in_order([fault for fault in faults if not touched(fault, config.refused)])


def examine(
    path: Path | str | Mapping[str, Any], look: Callable[[Config], Inspection] | None = None
) -> tuple[Config | None, tuple[Fault, ...]]:
    """Read a config and check all that can be checked of it, whatever is wrong already.

    Parameters
    ----------
    path : Path, str or mapping
        As ``load_config`` takes it.
    look : callable, optional
        Looks at data and model. It is called only when no file and no secret is at fault.

    Returns
    -------
    config : Config or None
        To audit with only where there are no faults; None where nothing could be read.
    faults : tuple of Fault
    """
    reading = read_config(path)
    if reading.config is None:
        return None, reading.faults
    inspection = None
    if look is not None and not [*reading.faults, *file_faults(reading.config)]:
        inspection = look(reading.config)
    return reading.config, in_order([*reading.faults, *check(reading.config, inspection)])


def dictionary_of(config: Config) -> Dictionary | None:
    """Return the dictionary that a config names, with its faults; None where there is no such file."""
    # A dictionary that is not there is a fault of the config's line, which `file_faults` yields.
    path = shown(config, config.dictionary) if config.dictionary is not None else None
    return read_dictionary(path) if path is not None and path.is_file() else None
