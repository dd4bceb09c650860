"""Work done aside: the same answers wherever it is done, and none is missing when the other is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from audit.errors import LedgerError
from audit.ledger import AttributionBlock, Ledger, aside, entries, locking, partitions, seal, tables, verify
from audit.ledger.aside import Aside
from audit.ledger.database import reading
from tests.worlds.disturbed import FixedDraws, fixed_draws
from tests.worlds.sealed import SmallAudit, small_audit

KEY = b"k" * 32


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine with two processors, for a part of any size."""
    monkeypatch.setattr(aside, "possible", lambda: True)
    monkeypatch.setattr(aside, "MANY", 0)


@pytest.fixture
def other() -> Iterator[Aside]:
    """Another process, at work."""
    it = Aside()
    it.start(1)
    yield it
    it.close()


def _here() -> Any:
    raise AssertionError("done here")


def _pid(it: Aside) -> int:
    assert it._process is not None
    return it._process.pid


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_answers_come_from_another_process_in_any_order(other: Aside) -> None:
    """Asked for late or early, each answer belongs to its question; what is kept there is used there."""
    many = [f"id {i}" for i in range(200_000)]
    names = other.ask(_here, "pseudonyms", KEY, "person", many)
    rows = [[3, 1], ["x", None], [0.5, 2.0]]
    hashes = other.ask(_here, "hashes", rows)
    kept = other.keep("cells", [0], [{"b": 1, "a": "é"}]), other.keep("inputs", [(1.5, None)])
    shut = other.keep("shut", "audit/0/", 0, [0], [0], [b"p" * 16], KEY, kept=kept)
    more = locking.shut([b"{}"], [None], "audit/0/", 1, [1], [0], [b"p" * 16], KEY)
    locked = other.ask(_here, "locked", more, ["x", "y"], [0, 1], [0, 0], [b"p" * 16] * 2, kept=[shut])
    cells, of_fields, packed = locked.value()
    first = _lock("audit/0/0/case/0", '{"a":"é","b":1}'.encode())
    assert cells == [first, _lock("audit/0/1/case/0", b"{}")]
    fields = [[0, 1], [0, 1], [b"p" * 16] * 2, ["case/0"] * 2, cells]
    assert of_fields == entries.hashes_of(fields)
    assert packed is not None
    assert hashes.value() == entries.hashes_of(rows)
    assert names.value() == locking.pseudonyms(KEY, "person", many)
    pid = _pid(other)
    other.settle()
    assert not _is_gone(pid)  # nothing is left over, so it stays for the next part
    other.close()
    assert _is_gone(pid)


def test_attributions_are_packed_alike_on_either_side(other: Aside) -> None:
    """Bytes, description and root are those that this process makes; what cannot be sealed is named here."""
    draw = np.random.default_rng(7)
    values, errors = draw.normal(size=(2, 300, 3))
    block = AttributionBlock(
        ("a", "b", "ü"), np.arange(300)[::-1], values, errors, values[:, 0], 0 * errors[:, 0]
    )
    columns = partitions.as_bytes(partitions.attributions(block, 300, "shapley"))
    promised = other.ask(_here, "attributions", "shapley", columns)
    here = partitions.pack("attributions", "shapley", partitions.attributions(block, 300, "shapley"))
    assert partitions.Packed(*promised.value()) == here
    bad = replace(block, values=np.where(values > 2, np.nan, values))
    columns = partitions.as_bytes(partitions.attributions(bad, 300, "shapley"))
    refused = other.ask(partial(locking.attributions, "shapley", columns), "attributions", "shapley", columns)
    with pytest.raises(LedgerError, match=r"shapley: value:\w: a NaN or infinite number cannot be sealed"):
        refused.value()


def _lock(place: str, data: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

    return AESGCMSIV(KEY).encrypt(locking.field_nonce(place.encode(), KEY), data, b"p" * 16 + place.encode())


def test_without_another_process_all_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small part starts none, nor does a machine with one processor."""
    for name, value in (("MANY", 2), ("possible", lambda: False)):
        with monkeypatch.context() as patch:
            patch.setattr(aside, name, value)
            it = Aside()
            it.start(1)
            assert it._process is None
            assert it.ask(lambda: "here", "hashes", [[1]]).value() == "here"


def test_what_is_lost_is_done_here(other: Aside) -> None:
    """Killed before an answer, the other process is not missed, and the next part starts another."""
    first, second = (other.ask(lambda: "here", "pseudonyms", KEY, "x", ["a"] * 300_000) for _ in range(2))
    os.kill(_pid(other), signal.SIGKILL)
    assert [first.value(), second.value()] == ["here", "here"]
    assert other.ask(lambda: "here", "hashes", [[1]]).value() == "here"
    other.start(1)
    assert other.ask(_here, "hashes", [[1]]).value() == entries.hashes_of([[1]])


def test_silence_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that hangs is waited for so long, and its work is done here."""
    monkeypatch.setattr(aside, "PATIENCE_SECONDS", 1)
    it = Aside()
    it.start(1)
    os.kill(_pid(it), signal.SIGSTOP)
    begun = time.monotonic()
    assert it.ask(lambda: "here", "hashes", [[1]]).value() == "here"
    assert 0.9 < time.monotonic() - begun < 30
    assert it._process is None


def test_what_it_refuses_is_refused_here(other: Aside) -> None:
    """An error, and a value that is not plain, are met where they were asked for; it goes on."""

    def refusing() -> Any:
        raise LedgerError("cases: no.")

    with pytest.raises(LedgerError, match="cases: no"):
        other.ask(refusing, "hashes", [[float("nan")]]).value()
    assert other.ask(lambda: "here", "hashes", [[Fraction(1)]]).value() == "here"
    given = (([], [], [], []), ["x"], [0], [0], [b"p"])
    digits = np.frombuffer(b"12345678")[0]  # whose bytes would pass for a number
    for cell, saw in ((digits, 1.0), (1.0, digits), (Fraction(1), 1.0)):
        kept = other.keep("cells", [0], [{"x": cell}]), other.keep("inputs", [(saw,)])
        shut = other.keep("shut", "", 0, [0], [0], [b"p"], KEY, kept=kept)
        assert other.ask(lambda: "here", "locked", *given, kept=[shut]).value() == "here"
    assert locking.inputs([(digits,)]) == [_alone((float(digits),))]
    assert other.ask(_here, "hashes", [[1]]).value() == entries.hashes_of([[1]])


def test_what_is_wanted_no_more_ends_it(other: Aside) -> None:
    """After a part that was broken off nothing of it is held: neither its cells nor its answers."""
    pid = _pid(other)
    other.keep("cells", [0], [{}])
    other.settle()
    assert _is_gone(pid)


def test_it_ends_with_whoever_started_it() -> None:
    """Killed without warning, a writer leaves no process behind."""
    says = (
        "import time\nfrom audit.ledger import aside\naside.possible = lambda: True\n"
        "it = aside.Aside()\nit.start(10**6)\nit.ask(None, 'hashes', [[1]]).value()\n"
        "print(it._process.pid, flush=True)\ntime.sleep(60)\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", says], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    pid = int(writer.stdout.readline())
    assert not _is_gone(pid)
    writer.kill()
    writer.communicate()
    until = time.monotonic() + 20
    while not _is_gone(pid) and time.monotonic() < until:
        time.sleep(0.02)
    assert _is_gone(pid)


def test_inputs_are_encoded_as_one_by_one() -> None:
    """Numbers of many rows in one call, and any other values, are the bytes of each row by itself."""
    numbers = [(0.1, None, -0.0), (1e300, 5e-324, 3.0)]
    mixed = [(1.0, "],[", None), (float("nan"), 2, "é"), {"x": float("nan"), "y": "é"}, None]
    for rows in (numbers, mixed, [*numbers, *mixed], numbers * 700):
        assert locking.inputs(rows) == [_alone(row) for row in rows]
    with pytest.raises(LedgerError, match="inputs"):
        locking.inputs([(1.0, float("inf"))])


def _alone(row: Any) -> bytes | None:
    def plain(value: Any) -> Any:
        if value is None or isinstance(value, str):
            return value
        return None if value != value else float(value)

    if row is None:
        return None
    if isinstance(row, dict):
        return seal.text_of({name: plain(value) for name, value in row.items()}).encode()
    return seal.text_of([plain(value) for value in row]).encode()


# --- within the writer ----------------------------------------------------------------------------


def _log(ledger: Ledger) -> list[str]:
    table = tables.log_entries
    with reading(ledger.engine) as connection:
        query = sa.select(table.c.body).where(table.c.position > 0).order_by(table.c.position)
        return list(connection.scalars(query))


def _write(ledger: Ledger, small: SmallAudit, draws: FixedDraws, *, lost: bool) -> list[str]:
    writer = ledger.begin(small.head)
    for one in small.parts:
        draws.restart(f"part {one['seq']}")
        if lost:
            ledger.aside.start(1)
            os.kill(_pid(ledger.aside), signal.SIGKILL)
        writer.partition(**one)
        assert (ledger.aside._process is None) == (lost or aside.MANY > 0)
    writer.seal(**small.seal)
    assert ledger.aside._process is None
    assert verify(ledger).ok
    return _log(ledger)


def test_a_part_is_the_same_wherever_it_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here, aside, and with the other process killed at its start: one log to the byte."""
    small, logs = small_audit(), []
    for name, many, lost in (("here", 10**9, False), ("aside", 0, False), ("lost", 0, True)):
        monkeypatch.setattr(aside, "MANY", many)
        (tmp_path / name).mkdir()
        if logs:
            for ending in ("key", "sign"):
                origin = tmp_path / "here" / f"ledger.{ending}"
                (tmp_path / name / f"ledger.{ending}").write_bytes(origin.read_bytes())
        with fixed_draws() as draws:
            draws.restart("ledger")
            with Ledger.open(str(tmp_path / name / "ledger.db"), create=True) as ledger:
                logs.append(_write(ledger, small, draws, lost=lost))
    assert logs[0] == logs[1] == logs[2]


def test_what_cannot_be_locked_is_refused_and_nothing_stays(tmp_path: Path) -> None:
    """A case that JSON does not know, found aside: the same words, no rows, and no process left."""
    small = small_audit()
    one = small.parts[0]
    cases = [replace(one["cases"][0], record={"product": float("nan")}), *one["cases"][1:]]
    with Ledger.open(str(tmp_path / "ledger.db"), create=True) as ledger:
        writer = ledger.begin(small.head)
        with pytest.raises(LedgerError, match="case in row 0"):
            writer.partition(**{**one, "cases": cases})
        assert writer.committed == frozenset()
        assert writer.partition(**one) is True
        assert writer.partition(**one) is False  # another time: the same, made anew and compared
        pid = _pid(ledger.aside)
    assert _is_gone(pid)
