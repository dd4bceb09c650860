"""Tests of the tick: what is due runs once, what was missed is written, whoever watches is told."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import audit.runner
from audit.errors import BusyError, DataError, LedgerError
from audit.ledger import Ledger, alerts, releases, schedules, slots, verify
from audit.schedule.cron import Cron
from audit.schedule.slots import zone
from audit.schedule.tick import Ticked, tick
from tests.audit.schedule.test_slots import CHANGES, change_of
from tests.oracles import crontab
from tests.worlds import even_lender
from tests.worlds.desk import Desk

UTC = dt.UTC
START = dt.datetime(2026, 11, 20, 0, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, blank_ledger: Path) -> Path:
    """An even lender with a ledger that has its tables."""
    import shutil

    folder = even_lender.build(tmp_path_factory.mktemp("world") / "even", n_profiles=30).folder
    shutil.copyfile(blank_ledger, folder / "ledger.db")
    return folder


class Clock:
    """A world with a ledger and a clock of its own."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.url = f"sqlite:///{desk.folder / 'ledger.db'}"
        self.now = START

    def add(
        self, name: str = "night", expression: str = "0 * * * *", place: str = "UTC", missed: str = "latest"
    ):
        with Ledger.open(self.url, create=True) as ledger:
            return schedules.add(
                ledger,
                name,
                config=str(self.desk.config),
                expression=expression,
                zone=place,
                missed=missed,
                out=None,
                reason="",
                by="test",
                at=self.now,
            )

    def tick(self, now: dt.datetime | None = None, **options: Any) -> Ticked:
        self.now = now or self.now
        return tick(self.url, now=lambda: self.now, **options)

    def rows(self, name: str = "night") -> list[tuple[str, str]]:
        with Ledger.open(self.url) as ledger:
            return [(row.slot[:16], row.act) for row in slots.slots(ledger, name)]

    def alerts(self) -> list[str]:
        with Ledger.open(self.url) as ledger:
            return [one.kind for one in alerts.unsent(ledger, since=START)]

    def verified(self) -> bool:
        with Ledger.open(self.url) as ledger:
            return verify(ledger).ok


@pytest.fixture
def clock(world: Path, tmp_path: Path) -> Clock:
    """A clock over a copy of the world."""
    return Clock(Desk.copy(world, tmp_path / "world"))


@pytest.fixture
def runs(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Let audits end as told, without their work; return the list of the slots that were begun."""
    begun: list[str] = []

    def of(*ends: Exception | None) -> list[str]:
        coming = list(ends)

        def run(config: str, *, slot: str, now: Callable[[], dt.datetime], **_: Any) -> Any:
            begun.append(slot)
            end = coming.pop(0) if coming else None
            if end is not None:
                raise end
            record = SimpleNamespace(
                audit=f"{len(begun):064x}", config={}, name="x", kind="population", sealed_at=None
            )
            record.model = SimpleNamespace(name="m")
            return SimpleNamespace(audit=record, exit_code=0, existing=False)

        monkeypatch.setattr(audit.runner, "run", run)
        return begun

    return of


def at(hour: int, minute: int = 0, day: int = 20) -> dt.datetime:
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_an_audit_runs_once_in_its_slot(clock: Clock) -> None:
    """A due slot is run and sealed under its nominal time; the next tick finds nothing to do."""
    clock.add()
    assert clock.tick(at(0, 59)).ran == []
    done = clock.tick(at(1, 0))
    (ran,) = done.ran
    assert (ran.slot, ran.existing) == ("2026-11-20T01:00[UTC]", False)
    assert clock.tick(at(1, 1)) == Ticked()
    with Ledger.open(clock.url) as ledger:
        (known,) = ledger.audits()
        assert (known.slot, known.audit) == (ran.slot, ran.audit)
    assert clock.rows() == [("2026-11-20T01:00", "run")]
    assert clock.verified()


def test_the_same_audit_under_two_schedules_runs_once(clock: Clock) -> None:
    """Two schedules, or cron beside them, that mean the same slot of the same config have one audit."""
    clock.add("one")
    clock.add("two")
    done = clock.tick(at(1, 0))
    assert [one.existing for one in done.ran] == [False, True]
    assert len({one.audit for one in done.ran}) == 1
    import audit as package

    again = package.run(clock.desk.config, ledger=clock.url, slot="2026-11-20T01:00[UTC]")
    assert again.existing


def test_changed_data_give_no_second_run_of_a_slot(clock: Clock) -> None:
    """A slot that ran is over, though new data would be another audit."""
    clock.add()
    clock.tick(at(1, 0))
    clock.desk.rows(lambda rows: rows[1:])
    assert clock.tick(at(1, 5)).ran == []
    assert len(clock.tick(at(2, 0)).ran) == 1


@pytest.mark.parametrize("spring", [True, False])
@pytest.mark.parametrize(("place", "ahead", "back", "moved"), CHANGES)
def test_each_nominal_hour_runs_once_over_a_change(
    clock: Clock, runs, place: str, ahead: dt.date, back: dt.date, moved: int, spring: bool
) -> None:
    """Ticks every half hour, twice each, around a change of clocks: one run for each nominal hour."""
    begun = runs()
    change = change_of(place, ahead if spring else back)
    clock.now = start = change - dt.timedelta(hours=3, minutes=30)
    clock.add(expression="0 * * * *", place=place)
    end = change + dt.timedelta(hours=4)
    moment = start
    while moment <= end:
        first = clock.tick(moment)
        assert first.skipped == [] == first.busy
        assert clock.tick(moment) == Ticked()
        moment += dt.timedelta(minutes=30)
    hours = Counter(begun)
    assert set(hours.values()) == {1}
    names = sorted(name.partition("[")[0] for name in begun)
    first, last = (dt.datetime.fromisoformat(names[i]) for i in (0, -1))
    nominal = list(Cron.parse("0 * * * *").after(first - dt.timedelta(minutes=1), last))
    assert names == [one.isoformat(timespec="minutes") for one in nominal]  # and none is left out
    shown = crontab.shown(zone(place), start, end + dt.timedelta(minutes=1))
    assert {one for one in shown if one.minute == 0 and one > min(shown)} <= set(nominal)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("latest", {"run": [5], "skipped": [1, 2, 3, 4]}),
        ("all", {"run": [1, 2, 3, 4, 5], "skipped": []}),
        ("skip", {"run": [], "skipped": [1, 2, 3, 4, 5]}),
    ],
)
def test_missed_slots_follow_the_policy_and_are_written(clock: Clock, runs, policy: str, expected) -> None:
    """After an outage each slot has its row: run, or skipped with an entry of its own."""
    begun = runs()
    clock.add(missed=policy)
    done = clock.tick(at(5, 20))
    acts = {
        act: [int(slot[11:13]) for slot, found in clock.rows() if found == act] for act in ("run", "skipped")
    }
    assert acts == expected
    assert len(begun) == len(expected["run"])
    assert [one.kind for one in done.raised] == (["missed"] if expected["skipped"] else [])
    with Ledger.open(clock.url) as ledger, ledger.engine.connect() as connection:
        keys = (
            connection.exec_driver_sql("SELECT key FROM log_entries WHERE key LIKE 'slot/%'").scalars().all()
        )
    assert len(keys) == 5
    assert clock.tick(at(5, 21)) == Ticked()
    assert clock.verified()


def test_a_month_without_a_tick_leaves_no_slot_unanswered(clock: Clock, runs) -> None:
    """Every day of the outage has its row; seven days are made up for, under `all`."""
    runs()
    clock.add(expression="0 12 * * *", missed="all")
    clock.tick(at(12, 0) + dt.timedelta(days=30))
    assert Counter(act for _, act in clock.rows()) == {"run": 8, "skipped": 23}
    assert clock.tick(at(12, 1) + dt.timedelta(days=30)) == Ticked()


def test_a_paused_schedule_rests_and_says_so(clock: Clock, runs) -> None:
    """Slots of a pause are skipped with its reason; nobody is woken; what is due after it runs."""
    begun = runs()
    clock.add()
    clock.tick(at(1, 0))
    with Ledger.open(clock.url) as ledger:
        schedules.pause(ledger, "night", reason="the model is being replaced", by="Model Risk", at=at(1, 30))
    assert clock.tick(at(3, 0)) == Ticked()
    with Ledger.open(clock.url) as ledger:
        assert schedules.schedules(ledger)[0].paused is not None
        schedules.resume(ledger, "night", reason="", by="Model Risk", at=at(3, 30))
    done = clock.tick(at(4, 0))
    assert [one.slot[11:13] for one in done.ran] == ["04"]
    assert [(row.slot[11:13], row.cause) for row in done.skipped] == [
        (hour, "paused by Model Risk: the model is being replaced") for hour in ("02", "03")
    ]
    assert done.raised == []
    assert len(begun) == 2
    with Ledger.open(clock.url) as ledger:
        schedules.remove(ledger, "night", reason="gone", by="Model Risk", at=at(4, 30))
    assert clock.tick(at(6, 0)) == Ticked()
    clock.now = at(6, 30)
    clock.add()
    assert [one.slot[11:13] for one in clock.tick(at(7, 0)).ran] == ["07"]
    assert clock.verified()


def test_an_error_in_the_run_is_tried_again(clock: Clock, runs) -> None:
    """Exit code 1 is tried three times, ten and twenty minutes apart, and told once."""
    begun = runs(LedgerError("x: the disk is full. Make room."), RuntimeError("boom"), None)
    clock.add()
    first = clock.tick(at(1, 0))
    assert (first.failed[0].attempt, first.exit_code, [one.kind for one in first.raised]) == (
        1,
        1,
        ["failed"],
    )
    assert clock.tick(at(1, 5)) == Ticked()
    second = clock.tick(at(1, 10))
    assert (second.failed[0].attempt, second.raised) == (2, [])
    assert second.failed[0].cause.startswith("RuntimeError at test_tick.py:")
    assert clock.tick(at(1, 25)) == Ticked()
    third = clock.tick(at(1, 30))
    assert [one.slot[11:16] for one in third.ran] == ["01:00"]
    assert len(begun) == 3
    assert clock.rows() == [("2026-11-20T01:00", act) for act in ("failed", "failed", "run")]


def test_a_fault_of_the_owner_waits_for_him(clock: Clock, runs) -> None:
    """Exit code 2 is not tried again by itself; `--retry` runs it once it is mended. No cell is logged."""
    begun = runs(DataError("row 7: 'Zyxwv Fictional' is no number. Correct the row."), None)
    clock.add()
    first = clock.tick(at(1, 0))
    assert (first.exit_code, first.troubles) == (
        2,
        ["night 2026-11-20T01:00[UTC]: row 7: 'Zyxwv Fictional' is no number. Correct the row."],
    )
    assert b"Zyxwv" not in (clock.desk.folder / "ledger.db").read_bytes()
    assert clock.tick(at(1, 40)) == Ticked()
    assert [one.slot[11:13] for one in clock.tick(at(1, 45), retry=True).ran] == ["01"]
    assert clock.tick(at(1, 50), retry=True) == Ticked()
    assert len(begun) == 2


def test_a_busy_audit_is_left_to_a_later_tick(clock: Clock, runs) -> None:
    """Where another process runs the same audit the slot stays open."""
    runs(BusyError("somebody is at work"), None)
    clock.add()
    assert clock.tick(at(1, 0)).busy == [("night", "2026-11-20T01:00[UTC]")]
    assert clock.rows() == []
    assert len(clock.tick(at(1, 1)).ran) == 1


def test_a_slot_that_somebody_works_at_is_left_alone(clock: Clock, runs) -> None:
    """Neither a second tick nor a skip touches a slot under a living lease; a dead holder's is taken over."""
    begun = runs()
    clock.add()
    with Ledger.open(clock.url) as ledger:
        ledger.owner = "another-host:1"
        assert slots.claim(ledger, "night", "2026-11-20T01:00[UTC]") is not None
    assert clock.tick(at(1, 0)).busy == [("night", "2026-11-20T01:00[UTC]")]
    done = clock.tick(at(2, 0))
    assert ([one.slot[11:13] for one in done.ran], done.skipped) == (["02"], [])
    with Ledger.open(clock.url) as ledger, ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE leases SET expires_at = 1 WHERE audit LIKE 'slot/%01:00%'")
    done = clock.tick(at(2, 5))
    assert [row.slot[11:13] for row in done.skipped] == ["01"]
    assert len(begun) == 1


def test_two_ticks_at_once_give_one_run(clock: Clock) -> None:
    """Four processes tick at the same moment: one audit, one row of the slot, nobody fails."""
    clock.now = dt.datetime.now(UTC) - dt.timedelta(days=1, minutes=5)
    clock.add(expression="every 1d", place="UTC")
    with Ledger.open(clock.url) as ledger:
        pattern = schedules.schedules(ledger)[0]
        assert pattern.paused is None
    program = (
        "import time, sys; from audit.cli import main\ntime.sleep(max(0, float(sys.argv[1]) - time.time()))\n"
    )
    program += "main(['tick', '--json', '--ledger', sys.argv[2]])"
    begin = str(dt.datetime.now(UTC).timestamp() + 3)
    ticks = [
        subprocess.Popen(
            [sys.executable, "-c", program, begin, clock.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(4)
    ]
    told = []
    for one in ticks:
        out, err = one.communicate(timeout=120)
        assert one.returncode in (0, 3), err.decode()
        told.append(json.loads(out.splitlines()[-1]))
    assert sum(len(one["ran"]) for one in told) == 1
    assert sum(len(one["failed"]) for one in told) == 0
    assert [act for _, act in clock.rows()].count("run") == 1
    with Ledger.open(clock.url) as ledger:
        assert len(ledger.audits()) == 1
    assert clock.verified()


def test_what_turned_not_met_is_told_against_the_accepted_audit(clock: Clock) -> None:
    """A requirement that was not met when the audit was accepted is no news; one that turned is."""
    clock.desk.set(explain__reference__min_rows=50)
    clock.add()
    assert [one.kind for one in clock.tick(at(1, 0)).raised] == []
    with Ledger.open(clock.url) as ledger:
        accepted = releases.accept(ledger, "latest", by="Model Risk", reason="first", at=at(1, 30))
    clock.desk.set(explain__reference__min_rows=20)
    done = clock.tick(at(2, 0))
    (ran,) = done.ran
    told = ran.after.as_json()
    assert (told["audit"], told["accepted"], told["worse"]) == (accepted.audit, True, 1)
    alert, flipped = done.raised
    # R21: with fewer applicants to compare with, some are told another main reason.
    assert (alert.kind, flipped.kind) == ("not_met", "flipped")
    assert told["flipped"] > 0.05
    assert "us_ecoa_regb.reference_large_enough" in alert.text
    # Compared with other applicants, the refused ones fall short elsewhere.
    assert told["reasons"]["reading"] == "much"
    assert "first reasons moved much" in ran.after.in_words()
    assert f"since the accepted audit {accepted.audit[:12]}" in alert.text
    with Ledger.open(clock.url) as ledger:
        releases.accept(ledger, "latest", by="Model Risk", reason="known", at=at(2, 30))
    assert clock.tick(at(3, 0)).raised == []


def test_notices_near_their_deadline_are_told_once_a_day(clock: Clock) -> None:
    """From five days before notices are due until they are a week overdue, one alert a day counts them."""
    clock.add(expression="0 1 20 11 *")
    clock.tick(at(1, 0))  # completed on 3 November: due on 3 December
    assert clock.tick(dt.datetime(2026, 11, 27, 12, tzinfo=UTC)).raised == []
    near = dt.datetime(2026, 11, 28, 12, tzinfo=UTC)
    (alert,) = clock.tick(near).raised
    assert (alert.kind, "the first on 2026-12-03" in alert.text) == ("deadline", True)
    assert clock.tick(near + dt.timedelta(hours=1)).raised == []
    (late,) = clock.tick(dt.datetime(2026, 12, 4, 12, tzinfo=UTC)).raised
    assert "are overdue" in late.text
    assert clock.tick(dt.datetime(2026, 12, 11, 12, tzinfo=UTC)).raised == []
