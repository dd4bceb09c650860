"""A batch of letters that is killed or starved and then finished is the batch that nobody disturbed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worlds import killed_letters
from tests.worlds.full_disk import Disk
from tests.worlds.killed_letters import Ground, Tally

POINTS = (
    "recipients laid out 1, after",
    "group settled 2, after",
    "rows stored 2, after",
    "group recorded 2, after",
    "manifest recorded 1, after",
)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """A batch of one process."""
    return Ground(tmp_path_factory.mktemp("one"), jobs=1)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """A batch of two processes and the one that records."""
    return Ground(tmp_path_factory.mktemp("two"), jobs=2)


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    """A disk that can be full."""
    try:
        return Disk(tmp_path)
    except FileNotFoundError as error:
        pytest.skip(str(error))


def _held(tally: Tally) -> None:
    assert tally.holds, tally


def test_two_processes_make_the_batch_of_one(one: Ground, two: Ground) -> None:
    """The same bytes, the same manifest, the same order in the log."""
    assert (one.files.keys(), one.n_letters) == (two.files.keys(), two.n_letters)
    assert [row[3] for row in one.log] == [row[3] for row in two.log]
    assert len([step for step in one.steps if step.startswith("group recorded")]) > 6


def test_killed_around_the_record_of_a_group(one: Ground) -> None:
    """Kill -9 right before the commit, right after it, and before the folder stands."""
    tally = killed_letters.at_steps(one, POINTS.__contains__)
    assert (tally.tries, tally.resumed > one.n_letters) == (len(POINTS), True)
    _held(tally)


def test_killed_at_random_with_two_processes(two: Ground) -> None:
    """Kill -9 twice in a row: no process outlives the call, and nothing is missing, or there twice."""
    _held(killed_letters.at_random(two, 1, seed=3, times=2))


def test_a_full_disk_leaves_no_half_letter(one: Ground, disk: Disk) -> None:
    """ENOSPC at some writes: the error says so, and with room the same command goes on."""
    tally = killed_letters.at_full_disk(one, disk, step=110)
    assert tally.tries > 1
    _held(tally)


# All steps, and more moments: ``python -m tests.worlds.killed_letters FOLDER``, which takes over an hour.


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_killed_at_named_steps(jobs: int, one: Ground, two: Ground) -> None:
    """Kill -9 before and after what is done with a letter, a group, the manifest, the folder: every tenth."""
    ground = (one, two)[jobs - 1]
    assert len(ground.steps) > 100
    some = set(ground.steps[3 * jobs :: 10])
    tally = killed_letters.at_steps(ground, some.__contains__)
    assert tally.tries == len(some) >= 10
    _held(tally)


@pytest.mark.slow
@pytest.mark.parametrize(("jobs", "times"), [(1, 1), (2, 3)])
def test_killed_at_random_moments(jobs: int, times: int, one: Ground, two: Ground) -> None:
    """Kill -9 at random moments, also of the call that goes on."""
    _held(killed_letters.at_random((one, two)[jobs - 1], 4, seed=times, times=times))


@pytest.mark.slow
def test_a_process_that_renders_is_killed(two: Ground) -> None:
    """The call ends and says so; what was recorded stays, and the same command goes on."""
    _held(killed_letters.at_random(two, 4, seed=5, victim="worker"))


@pytest.mark.slow
def test_a_full_disk_at_many_writes(one: Ground, disk: Disk) -> None:
    """ENOSPC from the first letter to the last name."""
    _held(killed_letters.at_full_disk(one, disk, step=50))
