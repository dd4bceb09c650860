"""How long things are kept, and why: one term of a pack, as in force on a day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import datetime as dt

Kept = Literal["application", "notice", "groups"]


@dataclass(frozen=True, slots=True)
class KeptFor:
    """A number of months after the notice, since when that number holds, and who says so."""

    months: int
    since: dt.date
    kind: Literal["law", "house"]
    source: str


@dataclass(frozen=True, slots=True)
class RetentionTerm:
    """How long a class of records is kept.

    ``application`` is what was locked of an application (who applied, the record, what the model
    saw), ``notice`` the words of its letters, ``groups`` the protected groups of the decisions.
    Only a minimum of the kind law makes an erasure wait.
    """

    term: str  # "<pack>.<name>"
    title: str
    covers: tuple[Kept, ...]
    purpose: Literal["consumer", "business"] | None = None  # None: of either
    at_least: KeptFor | None = None
    at_most: KeptFor | None = None
    note: str = ""
