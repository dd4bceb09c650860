"""What the user may have meant, among the names that exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like ``name``, or None.

    >>> nearest("treshold", ["threshold", "cutoff"])
    'threshold'
    """
    by_lower = {word.lower(): word for word in sorted(known)}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``Did you mean 'x'? `` with its blank, or nothing."""
    word = nearest(name, known)
    return f"Did you mean {word!r}? " if word else ""


def listed(names: Iterable[str], at_most: int = 12) -> str:
    """Return names joined by commas; a long list is cut, and says how much was left out."""
    words = list(names)
    more = len(words) - at_most
    return ", ".join(words[:at_most]) + (f" and {more} more" if more > 0 else "")
