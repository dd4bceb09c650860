"""What a whole batch of letters costs, by one process and by two: the command as it is given at night.

Run by hand: ``python tests/benchmarks/letters_batch.py --json``; ``--applications`` for more (about half as
many letters). A call is ``letters AUDIT --all --stamped --jobs 1`` or ``2`` in a process of its own, so that
starting, reading, rendering, writing, recording, manifest and swap are all in it. ``wall_s`` and ``cpu_s``
are seconds of the whole call and of all its processes, the least of so many rounds, which alternate;
``memory_mib`` is the most that one process held, the one that records or one that renders. ``ratio`` is the
wall of one process over that of two: on a machine that does other work it says little, so ``cpu_per_wall``
tells how many processors each call really had. Both folders must hold the same bytes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from audit.runner import run
from tests.worlds import joint_lender

DAY = "2026-11-20"
CALL = "import sys; from audit.cli import main\nif __name__ == '__main__': main(sys.argv[1:])\n"


def call(folder: Path, jobs: int) -> dict[str, Any]:
    """Write all letters of a fresh copy of the audit; return what it took."""
    there = Path(shutil.copytree(folder / "world", folder / f"jobs-{jobs}", dirs_exist_ok=True))
    shutil.rmtree(there / "out", ignore_errors=True)
    where = ["--ledger", str(there / "ledger.db"), "--out", str(there / "out"), "--date", DAY]
    words = ["letters", "latest", *where, "--all", "--stamped", "--jobs", str(jobs), "--json"]
    begun = time.monotonic()
    with (folder / "said").open("w+") as said:
        started = subprocess.Popen(
            [sys.executable, folder / "call.py", *words],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=said,
        )
        _, status, used = os.wait4(started.pid, 0)  # of it and of the processes that it waited for
        wall, cpu = time.monotonic() - begun, used.ru_utime + used.ru_stime
        started.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        told = json.loads(said.read().splitlines()[-1])
    assert started.returncode == 0, told
    return {
        "letters": told["letters"],
        "wall_s": round(wall, 2),
        "cpu_s": round(cpu, 2),
        "cpu_per_wall": round(cpu / wall, 2),
        "memory_mib": used.ru_maxrss // 1024,
    }


def measure(folder: Path, n: int, rounds: int) -> dict[str, Any]:
    """Return what both calls took, each at its least."""
    world = joint_lender.build(folder / "world", n=n, guarantors=False)
    run(world.config, ledger=f"sqlite:///{world.folder / 'ledger.db'}")
    (folder / "call.py").write_text(CALL)
    took: dict[int, list[dict[str, Any]]] = {1: [], 2: []}
    for _ in range(rounds):
        for jobs, each in took.items():
            each.append(call(folder, jobs))
    same = subprocess.run(["diff", "-rq", folder / "jobs-1/out", folder / "jobs-2/out"], check=False)
    least = {jobs: min(each, key=lambda one: float(one["wall_s"])) for jobs, each in took.items()}
    return {
        "one": least[1],
        "two": least[2],
        "ratio": round(least[1]["wall_s"] / least[2]["wall_s"], 2),
        "same_bytes": same.returncode == 0,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--applications", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        told = measure(Path(folder), asked.applications, asked.rounds)
    if asked.json:
        print(json.dumps(told))
        return
    for key, value in told.items():
        print(f"{key:>10}  {value}")


if __name__ == "__main__":
    main()
