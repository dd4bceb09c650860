"""When a notice is due: thirty days, and from which day they are counted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DAYS = 30
WARN_AFTER_DAYS = 20
CITATION = "12 CFR 1002.9(a)(1)"

# Actions on an account that exists: nobody applied, so the days run from the action itself.
ON_AN_ACCOUNT = frozenset({"limit_decrease", "terminate", "apr_increase"})


@dataclass(frozen=True, slots=True)
class Deadline:
    """The day from which the days are counted, how many there are, and the clause."""

    starts: dt.date
    starts_by: str  # the field of the record that it was read from
    days: int = DAYS
    citation: str = CITATION

    @property
    def due(self) -> dt.date:
        """The last day on which the notice is in time."""
        return self.starts + dt.timedelta(days=self.days)

    def days_left(self, on: dt.date) -> int:
        """Days from ``on`` to the last day in time; negative once it has passed."""
        return (self.due - on).days

    def is_near(self, on: dt.date) -> bool:
        """Whether more than twenty of thirty days have gone, or as many of another term."""
        return self.days_left(on) < DAYS - WARN_AFTER_DAYS


def deadline(action: str, record: Mapping[str, str]) -> Deadline | None:
    """Return when the notice of an action is due; None where the record does not say.

    >>> deadline("denied", {"completed_at": "2026-11-02"}).due
    datetime.date(2026, 12, 2)

    Source: 12 CFR 1002.9(a)(1)(i) from a completed application, (iii) from action on an account.
    """
    field = "decided_at" if action in ON_AN_ACCOUNT else "completed_at"
    starts = read_date(record.get(field, ""))
    return Deadline(starts, field) if starts else None


@lru_cache(4096)  # the letters of a day have few days in them, and ask for each several times
def read_date(text: str) -> dt.date | None:
    """Return the date at the beginning of an ISO text (a time may follow); None where there is none."""
    try:
        return dt.date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None
