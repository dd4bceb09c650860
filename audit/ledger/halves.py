"""Verifying in two halves: on a large ledger a second process looks at half of the rows.

Why so: rows are hashed one by one under Python's lock, so threads gain nothing. The other process
opens the ledger itself, and answers only where it finds the very log that the first one walked;
where it does not, cannot be started or dies, the first one does all the work, and finds the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection

from audit.ledger import bulk, log, rows, tables
from audit.ledger.walk import Log, safely, walk

if TYPE_CHECKING:
    from audit.ledger import Ledger

OTHERS = ("persons", "locked_fields", "person_keys")  # as long as all the rest together
MANY = 300_000  # rows in all; below that a process takes longer to start than it saves

Found = dict[str, list[str]]  # what was looked at -> what is wrong with it


def problems(ledger: Ledger, connection: Connection, walked: Log, only: frozenset[int] | None) -> Found:
    """Return what is wrong with each table of evidence, the row sets, the partitions and the keys.

    Parameters
    ----------
    only : the entries to look at; None for all
    """
    proved = rows.Proved()
    jobs = _jobs(ledger, connection, walked, only, proved)
    n = sum(size for sets in walked.sealed.values() for size, _ in sets.values())
    other = _start(ledger, walked, only) if n >= MANY and (os.cpu_count() or 1) > 1 else None
    try:
        with bulk.uncollected():
            found = {name: list(safely(job)) for name, job in jobs.items() if name not in OTHERS}
    except BaseException:
        if other is not None:
            other.kill()
            other.communicate()
        raise
    if other is not None:
        answered = _answer(other)
        found.update(answered[0])
        proved.update(answered[1])
    for name in OTHERS:
        if name not in found:
            found[name] = list(safely(jobs[name]))
    found["row_sets"] = list(safely(lambda: rows.row_set_problems(connection, walked.sealed, proved)))
    return found


def _jobs(
    ledger: Ledger, connection: Connection, walked: Log, only: frozenset[int] | None, proved: rows.Proved
) -> dict[str, Callable[[], Iterator[str]]]:
    def of_table(name: str) -> Callable[[], Iterator[str]]:
        return lambda: rows.table_problems(connection, name, walked.sealed, only, proved)

    return {
        **{name: of_table(name) for name in tables.EVIDENCE},
        "partition_contents": lambda: rows.content_problems(connection, walked.contents, only),
        "person_keys": lambda: rows.person_problems(connection, ledger.keyring),
    }


def _start(ledger: Ledger, walked: Log, only: frozenset[int] | None) -> subprocess.Popen[str] | None:
    here = str(Path(__file__).parents[2])
    path = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
    asked = {
        "url": ledger.engine.url.render_as_string(hide_password=False),
        "key_file": None if ledger.key_file is None else str(ledger.key_file),
        "only": None if only is None else sorted(only),
        "root": log.merkle_root(walked.leaves).hex(),
    }
    try:
        other = subprocess.Popen(
            # -P: nothing that lies where the command was given is taken for a part of this program.
            [sys.executable, "-P", "-m", "audit.ledger.halves"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
            text=True,
        )
    except OSError:
        return None
    try:
        assert other.stdin is not None
        other.stdin.write(json.dumps(asked) + "\n")  # the URL may hold a password: no argument shows it
        other.stdin.flush()
    except BrokenPipeError:
        pass  # it is gone already; its answer will say so
    return other


def _answer(other: subprocess.Popen[str]) -> tuple[Found, rows.Proved]:
    """Return what the other process found; nothing at all where it did not come to its end."""
    text, _ = other.communicate()
    if other.returncode != 0:
        return {}, {}
    said = json.loads(text)
    return said["found"], {(entry, name): bytes.fromhex(digest) for entry, name, digest in said["proved"]}


def _other(asked: dict[str, Any]) -> dict[str, Any]:
    from audit.ledger import Ledger
    from audit.ledger.database import reading

    key_file = None if asked["key_file"] is None else Path(asked["key_file"])
    with Ledger.open(asked["url"], key_file=key_file) as ledger, reading(ledger.engine) as connection:
        walked = walk(connection, set())
        if log.merkle_root(walked.leaves).hex() != asked["root"]:
            return {"found": {}, "proved": []}  # somebody wrote meanwhile: this is another moment
        proved = rows.Proved()
        only = None if asked["only"] is None else frozenset(asked["only"])
        jobs = _jobs(ledger, connection, walked, only, proved)
        with bulk.uncollected():
            found = {name: list(safely(jobs[name])) for name in OTHERS}
    return {"found": found, "proved": [(entry, name, d.hex()) for (entry, name), d in proved.items()]}


if __name__ == "__main__":
    print(json.dumps(_other(json.loads(sys.stdin.readline()))))
