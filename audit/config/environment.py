"""Secrets: named in the config as ``${NAME}``, read from the environment at the moment of use.

What is written in a config is sealed and printed; a password must never be among it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from audit.config.reader import Lines, Loc
from audit.errors import ConfigError, Fault

_NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_WITH_PASSWORD = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#\s]*?:(?P<secret>[^/?#\s]*)@")
_IN_QUERY = re.compile(
    r"[?&;](?:[a-z_.-]*(?:password|passwd|pwd|secret|token|api_?key))=(?P<secret>[^&;#\s]*)", re.IGNORECASE
)

# The places whose text is put through `expand`; anywhere else `${NAME}` would stay as it is.
_EXPANDED: frozenset[tuple[str, ...]] = frozenset(
    {
        ("data", "path"),
        ("data", "path", "url"),
        ("model", "path"),
        ("dictionary",),
        ("recipients", "path"),
        ("fairness", "ledger"),
        ("explain", "reference", "pinned", "from"),
    }
)


def names(text: str) -> tuple[str, ...]:
    """Return the environment variables that a text names.

    >>> names("postgresql://audit:${DB_PASSWORD}@host/db")
    ('DB_PASSWORD',)
    """
    return tuple(_NAME.findall(text))


def expand(text: str, environment: Mapping[str, str] | None = None) -> str:
    """Put the values of environment variables in place of their names.

    The result may hold a secret: use it at once, and never store, log or print it.

    Raises
    ------
    ConfigError
        A variable is not set; the message names it and no value.
    """
    values = os.environ if environment is None else environment
    for name in names(text):
        if name not in values:
            fact = f"the environment variable {name} is not set"
            raise ConfigError(Fault("environment", None, name, fact, f"Set {name} and start again"))
    return _NAME.sub(lambda match: values[match[1]], text)


def secret_faults(data: Any, lines: Lines) -> Iterator[Fault]:
    """Yield a fault for each literal password in a URL, and each ``${NAME}`` that nothing reads."""
    for loc, text in _texts(data, ()):
        found = [*_WITH_PASSWORD.finditer(text), *_IN_QUERY.finditer(text)]
        if any(match["secret"] and not _NAME.fullmatch(match["secret"]) for match in found):
            # The value itself is not repeated: faults go to terminals and logs.
            fact = "a password stands in this URL"
            yield lines.fault(loc, fact, "Write ${NAME} in its place and set NAME in the environment")
        elif "${" in text and loc not in _EXPANDED:
            fact = "${NAME} is read in paths and URLs only"
            yield lines.fault(loc, fact, "Write the value itself")


def _texts(data: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    if isinstance(data, str):
        yield loc, data
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from _texts(value, (*loc, key))
    elif isinstance(data, list | tuple):
        for index, value in enumerate(data):
            yield from _texts(value, (*loc, index))
