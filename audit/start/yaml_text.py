"""Plain values as YAML text that reads back as the same values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

# Plain text that no reader of YAML 1.1 or 1.2 takes for anything else than text.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*")
_WORDS_OF_YAML = frozenset((
    "y", "n", "yes", "no", "true", "false", "on", "off", "null", "none", "nan", "inf",
))  # fmt: skip


def quoted(text: str) -> str:
    """Return a text as a scalar: bare where that is safe, else in double quotes.

    >>> quoted("credit_limit"), quoted("no"), quoted("2"), quoted("< 0 DM: bad")
    ('credit_limit', '"no"', '"2"', '"< 0 DM: bad"')
    """
    safe = _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML
    return text if safe else json.dumps(text, ensure_ascii=False)


def key(text: str) -> str:
    """Return a text as a key of a mapping."""
    return quoted(text)


def flow(items: Iterable[str], indent: int = 0, width: int = 108) -> str:
    """Return a list on one line, or on several where it is long.

    >>> flow(["a", "b"])
    '[a, b]'
    """
    words = [quoted(item) for item in items]
    lines, line = [], "["
    for at, word in enumerate(words):
        piece = word + ("," if at + 1 < len(words) else "]")
        if len(line) + len(piece) + 1 > width - indent and line.strip() != "[":
            lines.append(line.rstrip())
            line = " " * (indent + 1) + piece + " "
        else:
            line += piece + " "
    lines.append(line.rstrip() if words else "[]")
    return "\n".join(lines)
