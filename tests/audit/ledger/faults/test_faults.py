"""Whatever is done to a run, the ledger ends as if nothing had been: no row lost, none twice, one log."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tests.worlds import faults, full_disk
from tests.worlds.disturbed import Writers
from tests.worlds.full_disk import Disk
from tests.worlds.ground import Ground, Tally
from tests.worlds.postgresql import NoServer


def _held(tally: Tally) -> None:
    assert tally.holds, tally


def test_killed_around_each_commit(ground: Ground) -> None:
    """Kill -9 right before and right after each commit: the next run ends as the undisturbed one."""
    tally = faults.kill_at_steps(ground, lambda step: "commit" in step)
    assert tally.tries >= 2 * (2 + len(ground.undisturbed["parts"]))  # open, each part, seal
    _held(tally)


def test_killed_at_twenty_random_moments(ground: Ground) -> None:
    """Kill -9 at twenty random moments: after each the ledger verifies, and in the end nothing is missing."""
    _held(faults.kill_at_random(ground, 20, seed=7))


def test_killed_while_rows_are_staged(tmp_path: Path) -> None:
    """Kill -9 around each statement that stages and moves the rows of a large part: as if it had not been."""
    writers = Writers(1, staged=1, moved=3)
    try:
        ground = Ground(tmp_path, writers)
        staged = {"staged create", "staged drop", "decisions insert", "decision_persons insert"}
        tally = faults.kill_at_steps(ground, lambda step: step[8:].rpartition(",")[0] in staged)
    finally:
        writers.close()
    n = len(ground.undisturbed["decisions"])
    moved = [step for step in ground.steps if step.endswith("decisions insert, after")]
    assert len(moved) > n // 3  # in several statements, and once as a whole
    assert tally.tries > 2 * len(moved)
    _held(tally)


def test_starters_at_once_make_one_audit(ground: Ground) -> None:
    """Of processes that start the same audit at once, one result remains; the others end 0, 75 or 76."""
    _held(faults.starters(ground, 3))


def test_a_holder_that_slept_past_its_lease_writes_no_more(ground: Ground) -> None:
    """Stopped between transactions and overtaken, it is fenced off with 76 when it wakes."""
    _held(faults.stalled(ground, faults.between(ground)[1:3]))


def test_a_holder_asleep_within_a_transaction_keeps_others_out_for_a_while(ground: Ground) -> None:
    """Others end with 75 and change nothing; when it wakes it goes on."""
    _held(faults.stalled_inside(ground, faults.within(ground)[1:2]))


def test_a_cut_connection_loses_nothing(ground: Ground) -> None:
    """The server ends the writer's connection at random moments: exit 1, and the next run goes on."""
    if ground.server is None:
        pytest.skip("SQLite has no connection to cut")
    _held(faults.cuts(ground, 4, seed=7))


def test_a_server_cuts_a_sleeper_off(ground: Ground) -> None:
    """A writer asleep within a transaction is cut off after a lease's time, and another takes over."""
    if ground.server is None:
        pytest.skip("on SQLite the lock of a stopped process stays until it wakes or ends")
    _held(faults.cut_off(ground, faults.within(ground)[1:2]))


def test_a_full_disk_leaves_whole_parts(ground: Ground, disk: Disk) -> None:
    """The disk is full from a write on; with room again the next run ends as the undisturbed one."""
    _held(full_disk.at_every_write(ground, disk, step=60))


def test_the_log_does_not_depend_on_the_database(tmp_path_factory: pytest.TempPathFactory) -> None:
    """With the same keys and draws SQLite and PostgreSQL hold the same log, row for row."""
    found = {}
    folders = {name: tmp_path_factory.mktemp(f"same-{name}") for name in ("sqlite", "postgresql")}
    for name, folder in folders.items():
        if name == "postgresql":
            for key in ("ledger.key", "ledger.sign"):
                (folder / key).write_bytes((folders["sqlite"] / key).read_bytes())
        try:
            with full_disk.starved(folder, 2, server=name == "postgresql", disk=False) as (ground, _):
                found[name] = ground.undisturbed
        except NoServer as error:
            pytest.skip(str(error))
    assert found["sqlite"] == found["postgresql"]


@pytest.mark.slow
def test_killed_at_every_named_step(ground: Ground) -> None:
    """Kill -9 before and after every statement of every write transaction."""
    tally = faults.kill_at_steps(ground)
    assert tally.tries == len(ground.steps) > 200
    _held(tally)


@pytest.mark.slow
def test_killed_at_two_hundred_random_moments(ground: Ground) -> None:
    """Kill -9 at two hundred random moments."""
    _held(faults.kill_at_random(ground, 200, seed=1))


@pytest.mark.slow
def test_thirty_rounds_of_starters(ground: Ground) -> None:
    """Thirty rounds of two to six starters."""
    _held(faults.starters(ground, 30))


@pytest.mark.slow
def test_a_holder_may_fall_asleep_within_any_transaction(ground: Ground) -> None:
    """Opening, each part and the seal: others are sent away, or the server cuts the sleeper off."""
    _held(faults.stalled_inside(ground, faults.within(ground)))
    if ground.server is not None:
        _held(faults.cut_off(ground, faults.within(ground)))


@pytest.mark.slow
def test_a_hundred_sleepers_are_fenced(ground: Ground) -> None:
    """A hundred holders that were overtaken in their sleep: none writes."""
    tally = faults.stalled(ground, (faults.between(ground) * 100)[:100])
    assert tally.tries == 100
    _held(tally)


@pytest.mark.slow
def test_seventy_cuts_lose_nothing(ground: Ground) -> None:
    """Seventy connections cut at random moments."""
    if ground.server is None:
        pytest.skip("SQLite has no connection to cut")
    _held(faults.cuts(ground, 70, seed=1))


@pytest.mark.slow
def test_a_full_disk_at_every_write(ground: Ground, disk: Disk) -> None:
    """ENOSPC at each write of the database, one after the other."""
    tally = full_disk.at_every_write(ground, disk)
    assert tally.tries > 50
    _held(tally)


@pytest.mark.slow
def test_a_broken_disk_at_every_sync(ground: Ground, disk: Disk) -> None:
    """An I/O error at each sync: what was told to be committed is there, and the next run ends well."""
    if ground.server is not None:
        pytest.skip("the tests' server is started without syncs")
    _held(full_disk.at_every_write(ground, disk, calls=full_disk.SYNCS, error=errno.EIO))
