"""The canary test: what speaks of a person stands nowhere in clear, in no file of the ledger."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.ledger import Ledger
from tests.worlds.followed import WORDS, follow
from tests.worlds.issued import SENT_AT, a_letter
from tests.worlds.sealed import SmallAudit, recipients, small_audit, write_audit


def canaries(small: SmallAudit) -> Iterator[str]:
    """Yield names, addresses, ids, inputs and scores that must not be found."""
    for decision in small.decisions:
        yield decision.decision
        yield from (person.person for person in decision.persons)
    for case in small.cases:
        yield case.record["requested_terms"]
        yield from (f'"value": "{score.value}"' for score in case.bureau_scores)
        yield from (f'"value":"{score.value}"' for score in case.bureau_scores)
        # Inputs as they would stand in JSON, one beside the other.
        values = [value for value in case.inputs.values() if value is not None]
        yield f"{values[-2]},{values[-1]}"
        yield f"{values[-2]}, {values[-1]}"
    for recipient in recipients():
        yield recipient.name
        yield from recipient.address[:1]
    yield from (
        "Example Lane",
        "example.invalid",
        "the printer broke",
        "requested_terms",
        "Recent delinquency",
    )
    yield "We refuse. Alex Sample."
    yield from WORDS


def found_in(files: list[Path], small: SmallAudit) -> list[tuple[str, str]]:
    """Return which canary stands in which file, as UTF-8 or UTF-16."""
    wanted = sorted(set(canaries(small)))
    found = []
    for file in files:
        content = file.read_bytes()
        for canary in wanted:
            if canary.encode() in content or canary.encode("utf-16-le") in content:
                found.append((file.name, canary))
    return found


def test_nothing_of_a_person_stands_in_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """0 names, ids, inputs, terms, scores or words of letters in database, WAL, index and temp files."""
    temporary = tmp_path / "temp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("SQLITE_TMPDIR", str(temporary))
    small = small_audit()
    ledger = Ledger.open(str(tmp_path / "ledger.db"), create=True)
    audit = write_audit(ledger, small)
    decision = next(iter(ledger.decisions(audit, notice="ready")))
    ledger.record_document(
        audit,
        a_letter(decision),
        SENT_AT,
        recipient=recipients()[0],
        late_reason="the printer broke",
        keep_bytes=True,
    )
    follow(ledger, audit.audit)
    assert ledger.case(audit, decision).inputs  # it is there for whoever has the key
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {"ledger.db", "ledger.db-wal", "ledger.db-shm"} <= {file.name for file in files}
    assert found_in(files, small) == []
    ledger.close()  # moves the WAL into the database
    assert found_in([tmp_path / "ledger.db"], small) == []


def test_the_search_finds_what_is_in_clear(tmp_path: Path) -> None:
    """The canary test would see a name: a file that holds one is reported."""
    small = small_audit()
    (tmp_path / "leak.txt").write_text("… APP-7000 of Alex Sample 0 …")
    assert ("leak.txt", "APP-7000") in found_in([tmp_path / "leak.txt"], small)


def test_group_names_stand_apart_from_decisions(ledger: Ledger, audit: str) -> None:
    """Protected groups lie in partitions of their own; no row of a decision or its details names one."""
    groups = {group for _, of in ledger.groups(audit) for names in of.values() for group in names}
    assert {"female", "male", "18-24"} <= groups
    for decision in ledger.decisions(audit):
        assert not any(group in repr(decision) for group in groups if len(group) > 3)
