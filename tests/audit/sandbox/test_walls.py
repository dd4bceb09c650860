"""The walls around a model: what a model tries in each kind of them, and what it gets."""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from audit import sandbox
from audit.errors import ModelError
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


def test_no_other_name_of_what_is_hidden_leads_to_it(tmp_path: Path) -> None:
    """A link to it, a link above it, itself a link, the folder through a link, and a second hard link."""
    folder, keys = tmp_path / "model", tmp_path / "keys"
    for one in (folder, keys):
        one.mkdir()
    for file in (folder / "real.db", keys / "ledger.key", folder / "model.py"):
        file.write_text("x")
    (folder / "ledger.db").symlink_to("real.db")
    (folder / "direct").symlink_to(keys / "ledger.key")
    (folder / "up").symlink_to(tmp_path)
    (folder / "second.key").hardlink_to(keys / "ledger.key")
    (tmp_path / "through").symlink_to(folder)
    hidden = [folder / "ledger.db", folder / ".." / "keys" / "ledger.key"]
    for wanted in (folder, tmp_path / "through", folder / ".." / "through"):
        found = sandbox.readable([wanted], hidden)
        assert {one for one in found if not one.is_symlink()} == {folder / "model.py"}
    assert sandbox.readable([folder / "direct", folder / "second.key"], hidden) == ()


def test_from_the_top_nobody_sees_other_processes_or_disks(tmp_path: Path) -> None:
    """A config that lies in / makes no exception of /proc, /dev, /sys and /run."""
    found = sandbox.readable([Path("/")], [tmp_path / "ledger.db"])
    kernel = {Path(name) for name in ("/proc", "/dev", "/sys", "/run")}
    assert kernel.isdisjoint(found)
    assert Path("/") not in found
    assert not any(one.is_relative_to(two) for one in found if not one.is_symlink() for two in kernel)


@pytest.mark.parametrize("kind", ["all", "without bubblewrap"])
def test_behind_the_walls_links_lead_nowhere(kind: str, tmp_path: Path, monkeypatch) -> None:
    """The ledger lies where the config really is, and the config is named through a link."""
    skip_unless(OFFERED.bubblewrap or kind != "all", "bubblewrap")
    skip_unless(OFFERED.landlock > 0, "Landlock")
    monkeypatch.setattr("audit.host.child.strongest", lambda: KINDS[kind])
    folder = tmp_path / "real"
    folder.mkdir()
    prying.lay_out(folder, parent=os.getpid(), port=1, unix="x", elsewhere=folder / "other")
    (folder / "other").symlink_to(folder / "ledger.key")
    (tmp_path / "named").symlink_to(folder)
    names = ("applications.csv", "ledger.key", "ledger.db")
    hidden = tuple(folder / name for name in names)
    host = ChildHost(Order("python:prying:score", tmp_path / "named", TRUST, features=("x",), hidden=hidden))
    try:
        scores = host.score({"x": np.zeros(len(prying.ATTEMPTS) + 4)})
    finally:
        host.close()
    assert not {name for name, one in zip(prying.ATTEMPTS, scores, strict=False) if one}


def test_a_config_in_the_temporary_folder_has_walls_too(tmp_path: Path) -> None:
    """All of /tmp is readable then, and the model's own folder is elsewhere."""
    from audit.sandbox import bubblewrap

    line = bubblewrap.command(["true"], [Path("/tmp"), Path("/usr")], {})
    assert not Path(bubblewrap.HOME).is_relative_to("/tmp")
    assert line[line.index(bubblewrap.HOME) - 1] == "--tmpfs"


def test_thousands_of_files_are_refused_with_a_way_out(tmp_path: Path) -> None:
    """Walls name each file beside what is hidden: beyond what they can name, it is said at once."""
    for number in range(2_600):
        (tmp_path / f"letter-{number}").touch()
    prying.lay_out(tmp_path, parent=1, port=1, unix="x", elsewhere=tmp_path)
    order = Order("python:prying:score", tmp_path, TRUST, hidden=(tmp_path / "ledger.key",))
    with pytest.raises(ModelError, match=r"may read 2,\d{3} files.*a folder of their own"):
        ChildHost(order)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make devices")
def test_root_makes_no_device_in_the_folder_of_its_own(tmp_path: Path, monkeypatch) -> None:
    """A device is another name of a disk: Landlock would let whoever made one read it all."""
    skip_unless(OFFERED.landlock > 0, "Landlock")
    monkeypatch.setattr("audit.host.child.strongest", lambda: KINDS["Landlock alone"])
    (tmp_path / "model.py").write_text(
        "import os, stat\n"
        "def score(rows):\n"
        "    try:\n"
        "        os.mknod(os.environ['HOME'] + '/null', 0o600 | stat.S_IFCHR, os.makedev(1, 3))\n"
        "    except OSError:\n"
        "        return [0.0]\n"
        "    return [1.0]\n"
    )
    host = ChildHost(Order("python:model:score", tmp_path, TRUST, features=("x",)))
    try:
        assert host.score({"x": np.zeros(1)}).tolist() == [0.0]
    finally:
        host.close()


def test_what_an_audit_hides_from_its_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data (also a SQLite file that is queried), keys wherever they are, and the ledger beside the config."""
    from audit.config import load_config
    from audit.places import hidden_from_models
    from tests.worlds import even_lender

    world = even_lender.build(tmp_path / "world", n_profiles=2)
    stated = json.loads(world.config.read_text())
    stated["data"]["path"] = {"url": "sqlite:///${PLACE}/applications.db", "query": "SELECT * FROM a"}
    monkeypatch.setenv("PLACE", str(tmp_path))
    monkeypatch.setenv("PLAINSPOKEN_KEY_FILE", str(tmp_path / "house.key"))
    config = load_config(stated, folder=world.folder)
    hidden = set(hidden_from_models(config, f"sqlite+pysqlite:///{tmp_path}/other.db?timeout=9"))
    names = ("applications.db", "other.db", "ledger.key", "house.key", "house.sign", "house.erased")
    assert hidden >= {tmp_path / name for name in names}
    assert hidden >= {world.folder / name for name in ("ledger.db", "ledger.key", "ledger.sign")}
    server = set(hidden_from_models(config, "postgresql+psycopg://owner@db/ledger"))
    assert server >= {tmp_path / "house.key", world.folder / "ledger.key"}


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
