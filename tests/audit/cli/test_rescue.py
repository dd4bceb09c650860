"""Letters that were recorded by a call that died, and letters that lie where the next ones go."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from audit.cli import main
from audit.cli.output import MARKER
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


def test_a_call_killed_before_its_folder_stood_loses_no_letter(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was recorded then is put in place by the next call; nobody is written twice, nobody forgotten."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments(folder, "--unsent")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert not (folder / "out").exists()
    with pytest.raises(SystemExit) as leave:
        main(arguments(folder, "--unsent"))
    assert not leave.value.code
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["letters"] == 0
    ((place, n),) = told["rescued"].items()
    assert n == len(names(Path(place))) > 5
    assert (Path(place) / MARKER).is_file()
    assert not list(folder.glob(".*.part"))


def test_issued_letters_are_moved_aside_and_never_removed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second call into the same folder leaves the letters of the first where they can still be mailed."""
    with pytest.raises(SystemExit):
        main(arguments(folder, "--unsent"))
    first = names(folder / "out")
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(arguments(folder, "--unsent"))
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert names(folder / "out") == set()
    assert names(Path(told["moved"])) == first
    with pytest.raises(SystemExit):
        main(arguments(folder, "--all", "--draft"))
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["moved"] is None  # nothing was issued there


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
