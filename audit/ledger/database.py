"""The database: its engine, its transactions, its schema, and what its errors mean to a user.

Why so: a writer takes the write lock when its transaction begins (``BEGIN IMMEDIATE``; on
PostgreSQL an advisory lock). Of 900 read-then-write transactions from six processes on SQLite a
deferred ``BEGIN`` lost 750, because the busy timeout does not cover the upgrade of a lock; an
immediate one lost none. The same lock makes the log's appends one after the other.
"""

from __future__ import annotations

import os
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from audit.assets import migrations
from audit.errors import BusyError, LedgerError, SchemaError, UsageError
from audit.ledger.tables import REVISIONS, SCHEMA

_WRITES = "ledger_writes"
_ADVISORY_LOCK = 0x506C61696E  # any fixed number; one log a database
BUSY_SECONDS = 30
# Pages that a connection to SQLite may hold, so that a part's rows and the indexes that they scatter
# over are not written and read again within its one transaction. A bound, not a reservation.
CACHE_KIB = 65_536
# A part's rows scatter over the indexes of names and keys: nearly every page of these is written by every
# part. Larger pages are fewer, and a page that several parts wrote goes back into the file once for all
# of them: the write-ahead log holds up to this many pages (256 MB) and what one part adds.
PAGE_BYTES = 16_384  # of a file that is made; an older one keeps its own
LOG_PAGES = 16_384
# A writer that fell asleep within a transaction keeps everybody out. PostgreSQL cuts it off after
# this long, which is as long as a lease; on SQLite the file's lock goes when its process does.
STALLED_SECONDS = 900


def parsed(url: str) -> URL:
    """Return the URL of a ledger; a bare path means a SQLite file."""
    try:
        parsed_url = make_url(url if "://" in url else f"sqlite:///{url}")
    except ArgumentError:
        raise UsageError(
            f"--ledger: {url!r} is no database URL. Give sqlite:///file.db or postgresql+psycopg://host/name."
        ) from None
    if parsed_url.get_backend_name() not in ("sqlite", "postgresql"):
        raise UsageError(
            f"--ledger: a ledger lies in SQLite or PostgreSQL, not in {parsed_url.get_backend_name()}. "
            "Give sqlite:///file.db or postgresql+psycopg://host/name."
        )
    if parsed_url.get_backend_name() == "sqlite" and not parsed_url.database:
        raise UsageError("--ledger: a ledger in memory proves nothing later. Give sqlite:///file.db.")
    return parsed_url


def file_of(url: URL) -> Path | None:
    """Return the SQLite file of a URL; None for a database server."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def shown(url: URL) -> str:
    """Return the URL as messages may show it: without a password."""
    return url.render_as_string(hide_password=True)


def connect(url: URL) -> Engine:
    """Return an engine whose connections are set as a ledger needs them. Opens nothing yet."""
    if url.get_backend_name() != "sqlite":
        engine = sa.create_engine(url, isolation_level="READ COMMITTED", pool_pre_ping=True)
    else:
        frozen = _only_readable(file_of(url))
        engine = sa.create_engine(url, **_way_in(url, frozen))

        @sa.event.listens_for(engine, "connect")
        def _set_up(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # BEGIN is ours to say
            for pragma in (
                f"page_size = {PAGE_BYTES}",
                f"wal_autocheckpoint = {LOG_PAGES}",
                f"busy_timeout = {BUSY_SECONDS * 1000}",
                *(() if frozen else ("journal_mode = WAL", "synchronous = FULL")),
                f"cache_size = -{CACHE_KIB}",
                "temp_store = MEMORY",  # nothing of a ledger in a temporary file
                "secure_delete = ON",  # what is deleted is overwritten: destroyed keys above all
            ):
                connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
        elif writes:
            connection.exec_driver_sql(
                f"SELECT set_config('lock_timeout', '{int(BUSY_SECONDS * 1000)}', true), "
                f"set_config('idle_in_transaction_session_timeout', '{int(STALLED_SECONDS * 1000)}', true)"
            )
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")

    return engine


def hold_less(engine: Engine, kib: int) -> None:
    """Have SQLite hold at most so many KiB of pages in memory from now on: for what meets each page once."""
    if engine.dialect.name != "sqlite":
        return

    @sa.event.listens_for(engine, "connect")
    def _set(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA cache_size = -{kib}")

    engine.dispose()  # connections that are open already hold what they hold


def _only_readable(file: Path | None) -> bool:
    """Whether a SQLite file lies where nobody may write, as an examiner's copy does.

    SQLite shares a write-ahead log through a file beside the database, so it must be told that
    there is none and that nobody will write.
    """
    if file is None or not file.is_file() or os.access(file.parent, os.W_OK):
        return False
    pending = file.with_name(f"{file.name}-wal")
    return not (pending.exists() and pending.stat().st_size)


def _way_in(url: URL, frozen: bool) -> dict[str, Any]:
    if not frozen:
        return {"connect_args": {"timeout": BUSY_SECONDS}}
    place = f"{Path(str(url.database)).absolute().as_uri()}?mode=ro&immutable=1"
    return {"creator": lambda: sqlite3.connect(place, uri=True, check_same_thread=False)}


@contextmanager
def told(engine: Engine) -> Iterator[None]:
    """Turn the database's errors into ours, with a way out."""
    where = shown(engine.url)
    try:
        yield
    except DBAPIError as error:
        fact = str(error.orig).strip().splitlines()[0]
        if "locked" in fact or "busy" in fact or "lock timeout" in fact:
            raise BusyError(f"{where}: another program is writing. Try again in a moment.") from error
        if "full" in fact or "No space" in fact:
            raise LedgerError(
                f"{where}: the disk is full ({fact}). Make room and run again; what was committed is kept."
            ) from error
        if "malformed" in fact or "not a database" in fact:
            raise LedgerError(f"{where}: {fact}. Restore the file from a backup and verify it.") from error
        if "readonly" in fact:
            raise LedgerError(
                f"{where}: the ledger may be read and not written here ({fact}). "
                "Run where its folder can be written to, or name another ledger."
            ) from error
        if "append-only" in fact:
            raise LedgerError(f"{where}: {fact}. A ledger is only ever added to.") from error
        raise LedgerError(f"{where}: {fact}. Nothing was half-written; a retry is safe.") from error
    except SQLAlchemyError as error:
        raise LedgerError(f"{where}: {error}. Nothing was half-written; a retry is safe.") from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection whose reads all see the same moment."""
    with told(engine), engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection that holds the write lock; commit at the end, or leave nothing behind."""
    with (
        told(engine),
        engine.connect().execution_options(**{_WRITES: True}) as connection,
        connection.begin(),
    ):
        yield connection


def bring_home(engine: Engine) -> None:
    """Have SQLite's write-ahead log written back into the file, as far as no reader needs it.

    What cannot be written now, on a full disk, stays in the log, where it is as safe, and the next
    commit tries again: SQLite's own tries after a commit are not told of either.
    """
    if file_of(engine.url) is None:
        return
    with closing(engine.raw_connection()) as connection:  # no transaction may be open
        driver: Any = connection.driver_connection
        with suppress(sqlite3.OperationalError):
            driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def records(result: sa.Result[Any]) -> list[dict[str, Any]]:
    """Return the rows of a result, each as column to value."""
    return [row._asdict() for row in result]


def revision(connection: Connection) -> str | None:
    """Return the schema's revision; None where no migration has run."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def check_schema(engine: Engine) -> None:
    """Refuse a ledger that is older or newer than this program.

    Raises
    ------
    SchemaError
        With what to do about it.
    """
    with reading(engine) as connection:
        found = revision(connection)
    if found == SCHEMA:
        return
    where = shown(engine.url)
    if found is None or found in REVISIONS:
        raise SchemaError(
            f"{where}: the schema is older than this program (got {found or 'none'}, expected {SCHEMA}). "
            f"Run `plainspoken migrate --ledger {where}`."
        )
    raise SchemaError(
        f"{where}: the schema is newer than this program (got {found}, expected {SCHEMA}). "
        "Use the version of plainspoken that wrote it, or a later one."
    )


def migrate(engine: Engine) -> tuple[str | None, str]:
    """Bring the schema to the newest revision, in one transaction; return (before, after).

    Raises
    ------
    BusyError
        Where a run is at work: it would go on in the old schema.
    SchemaError
        Where the ledger is newer than this program.
    """
    from alembic import command
    from alembic.config import Config

    from audit.ledger import leases

    config = Config()
    config.set_main_option("script_location", str(migrations()).replace("%", "%%"))
    with writing(engine) as connection:
        before = revision(connection)
        if before is not None and before not in REVISIONS:
            raise SchemaError(
                f"{shown(engine.url)}: the schema is newer than this program "
                f"(got {before}, expected {SCHEMA}). Use the version of plainspoken that wrote it."
            )
        if before is not None and before != SCHEMA:
            leases.fence_all(connection, shown(engine.url))
        if before != SCHEMA:
            config.attributes["connection"] = connection
            with warnings.catch_warnings():
                # Alembic's own notes on paths are no concern of whoever runs a ledger.
                warnings.simplefilter("ignore")
                command.upgrade(config, "head")
    return before, SCHEMA


def is_empty(url: str) -> bool:
    """Whether there is no ledger at ``url`` yet: no file, or a database without any table."""
    parsed_url = parsed(url)
    file = file_of(parsed_url)
    if file is not None and not (file.is_file() and file.stat().st_size):
        return True
    engine = connect(parsed_url)
    try:
        with reading(engine) as connection:
            return not sa.inspect(connection).get_table_names()
    finally:
        engine.dispose()


def upgrade(url: str) -> tuple[str | None, str]:
    """Bring the ledger at ``url`` to the newest schema, making its tables where it has none."""
    parsed_url = parsed(url)
    file = file_of(parsed_url)
    if file is not None and not file.parent.is_dir():
        raise UsageError(f"{file}: the folder {file.parent} does not exist. Make it first.")
    engine = connect(parsed_url)
    try:
        return migrate(engine)
    finally:
        engine.dispose()
