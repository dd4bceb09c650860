"""When a schedule is due, in the local time of its zone: five fields as in crontab(5), or an interval.

Why so: everything here is wall-clock time without a zone. What the clocks of a zone do in spring and
in autumn is settled in one place, ``slots``, so that a nominal time exists exactly once here, and the
rules of a month need no knowledge of zones.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from audit.errors import UsageError

_DAY = dt.timedelta(days=1)
_MINUTE = dt.timedelta(minutes=1)
# 29 February on a given weekday is the rarest date that a crontab can ask for; without a leap year
# in 2100 it may take 40 years.
_FOREVER = dt.timedelta(days=366 * 41)

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _WEEKDAYS),
)
_MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_UNITS = {
    "m": _MINUTE,
    "h": dt.timedelta(hours=1),
    "d": _DAY,
    "w": dt.timedelta(weeks=1),
}
_EVERY = re.compile(r"every\s+([1-9][0-9]{0,4})\s*([mhdw])")


@dataclass(frozen=True, slots=True)
class Cron:
    """The minutes that a crontab line names.

    >>> monthly = Cron.parse("30 1 1 * *")
    >>> next(monthly.after(dt.datetime(2027, 1, 15)))
    datetime.datetime(2027, 2, 1, 1, 30)
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # 0 = Sunday
    either_day: bool  # both kinds of day are restricted: a date that meets one of them is enough

    @classmethod
    def parse(cls, text: str) -> Cron:
        """Read five fields, or ``@daily`` and its like.

        Raises
        ------
        UsageError
            With the field that cannot be read.
        """
        words = _MACROS.get(text.strip().lower(), text).split()
        if len(words) != len(_FIELDS):
            raise _refused(
                text,
                f"{len(words)} fields, expected 5",
                "Write minute, hour, day of the month, month, day of the week: 30 1 * * *",
            )
        sets = [_values(text, word, *field) for word, field in zip(words, _FIELDS, strict=True)]
        minutes, hours, days, months, weekdays = sets
        return cls(
            minutes=tuple(sorted(minutes)),
            hours=tuple(sorted(hours)),
            days=frozenset(days),
            months=frozenset(months),
            weekdays=frozenset(day % 7 for day in weekdays),
            # crontab(5): a field that starts with * does not restrict
            either_day=not words[2].startswith("*") and not words[4].startswith("*"),
        )

    def on(self, day: dt.date) -> bool:
        """Whether a date is one of the schedule's."""
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        if day.month not in self.months:
            return False
        return (of_month or of_week) if self.either_day else (of_month and of_week)

    def after(self, start: dt.datetime, until: dt.datetime = dt.datetime.max) -> Iterator[dt.datetime]:
        """Yield the nominal times past ``start``, up to and with ``until``, in order."""
        day = start.date()
        while day <= until.date():
            if self.on(day):
                for hour in self.hours:
                    for minute in self.minutes:
                        nominal = dt.datetime(day.year, day.month, day.day, hour, minute)
                        if start < nominal <= until:
                            yield nominal
            if day == dt.date.max:
                return
            day += _DAY


@dataclass(frozen=True, slots=True)
class Every:
    """An interval, counted from a midnight on the clock of the zone."""

    step: dt.timedelta
    anchor: dt.datetime

    @classmethod
    def parse(cls, text: str, anchor: dt.date) -> Every:
        """Read ``every 6h``; units are m, h, d and w.

        Raises
        ------
        UsageError
        """
        found = _EVERY.fullmatch(text.strip().lower())
        if found is None:
            raise _refused(text, "this is no interval", "Write every 30m, every 6h, every 1d or every 2w")
        number, unit = found.groups()
        return cls(int(number) * _UNITS[unit], dt.datetime.combine(anchor, dt.time()))

    def after(self, start: dt.datetime, until: dt.datetime = dt.datetime.max) -> Iterator[dt.datetime]:
        """Yield the nominal times past ``start``, up to and with ``until``, in order."""
        nominal = self.anchor + max(0, (start - self.anchor) // self.step) * self.step
        while nominal <= until:
            if nominal > start:
                yield nominal
            if nominal > dt.datetime.max - self.step:
                return
            nominal += self.step


Pattern = Cron | Every


def parse(text: str, anchor: dt.date) -> Pattern:
    """Read a cron expression or an interval; one that is never due is refused.

    Parameters
    ----------
    anchor : date
        The local day from whose midnight an interval counts.

    Raises
    ------
    UsageError
    """
    if text.strip().lower().startswith("every"):
        return Every.parse(text, anchor)
    cron = Cron.parse(text)
    start = dt.datetime.combine(anchor, dt.time())
    if next(cron.after(start, start + _FOREVER), None) is None:
        raise _refused(text, "no date is ever one of these", "Give a day that the month has")
    return cron


def _values(text: str, word: str, what: str, low: int, high: int, names: tuple[str, ...]) -> set[int]:
    found: set[int] = set()
    for part in word.lower().split(","):
        span, slash, step = part.partition("/")
        if slash and not (step.isascii() and step.isdigit() and int(step) > 0):
            raise _refused(text, f"{what}: {part!r} has no step", "Write */15 or 8-18/2")
        first, dash, last = span.partition("-")
        if span == "*":
            start, end = low, high
        elif not dash and not slash:
            start = end = _number(text, first, what, low, high, names)
        else:
            start = _number(text, first, what, low, high, names)
            end = _number(text, last, what, low, high, names) if dash else high
        if start > end:
            raise _refused(text, f"{what}: {part!r} runs backwards", "Write the two ends in order, or a list")
        found.update(range(start, end + 1, int(step) if slash else 1))
    return found


def _number(text: str, word: str, what: str, low: int, high: int, names: tuple[str, ...]) -> int:
    if word in names:
        return names.index(word) + (1 if names is _MONTHS else 0)
    if word.isascii() and word.isdigit() and low <= int(word) <= high:
        return int(word)
    known = f"{low} to {high}" + (f" or {names[0]} to {names[-1]}" if names else "")
    raise _refused(text, f"{what}: {word!r} is not understood", f"Write {known}, *, a list or a range")


def _refused(text: str, fact: str, way_out: str) -> UsageError:
    return UsageError(f"schedule {text.strip()[:60]!r}: {fact}. {way_out}.")
