"""Two halves: what a second process finds is what one process finds, and none is missed without it."""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path

import pytest

from audit.ledger import Ledger, Verification, halves, verify


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[halves.Found]:
    """What second processes answered; on every ledger there is one."""
    kept: list[halves.Found] = []
    answer = halves._answer

    def keeping(other):  # type: ignore[no-untyped-def]
        said = answer(other)
        kept.append(said[0])
        return said

    monkeypatch.setattr(halves, "MANY", 0)
    monkeypatch.setattr(halves.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(halves, "_answer", keeping)
    return kept


@pytest.fixture
def spoilt(folder: Path) -> Path:
    """A ledger with something altered in each half."""
    connection = sqlite3.connect(folder / "ledger.db", isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("UPDATE decisions SET score = 0.1 WHERE pos = 1")
    connection.execute("UPDATE persons SET person = randomblob(16) WHERE pos = 3")
    connection.execute("UPDATE locked_fields SET cell = x'00' WHERE pos = 2")
    connection.execute("UPDATE partition_contents SET content = x'00' WHERE rowid = 1")
    connection.execute("UPDATE person_keys SET wrapped = x'00'")
    connection.execute("UPDATE row_sets SET leaves = x'00' WHERE name = 'locked_fields'")
    connection.close()
    return folder


def proof(folder: Path) -> Verification:
    """Return what verify says."""
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        return verify(ledger)


def test_both_find_what_one_finds(
    spoilt: Path, answers: list[halves.Found], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same words about every alteration, of which the other process found its half."""
    two = proof(spoilt)
    (found,) = answers
    assert set(found) == set(halves.OTHERS)
    assert all(found.values())
    monkeypatch.setattr(halves, "MANY", 10**9)
    assert two == proof(spoilt)
    assert len(answers) == 1
    wrong = {check.name for check in two.checks if not check.ok}
    assert wrong == {"decisions", "row_sets", "partition_contents", *halves.OTHERS}


def test_untouched_both_find_nothing(ledger: Ledger, audit: str, answers: list[halves.Found]) -> None:
    """Everything holds, for all and for one audit."""
    assert verify(ledger).ok
    assert verify(ledger, audit).ok
    assert answers == [{name: [] for name in halves.OTHERS}] * 2


@pytest.mark.parametrize("program", ["/no/such/program", "/bin/false"])
def test_without_the_other_nothing_is_missed(
    spoilt: Path, answers: list[halves.Found], program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the other process cannot be started or dies, the first one finds it all."""
    whole = proof(spoilt)
    monkeypatch.setattr(sys, "executable", program)
    assert proof(spoilt) == whole
    assert answers[1:] in ([], [{}])


def test_nothing_where_the_command_is_given_answers_for_the_other(
    spoilt: Path, answers: list[halves.Found], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A folder called ``audit`` beside the examiner, which says that all is well, is not asked."""
    whole = proof(spoilt)
    lying = tmp_path / "elsewhere" / "audit" / "ledger"
    lying.mkdir(parents=True)
    for file in (lying / "__init__.py", lying.parent / "__init__.py"):
        file.touch()
    well = json.dumps({"found": {name: [] for name in halves.OTHERS}, "proved": []})
    (lying / "halves.py").write_text(f"print({well!r})\n")
    monkeypatch.chdir(lying.parents[1])
    assert proof(spoilt) == whole


def test_another_moment_is_not_answered_for(ledger: Ledger) -> None:
    """Where the log is not the one that was walked, the other process says nothing."""
    asked = {"url": str(ledger.engine.url), "key_file": None, "only": None, "root": "00" * 32}
    assert halves._other(asked) == {"found": {}, "proved": []}
