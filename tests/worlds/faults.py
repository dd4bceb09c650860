"""What a ledger must outlive, tried on a real one: kills, rivals, sleepers, cut lines, full disks.

Each loop starts from a copy of one ledger, disturbs a run, lets it be run again as an operator
would, and compares **every row of every table** with the run that nobody disturbed. The rows can
be compared byte by byte because clock and draws are fixed (``disturbed.py``).

``python -m tests.worlds.faults`` prints the table of all of them, on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import argparse
import errno
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from audit.ledger.database import parsed
from tests.worlds.ground import Ground, Tally

if TYPE_CHECKING:
    from tests.worlds.full_disk import Disk


# --- kill -9 -------------------------------------------------------------------------------------


def kill_at_steps(ground: Ground, only: Callable[[str], bool] = lambda step: True) -> Tally:
    """Kill the writer before and after each statement and each commit of its write transactions."""
    tally = Tally("kill -9 at a named step", ground.name)
    for number, step in enumerate(ground.steps):
        if not only(step):
            continue
        url = ground.fresh()
        killed = ground.writers.run(url, ground.key, at=number, act="kill")
        tally.tries += 1
        tally.wrong_exits += killed["code"] != -signal.SIGKILL
        ground.judge(url, tally)
    return tally


def kill_at_random(ground: Ground, kills: int, seed: int) -> Tally:
    """Kill the writer at random moments, again and again, until so many kills have met it at work."""
    tally, draw = Tally("kill -9 at a random moment", ground.name), random.Random(seed)
    url, seconds = ground.fresh(), ground.seconds
    while tally.tries < kills:
        pid = ground.writers.start(url, ground.key)
        time.sleep(draw.uniform(0.0, seconds))
        os.kill(pid, signal.SIGKILL)
        code = ground.writers.wait(pid)["code"]
        # How long a run takes changes with what else the machine does: two in three are to be met.
        seconds *= 0.9 if code == 0 else 1.05
        if code == 0:  # it was faster: sealed
            ground.compare(url, tally)
            url = ground.fresh()
        else:
            tally.tries += 1
            tally.wrong_exits += code != -signal.SIGKILL
            tally.not_verified += not ground.holds(url)  # whole parts, whatever else is missing
    ground.judge(url, tally)
    return tally


# --- rivals and sleepers -------------------------------------------------------------------------


def starters(ground: Ground, rounds: int) -> Tally:
    """Start the same audit from two to six processes at once: one result, the others sent away."""
    tally = Tally("two to six starters", ground.name)
    for number in range(rounds):
        url = ground.fresh()
        n = 2 + number % 5
        pids = [ground.writers.start(url, ground.key) for _ in range(n)]
        codes = [ground.writers.wait(pid)["code"] for pid in pids]
        tally.tries += 1
        tally.wrong_exits += 0 not in codes or any(code not in (0, 75, 76) for code in codes)
        ground.compare(url, tally)
    return tally


def _state(pid: int) -> str:
    """Return the letter of a process that was not waited for yet: ``T`` stopped, ``Z`` ended."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def _asleep(pid: int) -> None:
    for _ in range(1000):
        if _state(pid) == "T":
            return
        time.sleep(0.01)
    raise RuntimeError(f"the writer {pid} was not stopped")


def _last(ground: Ground) -> str:
    """Return the moment after the last part."""
    return [step for step in ground.steps if step.startswith("part") and step.endswith("commit, after")][-1]


def stalled(ground: Ground, steps: Sequence[str]) -> Tally:
    """Stop the holder outside a transaction until its lease has run out; it must write no more."""
    tally = Tally("holder asleep past its lease", ground.name)
    for step in steps:
        url = ground.fresh()
        pid = ground.writers.start(url, ground.key, at=step, act="stop")
        _asleep(pid)
        with ground.connection(url) as connection:  # the lease runs out while it sleeps
            connection.execute(sa.text("UPDATE leases SET expires_at = 1"))
        successor = ground.writers.run(url, ground.key)
        os.kill(pid, signal.SIGCONT)
        woken = ground.writers.wait(pid)["code"]
        tally.tries += 1
        # One that had only the seal left to write finds it written: its audit exists, as it would have been.
        tally.wrong_exits += successor["code"] != 0 or woken != (0 if step == _last(ground) else 76)
        ground.compare(url, tally)
    return tally


def stalled_inside(ground: Ground, steps: Sequence[str]) -> Tally:
    """Stop the holder within a transaction: others are sent away in time, and it goes on when it wakes."""
    tally = Tally("holder asleep within a transaction", ground.name)
    for step in steps:
        url = ground.fresh()
        pid = ground.writers.start(url, ground.key, at=step, act="stop")
        _asleep(pid)
        rival = ground.writers.run(url, ground.key, busy=0.2)
        os.kill(pid, signal.SIGCONT)
        woken = ground.writers.wait(pid)["code"]
        tally.tries += 1
        tally.wrong_exits += rival["code"] != 75 or woken != 0
        ground.compare(url, tally)
    return tally


def cut_off(ground: Ground, steps: Sequence[str]) -> Tally:
    """Leave the holder asleep within a transaction until the server cuts it off; another takes over."""
    tally = Tally("server cuts a sleeper off", ground.name)
    for step in steps:
        url = ground.fresh()
        pid = ground.writers.start(url, ground.key, at=step, act="stop", stalled=0.3, lease=1)
        _asleep(pid)
        time.sleep(2.1)  # the lease is counted in whole seconds
        successor = ground.writers.run(url, ground.key)
        os.kill(pid, signal.SIGCONT)
        woken = ground.writers.wait(pid)["code"]
        tally.tries += 1
        tally.wrong_exits += successor["code"] != 0 or woken not in (1, 76)
        ground.compare(url, tally)
    return tally


# --- cut lines -----------------------------------------------------------------------------------


def cuts(ground: Ground, n: int, seed: int) -> Tally:
    """Have the server end the writer's connection at random moments, until so many met it at work."""
    tally, draw = Tally("connection cut", ground.name), random.Random(seed)
    assert ground.server is not None
    url = ground.fresh()
    # Between two transactions a cut is mended by the next one, unseen: only one within a transaction tells.
    sql = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = %s AND state IN ('active', 'idle in transaction')"
    )
    with ground.server.connect() as nemesis:
        while tally.tries < n:
            pid, cut = ground.writers.start(url, ground.key), False
            while not cut and _state(pid) != "Z":
                time.sleep(draw.uniform(0.0, ground.seconds / 4))
                cut = bool(nemesis.execute(sql, (parsed(url).database,)).fetchall())
            code = ground.writers.wait(pid)["code"]
            tally.tries += code == 1
            tally.wrong_exits += code not in ((0, 1) if cut else (0,))
            if code == 0:
                ground.compare(url, tally)
                url = ground.fresh()
            else:
                tally.not_verified += not ground.holds(url)
    ground.judge(url, tally)
    return tally


# --- the table -----------------------------------------------------------------------------------


def between(ground: Ground) -> list[str]:
    """Return the moments at which a writer holds the lease and no lock."""
    return [step for step in ground.steps if step.endswith("commit, after") and "seal" not in step]


def within(ground: Ground) -> list[str]:
    """Return the moments at which all of a transaction is written and nothing committed."""
    return [step for step in ground.steps if "log_head update, after" in step]


def loops(ground: Ground, disk: Disk | None, kills: int) -> Iterator[Tally]:
    """Try every fault that this ground knows."""
    from tests.worlds import full_disk

    yield kill_at_steps(ground)
    yield kill_at_random(ground, kills, seed=1)
    yield starters(ground, 30)
    yield stalled(ground, (between(ground) * 100)[:100])
    yield stalled_inside(ground, within(ground))
    if ground.server is not None:
        yield cuts(ground, 70, seed=1)
        yield cut_off(ground, within(ground))
    if disk is not None:
        yield full_disk.at_every_write(ground, disk)
    if disk is not None and ground.server is None:
        yield full_disk.at_every_write(ground, disk, calls=full_disk.SYNCS, error=errno.EIO)


def main() -> None:
    """Try all faults on both databases and print the table."""
    from tests.worlds import full_disk, power_loss

    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--kills", type=int, default=200)
    reader.add_argument("--parts", type=int, default=3, help="a first one, some between, a last one")
    asked = reader.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="plainspoken-faults-"))
    print("| fault | database | tries | rows lost | rows duplicated | log equal |\n|---|---|---|---|---|---|")
    failed = False

    def tell(tally: Tally) -> None:
        nonlocal failed
        failed |= not tally.holds
        print(tally.row() + ("" if tally.holds else f"  DOES NOT HOLD: {tally}"), flush=True)

    for name in ("sqlite", "postgresql"):
        there = folder / name
        there.mkdir()
        with full_disk.starved(there, asked.parts, server=name == "postgresql") as (ground, disk):
            for tally in loops(ground, disk, asked.kills):
                tell(tally)
    with power_loss.recording(folder, asked.parts) as ground:
        for loop in (power_loss.at_every_sync, power_loss.erasing, power_loss.rotating):
            tell(loop(ground, 1))
    shutil.rmtree(folder)
    raise SystemExit(failed)


if __name__ == "__main__":
    main()
