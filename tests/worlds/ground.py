"""Where faults are tried: an empty ledger, copies of it, and the rows of the run that nobody disturbed."""

from __future__ import annotations

import copy
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from audit.ledger import Ledger, tables, verify
from audit.ledger.database import connect, parsed, reading
from tests.worlds.disturbed import Writers, fixed_draws
from tests.worlds.postgresql import Server

Rows = dict[str, Counter[tuple[object, ...]]]
_NO_EVIDENCE = ("leases",)  # who wrote last, and until when
_COPIED = 50  # tries; then a database on a server is copied anew, because rows that were deleted pile up


@dataclass
class Tally:
    """What came of one kind of fault. All numbers but ``tries`` and ``sealed`` should be zero."""

    fault: str
    database: str
    tries: int = 0
    sealed: int = 0  # ledgers that were brought to their end and compared
    lost: int = 0
    duplicated: int = 0
    log_differs: int = 0
    not_verified: int = 0
    wrong_exits: int = 0
    said: list[str] = field(default_factory=list)  # by runs that ended otherwise than they should

    @property
    def holds(self) -> bool:
        """Whether every try ended as the undisturbed run did."""
        wrong = self.lost + self.duplicated + self.log_differs + self.not_verified + self.wrong_exits
        return self.tries > 0 and self.sealed > 0 and wrong == 0

    def row(self) -> str:
        """Return the row of the table."""
        equal = f"{self.sealed - self.log_differs} of {self.sealed}"
        cells = (self.fault, self.database, self.tries, self.lost, self.duplicated, equal)
        return f"| {' | '.join(map(str, cells))} |"


def rows_of(url: str, without: Sequence[str] = _NO_EVIDENCE) -> Rows:
    """Return every row of every table of a ledger, as the database gives it."""
    engine = connect(parsed(url))
    found: Rows = {}
    try:
        with reading(engine) as connection:
            for name, table in tables.metadata.tables.items():
                if name not in without:
                    found[name] = Counter(tuple(row) for row in connection.execute(sa.select(table)))
    finally:
        engine.dispose()
    return found


class Ground:
    """Where the faults are tried: one empty ledger, copies of it, and the undisturbed run's rows."""

    def __init__(self, folder: Path, writers: Writers, server: Server | None = None) -> None:
        self.writers, self.server = writers, server
        self.name = "SQLite" if server is None else "PostgreSQL"
        self.folder = folder
        self.key = folder / "ledger.key"
        self._made = 0
        self._base = f"sqlite:///{folder / 'base.db'}" if server is None else server.url("base")
        if server is not None:
            server.tell("CREATE DATABASE base")
        with fixed_draws() as draws:
            draws.restart("ledger")
            Ledger.open(self._base, create=True, key_file=self.key).close()
        self._empty = rows_of(self._base, without=())
        whole = self.fresh()
        traced = writers.run(whole, self.key, trace=True)
        if traced["code"] != 0:
            raise RuntimeError(f"the undisturbed run failed: {traced}")
        self.steps: list[str] = traced["steps"]
        self.undisturbed = rows_of(whole)
        if not self.holds(whole):
            raise RuntimeError("the undisturbed run does not verify")
        begun = time.monotonic()
        writers.run(self.fresh(), self.key)
        self.seconds = time.monotonic() - begun

    def fresh(self, *, new_files: bool = False) -> str:
        """Return the URL of another copy of the empty ledger; on a server it may lie in files used before."""
        made, self._made = self._made, self._made + 1
        if self.server is not None:
            name = f"trial_{made % 2}"
            if new_files or made % _COPIED < 2:
                return self.server.copy_database("base", name)
            return self._put_back(self.server, name)
        there = self.folder / f"trial-{made}"
        there.mkdir()
        shutil.copy(self.folder / "base.db", there / "ledger.db")
        shutil.rmtree(self.folder / f"trial-{made - 2}", ignore_errors=True)
        return f"sqlite:///{there / 'ledger.db'}"

    def _put_back(self, server: Server, name: str) -> str:
        """Give a database the rows of the empty ledger again; a copy makes 700 files and takes longer."""
        server.send_away(name)
        with server.connect(name) as connection, connection.transaction():
            # As a replica the triggers against deleting are passed by.
            emptied = "; ".join(f"DELETE FROM {table}" for table in tables.metadata.tables)
            connection.execute(f"SET LOCAL session_replication_role = replica; {emptied}")
            for table, rows in self._empty.items():
                columns = ", ".join(f'"{column.name}"' for column in tables.metadata.tables[table].columns)
                for row in rows:
                    marks = ", ".join(["%s"] * len(row))
                    connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", row)
        return server.url(name)

    def with_key(self, key: Path) -> Ground:
        """Return this ground for ledgers whose key file lies elsewhere."""
        other = copy.copy(self)
        other.key = key
        return other

    def holds(self, url: str) -> bool:
        """Whether what lies there verifies."""
        with Ledger.open(url, key_file=self.key) as ledger:
            return verify(ledger).ok

    def judge(self, url: str, tally: Tally) -> None:
        """Bring a disturbed audit to its end, as an operator would, and compare it."""
        ended = self.writers.run(url, self.key)
        for _ in range(2):
            # A server may still be on its way down when it answers again: it cuts that run off too (exit
            # code 1), and whoever started it starts it once more.
            if self.server is None or ended["code"] != 1:
                break
            self.server.ensure()
            ended = self.writers.run(url, self.key)
        if ended["code"] != 0:
            tally.wrong_exits += 1
            tally.said.append(str(ended))
        self.compare(url, tally)

    def compare(self, url: str, tally: Tally) -> None:
        """Compare what lies there with the undisturbed run."""
        tally.sealed += 1
        found = rows_of(url)
        for name, expected in self.undisturbed.items():
            tally.lost += (expected - found[name]).total()
            tally.duplicated += (found[name] - expected).total()
        tally.log_differs += found["log_entries"] != self.undisturbed["log_entries"]
        # Every row the same: what can be verified of it was verified once, on the undisturbed run.
        tally.not_verified += not (found == self.undisturbed and self.whole(url)) and not self.holds(url)

    def whole(self, url: str) -> bool:
        """Whether SQLite's file is in order, its indexes too; a server answers for its own."""
        if self.server is not None:
            return True
        with self.connection(url) as connection:
            return connection.scalar(sa.text("PRAGMA integrity_check")) == "ok"

    @contextmanager
    def connection(self, url: str) -> Iterator[sa.Connection]:
        """Give a connection of the tests' own, outside the ledger's rules."""
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            yield connection
        engine.dispose()
