"""After a loss of power what was promised is on the disk, keys too, and the next run goes on from there."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.worlds import power_loss
from tests.worlds.ground import Ground
from tests.worlds.unpowered import LINK, RENAME, SYNC, SYNC_NAMES, TRUNCATE, UNLINK, WRITE, Act, Unpowered


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A ground whose writers can be recorded."""
    opened = power_loss.recording(tmp_path_factory.mktemp("recording"), 3)
    try:
        ground = opened.__enter__()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    yield ground
    opened.__exit__(None, None, None)


WRITTEN, SYNCED = Act(WRITE, 0, "a", b"one"), Act(SYNC, 0, "a", b"")
NAMED = Act(SYNC_NAMES, 0, "", b"")


def _left(*acts: Act) -> list[dict[str, bytes]]:
    """Return what may be on the disk after these acts."""
    disk, draw = Unpowered(), random.Random(1)
    for act in acts:
        disk.do(act)
    return [files for _ in range(20) for files in disk.losses(draw)]


def test_only_what_was_synced_is_certain() -> None:
    """Content stays from the sync of its file on, a name from the sync of its folder on."""
    for files in ({}, {"a": b""}, {"a": b"one"}):
        assert files in _left(WRITTEN)
    assert {"a": b""} not in _left(WRITTEN, SYNCED)
    assert {} in _left(WRITTEN, SYNCED)
    assert {"a": b""} in _left(WRITTEN, NAMED)
    assert _left(WRITTEN, SYNCED, NAMED) == [{"a": b"one"}] * 140


def test_what_was_written_since_may_be_there_in_any_order() -> None:
    """All of it, none, one write without the other; a long one in part."""
    later = _left(WRITTEN, SYNCED, NAMED, Act(WRITE, 1, "a", b"xy"), Act(WRITE, 4, "a", b"z"))
    assert {files["a"] for files in later} == {b"one", b"oxy", b"oxy\0z", b"one\0z"}
    long = _left(WRITTEN, SYNCED, NAMED, Act(WRITE, 3, "a", b"." * 4096))
    assert {(len(files["a"]) - 3) % 512 for files in long} == {0}
    assert {len(files["a"]) - 3 for files in long} > {0, 512, 4096}
    cut = _left(WRITTEN, SYNCED, NAMED, Act(TRUNCATE, 1, "a", b""))
    assert {files["a"] for files in cut} == {b"one", b"o"}


def test_names_come_and_go_in_their_order() -> None:
    """A link that was not synced may be gone, and a name that was removed may be back."""
    placed = [WRITTEN, SYNCED, Act(LINK, 0, "a", b"key"), Act(UNLINK, 0, "a", b"")]
    found = _left(*placed)
    for files in ({}, {"a": b"one"}, {"a": b"one", "key": b"one"}, {"key": b"one"}):
        assert files in found
    assert _left(*placed, NAMED) == [{"key": b"one"}] * 140
    renamed = _left(*placed, NAMED, Act(RENAME, 0, "key", b"lock"))
    assert {name for files in renamed for name in files} == {"key", "lock"}
    assert all(len(files) == 1 for files in renamed)


def test_an_erasure_outlives_a_loss_of_power(recording: Ground) -> None:
    """Whatever the log says of it the journal says too, and it can be done again."""
    tally = power_loss.erasing(recording, seed=1)
    assert tally.holds, tally


def test_a_change_of_the_people_key_outlives_a_loss_of_power(recording: Ground) -> None:
    """The key by which the database's keys are wrapped is on the disk before they are."""
    tally = power_loss.rotating(recording, seed=1)
    assert tally.holds, tally


@pytest.mark.slow
def test_a_run_goes_on_after_a_loss_of_power_at_any_sync(recording: Ground) -> None:
    """From the founding of the ledger to its closing: all that was promised is there, all rows in the end."""
    tally = power_loss.at_every_sync(recording, seed=1)
    assert tally.tries > 40
    assert tally.holds, tally
