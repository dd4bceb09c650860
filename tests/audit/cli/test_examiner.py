"""``sample`` and ``trace``: what an examiner asks for, and that the log says that it was asked."""

from __future__ import annotations

import csv
import json
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa

from audit.ledger import Ledger, tables
from audit.ledger.database import reading
from tests.worlds.desk import Desk
from tests.worlds.issued import SENT_AT, a_letter
from tests.worlds.sealed import applicants, recipients, seal_small_audit


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A folder with the ledger of a sealed audit and one letter, kept beside it as it was sent."""
    ledger, audit = seal_small_audit(tmp_path)
    with ledger:
        decision = next(d for d in ledger.decisions(audit, notice="ready") if len(d.persons) == 1)
        letter = a_letter(decision)
        ledger.record_document(audit, letter, SENT_AT, recipient=recipients()[0])
    (tmp_path / "letter.html").write_bytes(letter.content)
    return Desk(tmp_path, capsys)


def acts(desk: Desk) -> list[str]:
    """Return the acts of the log, in order."""
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger, reading(ledger.engine) as connection:
        bodies = connection.scalars(
            sa.select(tables.log_entries.c.body).order_by(tables.log_entries.c.position)
        )
        return [json.loads(body)["act"] for body in bodies]


def test_a_seed_draws_the_same_again(desk: Desk) -> None:
    """By SHA-256 of seed and pseudonym; logged once, signed, and another seed draws others."""
    first = desk.of_ledger("sample", "latest", "--n", 9, "--seed", 7, "--by", "Ada", "--json").json
    again = desk.of_ledger("sample", "latest", "--n", 9, "--seed", 7, "--json").json
    assert first == again
    assert acts(desk).count("sample") == 1
    names = [row["decision"] for row in first["decisions"]]
    assert names == sorted(names, key=lambda one: sha256(f"7|{one}".encode()).digest())
    assert len(set(names)) == 9
    other = desk.of_ledger("sample", "latest", "--n", 9, "--seed", 8, "--json").json
    assert names != [row["decision"] for row in other["decisions"]]
    assert desk.of_ledger("verify").code == 0


def test_a_sample_of_one_outcome_with_its_ids(desk: Desk) -> None:
    """Refusals alone, with the ids as in the data, in a file for its owner's eyes."""
    out = desk.folder / "sample.csv"
    answer = desk.of_ledger(
        "sample", "latest", "--n", 5, "--seed", 1, "--outcome", "adverse", "--ids", "--out", out
    )
    assert answer.code == 0
    assert out.stat().st_mode & 0o077 == 0
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["outcome"] for row in rows} == {"adverse"}
    assert {row["id"] for row in rows} <= {one.id for one in applicants()}
    assert not any(row["id"] in answer.out for row in rows)


def test_more_than_there_are_is_refused(desk: Desk) -> None:
    """Nothing is logged for what could not be drawn."""
    before = acts(desk)
    assert desk.of_ledger("sample", "latest", "--n", 5000, "--seed", 1).code == 2
    assert desk.of_ledger("sample", "latest", "--n", 5, "--seed", 1, "--outcome", "maybe").code == 2
    (desk.folder / "ledger.key").unlink()
    assert desk.of_ledger("sample", "latest", "--n", 5, "--seed", 1, "--ids").code == 1
    assert acts(desk) == before


def test_a_letter_leads_to_its_decision_and_model(desk: Desk) -> None:
    """By the file, its hash or a beginning: reasons, model, date; each look-up is an entry of the log."""
    file = desk.folder / "letter.html"
    digest = sha256(file.read_bytes()).hexdigest()
    for asked in (file, digest, digest[:12], digest.upper()):
        told = desk.of_ledger("trace", asked, "--by", "Ada", "--json").json
        assert told["document"]["sha256"] == digest
        assert told["decision"]["outcome"] == "adverse"
        assert told["decision"]["reasons"]
        assert told["model"]["digest"]
        assert "words" not in told
    assert acts(desk).count("access") == 4
    words = desk.of_ledger("trace", file, "--by", "Ada", "--reason", "complaint 7", "--words")
    assert "Alex Sample" in words.out
    assert "Alex Sample" not in desk.of_ledger("trace", file).out
    assert desk.of_ledger("verify").code == 0


def test_what_cannot_be_traced_is_told(desk: Desk) -> None:
    """A changed letter, no hash at all, and words without a reason: exit code 2, nothing logged."""
    before = acts(desk)
    file = desk.folder / "letter.html"
    changed = desk.folder / "changed.html"
    changed.write_bytes(file.read_bytes() + b" ")
    for arguments in ((changed,), ("hello",), (file, "--words")):
        assert desk.of_ledger("trace", *arguments).code == 2
    assert acts(desk) == before
