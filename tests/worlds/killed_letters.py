"""Batches of letters that are killed or starved, and finished by the same command: one ground to try it on.

``python -m tests.worlds.killed_letters FOLDER`` prints the table of every named step and of random moments.
A **step** is a call of one of ``STEPS``, before or after, with its number: ``recorded 2, after``. The call
that is tried kills itself there; with several jobs its processes are left alone, as a kill leaves them.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audit.ledger import Ledger, verify
from audit.ledger.database import reading
from audit.runner import run
from tests.worlds import joint_lender
from tests.worlds.full_disk import Disk

DAY = "2026-11-20"
TOGETHER = 11  # letters a transaction, so that a small batch has many
STEPS = {
    "recipients laid out": ("outbox", "lay_out"),
    "group rendered": ("sealing", "Records.take"),
    "file named": ("output", "OutputFolder.name"),
    "group settled": ("output", "OutputFolder.settle"),
    "rows stored": ("issuing", "Appended.store"),
    "group recorded": ("sealing", "record_many"),
    "manifest written and recorded": ("outbox", "write_manifest"),
    "manifest recorded": ("manifest", "record_text"),
    "folder put in place": ("output", "OutputFolder.put_in_place"),
    "names exchanged": ("output", "_swap"),
}
_OTHER_FILES = re.compile(r"file named (?!\d*[08],)")
_FULL = re.compile(r"No space left|disk is full|disk I/O error")
_MARK = "PLAINSPOKEN_TRIED"  # in the environment of every process of a try


@dataclass
class Tally:
    """What came of the tries. All numbers but ``tries`` and ``resumed`` should be zero."""

    fault: str
    tries: int = 0
    resumed: int = 0  # letters that were not made anew
    missing: int = 0
    twice: int = 0
    other_bytes: int = 0
    other_log: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether every try ended as the undisturbed batch did."""
        return self.tries > 0 and not (
            self.missing or self.twice or self.other_bytes or self.other_log or self.wrong
        )

    def row(self) -> str:
        """Return the row of the table."""
        cells = (self.fault, self.tries, self.missing, self.twice, self.other_bytes, self.other_log)
        return f"| {' | '.join(map(str, cells))} | {len(self.wrong)} |"


class Ground:
    """A sealed audit whose letters are asked for, and what they are where nobody disturbs.

    Parameters
    ----------
    folder : Path
        An empty one.
    jobs : int
        The processes of every call.
    n : int
        Applications; about half as many letters.
    """

    def __init__(self, folder: Path, *, jobs: int = 1, n: int = 60) -> None:
        self.folder, self.jobs = folder, jobs
        world = joint_lender.build(folder / "sealed", n=n, guarantors=False)
        run(world.config, ledger=f"sqlite:///{world.folder / 'ledger.db'}")
        self.n_letters = int(dict(world.truth)["n_letters"])
        self._tried = 0
        there = self.fresh()
        begun = time.monotonic()
        told = self.call(there, "trace")
        if told.returncode:
            raise RuntimeError(f"{told.returncode}: {told.stdout[-2000:]}{told.stderr}")
        self.steps = told.stdout.splitlines()[:-1]
        self.lasts = time.monotonic() - begun
        self.files, self.log = files_of(there / "out"), log_of(there)
        assert len(self.log) == self.n_letters

    def fresh(self) -> Path:
        """Return a copy of the sealed folder."""
        self._tried += 1
        return Path(shutil.copytree(self.folder / "sealed", self.folder / str(self._tried)))

    def call(
        self,
        there: Path,
        at: str = "",
        *,
        after: float | None = None,
        victim: str = "call",
        environment: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run the command.

        Parameters
        ----------
        at : str
            The step at which it kills itself; ``trace``: it says all of them.
        after : float, optional
            Seconds until it is killed.
        victim : str
            ``call``, or ``worker``: one of the processes that it started.
        """
        words = ["letters", "latest", "--all", "--stamped", "--jobs", str(self.jobs), "--date", DAY, "--json"]
        where = ["--ledger", str(there / "ledger.db"), "--out", str(there / "out")]
        started = subprocess.Popen(
            [sys.executable, "-m", "tests.worlds.killed_letters", at, *words, *where],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(sys.path),
                _MARK: str(there),
                **(environment or {}),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if after is not None:
            time.sleep(after)
            found = [one for one in _processes(there) if one != started.pid] if victim == "worker" else []
            os.kill(found[-1] if found else started.pid, signal.SIGKILL)
        out, err = started.communicate(timeout=600)
        return subprocess.CompletedProcess(started.args, started.returncode, out, err)

    def judge(self, there: Path, tally: Tally) -> None:
        """Finish a batch by the same command, and compare all that is there with the undisturbed one."""
        tally.tries += 1
        _all_gone(there, tally)
        if (there / "out").exists() and files_of(there / "out") == self.files:
            finished = None  # it stood already
        else:
            finished = self.call(there)
            if finished.returncode:
                tally.wrong.append(f"{there.name}: {finished.stderr}")
                return
            tally.resumed += json.loads(finished.stdout.splitlines()[-1])["resumed"]
        found, log = files_of(there / "out"), log_of(there)
        tally.missing += len(set(self.log) - set(log)) + len(self.files.keys() - found.keys())
        tally.twice += len(log) - len(set(log)) + len(found.keys() - self.files.keys())
        tally.other_bytes += sum(found[name] != self.files[name] for name in found.keys() & self.files.keys())
        tally.other_log += log != self.log
        lines = (line.split("  ") for line in found["manifest.sha256"].decode().splitlines())
        listed = {name: each for each, name in lines}
        hashes = {name: _hash(data) for name, data in found.items() if name in listed}
        if listed != hashes or sorted(hashes.values()) != sorted(one[-1] for one in log):
            tally.wrong.append(f"{there.name}: files, records and manifest are not the same")
        left = [
            one.name for one in there.iterdir() if one.name.endswith(".part") or one.name.startswith("out.")
        ]
        if left:
            tally.wrong.append(f"{there.name}: {left} were left")
        with Ledger.open(f"sqlite:///{there / 'ledger.db'}") as ledger:
            audit = ledger.find("latest").audit
            manifests = [one for one in ledger.documents(audit) if one.kind == "letters_manifest"]
            if [one.sha256 for one in manifests] != [_hash(found["manifest.sha256"])]:
                tally.wrong.append(f"{there.name}: {len(manifests)} manifests are recorded")
            if not verify(ledger).ok:
                tally.wrong.append(f"{there.name}: the ledger does not verify")
        shutil.rmtree(there)


def at_steps(ground: Ground, wanted: Callable[[str], bool] = lambda step: True) -> Tally:
    """Kill -9 at each of these steps."""
    tally = Tally(f"kill -9 at each named step, --jobs {ground.jobs}")
    for step in filter(wanted, ground.steps):
        there = ground.fresh()
        ended = ground.call(there, step)
        if ended.returncode != -signal.SIGKILL:
            tally.wrong.append(f"{step}: it ended with {ended.returncode}: {ended.stderr}")
        ground.judge(there, tally)
    return tally


def at_random(ground: Ground, n: int, seed: int, *, times: int = 1, victim: str = "call") -> Tally:
    """Kill -9 at random moments, as often in a row as ``times`` says, before it is let finish."""
    what = "kill -9" if victim == "call" else "kill -9 of one that renders"
    tally = Tally(
        f"{what} at random moments{f', {times} in a row' if times > 1 else ''}, --jobs {ground.jobs}"
    )
    draw = random.Random(seed)
    for _ in range(n):
        there = ground.fresh()
        for _ in range(times):
            ground.call(there, after=draw.uniform(0.2, 1.0) * ground.lasts, victim=victim)
            if (there / "out").exists():
                break  # it was faster, and the same command again is another call
        ground.judge(there, tally)
    return tally


def at_full_disk(ground: Ground, disk: Disk, step: int = 1) -> Tally:
    """Fill the disk at each write (or each ``step``-th) of a call; make room, and give the command again."""
    tally = Tally(f"disk full at a write, --jobs {ground.jobs}")
    there = ground.fresh()
    disk.fail_after(1 << 62)
    ground.call(there, environment=disk.environment)
    shutil.rmtree(there)
    for n in range(0, disk.make_room(), step):
        there = ground.fresh()
        disk.fail_after(n)
        ended = ground.call(there, environment=disk.environment)
        disk.make_room()
        stands = (there / "out").exists()  # then it was the database's own tidying up that found no room
        if ended.returncode != 1 - stands or not (stands or _FULL.search(ended.stderr)):
            tally.wrong.append(f"full after {n}: it ended with {ended.returncode}: {ended.stderr}")
        half = [one.name for one in there.rglob("*.pdf") if one.read_bytes() != ground.files[one.name]]
        if half or (stands and files_of(there / "out") != ground.files):
            tally.wrong.append(f"full after {n}: half letters {half}")
        ground.judge(there, tally)
    return tally


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    return {one.name: one.read_bytes() for one in folder.iterdir()}


def log_of(there: Path) -> list[tuple[str, ...]]:
    """Return the letters that are records, in the order of the log."""
    with Ledger.open(f"sqlite:///{there / 'ledger.db'}") as ledger, reading(ledger.engine) as connection:
        rows = connection.exec_driver_sql(
            "SELECT decision, person, kind, format, sha256 FROM documents "
            "WHERE draft = 0 AND person IS NOT NULL ORDER BY entry"
        ).fetchall()
    return [(row[0].hex(), row[1].hex(), row[2], row[3], row[4].hex()) for row in rows]


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _processes(there: Path) -> list[int]:
    """Return the processes of a try."""
    mark, found = f"{_MARK}={there}\0".encode(), []
    for one in Path("/proc").iterdir():
        try:
            if one.name.isdecimal() and mark in (one / "environ").read_bytes():
                found.append(int(one.name))
        except OSError:
            continue  # it is gone, or somebody else's
    return sorted(found)


def _all_gone(there: Path, tally: Tally) -> None:
    until = time.monotonic() + 20
    while left := _processes(there):
        if time.monotonic() > until:
            tally.wrong.append(f"{there.name}: the processes {left} outlived their call")
            return
        time.sleep(0.02)


def _disturbed(at: str) -> None:
    """Have this process kill itself at a step, or say every step."""
    from audit.cli import letters, manifest, outbox, output, sealing
    from audit.ledger import issuing

    places = {
        "letters": letters,
        "manifest": manifest,
        "outbox": outbox,
        "output": output,
        "sealing": sealing,
        "issuing": issuing,
    }

    def meet(step: str) -> None:
        if at == "trace":
            print(step)
        elif at == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        calls = 0

        def call(*given: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            mine = calls
            meet(f"{name} {mine}, before")
            made = real(*given, **named)
            meet(f"{name} {mine}, after")
            return made

        return call

    for name, (module, path) in STEPS.items():
        owner: Any = places[module]
        *within, last = path.split(".")
        for part in within:
            owner = getattr(owner, part)
        setattr(owner, last, counted(name, getattr(owner, last)))


def table(folder: Path) -> None:
    """Print the table; of the steps that every file takes, those of every eighth."""
    print("| fault | tries | missing | twice | other bytes | other log | otherwise wrong |")
    print("|---|---|---|---|---|---|---|")
    folder.mkdir(parents=True, exist_ok=True)
    disk = Disk(folder)
    for jobs in (1, 2):
        ground = Ground(folder / str(jobs), jobs=jobs)
        for tally in (
            at_steps(ground, lambda step: not _OTHER_FILES.match(step)),
            at_random(ground, 25, seed=jobs),
            at_random(ground, 8, seed=jobs, times=3),
            *([at_random(ground, 8, seed=jobs, victim="worker")] if jobs > 1 else []),
            at_full_disk(ground, disk, step=12),
        ):
            print(tally.row(), *tally.wrong, sep="\n", flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        table(Path(sys.argv[1]))
    else:
        from audit.cli import letters, main

        letters._TOGETHER = TOGETHER
        if sys.argv[1]:
            _disturbed(sys.argv[1])
        main(sys.argv[2:])
