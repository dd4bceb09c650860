"""From a file, or from Python values, to a ``Config``; with every fault at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.config.blanks import blank_faults
from audit.config.consistency import consistency_faults
from audit.config.environment import secret_faults
from audit.config.faults import read_model, touched
from audit.config.reader import Lines, read_yaml
from audit.config.schema import Config
from audit.errors import ConfigError, Fault

# Puts in what a release gives to a config that names one, and says what keeps it from that.
Complete = Callable[[dict[str, Any], Lines, Path], tuple[dict[str, Any], list[Fault]]]


@dataclass(frozen=True, slots=True)
class Reading:
    """A config as far as it could be read, and what is wrong with it.

    ``config`` is there beside faults where the faulty parts could be left out: enough to go on
    looking for more faults, never to audit with.
    """

    config: Config | None
    faults: tuple[Fault, ...]


def load_config(source: Path | str | Mapping[str, Any], *, folder: Path | None = None) -> Config:
    """Read and check a config.

    Parameters
    ----------
    source : Path, str or mapping
        A YAML file, or the same keys as Python values.
    folder : Path, optional
        What relative paths start from; by default the file's folder, or the current one.

    Raises
    ------
    ConfigError
        With all faults, each with its line.
    """
    reading = read_config(source, folder=folder)
    if reading.faults or reading.config is None:
        raise ConfigError(reading.faults)
    return reading.config


def read_config(
    source: Path | str | Mapping[str, Any],
    *,
    folder: Path | None = None,
    complete: Complete | None = None,
) -> Reading:
    """Read a config, and return its faults instead of raising them.

    Parameters
    ----------
    complete : callable, optional
        Puts in what the config's release gives. Without it what a release may give is not called missing.
    """
    if isinstance(source, Mapping):
        path, data, lines = Path("config"), dict(source), Lines("config")
        folder = Path.cwd() if folder is None else folder
    else:
        path = Path(source)
        folder = path.parent if folder is None else folder
        try:
            data, lines = read_yaml(path)
        except ConfigError as error:
            return Reading(None, error.faults)
    if not isinstance(data, dict):
        fact = "the file is empty" if data is None else "the file holds no `key: value` lines"
        return Reading(None, (Fault(lines.file, 1, "", fact, "Start with `audit: {name: …}`"),))
    faults = list(secret_faults(data, lines))
    released = data.get("release") is not None
    refusals: list[Fault] = []
    if released and complete is not None:
        data, refusals = complete(data, lines, folder.resolve())
        faults += refusals
    open_ = tuple(blank_faults(data, lines))
    config, refused = read_model(Config, data, lines)
    # That what is still to be completed is no date or no number is not said beside it.
    refused = (*open_, *(fault for fault in refused if not touched(fault, open_)))
    faults += refused
    if config is not None:
        config = config.placed(path, folder.resolve(), lines, refused)
        faults += consistency_faults(config, released and (complete is None or bool(refusals)))
    return Reading(config, in_order(faults))


def in_order(faults: list[Fault]) -> tuple[Fault, ...]:
    """Return faults in the order of their lines, each once."""
    return tuple(sorted(dict.fromkeys(faults), key=lambda fault: (fault.file, fault.line or 0)))
