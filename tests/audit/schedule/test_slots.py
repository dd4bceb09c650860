"""Tests of slots: what clocks do in spring and in autumn, and which missed slots run."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest

from audit.errors import UsageError
from audit.schedule.cron import Cron, parse
from audit.schedule.slots import choose, due, next_slot, read_slot, slot, zone
from tests.oracles import crontab

UTC = dt.UTC
# Zone, the local day on which the clock jumps ahead, the one on which it falls back, minutes it moves.
CHANGES = [
    ("America/New_York", dt.date(2027, 3, 14), dt.date(2027, 11, 7), 60),
    ("Europe/Berlin", dt.date(2027, 3, 28), dt.date(2027, 10, 31), 60),
    ("Australia/Lord_Howe", dt.date(2027, 10, 3), dt.date(2027, 4, 4), 30),
    ("America/Santiago", dt.date(2027, 9, 5), dt.date(2027, 4, 3), 60),  # at midnight
]


def local_day(place: str, day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """Return the moments (UTC) from the midnight before a day's to the one after its."""
    noon = dt.datetime.combine(day, dt.time(12), zone(place)).astimezone(UTC)
    return noon - dt.timedelta(hours=30), noon + dt.timedelta(hours=30)


def change_of(place: str, day: dt.date) -> dt.datetime:
    """Return the moment at which the clock moves, looked for minute by minute."""
    start, end = local_day(place, day)
    before = start.astimezone(zone(place)).utcoffset()
    return next(m for m in crontab.minutes(start, end) if m.astimezone(zone(place)).utcoffset() != before)


@pytest.mark.parametrize("line", ["0 * * * *", "*/15 * * * *"])
@pytest.mark.parametrize("spring", [True, False])
@pytest.mark.parametrize(("place", "ahead", "back", "moved"), CHANGES)
def test_each_nominal_time_is_due_once(
    place: str, ahead: dt.date, back: dt.date, moved: int, spring: bool, line: str
) -> None:
    """Asked minute by minute around a change, every nominal slot comes due once, in its minute."""
    change = change_of(place, ahead if spring else back)
    start, end = change - dt.timedelta(hours=3), change + dt.timedelta(hours=4)
    pattern = Cron.parse(line)
    found = []
    before = start
    for moment in crontab.minutes(start + dt.timedelta(minutes=1), end):
        for one in due(pattern, place, before, moment):
            assert one.due_at == moment  # never late, never early
            found.append(one)
        before = moment
    names = Counter(one.name for one in found)
    assert set(names.values()) == {1}
    # Whatever the wall shows is due when it first shows it.
    shown = crontab.shown(zone(place), start + dt.timedelta(minutes=1), end)
    by_nominal = {one.nominal: one.due_at for one in found}
    expected = {wall: moment for wall, moment in shown.items() if crontab.meets(line, wall)}
    on_wall = {wall: moment for wall, moment in by_nominal.items() if wall in shown}
    assert on_wall == expected
    # What the wall never shows is due as long after the jump as it would have been without it.
    left_out = {wall: moment for wall, moment in by_nominal.items() if wall not in shown}
    if spring:
        for wall, moment in left_out.items():
            assert moment.astimezone(zone(place)).replace(tzinfo=None) == wall + dt.timedelta(minutes=moved)
        if line == "*/15 * * * *":
            assert len(left_out) == moved / 15
    else:
        assert left_out == {}


def test_the_days_have_their_hours() -> None:
    """24 hourly slots a day, on a day of 23 hours and on one of 25."""
    for place, ahead, back, _ in CHANGES:
        for day in (ahead, back):
            start, end = local_day(place, day)
            of_day = [
                one for one in due(Cron.parse("0 * * * *"), place, start, end) if one.nominal.date() == day
            ]
            assert [one.nominal.hour for one in sorted(of_day, key=lambda one: one.nominal)] == list(
                range(24)
            )


def test_the_two_hours_that_the_design_names() -> None:
    """01:30 New York on 2027-11-07 is due at 05:30Z and not at 06:30Z; 02:30 on 2027-03-14 at 07:30Z."""
    autumn = slot(dt.datetime(2027, 11, 7, 1, 30), "America/New_York")
    assert autumn.name == "2027-11-07T01:30[America/New_York]"
    assert autumn.due_at == dt.datetime(2027, 11, 7, 5, 30, tzinfo=UTC)
    half_past_one = Cron.parse("30 1 * * *")
    again = due(half_past_one, "America/New_York", autumn.due_at, autumn.due_at + dt.timedelta(hours=2))
    assert again == []
    assert slot(dt.datetime(2027, 3, 14, 2, 30), "America/New_York").due_at == dt.datetime(
        2027, 3, 14, 7, 30, tzinfo=UTC
    )


def test_the_next_slot_is_the_one_that_comes_due_first() -> None:
    """Whatever the month, nothing lies between now and the next slot."""
    for line in ("30 2 * * *", "0 0 29 2 *", "*/30 * * * *"):
        pattern = parse(line, dt.date(2027, 1, 1))
        for place, ahead, back, _ in CHANGES:
            for day in (ahead, back):
                now = local_day(place, day)[0]
                ahead_of_us = next_slot(pattern, place, now)
                assert due(pattern, place, now, ahead_of_us.due_at)[0] == ahead_of_us


def test_names_are_read_back() -> None:
    """A slot's name says when it is due."""
    one = slot(dt.datetime(2027, 11, 7, 1, 30), "America/New_York")
    assert read_slot(one.name) == one
    for name in (
        "2027-11-07",
        "2027-11-07T01:30",
        "x[Europe/Berlin]",
        "2027-11-07T01:30+01:00[Europe/Berlin]",
    ):
        with pytest.raises(UsageError, match="no slot is called so"):
            read_slot(name)


@pytest.mark.parametrize("name", ["Berlin", "europe/berlin", "../../etc/passwd", "UTC+1", ""])
def test_zones_have_iana_names(name: str) -> None:
    """A zone that the IANA does not know is refused, with the one that may be meant."""
    with pytest.raises(UsageError, match="no zone is called"):
        zone(name)
    if name == "Berlin":
        with pytest.raises(UsageError, match="Did you mean Europe/Berlin"):
            zone(name)


def at(day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2027, 6, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("policy", "hours_run", "hours_skipped"),
    [("latest", [4], [1, 2, 3]), ("all", [1, 2, 3, 4], []), ("skip", [4], [1, 2, 3])],
)
def test_missed_slots_follow_the_policy(policy, hours_run, hours_skipped) -> None:
    """After four hours without a tick: the newest, all, or only what is on time."""
    found = due(Cron.parse("0 * * * *"), "UTC", at(1, 0), at(1, 4, 10))
    chosen = choose(found, policy, at(1, 4, 10))
    assert [one.nominal.hour for one in chosen.run] == hours_run
    assert [one.nominal.hour for one, _ in chosen.skip] == hours_skipped
    assert all(cause.startswith("missed") for _, cause in chosen.skip)


def test_skip_runs_nothing_late() -> None:
    """Twenty minutes past its time a slot is missed, and `skip` makes up for none."""
    found = due(Cron.parse("0 * * * *"), "UTC", at(1, 0), at(1, 4, 20))
    assert choose(found, "skip", at(1, 4, 20)).run == ()
    assert len(choose(found, "skip", at(1, 4, 20)).skip) == 4


@pytest.mark.parametrize("policy", ["latest", "all", "skip"])
def test_nothing_is_made_up_for_after_a_week(policy) -> None:
    """Slots older than seven days are skipped whatever the policy; none is left without an answer."""
    found = due(Cron.parse("0 12 * * *"), "UTC", at(1, 0), at(20, 12, 5))
    chosen = choose(found, policy, at(20, 12, 5))
    assert {one.nominal.day for one in chosen.run} == (set(range(14, 21)) if policy == "all" else {20})
    assert len(chosen.run) + len(chosen.skip) == len(found) == 20
    assert choose([], policy, at(1, 0)).run == ()


def test_two_slots_of_one_moment_both_run() -> None:
    """In spring 02:30 and 03:30 are one moment, and neither is a missed one."""
    moment = dt.datetime(2027, 3, 14, 7, 30, tzinfo=UTC)
    found = due(Cron.parse("30 2,3 * * *"), "America/New_York", moment - dt.timedelta(hours=1), moment)
    for policy in ("latest", "all", "skip"):
        assert [one.nominal.hour for one in choose(found, policy, moment).run] == [2, 3]
