"""A long night of letters takes no more memory than a short one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from audit.runner import run
from tests.worlds import joint_lender

N = 9000  # applications; about half as many letters
START = "import sys; from audit.cli import main; main(sys.argv[1:])"


def anonymous(process: int) -> int:
    """Return the KiB of a process that are no file's; 0 where it is gone."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Anonymous:")), 0)


def children(process: int) -> list[int]:
    """Return the processes that a process started, the first first."""
    try:
        return sorted(map(int, Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()))
    except OSError:
        return []


def peaks(call: subprocess.Popen[bytes], beside: Path) -> Mapping[bool, dict[int, int]]:
    """Return each process's most anonymous memory, before and since half of all letters were there."""
    found: dict[bool, dict[int, int]] = {False: {}, True: {}}
    while call.poll() is None:
        there = [folder for folder in beside.glob(".out.*.part") if folder.is_dir()]
        n = sum(1 for folder in there for _ in os.scandir(folder))
        if n > 500 or (beside / "out").exists():
            of_half = found[n > N / 4 or not there]
            for process in (call.pid, *children(call.pid)):
                of_half[process] = max(of_half.get(process, 0), anonymous(process))
        time.sleep(0.05)
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="it is Linux that tells it")
@pytest.mark.parametrize("jobs", [1, 2])
def test_memory_is_flat_in_the_number_of_letters(jobs: int, tmp_path: Path) -> None:
    """No process holds a tenth more in the second half than in the first: no rows, names or pages."""
    world = joint_lender.build(tmp_path / "world", n=N, guarantors=False)
    run(world.config, ledger=f"sqlite:///{world.folder / 'ledger.db'}")
    words = ["letters", "latest", "--all", "--stamped", "--jobs", str(jobs), "--date", "2026-11-20", "--json"]
    where = ["--ledger", str(world.folder / "ledger.db"), "--out", str(tmp_path / "out")]
    with subprocess.Popen(
        [sys.executable, "-c", START, *words, *where],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.DEVNULL,
    ) as call:
        found = peaks(call, tmp_path)
    assert call.returncode == 0
    assert len(list((tmp_path / "out").glob("*.pdf"))) == int(dict(world.truth)["n_letters"])
    both = found[False].keys() & found[True].keys()
    assert len(both) >= (jobs if jobs == 1 else jobs + 1)
    grown = {one: found[True][one] / found[False][one] for one in both if found[False][one]}
    assert max(grown.values()) < 1.1, found
