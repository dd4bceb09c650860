"""Slow and obviously right: is a minute one of a crontab line's, asked of one minute after another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]


def _meets(field: str, value: int, low: int, high: int, names: list[str], first: int) -> bool:
    for part in field.lower().split(","):
        span, _, step = part.partition("/")
        for number, name in enumerate(names, first):
            span = span.replace(name, str(number))
        if span == "*":
            start, end = low, high
        elif "-" in span:
            start, end = (int(word) for word in span.split("-"))
        else:
            start = int(span)
            end = high if step else start
        if value in range(start, end + 1, int(step or 1)):
            return True
    return False


def meets(line: str, minute: dt.datetime) -> bool:
    """Whether the clock on the wall shows one of the line's minutes."""
    m, h, day, month, week = line.split()
    weekday = minute.isoweekday() % 7
    of_week = any(
        _meets(week, number, 0, 7, DAYS, 0) for number in ({weekday} | ({7} if weekday == 0 else set()))
    )
    of_month = _meets(day, minute.day, 1, 31, [], 0)
    either = not day.startswith("*") and not week.startswith("*")
    return (
        _meets(m, minute.minute, 0, 59, [], 0)
        and _meets(h, minute.hour, 0, 23, [], 0)
        and _meets(month, minute.month, 1, 12, MONTHS, 1)
        and ((of_month or of_week) if either else (of_month and of_week))
    )


def minutes(start: dt.datetime, end: dt.datetime) -> Iterator[dt.datetime]:
    """Yield every minute from ``start`` up to ``end``."""
    while start < end:
        yield start
        start += dt.timedelta(minutes=1)


def shown(zone: ZoneInfo, start: dt.datetime, end: dt.datetime) -> dict[dt.datetime, dt.datetime]:
    """Return each time that the wall shows between two moments (UTC), with the first moment it does."""
    first: dict[dt.datetime, dt.datetime] = {}
    for moment in minutes(start, end):
        first.setdefault(moment.astimezone(zone).replace(tzinfo=None), moment)
    return first
