"""Letters that were recorded by a call that died, and letters that lie where the next ones go."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from audit.cli import main
from audit.cli.marker import MARKER
from audit.runner import run
from tests.worlds import joint_lender

DAY = "2026-11-20"
KILLED = """
import os, signal, sys
from audit.cli import main, output
output.OutputFolder.put_in_place = lambda self: os.kill(os.getpid(), signal.SIGKILL)
main(sys.argv[1:])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sealed audit of a small lender."""
    world = joint_lender.build(tmp_path / "world", n=60, guarantors=False)
    run(world.config, ledger=f"sqlite:///{world.folder / 'ledger.db'}")
    return world.folder


def arguments(folder: Path, *options: str) -> list[str]:
    """Return the words of a call that writes letters as text."""
    where = ["--ledger", str(folder / "ledger.db"), "--out", str(folder / "out"), "--date", DAY]
    return ["letters", "latest", *where, "--format", "txt", "--json", *options]


def names(folder: Path) -> set[str]:
    """Return the letters of a folder."""
    return {path.name for path in folder.glob("A*.txt")}


def killed(folder: Path, *options: str) -> None:
    """Have a call be killed once all is recorded, before its folder stands."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments(folder, *options)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert not (folder / "out").exists()


def told_by(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """Run a command that must not fail; return what it says of itself."""
    with pytest.raises(SystemExit) as leave:
        main(list(words))
    assert not leave.value.code
    return dict(json.loads(capsys.readouterr().out.splitlines()[-1]))


@pytest.mark.parametrize("which", ["--unsent", "--all"])
def test_the_same_command_goes_on_where_one_was_killed(
    folder: Path, capsys: pytest.CaptureFixture[str], which: str
) -> None:
    """What was recorded then stands in the folder that was asked for, and nobody is written twice."""
    killed(folder, which)
    told = told_by(capsys, *arguments(folder, which))
    assert told["letters"] == told["resumed"] == told["files"] == len(names(folder / "out")) > 5
    assert told["kinds"] == {"adverse_action": told["letters"]}
    assert (told["refused"], told["rescued"]) == (0, {})
    assert not list(folder.glob(".*.part"))
    assert not list(folder.glob("out.*"))


def test_another_command_puts_in_place_what_a_killed_one_recorded(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside the folder that it was for; nobody is written twice, nobody forgotten."""
    killed(folder, "--unsent")
    told = told_by(capsys, *arguments(folder, "--unsent", "--date", "2026-11-21"))
    assert told["letters"] == 0
    ((place, n),) = told["rescued"].items()
    assert n == len(names(Path(place))) > 5
    assert (Path(place) / MARKER).is_file()
    assert not list(folder.glob(".*.part"))


def test_letters_of_another_audit_are_put_in_place_and_never_removed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The next night's audit is another one: what was recorded of the last is found by its letters too."""
    killed(folder, "--unsent")
    run(folder / "audit.yaml", ledger=f"sqlite:///{folder / 'ledger.db'}", again=2)
    told = told_by(capsys, *arguments(folder, "--unsent"))
    assert told["letters"] == 0  # the same decisions: they are issued
    ((place, n),) = told["rescued"].items()
    assert n == len(names(Path(place))) > 5


def test_letters_of_another_ledger_are_left_to_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What another ledger recorded is neither removed nor put in place; its own next call does that."""
    killed(folder, "--unsent")
    (left,) = folder.glob(".*.part")
    before = names(left)
    run(folder / "audit.yaml", ledger=f"sqlite:///{folder / 'other.db'}")
    other = ["--ledger", str(folder / "other.db"), "--out", str(folder / "other")]
    told = told_by(capsys, *arguments(folder, "--unsent"), *other)
    assert (told["rescued"], told["resumed"]) == ({}, 0)
    assert told["letters"] > 5
    assert names(left) == before
    assert told_by(capsys, *arguments(folder, "--unsent"))["resumed"] == len(before)


def test_issued_letters_are_moved_aside_and_never_removed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another call into the same folder leaves the letters of the first where they can still be mailed."""
    with pytest.raises(SystemExit):
        main(arguments(folder, "--unsent"))
    first = names(folder / "out")
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(arguments(folder, "--unsent", "--date", "2026-11-21"))
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert names(folder / "out") == set()
    assert names(Path(told["moved"])) == first
    with pytest.raises(SystemExit):
        main(arguments(folder, "--all", "--draft"))
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["moved"] is None  # nothing was issued there


@pytest.mark.parametrize("which", ["--unsent", "--all"])
def test_the_same_command_given_again_leaves_its_letters_where_they_are(
    folder: Path, capsys: pytest.CaptureFixture[str], which: str
) -> None:
    """Nobody is written twice, nothing moves, no entry is added, and the call ends well; so does a third."""
    first = told_by(capsys, *arguments(folder, which))
    before = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    sealed = told_by(capsys, "verify", "--ledger", str(folder / "ledger.db"), "--json")
    for _ in range(2):
        told = told_by(capsys, *arguments(folder, which))
        assert (told["stands"], told["letters"], told["refused"]) == (first["letters"], 0, 0)
        assert (told["moved"], told["resumed"], told["rescued"]) == (None, 0, {})
        assert {path.name: path.read_bytes() for path in (folder / "out").iterdir()} == before
        assert not list(folder.glob("out.*"))
        assert not list(folder.glob(".*.part"))
    assert (
        told_by(capsys, "verify", "--ledger", str(folder / "ledger.db"), "--json") == sealed
    )  # as many entries
    with pytest.raises(SystemExit):
        main([one for one in arguments(folder, which) if one != "--json"])
    assert f"nothing new: {first['letters']} letters of the same command stand in" in capsys.readouterr().out


def test_the_same_command_writes_to_those_who_could_not_be_told_before(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only to them; the letters of the first call are beside, and the exceptions are those of today."""
    file = folder / "recipients.csv"
    whole = file.read_text().splitlines(keepends=True)
    file.write_text("".join(whole[:20]))
    with pytest.raises(SystemExit) as leave:
        main(arguments(folder, "--all"))
    assert leave.value.code == 3
    first = json.loads(capsys.readouterr().out.splitlines()[-1])
    with pytest.raises(SystemExit) as leave:
        main(arguments(folder, "--all"))
    assert leave.value.code == 3
    again = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (again["stands"], again["refused"]) == (first["letters"], first["refused"])
    assert again["refused"] > 0
    file.write_text("".join(whole[:8]))
    with pytest.raises(SystemExit):
        main(arguments(folder, "--all"))
    fewer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (fewer["stands"], fewer["letters"], fewer["moved"]) == (first["letters"], 0, None)
    told_why = (folder / "out" / "exceptions.csv").read_text().splitlines()
    assert len(told_why) - 1 == fewer["refused"] > first["refused"]
    file.write_text("".join(whole))
    told = told_by(capsys, *arguments(folder, "--all"))
    assert (told["letters"], told["stands"], told["refused"]) == (first["refused"], 0, 0)
    assert not names(folder / "out") & names(Path(told["moved"]))
    assert len(names(Path(told["moved"]))) == first["letters"]


def test_two_calls_at_once_never_write_a_person_twice(folder: Path) -> None:
    """The second call is told that the first is at work, and ends with 75."""
    slow = """
import sys, time
from audit.cli import main, outbox
rendered = outbox._rendered
def slowly(*given):
    print("at work", flush=True); time.sleep(30)
    return rendered(*given)
outbox._rendered = slowly
main(sys.argv[1:])
"""
    path = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    call = [sys.executable, "-c", slow, *arguments(folder, "--unsent")]
    with subprocess.Popen(call, env=path, stdout=subprocess.PIPE) as first:
        try:
            assert first.stdout is not None
            assert first.stdout.readline() == b"at work\n"
            with pytest.raises(SystemExit) as leave:
                main([*arguments(folder, "--unsent")[:-2], "--unsent", "--out", str(folder / "other")])
            assert leave.value.code == 75
        finally:
            first.kill()
    assert not (folder / "other").exists()
