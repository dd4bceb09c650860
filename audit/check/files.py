"""Files and secrets that a config names: are they there, and are they the ones that were meant?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from audit.config import Config, expand
from audit.config.environment import names
from audit.config.model import ModelSection
from audit.config.nearest import did_you_mean
from audit.config.reader import Loc
from audit.errors import Fault, ModelError
from audit.models import digest_of


def file_faults(config: Config) -> Iterator[Fault]:
    """Yield files that are missing or not the pinned ones, and variables that are not set."""
    for loc, written, what in _named(config):
        unset = [name for name in names(written) if name not in os.environ]
        for name in unset:
            # The name and never a value: faults go to terminals and logs.
            fact = f"the environment variable {name} is not set"
            yield config.lines.fault(loc, fact, f"Set {name} and start again")
        if what is not None and not unset:
            yield from _missing(config, loc, written, what)
    for place, model in _models(config):
        yield from _digest(config, place, model)


def shown(config: Config, written: str) -> Path | None:
    """Return a file of the config as the user would name it; None where a variable is not set."""
    if any(name not in os.environ for name in names(written)):
        return None
    beside = config.path.parent
    return (beside if beside.resolve() == config.folder else config.folder) / expand(written)


def _named(config: Config) -> Iterator[tuple[Loc, str, str | None]]:
    if config.data.file is not None:
        yield ("data", "path"), config.data.file, "data"
    elif config.data.query is not None:
        yield ("data", "path", "url"), config.data.query.url, None
    for loc, model in _models(config):
        if model.path is not None and not model.is_function:
            yield (*loc, "path"), model.path, "model"
    if config.dictionary is not None:
        yield ("dictionary",), config.dictionary, "dictionary"
    if config.recipients is not None:
        yield ("recipients", "path"), config.recipients.path, "recipients"
    if config.fairness.bisg is not None:
        for place, file in config.fairness.bisg.files.items():
            yield ("fairness", "bisg", *place.split(".")), file, "census"


def _missing(config: Config, loc: Loc, written: str, what: str) -> Iterator[Fault]:
    path = shown(config, written)
    folder = what == "model" and written.endswith("/")
    if path is None or (path.is_dir() if folder else path.is_file()):
        return
    if path.is_dir():
        fact = f"the {what} file {written} is a folder"
        yield config.lines.fault(loc, fact, "Name the file inside it")
        return
    beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    way_out = f"{did_you_mean(path.name, beside)}Name a file that exists; paths start at the config's folder"
    yield config.lines.fault(loc, f"there is no {what} file {path}", way_out)


def _models(config: Config) -> Iterator[tuple[Loc, ModelSection]]:
    if config.model is not None:
        yield ("model",), config.model
    if config.performance.baseline is not None:
        yield ("performance", "baseline"), config.performance.baseline


def _digest(config: Config, loc: Loc, model: ModelSection) -> Iterator[Fault]:
    if model.path is None or model.sha256 is None or model.is_function:
        return
    path = shown(config, model.path)
    if path is None or not (path.is_dir() if model.is_folder else path.is_file()):
        return
    try:
        digest = digest_of(path)
    except ModelError as error:
        fact, _, way_out = str(error).removesuffix(".").rpartition(". ")
        yield config.lines.fault((*loc, "path"), fact, way_out)
        return
    if digest != model.sha256:
        fact = f"the digest of {model.path} differs (got {digest}, expected {model.sha256})"
        way_out = "Bring back the file that was pinned, or have the new one looked at and pin its digest"
        yield config.lines.fault((*loc, "sha256"), fact, way_out)
