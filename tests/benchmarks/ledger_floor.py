"""What the ledger's promises cost by themselves: each primitive alone, beside the peer of ``ledger.py``.

Run by hand: ``python tests/benchmarks/ledger_floor.py --json``. A ledger is written; then the rows that
it holds are inserted again by a plain ``executemany``, table by table, and the calls that its promises
ask for are made again in a bare loop: nothing is packed, looked up, sorted or sent. Their sum is what a
plain writer on one processor would need that gives each person a key, each row a hash and each field a
lock. Ours can be below it by what its statements of many rows save, and by its second process.

Unit: microseconds of the processor a decision. Ratios are to the slim rows alone.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

sys.path.insert(0, str(Path(__file__).parents[2]))

from audit.ledger import Ledger
from audit.ledger.seal import text_of
from tests.benchmarks.ledger import parts
from tests.worlds.sealed import small_audit

PEER = "decisions"
TABLES = (
    PEER,
    "decision_persons",
    "persons",
    "person_keys",
    "locked_fields",
    "row_sets",
    "partition_contents",
)
_ROWS = 4  # hashed of each decision: of every table above but the keys, the row sets and the contents


def stored(file: Path, copy: Path) -> dict[str, float]:
    """Return the seconds of the processor that inserting each table takes, an entry at a time."""
    origin, spent = sqlite3.connect(file), dict.fromkeys(TABLES, 0.0)
    there = sqlite3.connect(copy, isolation_level=None)
    there.execute("PRAGMA journal_mode = WAL")
    there.execute("PRAGMA synchronous = FULL")
    kinds = "type IN ('table', 'index') AND sql IS NOT NULL ORDER BY type DESC"
    for name in TABLES:
        for (sql,) in origin.execute(
            f"SELECT sql FROM sqlite_schema WHERE tbl_name = ? AND {kinds}", (name,)
        ):
            there.execute(sql)
    for (entry,) in origin.execute("SELECT entry FROM parts ORDER BY entry").fetchall():
        for name in TABLES:
            rows = _rows(origin, name, entry)
            marks = ", ".join("?" * len(rows[0]))
            begun = time.process_time()
            there.execute("BEGIN IMMEDIATE")
            there.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
            there.execute("COMMIT")
            spent[name] += time.process_time() - begun
    return spent


def _rows(origin: sqlite3.Connection, name: str, entry: int) -> list[tuple[Any, ...]]:
    """Return the rows of a table that a part brought."""
    query = {
        "person_keys": "SELECT person_keys.* FROM person_keys JOIN persons USING (person) WHERE entry = ?",
        "partition_contents": "SELECT sha256, content FROM partition_contents JOIN partitions "
        "USING (sha256) GROUP BY sha256 HAVING min(entry) = ?",  # equal ones are kept once
    }.get(name, f"SELECT * FROM {name} WHERE entry = ?")
    return origin.execute(
        f"{query} {'ORDER BY person' if name == 'person_keys' else ''}", (entry,)
    ).fetchall()


def computed(rows: int) -> dict[str, float]:
    """Return the seconds of the processor that the calls of so many decisions take."""
    keys, ids = [os.urandom(32) for _ in range(rows)], [os.urandom(16) for _ in range(rows)]
    cell, saw, where, row = os.urandom(150), os.urandom(60), os.urandom(75), os.urandom(100)
    one, whole = next(parts(min(rows, 50_000), min(rows, 50_000))), AESGCMSIV(os.urandom(32)).encrypt
    times = -(-rows // len(one["cases"]))
    records = [{"decision": c.decision, "person": c.decision, "record": c.record} for c in one["cases"]]
    inputs = [list(c.inputs.values()) for c in one["cases"]]

    def nonces() -> None:
        for key in keys:
            for _ in range(3):  # the cell's, the inputs', the wrapped key's
                blake2b(where, key=key, digest_size=12, person=b"field nonce").digest()

    def locks() -> None:
        nonce = where[:12]
        for key, who in zip(keys, ids, strict=True):
            encrypt = AESGCMSIV(key).encrypt
            encrypt(nonce, cell, who)
            encrypt(nonce, saw, who)

    acts: dict[str, Callable[[], Any]] = {
        "a hash for each row and each node": lambda: [sha256(row).digest() for _ in range(2 * _ROWS * rows)],
        "two pseudonyms, each an HMAC": lambda: [sha256(row).digest() for _ in range(4 * rows)],
        "cell and inputs as JSON": lambda: [text_of(v) for _ in range(times) for v in (*records, *inputs)],
        "a nonce for each lock": nonces,
        "a cipher for each person, two locks": locks,
        "each person's key wrapped": lambda: [
            whole(where[:12], key, who) for key, who in zip(keys, ids, strict=True)
        ],
    }
    spent = {}
    for name, act in acts.items():
        begun = time.process_time()
        act()
        spent[name] = time.process_time() - begun
    return spent


def measured(rows: int, size: int, folder: Path) -> dict[str, float]:
    """Return the microseconds of the processor a decision of each primitive."""
    small = small_audit("Floor")
    with Ledger.open(str(folder / "ledger.db"), create=True) as ledger:
        writer = ledger.begin(small.head)
        for one in parts(rows, size):
            writer.partition(**one)
    spent = {f"rows of {name}": s for name, s in stored(folder / "ledger.db", folder / "copy.db").items()}
    return {name: 1e6 * seconds / rows for name, seconds in {**spent, **computed(rows)}.items()}


def main() -> None:
    """Measure and print."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--rows", type=int, default=1_000_000)
    reader.add_argument("--part", type=int, default=50_000)
    reader.add_argument("--json", action="store_true")
    asked = reader.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="plainspoken-floor-"))
    try:
        found = measured(asked.rows, min(asked.part, asked.rows), folder)
    finally:
        shutil.rmtree(folder)
    peer = found[f"rows of {PEER}"]
    ratios = {name: cost / peer for name, cost in found.items()}
    if asked.json:
        told = {"project": sum(found.values()), "peers": {"executemany of the slim rows": peer}}
        print(json.dumps({**told, "unit": "us a decision", "ratios": ratios, "difference": 0.0, "of": found}))
        return
    print(f"{asked.rows:,} decisions; microseconds of the processor a decision, and times the slim rows")
    for name, cost in {**found, "in all": sum(found.values())}.items():
        print(f"  {name:38} {cost:6.2f} {cost / peer:6.2f}")


if __name__ == "__main__":
    main()
