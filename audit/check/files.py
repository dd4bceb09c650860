"""Files and secrets that a config names: are they there, and are they the ones that were meant?"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from audit.config import Config, expand
from audit.config.environment import names
from audit.config.nearest import did_you_mean
from audit.config.reader import Loc
from audit.errors import Fault


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
    yield from _digest(config)


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
    if config.model is not None and config.model.path is not None and not config.model.is_function:
        yield ("model", "path"), config.model.path, "model"
    if config.dictionary is not None:
        yield ("dictionary",), config.dictionary, "dictionary"
    if config.recipients is not None:
        yield ("recipients", "path"), config.recipients.path, "recipients"


def _missing(config: Config, loc: Loc, written: str, what: str) -> Iterator[Fault]:
    path = shown(config, written)
    if path is None or path.is_file():
        return
    if path.is_dir():
        fact = f"the {what} file {written} is a folder"
        yield config.lines.fault(loc, fact, "Name the file inside it")
        return
    beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    way_out = f"{did_you_mean(path.name, beside)}Name a file that exists; paths start at the config's folder"
    yield config.lines.fault(loc, f"there is no {what} file {path}", way_out)


def _digest(config: Config) -> Iterator[Fault]:
    model = config.model
    if model is None or model.path is None or model.sha256 is None or model.is_function:
        return
    path = shown(config, model.path)
    if path is None or not path.is_file():
        return
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != model.sha256:
        fact = f"the digest of {model.path} differs (got {digest}, expected {model.sha256})"
        way_out = "Bring back the file that was pinned, or have the new one looked at and pin its digest"
        yield config.lines.fault(("model", "sha256"), fact, way_out)
