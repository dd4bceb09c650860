"""Tests of cron expressions and intervals, on the clock on the wall."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from audit.errors import UsageError
from audit.schedule.cron import Cron, Every, parse
from tests.oracles import crontab

DAY = dt.date(2027, 1, 1)
LINES = [
    "* * * * *",
    "0 * * * *",
    "30 1 * * *",
    "*/7 3-5 * * *",
    "5/20 0,12,23 * * *",
    "0 9-17/4 * * mon-fri",
    "15 4 1,15 * *",
    "15 4 1,15 * sat",
    "15 4 */2 * sun",
    "0 0 29 feb *",
    "59 23 31 1-12/2 *",
    "0 0 * * 7",
    "0 0 * * 5-7",
    "0 6 1-7 jan,Jul Mon",
]


@pytest.mark.parametrize("line", LINES)
def test_the_minutes_are_those_that_crontab_names(line: str) -> None:
    """Over nine weeks across a leap day every minute is the oracle's, and no other."""
    start, end = dt.datetime(2028, 1, 25), dt.datetime(2028, 3, 3)
    expected = [one for one in crontab.minutes(start, end) if crontab.meets(line, one)]
    found = list(Cron.parse(line).after(start - dt.timedelta(minutes=1), end - dt.timedelta(minutes=1)))
    assert found == expected
    assert expected or "feb" not in line


def test_drawn_lines_agree_with_the_oracle() -> None:
    """Sixty drawn lines name the oracle's minutes of a drawn day."""
    draw = random.Random(11)

    def field(low: int, high: int) -> str:
        one, two = sorted(draw.sample(range(low, high + 1), 2))
        step = draw.randint(1, 9)
        return draw.choice(
            (
                "*",
                "*",
                f"{one}",
                f"{one}-{two}",
                f"{one},{two}",
                f"*/{step}",
                f"{one}-{two}/{step}",
                f"{one}/{step}",
            )
        )

    n = 0
    for _ in range(60):
        line = " ".join((field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7)))
        start = dt.datetime(2027, 1, 1) + dt.timedelta(days=draw.randrange(900))
        end = start + dt.timedelta(days=1)
        expected = [one for one in crontab.minutes(start, end) if crontab.meets(line, one)]
        found = list(Cron.parse(line).after(start - dt.timedelta(minutes=1), end - dt.timedelta(minutes=1)))
        assert found == expected, line
        n += len(found)
    assert n > 300


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("30 1 * *", "4 fields, expected 5"),
        ("0 30 1 * * *", "6 fields, expected 5"),
        ("60 1 * * *", "minute: '60' is not understood. Write 0 to 59"),
        ("30 1-25 * * *", "hour: '25'"),
        ("30 1 L * *", "day of the month: 'l'"),
        ("30 1 * foo *", "month: 'foo' is not understood. Write 1 to 12 or jan to dec"),
        ("30 1 * * mon#2", "day of the week: 'mon#2'"),
        ("30 5-1 * * *", "hour: '5-1' runs backwards"),
        ("*/0 1 * * *", "minute: .* has no step"),
        ("30 1 30 2 *", "no date is ever one of these"),
        ("@reboot", "1 fields"),
        ("every 0m", "this is no interval"),
        ("every 5 parsecs", "Write every 30m"),
    ],
)
def test_what_cannot_be_due_is_refused_with_its_field(line: str, words: str) -> None:
    """A line that cron would misread, or that is never due, is refused where it is written."""
    with pytest.raises(UsageError, match=words):
        parse(line, DAY)


def test_macros_are_the_lines_that_they_stand_for() -> None:
    """``@daily`` is midnight, ``@weekly`` Sunday's."""
    assert Cron.parse("@daily") == Cron.parse("0 0 * * *")
    assert Cron.parse("@weekly") == Cron.parse("0 0 * * 7")


def test_intervals_count_from_midnight() -> None:
    """Every 90 minutes of 1 January: 0:00, 1:30, 3:00 …, and no drift over weeks."""
    every = parse("every 90m", DAY)
    assert isinstance(every, Every)
    found = list(every.after(dt.datetime(2027, 1, 1), dt.datetime(2027, 1, 1, 4, 30)))
    assert found == [
        dt.datetime(2027, 1, 1, 1, 30),
        dt.datetime(2027, 1, 1, 3),
        dt.datetime(2027, 1, 1, 4, 30),
    ]
    late = next(every.after(dt.datetime(2027, 6, 1, 12)))
    assert (late - every.anchor) % dt.timedelta(minutes=90) == dt.timedelta(0)
    assert next(every.after(dt.datetime(2026, 12, 1))) == every.anchor
    assert next(parse("every 2w", DAY).after(dt.datetime(2027, 1, 2))) == dt.datetime(2027, 1, 15)
