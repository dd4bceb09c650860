"""What a ledger costs: a million decisions with twenty contributions each, on SQLite and PostgreSQL.

Run by hand: ``python tests/benchmarks/ledger.py --json``; ``--rows`` for a smaller one. Unit:
seconds. The peer is a plain ``executemany`` of the same slim rows, with the same index, into
SQLite in as many transactions. Part by part the two ledgers and the peer take turns, so that what
else the machine does falls on all of them. ``rows`` is the writer less
``locking``: drawing and storing the persons' keys, having locked what is locked, and storing it. What
the process aside does meanwhile is in no clock of its own, and in the writer's time of the processor.
Sizes are bytes a decision. Each figure that was asked for stands beside
its bound; seconds are those of the clock, and those of the processor are told beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from audit.ledger import AttributionBlock, AuditWriter, Ledger, bulk, verify
from audit.ledger import part as made
from audit.ledger.aside import Answer, Aside
from audit.ledger.people import Keyring
from audit.record import CaseFile, Decision, Notice, Person, Reason
from tests.worlds.postgresql import NoServer, Server
from tests.worlds.sealed import small_audit

FACTORS = tuple(f"factor_{i:02d}" for i in range(20))
_LOCKED = ("persons", "locked_fields")  # the keys are counted with ``keep_keys``
_REASONS = [Reason(1, f"C{i}", factor, f"Sentence {i}", None) for i, factor in enumerate(FACTORS)]


def part(seq: int, size: int) -> dict[str, Any]:
    """Return one part: a fifth refused for four reasons, every decision with its contributions."""
    draw = np.random.default_rng(seq)
    values = draw.normal(size=(size, len(FACTORS)))
    top = np.argsort(-values[:, :], axis=1)[:, :4].tolist()
    scores = values[:, 0].tolist()
    decisions, cases = [], []
    record = {"product": "Credit card", "jurisdiction": "us", "completed_at": "2026-11-05"}
    inputs = np.round(values[:, :6] * 1000, 2).tolist()
    names = [f"input_{i}" for i in range(6)]
    for i in range(size):
        name, adverse = f"APP-{seq * size + i}", i % 5 == 0
        reasons = tuple(
            replace(_REASONS[factor], rank=rank + 1, contribution=float(values[i, factor]))
            for rank, factor in enumerate(top[i])
        )
        decisions.append(
            Decision(
                decision=name,
                seq=seq,
                row=seq * size + i,
                persons=(Person(f"person-{seq * size + i}"),),
                outcome="adverse" if adverse else "favourable",
                score=scores[i],
                cutoff=0.3,
                certified="exact" if adverse else None,
                reasons=reasons if adverse else (),
                notice=Notice("ready") if adverse else Notice(),
            )
        )
        cases.append(CaseFile(name, record, inputs=dict(zip(names, inputs[i], strict=True))))
    return {
        "seq": seq,
        "decisions": decisions,
        "cases": cases,
        "attributions": {"shapley": AttributionBlock(FACTORS, np.arange(size), values)},
        "groups": {"sex": ["female" if i % 2 else "male" for i in range(size)]},
    }


def parts(rows: int, size: int) -> Iterator[dict[str, Any]]:
    """Yield the parts one after the other; none is held."""
    for seq in range(rows // size):
        yield part(seq, size)


class Watch:
    """Seconds within the functions that lock, found by standing in front of them."""

    def __init__(self) -> None:
        self.locking = 0.0
        for owner, name in (
            (Keyring, "draw_keys"),
            (Keyring, "keep_keys"),
            (Aside, "keep"),
            (made, "lock"),
            (made, "locked"),
        ):
            setattr(owner, name, self._timed(getattr(owner, name), lambda _arguments: True))
        waits, stores = Answer.value, bulk.insert_columns
        Answer.value = self._timed(waits, lambda given: given[0].work == "wrapped")
        bulk.insert_columns = self._timed(stores, lambda given: given[1].name in _LOCKED)

    def _timed(self, function: Callable[..., Any], counts: Callable[..., bool]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            begun = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                if counts(arguments):
                    self.locking += time.perf_counter() - begun

        return timed


@dataclass
class Spent:
    """Seconds of the clock and of the processor."""

    clock: float = 0.0
    processor: float = 0.0
    parts: list[float] = field(default_factory=list)

    def run(self, act: Callable[[], Any]) -> Any:
        """Do it, and add what it took; a process that it started and waited for counts too."""
        clock, processor = time.perf_counter(), _processor()
        answer = act()
        self.parts.append(time.perf_counter() - clock)
        self.clock += self.parts[-1]
        self.processor += _processor() - processor
        return answer


def _processor() -> float:
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, whose))


def _height(aside: Aside | None = None) -> float:
    """Return the most memory so far in MB, with that of the process that works aside."""
    here = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if aside is None or aside.pid is None:
        return here / 1024
    lines = Path(f"/proc/{aside.pid}/status").read_text(encoding="ascii").splitlines()
    return (here + next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))) / 1024


class Ours:
    """A ledger that an audit is written to, part by part."""

    def __init__(self, ledger: Ledger, watch: Watch) -> None:
        self.ledger, self.watch, self.small = ledger, watch, small_audit("Benchmark")
        self.writer: AuditWriter = ledger.begin(self.small.head)
        self.spent, self.locking = Spent(), 0.0

    def write(self, one: dict[str, Any]) -> None:
        """Write a part."""
        before = self.watch.locking
        self.spent.run(lambda: self.writer.partition(**one))
        self.locking += self.watch.locking - before

    def seal(self) -> None:
        """Close the audit."""
        references = tuple(replace(reference, rows=()) for reference in self.small.seal["references"])
        self.spent.run(lambda: self.writer.seal(**{**self.small.seal, "references": references}))

    def read(self, rows: int) -> dict[str, Any]:
        """Return what was spent, the 99th percentile of looking one decision up, and verifying."""
        draw, one, proving = random.Random(1), Spent(), Spent()
        for _ in range(500):
            name = f"APP-{draw.randrange(rows)}"
            one.run(lambda name=name: self.ledger.decision(self.ledger.find("latest"), name))
        assert proving.run(lambda: verify(self.ledger)).ok
        return {
            "write": self.spent.clock,
            "write processor": self.spent.processor,
            "locking": self.locking,
            "p99": sorted(one.parts)[-5],
            "median": sorted(one.parts)[250],
            "verify": proving.clock,
            "verify processor": proving.processor,
        }


class Plain:
    """The peer: the slim rows that the ledger wrote, once more, and nothing else."""

    def __init__(self, file: Path, origin: Path) -> None:
        self.origin = sqlite3.connect(origin)
        said = "SELECT sql FROM sqlite_schema WHERE tbl_name = 'decisions' AND type IN ('table', 'index') "
        table, index = self.origin.execute(f"{said} AND sql IS NOT NULL ORDER BY type DESC").fetchall()
        self.connection = sqlite3.connect(file, isolation_level=None)
        for sql in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", *table, *index):
            self.connection.execute(sql)
        self.spent = Spent()

    def write(self) -> None:
        """Write the rows of the part that the ledger wrote last."""
        last = "SELECT * FROM decisions WHERE entry = (SELECT max(entry) FROM decisions) ORDER BY pos"
        rows = self.origin.execute(last).fetchall()
        self.origin.rollback()
        self.spent.run(lambda: self._insert(rows))

    def _insert(self, rows: list[tuple[Any, ...]]) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        marks = ", ".join("?" * len(rows[0]))
        self.connection.executemany(f"INSERT INTO decisions VALUES ({marks})", rows)
        self.connection.execute("COMMIT")


def sizes(file: Path, rows: int) -> dict[str, float]:
    """Return bytes a decision of each table with its indexes, of all, and of the Parquet itself."""
    connection = sqlite3.connect(file)
    try:
        pages = connection.execute(
            "SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_schema USING (name) GROUP BY tbl_name"
        )
        found = {name: n / rows for name, n in pages if n / rows >= 1}
        (parquet,) = connection.execute("SELECT sum(n_bytes) FROM partitions").fetchone()
    finally:
        connection.close()
    return {**found, "all": file.stat().st_size / rows, "parquet": parquet / rows}


def _server() -> Server | str:
    try:
        return Server(durable=True)
    except NoServer as error:
        return str(error)


def measured(rows: int, size: int, folder: Path) -> dict[str, Any]:
    """Measure everything; PostgreSQL only where a server can be started."""
    watch, file, server = Watch(), folder / "ledger.db", _server()
    opened = [Ledger.open(str(file), create=True)]
    if isinstance(server, Server):
        opened.append(Ledger.open(server.url(), create=True, key_file=folder / "other.key"))
    ledgers = [Ours(ledger, watch) for ledger in opened]
    peer, heights = Plain(folder / "plain.db", file), []
    try:
        for one in parts(rows, size):
            ledgers[0].write(one)
            peer.write()
            for other in ledgers[1:]:
                other.write(one)
            heights.append(_height(opened[0].aside))
            print(f"part {one['seq']}: {heights[-1]:.0f} MB", file=sys.stderr, flush=True)
        for ours in ledgers:
            ours.seal()
        bytes_ = sizes(file, rows)
        names = ("sqlite", "postgresql")
        found = {name: ours.read(rows) for name, ours in zip(names, ledgers, strict=False)}
    finally:
        for ledger in opened:
            ledger.close()
        if isinstance(server, Server):
            server.close()
    return {
        "peer": peer.spent.clock,
        "peer processor": peer.spent.processor,
        "postgresql": server,
        **found,
        "bytes": bytes_,
        "memory": [heights[max(len(heights) // 4 - 1, 0)], heights[-1]],
        "memory after verify": _height(),
        "load": os.getloadavg()[2],
    }


@dataclass(frozen=True)
class Asked:
    """A figure that was asked for, and its bound."""

    name: str
    measured: float
    bound: float
    unit: str

    @property
    def holds(self) -> bool:
        """Whether the figure is within its bound."""
        return self.measured <= self.bound


def asked_for(found: dict[str, Any]) -> list[Asked]:
    """Return each figure that was asked for beside its bound."""
    sqlite, peer, bytes_ = found["sqlite"], found["peer"], found["bytes"]
    times = "times executemany"
    out = [
        Asked("rows and partitions", (sqlite["write"] - sqlite["locking"]) / peer, 2, times),
        Asked("locking included", sqlite["write"] / peer, 4, times),
        Asked("verify", sqlite["verify"], 10, "s"),
        Asked("one decision, p99", 1000 * sqlite["p99"], 20, "ms"),
        Asked("slim row with its index", bytes_["decisions"], 90, "bytes a decision"),
        Asked("key store", bytes_["person_keys"], 100, "bytes a decision"),
        Asked("partitions", bytes_["partition_contents"] / bytes_["parquet"], 1.01, "times their Parquet"),
        Asked("memory at the end", found["memory"][1] / found["memory"][0], 1.1, "times that at a quarter"),
    ]
    if isinstance(found["postgresql"], dict):
        there = found["postgresql"]
        out += [
            Asked("PostgreSQL", there["write"] / sqlite["write"], 2, "times SQLite"),
            Asked("PostgreSQL, verify", there["verify"], 10, "s"),
            Asked("PostgreSQL, one decision, p99", 1000 * there["p99"], 20, "ms"),
        ]
    return out


def main() -> None:
    """Measure and print."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--rows", type=int, default=1_000_000)
    reader.add_argument("--part", type=int, default=50_000)
    reader.add_argument("--json", action="store_true")
    asked = reader.parse_args()
    size = min(asked.part, asked.rows)
    folder = Path(tempfile.mkdtemp(prefix="plainspoken-bench-"))
    try:
        found = measured(asked.rows, size, folder)
    finally:
        shutil.rmtree(folder)
    rows = asked_for(found)
    if asked.json:
        told = [{**vars(row), "holds": row.holds} for row in rows]
        result = {
            "project": found["sqlite"]["write"],
            "peers": {"executemany of the slim rows": found["peer"]},
            "unit": "seconds",
            "ratios": {row.name: row.measured for row in rows if row.unit.startswith("times")},
            "difference": 0.0,
            "asked": told,
            "measured": found,
        }
        print(json.dumps(result))
        return
    print(f"{asked.rows:,} decisions, {len(FACTORS)} contributions each; load {found['load']:.1f}")
    for row in rows:
        holds = "holds" if row.holds else "does not hold"
        print(f"  {row.name:30} {row.measured:8.2f}  at most {row.bound:g} {row.unit}: {holds}")
    print(f"  peer {found['peer']:.1f} s (processor {found['peer processor']:.1f} s)")
    for name in ("sqlite", "postgresql"):
        told = found[name]
        print(f"  {name}: {told if isinstance(told, str) else _told(told)}")
    print(
        f"  memory {found['memory'][0]:.0f} MB at a quarter of the rows, {found['memory'][1]:.0f} at the end"
    )
    print("  bytes a decision: " + ", ".join(f"{name} {n:.0f}" for name, n in found["bytes"].items()))


def _told(of: dict[str, float]) -> str:
    return (
        f"write {of['write']:.1f} s, of which locking {of['locking']:.1f} s "
        f"(processor {of['write processor']:.1f} s); verify {of['verify']:.1f} s "
        f"(processor {of['verify processor']:.1f} s); one decision {1000 * of['median']:.1f} ms"
    )


if __name__ == "__main__":
    main()
