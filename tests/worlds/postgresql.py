"""A real PostgreSQL of our own: on a socket in a folder of our own, gone when the tests end.

Why so: the folder does not lie in pytest's, which every other test run that begins closes to other
accounts; the server, which runs under one, then loses its files.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


class NoServer(Exception):
    """Why no server can be started on this machine."""


def open_folder(name: str) -> Path:
    """Make a folder that every account can look into; its maker removes it."""
    folder = Path(tempfile.mkdtemp(prefix=f"plainspoken-{name}-"))
    folder.chmod(0o755)
    return folder


class Server:
    """A server that was started for the tests; ``close`` removes it.

    Parameters
    ----------
    environment : mapping, optional
        What its processes find in their environment, beside our own.
    durable : bool
        Whether a commit waits for the disk, as in a server that is to be measured.
    """

    def __init__(self, environment: Mapping[str, str] | None = None, *, durable: bool = False) -> None:
        if not PROGRAMS:
            raise NoServer("no PostgreSQL server programs in /usr/lib/postgresql")
        self._account: list[str] = []
        self._environment = {**os.environ, **(environment or {})}
        self.folder = folder = open_folder("server")
        if os.geteuid() == 0:  # the server refuses to run as root
            self._be_postgres()
        programs = PROGRAMS[-1]
        data = folder / "data"
        self._control = [*self._account, str(programs / "pg_ctl"), "-D", str(data)]
        self._start = [*self._control, "-w", "-l", str(folder / "log")]
        fsync = "on" if durable else "off"
        self._options = f"-k {folder} -c listen_addresses='' -c fsync={fsync} -c max_connections=40"
        self._run(
            [
                *self._account,
                *(str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "auditor"),
                *("--wal-segsize=1", "--no-sync", "--locale=C.UTF-8"),
            ]
        )
        self.start()

    def _be_postgres(self) -> None:
        try:
            pwd.getpwnam("postgres")
        except KeyError:
            raise NoServer("running as root, and there is no account postgres to run the server") from None
        if shutil.which("setpriv") is None:
            raise NoServer("running as root without setpriv")
        self._account = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
        shutil.chown(self.folder, "postgres", "postgres")

    def _run(self, command: list[str]) -> None:
        try:
            subprocess.run(
                command,
                check=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self.folder,
                env=self._environment,
            )
        except (subprocess.CalledProcessError, OSError) as error:
            raise NoServer(f"no PostgreSQL can be started here: {error}") from error

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        self._run([*self._start, "-o", self._options, "start"])

    def stop(self) -> None:
        """Stop the server at once."""
        subprocess.run(
            [*self._start, "-m", "immediate", "stop"],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            env=self._environment,
        )

    def close(self) -> None:
        """Stop the server and remove its files."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str = "postgres", user: str = "auditor") -> str:
        """Return the URL of a database, as a ledger is given it."""
        return f"postgresql+psycopg://{user}@/{database}?host={self.folder}"

    def connect(self, database: str = "postgres", user: str = "auditor") -> psycopg.Connection[Any]:
        """Return a connection of the driver's own, committing each statement."""
        return psycopg.connect(host=str(self.folder), dbname=database, user=user, autocommit=True)

    def tell(self, sql: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run one statement and return its rows."""
        with self.connect(database) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def copy_database(self, origin: str, name: str) -> str:
        """Make a database that equals another; return its URL."""
        self.tell(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.tell(f"CREATE DATABASE {name} TEMPLATE {origin} STRATEGY file_copy")
        return self.url(name)

    def send_away(self, database: str) -> None:
        """End every connection to a database, and wait until it is gone."""
        with self.connect() as connection:
            sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            for _ in range(1000):
                if not connection.execute(sql, (database,)).fetchall():
                    return
                time.sleep(0.01)
        raise NoServer(f"a connection to {database} does not end")

    def ensure(self) -> None:
        """See that the server answers; start it again where it died of what the tests did to it."""
        for attempt in range(200):
            try:
                self.tell("SELECT 1")
                return
            except psycopg.OperationalError:
                if attempt % 20 == 5 and self._dead():
                    self.start()
                time.sleep(0.05)
        raise NoServer("the server does not come back; see its log")

    def _dead(self) -> bool:
        status = subprocess.run(
            [*self._control, "status"],
            check=False,
            capture_output=True,
            cwd=self.folder,
            env=self._environment,
        )
        return status.returncode != 0
