"""How long there is to tell or to answer, and who says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Span:
    """So many days, or so many months, and who says so; ``kind`` is law, or house where the law has none."""

    days: int | None
    months: int | None
    kind: Literal["law", "house"]
    source: str

    @property
    def told(self) -> str:
        """The time in words.

        >>> Span(None, 1, "law", "Art. 12(3) GDPR").told
        '1 month'
        """
        n, unit = (self.days, "day") if self.days is not None else (self.months, "month")
        return f"{n} {unit if n == 1 else unit + 's'}"


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock. ``review``: whether a person is to look at the decision again, able to change it."""

    name: str
    pack: str
    title: str
    of: Literal["request", "notice"]
    review: bool
    answer: Span
    ask_within: Span | None = None
    may_extend: Span | None = None
