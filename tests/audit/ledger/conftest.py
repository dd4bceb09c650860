"""A sealed ledger with two documents and what followed, made once, copied for each test that spoils it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.ledger import Ledger
from audit.record import Document
from tests.worlds.followed import follow
from tests.worlds.issued import SENT_AT, a_letter
from tests.worlds.sealed import recipients, seal_small_audit


@pytest.fixture(scope="session")
def sealed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``ledger.db`` and its keys: one sealed audit, a letter and a report, and acts since."""
    folder = tmp_path_factory.mktemp("sealed")
    ledger, audit = seal_small_audit(folder)
    with ledger:
        decision = next(d for d in ledger.decisions(audit, notice="ready") if len(d.persons) == 1)
        ledger.record_document(
            audit, a_letter(decision), SENT_AT, recipient=recipients()[0], late_reason="the printer broke"
        )
        report = Document("report", "html", "report.html", b"<html>", "A report.", "a" * 64, "b" * 64)
        ledger.record_document(audit, report, SENT_AT)
        follow(ledger, audit)
    return folder


@pytest.fixture
def folder(sealed_once: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to be spoiled."""
    there = tmp_path / "ledger"
    shutil.copytree(sealed_once, there)
    return there


@pytest.fixture
def ledger(folder: Path) -> Iterator[Ledger]:
    """The ledger in that copy, open."""
    with Ledger.open(str(folder / "ledger.db")) as opened:
        yield opened


@pytest.fixture
def audit(ledger: Ledger) -> str:
    """The id of the sealed audit."""
    return ledger.find("latest").audit
