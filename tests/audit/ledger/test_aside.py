"""Work done aside: the same answers wherever it is done, and none is missing when the other is lost."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from audit.errors import LedgerError
from audit.ledger import Ledger, aside, part, tables, verify
from audit.ledger.aside import Aside, Work
from audit.ledger.database import reading
from tests.worlds.disturbed import FixedDraws, fixed_draws
from tests.worlds.sealed import SmallAudit, small_audit

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="no second process here")


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine with two processors."""
    monkeypatch.setattr(aside, "possible", lambda: True)


def adding() -> Work:
    """Answer with who adds, and with what was told so far."""
    total: list[object] = []
    while True:
        total.append((yield [os.getpid(), *total]))


def test_answers_come_in_order_from_another_process() -> None:
    """Told ahead or after, each answer belongs to what was told; large ones too."""
    work = Aside(adding, fork=True)
    big = os.urandom(3_000_000)
    work.tell(big)
    work.tell([1, None, "x", 2.5])
    (pid,) = work.answer()
    assert pid != os.getpid()
    assert work.answer() == [pid, big]
    assert work.answer() == [pid, big, [1, None, "x", 2.5]]
    work.close()
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, 0)


def test_what_is_lost_is_done_here() -> None:
    """Killed between two answers, the other process is not missed."""
    work = Aside(adding, fork=True)
    (pid,) = work.answer()
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.05)
    work.tell("a")
    work.tell("b")
    assert work.answer() == [os.getpid(), "a"]
    assert work.answer() == [os.getpid(), "a", "b"]
    work.close()


def test_silence_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that hangs is waited for so long, and its work is done here."""
    monkeypatch.setattr(aside, "PATIENCE_SECONDS", 0.1)
    here = os.getpid()

    def hanging() -> Work:
        if os.getpid() != here:
            time.sleep(60)
        yield "done"

    work = Aside(hanging, fork=True)
    assert work.answer() == "done"
    work.close()


def test_an_error_is_met_here() -> None:
    """What the work refuses is refused to whoever asks, as if there were no other process."""

    def refusing() -> Work:
        yield 1
        raise LedgerError("cases: no.")

    work = Aside(refusing, fork=True)
    work.tell(None)
    assert work.answer() == 1
    with pytest.raises(LedgerError, match="cases: no"):
        work.answer()
    work.close()


def _log(ledger: Ledger) -> list[str]:
    table = tables.log_entries
    with reading(ledger.engine) as connection:
        query = sa.select(table.c.body).where(table.c.position > 0).order_by(table.c.position)
        return list(connection.scalars(query))


def _write(ledger: Ledger, small: SmallAudit, draws: FixedDraws) -> list[str]:
    writer = ledger.begin(small.head)
    for one in small.parts:
        draws.restart(f"part {one['seq']}")
        writer.partition(**one)
    writer.seal(**small.seal)
    assert verify(ledger).ok
    return _log(ledger)


def test_a_part_is_the_same_wherever_it_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Aside, here, and with the other process killed at its start: one log to the byte."""
    small, logs = small_audit(), []
    started = aside._Forked.started.__func__  # type: ignore[attr-defined]
    for name, many, lost in (("here", 10**9, False), ("aside", 0, False), ("lost", 0, True)):
        forked: list[int] = []

        def start(cls, work, lost=lost, forked=forked):  # type: ignore[no-untyped-def]
            other = started(cls, work)
            forked.append(other._pid)
            if lost:
                os.kill(other._pid, signal.SIGKILL)
            return other

        monkeypatch.setattr(aside._Forked, "started", classmethod(start))
        monkeypatch.setattr(part, "MANY", many)
        (tmp_path / name).mkdir()
        if logs:
            for ending in ("key", "sign"):
                origin = tmp_path / "here" / f"ledger.{ending}"
                (tmp_path / name / f"ledger.{ending}").write_bytes(origin.read_bytes())
        with fixed_draws() as draws:
            draws.restart("ledger")
            with Ledger.open(str(tmp_path / name / "ledger.db"), create=True) as ledger:
                logs.append(_write(ledger, small, draws))
        assert len(forked) == (0 if many else len(small.parts))
    assert logs[0] == logs[1] == logs[2]


def test_what_cannot_be_locked_is_refused_and_nothing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A case that JSON does not know, found aside: the same words, no rows, and no process left."""
    monkeypatch.setattr(part, "MANY", 0)
    small = small_audit()
    one = small.parts[0]
    cases = [replace(one["cases"][0], record={"product": float("nan")}), *one["cases"][1:]]
    with Ledger.open(str(tmp_path / "ledger.db"), create=True) as ledger:
        writer = ledger.begin(small.head)
        with pytest.raises(LedgerError, match="case in row 0"):
            writer.partition(**{**one, "cases": cases})
        assert writer.committed == frozenset()
        assert writer.partition(**one) is True
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, 0)
