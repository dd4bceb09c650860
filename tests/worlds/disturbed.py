"""Writers that can be killed, stopped and starved: a process that forks one for each order.

``python -m tests.worlds.disturbed N_PARTS`` reads one JSON order a line and answers with one JSON
line. It loads every library and the audit once, so that a try costs tenths of a second, and it
draws its "random" keys from a fixed seed a part, so that every run writes the same bytes.

Orders: ``{"do": "write", "url", "key", …}`` forks a writer and answers ``{"pid"}``; ``{"do":
"wait", "pid"}`` answers ``{"code"}`` (negative: the signal) and what the writer said.

A writer's **steps** are the statements that it sends within write transactions and its commits,
each before and after: ``part 2: log_entries insert, after``. ``at`` names the one where it does
``act`` (``kill`` or ``stop``) to itself; ``trace`` has it say all of them. ``record`` names the file
to which all is added that is done in the folder ``watched``, ``later`` what is done after the seal
(``power_loss.py``).
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

_STATEMENT = re.compile(
    r"\s*(INSERT INTO|UPDATE|DELETE FROM|COPY|BEGIN IMMEDIATE|SELECT pg_advisory"
    r"|CREATE TEMP TABLE|DROP TABLE temp)\W*(\w*)"
)


class FixedDraws:
    """Stands where ``secrets`` stands: the same bytes in the same order after each ``restart``."""

    def __init__(self) -> None:
        self.restart("")

    def restart(self, name: str) -> None:
        """Begin again, for the part of this name."""
        self._name, self._drawn = name, 0

    def token_bytes(self, n: int) -> bytes:
        """Return the next n bytes: none, or above 64, as so many keys of 32, one drawn after the other."""
        if n == 0 or n > 64:
            return b"".join(self.token_bytes(32) for _ in range(n // 32))
        self._drawn += 1
        return blake2b(f"{self._name}/{self._drawn}".encode(), digest_size=n).digest()

    def token_hex(self, n: int) -> str:
        """Return 2n hex digits: the ledger's name, the same each time; else a draft's, which no row holds."""
        return blake2b(b"name", digest_size=n).hexdigest() if n == 4 else secrets.token_hex(n)


class FixedSigning:
    """Stands where ``Ed25519PrivateKey`` stands: a key that is made is the same one each time."""

    def __init__(self, kind: Any) -> None:
        self.from_private_bytes = kind.from_private_bytes

    def generate(self) -> Any:
        """Return the key."""
        return self.from_private_bytes(blake2b(b"signing", digest_size=32).digest())


@contextmanager
def fixed_draws() -> Iterator[FixedDraws]:
    """Have the ledger draw its keys from a fixed seed while the block runs; for tests alone."""
    from audit.ledger import notes, people

    draws, drawn, made = FixedDraws(), vars(people)["secrets"], vars(notes)["Ed25519PrivateKey"]
    vars(people)["secrets"], vars(notes)["Ed25519PrivateKey"] = draws, FixedSigning(made)
    try:
        yield draws
    finally:
        vars(people)["secrets"], vars(notes)["Ed25519PrivateKey"] = drawn, made


def write(
    ledger: Any, audit: Any, draws: FixedDraws, enter: Callable[[str], None] = lambda name: None
) -> Any:
    """Write an audit and seal it; ``enter`` is told before each of its transactions."""
    enter("open")
    writer = ledger.begin(audit.head)
    if not writer.existing:
        for part in audit.parts:
            enter(f"part {part['seq']}")
            draws.restart(f"part {part['seq']}")
            writer.partition(**part)
    enter("seal")
    return writer.seal(**audit.seal)


class Steps:
    """Counts and names the steps of a writer, and calls ``met`` at each."""

    def __init__(self, engine: Any, met: Callable[[str], None]) -> None:
        import sqlalchemy as sa

        from audit.ledger import bulk

        self.stage = "open"
        self._met = met
        self._writes: Any = None  # the connection that does; a reader may commit beside it

        @sa.event.listens_for(engine, "before_cursor_execute")
        def _before(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            self._statement(connection, statement, "before")

        @sa.event.listens_for(engine, "after_cursor_execute")
        def _after(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            self._statement(connection, statement, "after")

        kept_copy, kept_insert, kept_commit = bulk._copy, bulk._together, engine.dialect.do_commit

        def copy(connection: Any, table: Any, rows: Any) -> None:
            self._met(f"{self.stage}: {table.name} copy, before")
            kept_copy(connection, table, rows)
            self._met(f"{self.stage}: {table.name} copy, after")

        def insert(connection: Any, table: Any, columns: Any, n: int) -> None:
            self._met(f"{self.stage}: {table.name} insert, before")
            kept_insert(connection, table, columns, n)
            self._met(f"{self.stage}: {table.name} insert, after")

        def commit(connection: Any) -> None:
            if self._writes is None or connection.driver_connection is not self._writes:
                kept_commit(connection)
                return
            self._met(f"{self.stage}: commit, before")
            kept_commit(connection)
            self._writes = None
            self._met(f"{self.stage}: commit, after")

        bulk._copy, bulk._together = copy, insert
        engine.dialect.do_commit = commit

    def _statement(self, connection: Any, statement: str, when: str) -> None:
        found = _STATEMENT.match(statement)
        if found is None:
            return
        verb, table = found.groups()
        if verb in ("BEGIN IMMEDIATE", "SELECT pg_advisory"):
            self._writes = connection.connection.driver_connection
            self._met(f"{self.stage}: write lock, {when}")
        else:
            self._met(f"{self.stage}: {table} {verb.split()[0].lower()}, {when}")


def _child(order: Mapping[str, Any], audit: Any, say: int) -> int:
    from audit.errors import AuditError
    from audit.ledger import Ledger, bulk, database, leases
    from tests.worlds import power_loss, unpowered

    if "record" in order:  # from here on the library that was preloaded writes down what is done there
        os.environ |= {"PLAINSPOKEN_RECORD": order["record"], "PLAINSPOKEN_WATCHED": order["watched"]}
    leases.SECONDS = order.get("lease", leases.SECONDS)
    database.BUSY_SECONDS = order.get("busy", database.BUSY_SECONDS)
    database.STALLED_SECONDS = order.get("stalled", database.STALLED_SECONDS)
    bulk.STAGED = order.get("staged", bulk.STAGED)
    bulk.STAGED_TOGETHER = order.get("moved", bulk.STAGED_TOGETHER)
    met: list[str] = []
    said: dict[str, Any] = {}

    def promised(stage: str) -> None:
        if "record" in order:
            unpowered.tell(Path(order["record"]), stage)

    def meet(name: str) -> None:
        met.append(name)
        if name.endswith("commit, after"):
            promised(name.partition(":")[0])
        # The name alone may come more than once in a stage; the number tells them apart.
        if order.get("at") in (name, len(met) - 1):
            os.kill(os.getpid(), signal.SIGSTOP if order.get("act") == "stop" else signal.SIGKILL)

    code = 0
    try:
        with fixed_draws() as draws:
            draws.restart("ledger")
            with Ledger.open(order["url"], create=True, key_file=Path(order["key"])) as ledger:
                promised("ledger")
                steps = Steps(ledger.engine, meet)
                write(ledger, audit, draws, lambda name: setattr(steps, "stage", name))
                if "later" in order:
                    steps.stage = "later"
                    power_loss.LATER[order["later"]](ledger)
                    promised(order["later"])
    except AuditError as error:
        code, said["error"] = error.exit_code, str(error)
    if order.get("trace"):
        said["steps"] = met
    os.write(say, json.dumps(said).encode())
    return code


def _made_elsewhere(n_parts: int) -> Any:
    """Return the audit, made in another process: counting starts threads, and a fork must have none."""
    call = "import pickle, sys; from tests.worlds.fine_parts import fine_audit as made; "
    call += f"sys.stdout.buffer.write(pickle.dumps(made({n_parts})))"
    told = subprocess.run([sys.executable, "-c", call], stdout=subprocess.PIPE, check=True).stdout
    return pickle.loads(told)  # what our own process just wrote


def main() -> None:
    """Serve orders until the input ends."""
    import polars  # noqa: F401  loaded before the forks, and its threads not started
    import psycopg  # noqa: F401
    from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV  # noqa: F401

    from audit.ledger import database, partitions, verify  # noqa: F401
    from tests.worlds import power_loss, unpowered  # noqa: F401

    audit = _made_elsewhere(int(sys.argv[1]))
    gc.collect()
    gc.freeze()  # a collection in a writer would copy all of this
    children: dict[int, int] = {}
    print(json.dumps({"ready": os.getpid()}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "wait":
            pid = order["pid"]
            said = b""
            with os.fdopen(children.pop(pid), "rb") as pipe:
                said = pipe.read()
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            answer: dict[str, Any] = {"code": code, **json.loads(said or b"{}")}
        else:
            reads, writes = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.close(reads)
                try:
                    code = _child(order, audit, writes)
                except BaseException as error:
                    os.write(writes, json.dumps({"error": f"{type(error).__name__}: {error}"}).encode())
                    code = 99
                os._exit(code)
            os.close(writes)
            children[pid] = reads
            answer = {"pid": pid}
        print(json.dumps(answer), flush=True)


class Writers:
    """The tests' end of the line: starts writers and waits for them.

    Parameters
    ----------
    n_parts : int
        In how many parts the audit is written.
    environment : mapping, optional
        What the writers find in their environment, beside our own.
    always : anything
        What stands in every order.
    """

    def __init__(self, n_parts: int, environment: Mapping[str, str] | None = None, **always: Any) -> None:
        self._always = always
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.worlds.disturbed", str(n_parts)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, **(environment or {})},
        )
        self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process that forks the writers has died")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _ask(self, order: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def start(self, url: str, key: Path, **order: Any) -> int:
        """Start a writer and return its process id."""
        return int(self._ask({"do": "write", "url": url, "key": str(key), **self._always, **order})["pid"])

    def wait(self, pid: int) -> dict[str, Any]:
        """Wait for a writer: its ``code``, its ``error`` in words, its ``steps`` where it was to say them."""
        return self._ask({"do": "wait", "pid": pid})

    def run(self, url: str, key: Path, **order: Any) -> dict[str, Any]:
        """Start a writer and wait for it."""
        return self.wait(self.start(url, key, **order))

    def close(self) -> None:
        """End the process that forks."""
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.wait()
        self._process.stdout.close()  # type: ignore[union-attr]


if __name__ == "__main__":
    main()
