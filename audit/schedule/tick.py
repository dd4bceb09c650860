"""One tick: run what is due, write what was missed, tell whoever watches. Any scheduler calls it.

A tick remembers nothing: what is due follows from the schedules and slots in the ledger and from the
clock. So it may be called each minute or each hour, from several hosts, by several schedulers, and
twice at once; a slot is begun by whoever takes its lease, and ends in one row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from audit.errors import AuditError, BusyError, FencedError
from audit.ledger import Ledger, alerts, schedules, slots
from audit.ledger.alerts import Alert
from audit.ledger.leases import SECONDS, Lease
from audit.ledger.schedules import Schedule
from audit.ledger.slots import SlotRow
from audit.schedule import notify, watch
from audit.schedule.afterwards import Afterwards, afterwards
from audit.schedule.cron import parse
from audit.schedule.failure import cause, in_full
from audit.schedule.slots import WINDOW, Choice, Missed, Slot, choose, due, read_slot, zone

if TYPE_CHECKING:
    from audit.result import Result
    from audit.runner import Progress

Report = Callable[["Result", Path], list[str]]

_LOOK_BACK = WINDOW + dt.timedelta(days=1)
_RETRY_AFTER = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Ran:
    """An audit that a tick ran, or found sealed already."""

    schedule: str
    slot: str
    audit: str
    existing: bool
    exit_code: int
    after: Afterwards
    documents: tuple[str, ...] = ()


@dataclass(slots=True)
class Ticked:
    """What a tick did."""

    ran: list[Ran] = field(default_factory=list)
    failed: list[SlotRow] = field(default_factory=list)
    skipped: list[SlotRow] = field(default_factory=list)
    busy: list[tuple[str, str]] = field(default_factory=list)
    raised: list[Alert] = field(default_factory=list)
    told: int = 0
    troubles: list[str] = field(default_factory=list)  # in words, for the terminal alone

    @property
    def exit_code(self) -> int:
        """0; 3 where a requirement is not so; else that of what failed, the worst first."""
        failures = {row.exit_code or 1 for row in self.failed} | ({1} if self.troubles else set())
        if failures:
            return max(failures)
        return max((one.exit_code for one in self.ran), default=0)


def tick(
    url: str,
    *,
    now: Callable[[], dt.datetime] | None = None,
    retry: bool = False,
    report: Report | None = None,
    progress: Progress | None = None,
    send: notify.Send | None = None,
) -> Ticked:
    """Do what is due.

    Parameters
    ----------
    url : str
        The ledger whose schedules are meant.
    now : callable, optional
        The clock (UTC).
    retry : bool
        Run the slots of the last week again that failed for good.
    report : callable, optional
        Writes the documents of a result into a folder; called for schedules that name one.
    send : callable, optional
        Tells one alert; see ``notify.sender``.
    """
    clock = now or (lambda: dt.datetime.now(dt.UTC))
    done = Ticked()
    with Ledger.open(url) as ledger:
        waiting: list[tuple[Slot, Schedule]] = []
        for schedule in schedules.schedules(ledger):
            if schedule.paused is not None:
                continue
            choice = _choice(ledger, schedule, clock(), retry)
            _skip(ledger, schedule, choice, clock(), done)
            waiting += [(one, schedule) for one in choice.run]
        for one, schedule in sorted(waiting, key=lambda pair: (pair[0], pair[1].name)):
            _run(ledger, url, schedule, one, clock, retry, report, progress, done)
        near = watch.deadline(ledger, clock().date())
        if near is not None:
            _raise(ledger, near, clock(), done)
        told, trouble = notify.tell(ledger, send=send, at=clock())
        done.told = len(told)
        if trouble is not None:
            done.troubles.append(trouble)
    return done


def _choice(ledger: Ledger, schedule: Schedule, now: dt.datetime, retry: bool) -> Choice:
    rows = slots.slots(ledger, schedule.name)
    last = {row.slot: row for row in rows}
    settled = {row.slot for row in rows if row.settled}
    again = {
        name
        for name, row in last.items()
        if retry and row.act == "failed" and row.settled and now - row.due_at <= WINDOW
    }
    # Whatever is older than the last slot that ended was looked at when that one was due.
    newest = max((row.due_at for row in rows if row.settled), default=schedule.added_at)
    since = max(schedule.added_at, min(newest, now - _LOOK_BACK))
    pattern = parse(schedule.expression, schedule.added_at.astimezone(zone(schedule.zone)).date())
    found = {one.name: one for one in due(pattern, schedule.zone, since, now)}
    for name in slots.in_hand(ledger, schedule.name):  # somebody began it, and may have died
        found.setdefault(name, read_slot(name))
    for name in again:
        found.setdefault(name, read_slot(name))
    settled -= again
    rested = [
        (one, f"paused by {pause.by}: {pause.reason}")
        for name, one in sorted(found.items(), key=lambda item: item[1])
        if name not in settled and (pause := schedule.pause_at(one.due_at)) is not None
    ]
    resting = {one.name for one, _ in rested}
    missed: Missed = "all" if schedule.missed == "all" else "skip" if schedule.missed == "skip" else "latest"
    latest = max((one.due_at for name, one in found.items() if name not in resting), default=None)
    open_slots = [one for name, one in found.items() if name not in settled | resting]
    if retry:
        forced = [one for one in open_slots if one.name in again]
        chosen = choose((one for one in open_slots if one.name not in again), missed, now, latest)
        chosen = Choice((*chosen.run, *forced), chosen.skip)
    else:
        chosen = choose(open_slots, missed, now, latest)
    ready = tuple(
        one
        for one in chosen.run
        if one.name in again or one.name not in last or _rested_enough(last[one.name], now)
    )
    return Choice(ready, (*rested, *chosen.skip))


def _rested_enough(row: SlotRow, now: dt.datetime) -> bool:
    return now - row.at >= row.attempt * _RETRY_AFTER


def _skip(ledger: Ledger, schedule: Schedule, choice: Choice, now: dt.datetime, done: Ticked) -> None:
    if not choice.skip:
        return
    told = ((one.name, one.due_at, why) for one, why in choice.skip)
    written = slots.skip(ledger, schedule.name, told, at=now)
    done.skipped += written
    # A pause was somebody's wish; it is in the log and wakes nobody.
    missed = [row for row in written if schedule.pause_at(row.due_at) is None]
    if missed:
        _raise(ledger, watch.missed(missed), now, done)


def _run(
    ledger: Ledger,
    url: str,
    schedule: Schedule,
    slot: Slot,
    clock: Callable[[], dt.datetime],
    retry: bool,
    report: Report | None,
    progress: Progress | None,
    done: Ticked,
) -> None:
    from audit.runner import run

    try:
        lease = slots.claim(ledger, schedule.name, slot.name, again=retry)
    except BusyError:
        done.busy.append((schedule.name, slot.name))
        return
    if lease is None:
        return  # another tick was faster
    result: Result | None = None
    code, why = 0, None
    try:
        with _kept(ledger, lease):
            result = run(schedule.config, ledger=url, slot=slot.name, progress=progress, now=clock)
        code = result.exit_code
    except (BusyError, FencedError):
        # Somebody runs the same audit under no schedule, or under another one: a later tick finds it.
        slots.let_go(ledger, lease)
        done.busy.append((schedule.name, slot.name))
        return
    except Exception as error:
        code, why = (error.exit_code if isinstance(error, AuditError) else 1), cause(error)
        done.troubles.append(f"{schedule.name} {slot.name}: {in_full(error)}")
    except BaseException:
        with suppress(AuditError):
            slots.let_go(ledger, lease)
        raise
    row = slots.settle(
        ledger,
        lease,
        schedule.name,
        slot.name,
        due_at=slot.due_at,
        at=clock(),
        audit=result.audit.audit if result is not None else None,
        exit_code=code,
        cause=why,
    )
    if result is None:
        done.failed.append(row)
        _raise(ledger, watch.failed(row), clock(), done)
        return
    after = afterwards(ledger, result.audit)
    for alert in after.alerts:
        _raise(ledger, alert, clock(), done)
    documents: tuple[str, ...] = ()
    if report is not None and schedule.out is not None:
        try:
            documents = tuple(report(result, Path(schedule.out) / f"{slot.nominal:%Y-%m-%dT%H%M}"))
        except (AuditError, OSError) as error:
            # The audit is sealed all the same; its report can be rendered any day later.
            done.troubles.append(f"{schedule.name} {slot.name}: report: {error}")
    done.ran.append(
        Ran(
            schedule.name,
            slot.name,
            result.audit.audit,
            result.existing,
            code,
            after,
            documents,
        )
    )


@contextmanager
def _kept(ledger: Ledger, lease: Lease) -> Iterator[None]:
    """Hold on to a slot while its audit runs, however long that takes."""
    over = Event()

    def renew() -> None:
        while not over.wait(SECONDS / 5):
            try:
                slots.keep(ledger, lease)
            except FencedError:
                return  # the run's own fence keeps it from writing
            except AuditError:
                continue  # a database that does not answer now may answer in time

    keeper = Thread(target=renew, name="slot", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _raise(ledger: Ledger, alert: Alert, now: dt.datetime, done: Ticked) -> None:
    if alerts.raised(ledger, alert, at=now):
        done.raised.append(alert)
