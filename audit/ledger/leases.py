"""Leases: one run at a time holds an audit, and a run that lost its lease cannot write any more.

A lease names its owner and carries an **epoch** that grows with each holder. Every write of the
audit checks the epoch in its own transaction, so a run that slept through its lease and wakes up
is fenced off, whatever it still believes. The database's clock decides, not the runs' machines.

Why so: a run that was killed must not keep its audit locked. A holder on this machine whose
process is gone is no holder; one on another machine is waited for until its lease runs out.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from audit.errors import BusyError, FencedError, LedgerError
from audit.ledger.database import writing
from audit.ledger.tables import leases

SECONDS = 900  # longer than one part takes; renewed with each part
_RENEWED = 60  # seconds after which a holder that writes nothing says that it is still there


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write an audit, as long as no later epoch exists."""

    audit: str
    owner: str
    epoch: int


def _now(connection: Connection) -> int:
    clock = "strftime('%s', 'now')" if connection.dialect.name == "sqlite" else "extract(epoch from now())"
    return int(float(connection.exec_driver_sql(f"SELECT {clock}").scalar_one()))


def owner() -> str:
    """Return who this process is: machine and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _gone(holder: str) -> bool:
    host, _, pid = holder.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        return True  # an earlier writer of this process, given up
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def take(connection: Connection, audit: str, me: str) -> Lease:
    """Take the lease of an audit.

    Raises
    ------
    BusyError
        Where another run holds it.
    """
    now = _now(connection)
    held = connection.execute(sa.select(leases).where(leases.c.audit == audit)).one_or_none()
    if held is None:
        connection.execute(
            leases.insert(), {"audit": audit, "owner": me, "epoch": 1, "expires_at": now + SECONDS}
        )
        return Lease(audit, me, 1)
    if held.expires_at > now and not _gone(held.owner):
        raise BusyError(
            f"audit {audit[:12]}: {held.owner} is at work on it. Wait until it ends, or until its lease "
            f"runs out in {held.expires_at - now} s."
        )
    epoch = held.epoch + 1
    connection.execute(
        leases.update().where(leases.c.audit == audit).values(owner=me, epoch=epoch, expires_at=now + SECONDS)
    )
    return Lease(audit, me, epoch)


def fence_all(connection: Connection, where: str) -> None:
    """Let no run write any more that took its lease before now: the schema is about to change.

    Raises
    ------
    BusyError
        Where a run is at work.
    """
    now = _now(connection)
    for held in connection.execute(sa.select(leases).where(leases.c.expires_at > now)):
        if not _gone(held.owner):
            raise BusyError(
                f"{where}: {held.owner} is at work on audit {held.audit[:12]}. Wait until it ends, or until "
                f"its lease runs out in {held.expires_at - now} s; nothing was changed."
            )
    connection.execute(leases.update().values(epoch=leases.c.epoch + 1, expires_at=0))


def renew(connection: Connection, lease: Lease) -> None:
    """Hold on to the lease, within the transaction that writes under it.

    Raises
    ------
    FencedError
        Where a later holder took over.
    """
    renewed = connection.execute(
        leases.update()
        .where(leases.c.audit == lease.audit, leases.c.epoch == lease.epoch)
        .values(expires_at=_now(connection) + SECONDS)
    )
    if renewed.rowcount != 1:
        raise FencedError(
            f"audit {lease.audit[:12]}: another run took it over while this one slept. "
            "Nothing of this run was written since; let the other one finish."
        )


def release(connection: Connection, lease: Lease) -> None:
    """Give the lease back; its epoch stays, so that nobody writes under an old one."""
    connection.execute(
        leases.update()
        .where(leases.c.audit == lease.audit, leases.c.epoch == lease.epoch)
        .values(expires_at=0)
    )


@contextmanager
def alone(engine: Engine, name: str, me: str) -> Iterator[Callable[[], None]]:
    """Hold a lease while something is done outside of the database; yield what to call now and then.

    Raises
    ------
    BusyError
        Where another process holds it.
    FencedError
        From what is yielded, where another took over while this one slept.
    """
    with writing(engine) as connection:
        lease = take(connection, name, me)
    last = time.monotonic()

    def still() -> None:
        nonlocal last
        if time.monotonic() - last >= _RENEWED:
            with writing(engine) as connection:
                renew(connection, lease)
            last = time.monotonic()

    try:
        yield still
    finally:
        # Whoever asks next finds this process gone, or at work on nothing: a full disk that takes no release
        # must not make what was done look undone, nor hide why it was not.
        with suppress(LedgerError), writing(engine) as connection:
            release(connection, lease)
