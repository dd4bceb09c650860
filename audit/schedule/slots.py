"""Slots: the nominal local times at which an audit is due, and which of them run.

Why so: a slot is named by what the clock on the wall was to show, and the name is part of the
audit's identity. In autumn the clock shows 01:30 twice and the audit runs once; in spring it never
shows 02:30, and the audit still runs, as late after 01:59 as it would have been. A second host, a
second line in a crontab or a tick a second too late find the same name, and so the same audit.

Why so: zones are read from the tzdata package and not from the machine, so that two hosts agree on
when a slot is due however old their own tables are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Literal
from zoneinfo import ZoneInfo

from audit.errors import UsageError
from audit.schedule.cron import Pattern

Missed = Literal["latest", "all", "skip"]
POLICIES: tuple[Missed, ...] = ("latest", "all", "skip")

WINDOW = dt.timedelta(days=7)  # a slot that was missed for longer is never made up for
ON_TIME = dt.timedelta(minutes=15)  # under `skip` a slot that starts later than this was missed
_SHIFT = dt.timedelta(hours=39)  # 15 that a zone is from UTC at most, 24 that a clock ever left out


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """One nominal time, and the moment (UTC) at which it is due."""

    due_at: dt.datetime
    nominal: dt.datetime
    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What a tick does: slots to run, oldest first, and slots to skip, each with its cause."""

    run: tuple[Slot, ...]
    skip: tuple[tuple[Slot, str], ...]


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """Return a zone by its IANA name.

    Raises
    ------
    UsageError
    """
    known = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    if name not in known:
        from difflib import get_close_matches

        tail = {one.rpartition("/")[2].lower(): one for one in known}
        near = get_close_matches(name.rpartition("/")[2].replace(" ", "_").lower(), tail, n=1, cutoff=0.8)
        meant = f"Did you mean {tail[near[0]]}? " if near else ""
        raise UsageError(f"--zone: no zone is called {name!r}. {meant}Give an IANA name: Europe/Berlin.")
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def slot(nominal: dt.datetime, place: str) -> Slot:
    """Return the slot of a nominal time.

    >>> slot(dt.datetime(2027, 11, 7, 1, 30), "America/New_York").name
    '2027-11-07T01:30[America/New_York]'
    """
    # PEP 495, fold 0: of two equal times the earlier; of a time that is left out, the one that it
    # would have been without the change.
    due_at = nominal.replace(tzinfo=zone(place), fold=0).astimezone(dt.UTC)
    return Slot(due_at, nominal, f"{nominal.isoformat(timespec='minutes')}[{place}]")


def due(pattern: Pattern, place: str, since: dt.datetime, now: dt.datetime) -> list[Slot]:
    """Return the slots that came due past ``since`` and up to ``now``, in the order of their moments."""
    first = since.astimezone(dt.UTC).replace(tzinfo=None) - _SHIFT
    last = now.astimezone(dt.UTC).replace(tzinfo=None) + _SHIFT
    found = (slot(nominal, place) for nominal in pattern.after(first, last))
    return sorted(one for one in found if since < one.due_at <= now)


def next_slot(pattern: Pattern, place: str, now: dt.datetime) -> Slot:
    """Return the slot that is due next."""
    first = now.astimezone(dt.UTC).replace(tzinfo=None) - _SHIFT
    ahead: list[Slot] = []
    for nominal in pattern.after(first):
        one = slot(nominal, place)
        if one.due_at > now:
            ahead.append(one)
        if ahead and one.nominal > ahead[0].nominal + _SHIFT:
            break
    return min(ahead)


def choose(
    open_slots: Iterable[Slot], missed: Missed, now: dt.datetime, newest: dt.datetime | None = None
) -> Choice:
    """Say which slots run and which are skipped; a slot that is neither is not among ``open_slots``.

    ``newest`` is the moment of the newest slot, which may have run already; by default that of the
    newest open one. ``latest`` runs those of the newest moment, ``all`` every one, ``skip`` those of
    the newest moment while they are on time. Two slots can have one moment: in spring, 02:30 and 03:30.
    """
    ordered = sorted(open_slots)
    if not ordered:
        return Choice((), ())
    newest = ordered[-1].due_at if newest is None else newest
    run: list[Slot] = []
    skip: list[tuple[Slot, str]] = []
    for one in ordered:
        late = now - one.due_at
        if late > WINDOW:
            skip.append((one, f"missed for more than {WINDOW.days} days"))
        elif missed != "all" and one.due_at < newest:
            skip.append((one, "missed; a later slot is due"))
        elif missed == "skip" and late > ON_TIME:
            skip.append((one, "missed, and the schedule makes up for none"))
        else:
            run.append(one)
    return Choice(tuple(run), tuple(skip))


def read_slot(name: str) -> Slot:
    """Return the slot of a name that ``slot`` gave.

    Raises
    ------
    UsageError
    """
    nominal, bracket, place = name.partition("[")
    try:
        when = dt.datetime.fromisoformat(nominal)
        if not bracket or not place.endswith("]") or when.tzinfo is not None:
            raise ValueError(name)
    except ValueError as error:
        raise UsageError(
            f"slot {name!r}: no slot is called so. Write 2027-11-07T01:30[America/New_York]."
        ) from error
    return slot(when, place.removesuffix("]"))
