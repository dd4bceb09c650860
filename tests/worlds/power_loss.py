"""The power goes in the middle of a run: what was promised is on the disk, and the next run goes on.

Each loop records one run on SQLite from an empty folder, takes the power away before each of its syncs
in every way of ``unpowered.py``, and looks at what is left as whoever switches the machine on again.
What a PostgreSQL server writes is PostgreSQL's own to sync; it is not tried here.
"""

from __future__ import annotations

import datetime as dt
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tests.worlds.disturbed import Writers
from tests.worlds.postgresql import open_folder
from tests.worlds.unpowered import Act, Files, Unpowered, acts_of, losses

if TYPE_CHECKING:
    from audit.ledger import Ledger
    from tests.worlds.ground import Ground, Tally

_SOURCE = Path(__file__).with_name("record_writes.c")
_AT = dt.datetime(2029, 3, 1, 12, 0, tzinfo=dt.UTC)  # past every minimum of the law


@contextmanager
def recording(folder: Path, n_parts: int) -> Iterator[Ground]:
    """Give a ground on SQLite whose writers can be recorded.

    Raises
    ------
    FileNotFoundError
        Where there is no C compiler.
    """
    from tests.worlds.ground import Ground

    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise FileNotFoundError("no C compiler: writes cannot be recorded")
    library = open_folder("record")
    try:
        built = library / "record_writes.so"
        command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(built), str(_SOURCE), "-ldl"]
        subprocess.run(command, check=True, capture_output=True)
        writers = Writers(n_parts, {"LD_PRELOAD": str(built)})
        try:
            yield Ground(folder, writers)
        finally:
            writers.close()
    finally:
        shutil.rmtree(library)


def recorded(ground: Ground, **order: str) -> list[Act]:
    """Record a run that starts from nothing, its ledger and its keys in one folder."""
    folder, record = ground.folder / "recorded", ground.folder / "record"
    folder.mkdir()
    ended = ground.writers.run(
        f"sqlite:///{folder / 'ledger.db'}",
        folder / "ledger.key",
        record=str(record),
        watched=str(folder),
        **order,
    )
    if ended["code"] != 0:
        raise RuntimeError(f"the recorded run failed: {ended}")
    acts = acts_of(record, folder)
    left = Unpowered()
    for act in acts:
        left.do(act)
    found = {file.name: file.read_bytes() for file in folder.iterdir()}
    if next(left.losses(random.Random(0))) != found:
        raise RuntimeError("the record is not of all that was written")
    shutil.rmtree(folder)
    record.unlink()
    return acts


def laid_out(ground: Ground, files: Files) -> tuple[Ground, str]:
    """Lay files out as the disk has them when its power is back; return ground and URL."""
    folder = ground.folder / "restored"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return ground.with_key(folder / "ledger.key"), f"sqlite:///{folder / 'ledger.db'}"


def _found(ground: Ground, url: str) -> tuple[bool, int]:
    """Return whether the file is whole, and how many entries its log has."""
    with ground.connection(url) as connection:
        whole = connection.scalar(sa.text("PRAGMA integrity_check")) == "ok"
        if "log_entries" not in sa.inspect(connection).get_table_names():
            return whole, 0
        return whole, int(connection.scalar(sa.text("SELECT count(*) FROM log_entries")) or 0)


def at_every_sync(ground: Ground, seed: int) -> Tally:
    """Let the power go before each sync, from the founding of the ledger to its closing; run again."""
    from tests.worlds.ground import Tally

    tally = Tally("power lost before every sync", ground.name)
    for files, told in losses(recorded(ground), seed):
        there, url = laid_out(ground, files)
        tally.tries += 1
        whole, n = _found(there, url)
        tally.lost += max(0, len(set(told)) - n)  # each promise is an entry of the log
        tally.not_verified += not whole or (n > 0 and not there.holds(url))
        there.judge(url, tally)
    return tally


# --- after the seal ------------------------------------------------------------------------------


def _somebody(ledger: Ledger) -> str:
    return next(ledger.decisions(ledger.find("latest"))).persons[0].person


def _erase(ledger: Ledger) -> Any:
    from audit.ledger import erasure

    return erasure.erase(ledger, _somebody(ledger), at=_AT, terms=lambda _audit: ())


def _rotate(ledger: Ledger) -> Any:
    from audit.ledger import rotation

    return rotation.rotate_people_key(ledger, at=_AT)


LATER: dict[str, Callable[[Ledger], Any]] = {"erase": _erase, "rotate": _rotate}


def _afterwards(ground: Ground, act: str, seed: int) -> Iterator[tuple[Ground, str, bool]]:
    """Yield what may be left of an act on a sealed ledger, and whether it was told that it is done."""
    for files, told in losses(recorded(ground, later=act), seed):
        if "seal" in told:
            yield *laid_out(ground, files), act in told


def erasing(ground: Ground, seed: int) -> Tally:
    """Let the power go before each sync of an erasure: never is the log without the journal; do it again."""
    from audit.ledger import Ledger, erasure, gone, journal, tables
    from audit.ledger.database import reading
    from tests.worlds.ground import Tally

    tally = Tally("power lost in an erasure", ground.name)
    for there, url, told in _afterwards(ground, "erase", seed):
        tally.tries += 1
        whole, _ = _found(there, url)
        with Ledger.open(url, key_file=there.key) as ledger:
            who = _somebody(ledger)
            with reading(ledger.engine) as connection:
                logged = bool(gone.erased(connection, bytes.fromhex(who)))
            noted = any(
                line.act == "done" for line in journal.read(ledger.journal, ledger.keyring, ledger.origin)[0]
            )
            tally.lost += (told or logged) and not (logged and noted)
            if noted:
                erasure.replay(ledger, at=_AT)
            else:
                _erase(ledger)
            with reading(ledger.engine) as connection:
                keys, erasures = tables.person_keys.c.person, tables.erasures.c.person
                tally.lost += bytes.fromhex(who) in connection.scalars(sa.select(keys)).all()
                tally.duplicated += len(connection.scalars(sa.select(erasures)).all()) - 1
            tally.sealed += 1
        tally.not_verified += not whole or not there.holds(url)
    return tally


def rotating(ground: Ground, seed: int) -> Tally:
    """Let the power go before each sync of a change of the people key: every case opens, by one key."""
    from audit.ledger import Ledger, tables
    from audit.ledger.database import reading
    from tests.worlds.ground import Tally

    tally = Tally("power lost in a change of key", ground.name)
    for there, url, told in _afterwards(ground, "rotate", seed):
        tally.tries += 1
        whole, _ = _found(there, url)
        with Ledger.open(url, key_file=there.key) as ledger:
            audit = ledger.find("latest")
            for decision in ledger.decisions(audit):
                ledger.case(audit, decision)
            with reading(ledger.engine) as connection:
                keys = connection.scalars(
                    sa.select(tables.keys.c.name).where(tables.keys.c.kind == "locks")
                ).all()
            tally.lost += told and len(keys) != 2
            tally.sealed += 1
        tally.not_verified += not whole or not there.holds(url)
    return tally
