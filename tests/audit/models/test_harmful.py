"""Forty model files that mean harm, at default settings: nothing of them runs, and the driver lives on."""

from __future__ import annotations

import datetime as dt
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.errors import AuditError, ModelError
from audit.host import Order
from audit.host.child import ChildHost
from audit.models import digest_of
from audit.record import Trust
from tests.worlds.harmful import HARMFUL, PICKLES, Place, opened_alone

TRUST = Trust("Model Risk", "a test", dt.date(2026, 11, 20))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A folder, a marker outside of it, and a port that nobody may call."""
    folder = tmp_path / "model"
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.0)
        yield Place(folder, tmp_path / "marker", listener.getsockname()[1])
        with pytest.raises(BlockingIOError):  # no connection waits
            listener.accept()


def refused(order: Order) -> AuditError:
    """Open a model as an audit does; return why it was refused."""
    host = ChildHost(order)
    try:
        with pytest.raises(AuditError) as told:
            host.model()
    finally:
        host.close()
    return told.value


# Each needs a process of its own, and those of Keras a network to be made: a few here, all of them slow.
QUICK = (
    "pickle: open",
    "keras: Lambda",
    "keras: deep config",
    "h5: Lambda",
    "function: at import",
    "skops: reduce",
)


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in HARMFUL]
)
def test_at_default_settings_nothing_of_it_runs(name: str, place: Place) -> None:
    """It is refused as the model owner's move, leaves no marker, calls nobody, and harms nobody."""
    path = HARMFUL[name](place)
    place.marker.unlink(missing_ok=True)
    before = set(os.listdir(place.folder))
    error = refused(Order(path, place.folder, features=("a", "b")))
    assert isinstance(error, ModelError)
    assert error.exit_code == 2
    assert str(error).startswith(f"model {path}")
    assert not place.marker.exists()
    assert set(os.listdir(place.folder)) == before


def test_there_are_forty_of_them() -> None:
    """As many as were promised."""
    assert len(HARMFUL) >= 40


@pytest.mark.slow
@pytest.mark.parametrize("name", PICKLES)
def test_even_trusted_it_reaches_nothing_beyond_the_walls(name: str, place: Place) -> None:
    """The harm is real: opened alone it leaves the marker. Trusted and pinned, behind walls, it does not."""
    from audit.sandbox import strongest

    path = PICKLES[name](place)
    opened_alone(place.folder / path)
    assert place.marker.exists(), "this file does no harm, so the test would show nothing"
    place.marker.unlink()
    if not strongest().names():
        pytest.skip("this machine offers no walls")
    digest = digest_of(place.folder / path)
    refused(Order(path, place.folder, trust=TRUST, sha256=digest, features=("a", "b")))
    assert not place.marker.exists()
