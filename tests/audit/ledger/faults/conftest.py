"""One ground to try faults on for each database; started once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.worlds.full_disk import Disk, starved
from tests.worlds.ground import Ground
from tests.worlds.postgresql import NoServer

N_PARTS = 3


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def starved_ground(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Ground, Disk | None]]:
    """A ground, and the disk under it."""
    folder = tmp_path_factory.mktemp(request.param)
    opened = starved(folder, N_PARTS, server=request.param == "postgresql")
    try:
        given = opened.__enter__()
    except NoServer as error:
        pytest.skip(str(error))
    yield given
    opened.__exit__(None, None, None)


@pytest.fixture
def ground(starved_ground: tuple[Ground, Disk | None]) -> Ground:
    """A ground to try faults on."""
    return starved_ground[0]


@pytest.fixture
def disk(starved_ground: tuple[Ground, Disk | None]) -> Disk:
    """The disk under that ground."""
    if starved_ground[1] is None:
        pytest.skip("no C compiler, so a full disk cannot be played")
    return starved_ground[1]
