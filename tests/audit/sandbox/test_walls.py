"""The walls around a model: what a model tries in each kind of them, and what it gets."""

from __future__ import annotations

import datetime as dt
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from audit import sandbox
from audit.host import Order
from audit.host.child import ChildHost
from audit.record import Trust
from audit.sandbox import Walls
from tests.worlds import prying

TRUST = Trust("Model Risk", "a test", dt.date(2026, 11, 20))
OFFERED = sandbox.strongest()
KINDS = {
    "all": OFFERED,
    "without bubblewrap": Walls(False, OFFERED.landlock, OFFERED.seccomp),
    "Landlock alone": Walls(False, OFFERED.landlock, False),
    "nothing": Walls(False, 0, False),
}


@pytest.fixture
def tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Return which attempts succeed behind walls of a kind."""
    monkeypatch.setenv("SECRET_OF_THE_TESTS", "hunter2")
    folder, elsewhere = tmp_path / "model", tmp_path / "elsewhere" / "diary.txt"
    folder.mkdir()
    elsewhere.parent.mkdir()
    elsewhere.write_text("a secret")
    listener = socket.create_server(("127.0.0.1", 0))
    own = socket.socket(socket.AF_UNIX)
    own.bind(str(tmp_path / "s"))
    own.listen()
    prying.lay_out(
        folder,
        parent=os.getpid(),
        port=listener.getsockname()[1],
        unix=str(tmp_path / "s"),
        elsewhere=elsewhere,
    )
    hosts = []

    def of(kind: str) -> tuple[set[str], str]:
        walls = KINDS[kind]
        monkeypatch.setattr("audit.host.child.strongest", lambda: walls)
        host = ChildHost(
            Order(
                path="python:prying:score",
                folder=folder,
                trust=TRUST,
                features=("x",),
                hidden=tuple(folder / name for name in ("applications.csv", "ledger.key", "ledger.db")),
            )
        )
        hosts.append(host)
        host.model()
        (folder / "later.txt").write_text("written when the walls stood")
        scores = host.score({"x": np.zeros(len(prying.ATTEMPTS) + 4)})
        return {name for name, score in zip(prying.ATTEMPTS, scores, strict=False) if score}, host.walls()

    yield of
    for host in hosts:
        host.close()
    listener.close()
    own.close()


def skip_unless(stands: bool, what: str) -> None:
    """Skip where this machine has no such wall: it is said, and not passed over."""
    if not stands:
        pytest.skip(f"this machine offers no {what}: {'; '.join(OFFERED.reasons)}")


def test_behind_all_walls_nothing_succeeds(tried) -> None:
    """A trusted function reads its own folder, and none of what it tries beyond that succeeds."""
    skip_unless(OFFERED.bubblewrap, "bubblewrap")
    succeeded, walls = tried("all")
    assert succeeded == set()
    assert walls.startswith("bubblewrap")


def test_without_namespaces_landlock_and_seccomp_hold(tried) -> None:
    """Where a container forbids namespaces, nothing succeeds either."""
    skip_unless(OFFERED.landlock >= 6 and OFFERED.seccomp, "Landlock 6 and seccomp")
    succeeded, walls = tried("without bubblewrap")
    assert succeeded == set()
    assert walls == f"Landlock {OFFERED.landlock}, seccomp"


def test_landlock_alone_leaves_what_it_does_not_know(tried) -> None:
    """Landlock keeps files, TCP and signals; sockets of the machine and namespaces are not its matter."""
    skip_unless(OFFERED.landlock >= 6, "Landlock 6")
    succeeded, walls = tried("Landlock alone")
    assert succeeded <= {
        "makes a namespace",
        "opens a socket of the machine alone",
        "sees its parent's files",
    }
    assert walls == f"Landlock {OFFERED.landlock}"


def test_without_walls_it_is_said_and_no_secret_is_handed_over(tried) -> None:
    """A plain child can read files; it is told so, and the environment is cleared all the same."""
    succeeded, walls = tried("nothing")
    assert walls == sandbox.NO_WALL
    assert "reads a secret of the environment" not in succeeded
    assert {"reads another folder", "opens a socket"} <= succeeded  # so the attempts are real ones


def test_what_is_hidden_is_left_out_however_deep_it_lies(tmp_path: Path) -> None:
    """A folder with something hidden in it is opened up into what else lies in it."""
    for name in ("a/one.txt", "a/b/ledger.db", "a/b/ledger.db-wal", "a/b/two.txt", "c/three.txt"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    found = sandbox.readable([tmp_path], [tmp_path / "a/b/ledger.db", tmp_path / "absent"])
    assert found == (tmp_path / "a/b/two.txt", tmp_path / "a/one.txt", tmp_path / "c")
    assert sandbox.readable([tmp_path / "c"], []) == (tmp_path / "c",)
    assert sandbox.readable([tmp_path / "a/b/ledger.db"], [tmp_path / "a"]) == ()


def test_paths_through_links_are_the_links_and_where_they_lead(tmp_path: Path) -> None:
    """A virtual environment behind links: each link stays one, and where it leads is bound."""
    (tmp_path / "real" / "bin").mkdir(parents=True)
    (tmp_path / "one").symlink_to("real")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    found = sandbox.readable([tmp_path / "two" / "bin"], [])
    assert found == (tmp_path / "two", tmp_path / "one", tmp_path / "real" / "bin")


def test_a_model_opens_where_python_lies_behind_a_link(tmp_path: Path, monkeypatch) -> None:
    """Started from a linked virtual environment, the child finds its Python."""
    import sys

    prying.lay_out(tmp_path, parent=1, port=1, unix="x", elsewhere=tmp_path)
    linked = tmp_path / "linked"
    linked.symlink_to(sys.prefix)
    monkeypatch.setattr(sys, "prefix", str(linked))
    monkeypatch.setattr(sys, "executable", str(linked / "bin" / Path(sys.executable).name))
    host = ChildHost(Order(path="python:prying:score", folder=tmp_path, trust=TRUST, features=("x",)))
    try:
        assert host.model().framework == "function"
    finally:
        host.close()


def test_the_environment_holds_only_what_decides_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Database URLs and key files stay out; what sets the last bits goes along."""
    monkeypatch.setenv("PLAINSPOKEN_LEDGER", "postgresql://owner:secret@db/ledger")
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    found = sandbox.environment("/home")
    assert "PLAINSPOKEN_LEDGER" not in found
    assert found["TF_ENABLE_ONEDNN_OPTS"] == "0"
    assert found["HOME"] == found["TMPDIR"] == "/home"


def test_doctor_names_the_walls() -> None:
    """``doctor`` says which walls stand here, in the words of the report."""
    from audit.cli.doctor import examine

    (found,) = [one for one in examine() if one.name == "walls around models"]
    assert found.fact.startswith(sandbox.in_words(OFFERED.names()))
    assert found.ok == bool(OFFERED.names())
