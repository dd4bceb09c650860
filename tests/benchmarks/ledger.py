"""What a ledger costs: a million decisions with twenty contributions each, on SQLite and PostgreSQL.

Run by hand: ``python tests/benchmarks/ledger.py --json``; ``--rows`` for a smaller one. Unit:
seconds. The peer is a plain ``executemany`` of the same slim rows, with the same index, into
SQLite in as many transactions. ``rows`` is the writer less ``locking``: what it needs to make the
persons' keys, to lock their cells and to store both. Sizes are bytes a decision.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from audit.ledger import AttributionBlock, Ledger, bulk, verify
from audit.ledger.people import Keyring
from audit.ledger.write import AuditWriter
from audit.record import CaseFile, Decision, Notice, Person, Reason
from tests.worlds.postgresql import NoServer, Server
from tests.worlds.sealed import SmallAudit, small_audit

FACTORS = tuple(f"factor_{i:02d}" for i in range(20))
_LOCKED = ("person_keys", "persons", "locked_fields")
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


class Watch:
    """Seconds within the functions that lock, found by standing in front of them."""

    def __init__(self) -> None:
        self.locking = 0.0
        for owner, name in ((Keyring, "make_keys"), (AuditWriter, "_lock")):
            setattr(owner, name, self._timed(getattr(owner, name)))
        whole = bulk.insert_tuples

        def insert(connection: Any, table: Any, rows: Any) -> None:
            begun = time.perf_counter()
            whole(connection, table, rows)
            if table.name in ("persons", "locked_fields"):  # make_keys has counted its own
                self.locking += time.perf_counter() - begun

        bulk.insert_tuples = insert

    def _timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            begun = time.perf_counter()
            try:
                return function(*arguments)
            finally:
                self.locking += time.perf_counter() - begun

        return timed


def parts(rows: int, size: int) -> Iterator[dict[str, Any]]:
    """Yield the parts one after the other; none is held."""
    for seq in range(rows // size):
        yield part(seq, size)


def written(ledger: Ledger, small: SmallAudit, rows: int, size: int, watch: Watch) -> dict[str, float]:
    """Write and seal an audit; return seconds: all of it, locking, and memory in MB at its height."""
    spent, watch.locking = 0.0, 0.0
    writer = ledger.begin(small.head)
    for one in parts(rows, size):
        begun = time.perf_counter()
        writer.partition(**one)
        spent += time.perf_counter() - begun
    begun = time.perf_counter()
    references = tuple(replace(reference, rows=()) for reference in small.seal["references"])
    writer.seal(**{**small.seal, "references": references})
    spent += time.perf_counter() - begun
    height = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"write": spent, "locking": watch.locking, "memory": height}


def plain(file: Path, origin: Path, size: int) -> float:
    """Write the same slim rows by ``executemany`` into a table with the same index; return seconds."""
    with sqlite3.connect(origin) as source:
        (table,) = source.execute("SELECT sql FROM sqlite_schema WHERE name = 'decisions'").fetchone()
        rows = source.execute("SELECT * FROM decisions ORDER BY entry, pos").fetchall()
    source.close()
    connection = sqlite3.connect(file, isolation_level=None)
    for sql in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", table):
        connection.execute(sql)
    connection.execute("CREATE INDEX ix ON decisions (decision)")
    marks = ", ".join("?" * len(rows[0]))
    begun = time.perf_counter()
    for start in range(0, len(rows), size):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(f"INSERT INTO decisions VALUES ({marks})", rows[start : start + size])
        connection.execute("COMMIT")
    spent = time.perf_counter() - begun
    connection.close()
    return spent


def look_ups(ledger: Ledger, rows: int) -> float:
    """Return the 99th percentile of the seconds that one decision by its id takes."""
    draw, times = random.Random(1), []
    for _ in range(500):
        name = f"APP-{draw.randrange(rows)}"
        begun = time.perf_counter()
        ledger.decision(ledger.find("latest"), name)
        times.append(time.perf_counter() - begun)
    return sorted(times)[-5]


def sizes(file: Path, rows: int) -> dict[str, float]:
    """Return bytes a decision: the slim rows with their index, keys and locked cells, and the rest."""
    connection = sqlite3.connect(file)
    try:
        found = dict(connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall())
    finally:
        connection.close()
    names = {
        "decisions": ("decisions", "ix_decisions_decision"),
        "persons": ("decision_persons", "ix_decision_persons_person"),
        "keys": ("person_keys", "persons", "uq_persons_person", "sqlite_autoindex_persons_1"),
        "locked": ("locked_fields",),
        "leaves": ("row_sets",),
        "partitions": ("partition_contents", "sqlite_autoindex_partition_contents_1"),
    }
    told = {key: sum(found.get(name, 0) for name in of) / rows for key, of in names.items()}
    return {**told, "all": sum(found.values()) / rows}


def measured(rows: int, size: int) -> dict[str, Any]:
    """Measure everything; PostgreSQL only where a server can be started."""
    watch, small = Watch(), small_audit("Benchmark")
    folder = Path(tempfile.mkdtemp(prefix="plainspoken-bench-"))
    file = folder / "ledger.db"
    with Ledger.open(str(file), create=True) as ledger:
        ours = written(ledger, small, rows, size, watch)
        found: dict[str, Any] = {"p99": look_ups(ledger, rows)}
        begun = time.perf_counter()
        assert verify(ledger).ok
        found["verify"] = time.perf_counter() - begun
    peer = plain(folder / "plain.db", file, size)
    found["bytes"] = sizes(file, rows)
    print({"peer": peer, **ours, **found}, file=sys.stderr, flush=True)
    try:
        server = Server()
    except NoServer as error:
        found["postgresql"] = str(error)
    else:
        try:
            with Ledger.open(server.url(), create=True, key_file=folder / "ledger.key") as ledger:
                found["postgresql"] = written(ledger, small, rows, size, watch)
                found["postgresql"]["p99"] = look_ups(ledger, rows)
        finally:
            server.close()
    return {"peer": peer, **ours, **found}


def main() -> None:
    """Measure and print."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--rows", type=int, default=1_000_000)
    reader.add_argument("--part", type=int, default=50_000)
    reader.add_argument("--json", action="store_true")
    asked = reader.parse_args()
    size = min(asked.part, asked.rows)
    found = measured(asked.rows, size)
    rows = found["write"] - found["locking"]
    ratios = {"rows": rows / found["peer"], "with locking": found["write"] / found["peer"]}
    if isinstance(found["postgresql"], dict):
        ratios["postgresql to sqlite"] = found["postgresql"]["write"] / found["write"]
    result = {
        "project": found["write"],
        "peers": {"executemany of the slim rows": found["peer"]},
        "unit": "seconds",
        "ratios": ratios,
        "difference": 0.0,
        "measured": found,
    }
    if asked.json:
        print(json.dumps(result))
        return
    print(f"{asked.rows:,} decisions, {len(FACTORS)} contributions each")
    print(f"  write {found['write']:.1f} s, of which locking {found['locking']:.1f} s")
    print(f"  plain executemany {found['peer']:.1f} s")
    for name, ratio in ratios.items():
        print(f"  {name}: {ratio:.2f}")
    print(f"  verify {found['verify']:.1f} s; one decision p99 {1000 * found['p99']:.1f} ms")
    print(f"  memory at its height {found['memory']:.0f} MB")
    print("  bytes a decision: " + ", ".join(f"{name} {n:.0f}" for name, n in found["bytes"].items()))
    print(f"  PostgreSQL: {found['postgresql']}")


if __name__ == "__main__":
    main()
