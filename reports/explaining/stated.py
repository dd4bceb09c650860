"""What the lender stated about its processing, in the letter's language: never a word that it did not.

A text that stands alone is printed in every language; a mapping of languages gives the letter's own
or nothing, since no other language stands in for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reports.terms import Terms


def told(value: Any, code: str) -> tuple[str, ...]:
    """Return the lines of a stated text in a language; empty where there are none.

    >>> told({"en": "Credit", "de": ["Kredit", "Betrug"]}, "de"), told("Credit", "fr")
    (('Kredit', 'Betrug'), ('Credit',))
    """
    if isinstance(value, Mapping):
        value = value.get(code)
        if isinstance(value, Mapping):
            return ()
    lines = value if isinstance(value, list | tuple) else () if value is None else (value,)
    return tuple(text for line in lines if (text := " ".join(str(line).split())))


def entity(terms: Terms) -> Mapping[str, Any]:
    """Return what the config states of the lender that writes."""
    stated = (terms.config.get("entities") or {}).get(terms.entity)
    return stated if isinstance(stated, Mapping) else {}


def stated(terms: Terms, key: str) -> tuple[str, ...]:
    """Return the lines that the lender stated under a key, in the letter's language."""
    return told(entity(terms).get(key), terms.words.code)


def letters(terms: Terms, key: str) -> Mapping[str, Any]:
    """Return a mapping of ``letters`` in the config: inputs, factors, score."""
    found = (terms.config.get("letters") or {}).get(key)
    return found if isinstance(found, Mapping) else {}


def has_officer(terms: Terms) -> bool:
    """Whether there is a data protection officer; ``none`` says that there is none (Art. 37 GDPR)."""
    return terms.creditor.dpo.lower() not in ("", "none")


def withheld(terms: Terms) -> tuple[tuple[str, str], ...]:
    """Return what is held back, and why; an empty half where the letter's language has no words for it."""
    code = terms.words.code
    return tuple(
        (" ".join(told(one.get("what"), code)), " ".join(told(one.get("reason"), code)))
        for one in entity(terms).get("withheld") or ()
    )
