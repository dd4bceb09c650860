"""The classes that the law protects, and which of them this audit knows by which attribute."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audit.theories import classes

if TYPE_CHECKING:
    from reports.sealed import Sealed


@dataclass(frozen=True, slots=True)
class ProtectedClass:
    """One class, and the attributes of the audit that are it; none where it was not measured."""

    title: str
    acts: str
    attributes: tuple[str, ...]
    estimated: bool
    collected: str
    source: str

    @property
    def known(self) -> bool:
        """Return whether anything of this class was compared."""
        return bool(self.attributes) or self.estimated


def attributes(sealed: Sealed) -> tuple[dict[str, Any], ...]:
    """Return the protected attributes that the audit states, as sealed with its data."""
    return tuple((sealed.figure("data") or {}).get("protected", ()))


def estimated(sealed: Sealed) -> bool:
    """Return whether groups were estimated from name and address."""
    body = sealed.measured("estimated_groups")
    return body is not None and not body["cause"]


def protected(sealed: Sealed) -> tuple[ProtectedClass, ...]:
    """Return every class in the order of print, known to this audit or not."""
    stated = [one["attribute"] for one in attributes(sealed)]
    found = []
    for entry in classes().values():
        its = tuple(name for name in stated if _plain(name) in entry.names)
        by_weights = "estimated" in entry.names and estimated(sealed)
        acts = ", ".join(entry.laws)
        found.append(ProtectedClass(entry.title, acts, its, by_weights, entry.collected, entry.source))
    return tuple(found)


def others(sealed: Sealed) -> tuple[str, ...]:
    """Return the attributes that are no class of either act, as a state or a house may protect."""
    named = {name for one in protected(sealed) for name in one.attributes}
    return tuple(one["attribute"] for one in attributes(sealed) if one["attribute"] not in named)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
