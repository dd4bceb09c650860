"""Documents: issued once, told apart by their words, locked where they speak of a person."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audit.errors import GoneError, LedgerError, UsageError
from audit.ledger import Ledger, documents, erasure, verify
from audit.ledger.database import reading
from audit.ledger.decisions import is_sent
from audit.ledger.issuing import Closed, Sending, close, record_many
from audit.record import Decision, Document
from tests.worlds.issued import SENT_AT, a_letter
from tests.worlds.sealed import recipients, small_audit


@pytest.fixture
def unsent(ledger: Ledger, audit: str) -> Decision:
    """A decision whose notice is ready, of one person."""
    return next(d for d in ledger.decisions(audit, notice="ready") if len(d.persons) == 1)


def test_a_notice_is_sent_once_it_is_recorded(ledger: Ledger, audit: str, unsent: Decision) -> None:
    """Recording the letter moves the notice to sent, and neither outcome nor reasons."""
    row = ledger.record_document(audit, a_letter(unsent), SENT_AT, recipient=recipients()[3])
    after = ledger.decision(audit, unsent.decision)
    assert after == replace(unsent, notice=replace(unsent.notice, state="sent"))
    letter = a_letter(unsent)
    key = (letter.entity, unsent.decision, unsent.action, unsent.persons[0].person, "adverse_action")
    assert ledger.issued(*key) == row
    assert row in ledger.documents(audit)
    assert ledger.words(row) == letter.words
    assert verify(ledger).ok


def test_a_notice_is_issued_once(ledger: Ledger, audit: str, unsent: Decision) -> None:
    """The same notice later, or in other words, needs a reason; with one it is recorded as another."""
    ledger.record_document(audit, a_letter(unsent), SENT_AT)
    later = SENT_AT + dt.timedelta(days=1)
    with pytest.raises(UsageError, match=r"issued on 2026-11-21.*--again --reason"):
        ledger.record_document(audit, a_letter(unsent), later)
    with pytest.raises(UsageError, match="--again"):
        ledger.record_document(audit, a_letter(unsent, words="Other words."), SENT_AT)
    again = ledger.record_document(audit, a_letter(unsent), later, again_reason="the address was wrong")
    assert again.again
    assert again.sent_at == later


def test_the_same_words_in_another_format_are_the_same_issue(
    ledger: Ledger, audit: str, unsent: Decision
) -> None:
    """PDF, HTML and text of one letter are recorded each; a retry of one answers with its record."""
    before = len(ledger.documents(audit))
    rows = [ledger.record_document(audit, a_letter(unsent, f), SENT_AT) for f in ("pdf", "html", "txt")]
    assert ledger.record_document(audit, a_letter(unsent, "html"), SENT_AT) == rows[1]
    assert len(ledger.documents(audit)) == before + 3


def test_a_draft_issues_nothing(ledger: Ledger, audit: str, unsent: Decision) -> None:
    """A draft is recorded and leaves the notice ready; the letter itself can still be issued."""
    draft = replace(a_letter(unsent), draft=True)
    ledger.record_document(audit, draft, SENT_AT)
    ledger.record_document(audit, draft, SENT_AT)
    assert ledger.decision(audit, unsent.decision).notice.state == "ready"
    ledger.record_document(audit, a_letter(unsent), SENT_AT)
    assert ledger.decision(audit, unsent.decision).notice.state == "sent"


def test_a_joint_notice_is_sent_when_both_were_told(ledger: Ledger, audit: str) -> None:
    """One letter of two leaves the notice ready; each person has an issue of their own."""
    joint = next(d for d in ledger.decisions(audit, notice="ready") if len(d.persons) == 2)
    ledger.record_document(audit, a_letter(joint), SENT_AT)
    assert ledger.decision(audit, joint.decision).notice.state == "ready"
    second = replace(a_letter(joint), person=joint.persons[1].person, role="joint")
    ledger.record_document(audit, second, SENT_AT)
    assert ledger.decision(audit, joint.decision).notice.state == "sent"


def test_the_bytes_are_kept_where_asked(ledger: Ledger, audit: str, unsent: Decision) -> None:
    """With ``keep_bytes`` the file lies in the ledger too, locked."""
    letter = a_letter(unsent, "pdf")
    ledger.record_document(audit, letter, SENT_AT, keep_bytes=True)
    with ledger.engine.connect() as connection:
        kept = connection.exec_driver_sql(
            "SELECT content FROM documents ORDER BY entry DESC LIMIT 1"
        ).scalar()
    assert kept is not None
    assert len(kept) == len(letter.content) + 16
    assert letter.content not in kept


def test_nothing_is_issued_from_an_open_audit(ledger: Ledger, unsent: Decision) -> None:
    """A letter quotes sealed evidence or none; a moment without a zone is none."""
    head = small_audit("Unfinished").head
    ledger.begin(head)
    with pytest.raises(LedgerError, match="not sealed"):
        ledger.record_document(head, a_letter(unsent), SENT_AT)
    with pytest.raises(LedgerError, match="time zone"):
        ledger.record_document(ledger.find("latest"), a_letter(unsent), SENT_AT.replace(tzinfo=None))


def test_a_letter_that_tells_no_decision_leaves_the_notice_owed(
    ledger: Ledger, audit: str, unsent: Decision
) -> None:
    """A price, a score, an answer to a request: none of them is the notice of what was decided."""
    for kind in ("credit_score_disclosure", "ccd2_explanation"):
        ledger.record_document(audit, replace(a_letter(unsent), kind=kind), SENT_AT)
    assert ledger.decision(audit, unsent.decision).notice.state == "ready"


@pytest.mark.parametrize(
    ("told", "decided", "sent"),
    [
        ("incomplete", None, False),  # a refusal by the cutoff has no action on record
        ("denied", None, True),
        (None, None, True),
        (None, "counteroffer", False),
        ("denied", "counteroffer", False),
        ("counteroffer", "counteroffer", True),
    ],
)
def test_a_letter_of_another_action_tells_no_decision(
    told: str | None, decided: str | None, sent: bool
) -> None:
    """An older notice of incompleteness, say, leaves the refusal to be told."""
    assert is_sent({(b"p", told)}, [(b"p", "primary"), (b"g", "guarantor")], decided) is sent


def closed(ledger: Ledger, sending: Sending, document: Document) -> Closed:
    """Return a document as a process closes it that only reads the ledger."""
    with reading(ledger.engine) as connection:
        ledger.keyring.open_keys(connection, [bytes.fromhex(str(document.person))])
    return close(ledger.keyring, sending, document, recipients()[3])


def test_documents_recorded_together_are_those_recorded_one_by_one(
    ledger: Ledger, audit: str, unsent: Decision
) -> None:
    """Each has its own entry; one that may not be issued is answered by its error and keeps no other back."""
    letter, draft = a_letter(unsent), replace(a_letter(unsent), draft=True)
    other = a_letter(unsent, words="Other words.")
    sending = Sending(audit, SENT_AT)
    made = record_many(
        ledger, audit, [closed(ledger, sending, one) for one in (letter, other, draft, letter)]
    )
    assert isinstance(made[1], UsageError)
    assert made[0] == made[3] == ledger.record_document(audit, letter, SENT_AT, recipient=recipients()[3])
    kept = ledger.documents(audit)
    assert [one in kept for one in (made[0], made[2])] == [True, True]
    assert ledger.words(kept[-1]) == draft.words
    assert documents.recipient(ledger, kept[-1]) == recipients()[3]
    assert verify(ledger).ok


def test_the_log_does_not_tell_how_many_were_recorded_at_once(
    ledger: Ledger, audit: str, unsent: Decision, folder: Path
) -> None:
    """The same documents one by one and all together are the same rows, entries and checkpoints."""
    letters = [replace(a_letter(unsent), draft=True, content=b"%d" % n) for n in range(12)]
    copy = Path(shutil.copytree(folder, folder.with_name("copy")))
    ready = [closed(ledger, Sending(audit, SENT_AT), one) for one in letters]
    record_many(ledger, audit, ready)
    with Ledger.open(str(copy / "ledger.db")) as other:
        for one in letters:
            other.record_document(audit, one, SENT_AT, recipient=recipients()[3])
        for table in ("documents", "row_sets", "log_entries", "log_head", "checkpoints"):
            found = [all_of(one, table) for one in (ledger, other)]
            assert found[0] == found[1]
        assert len(found[0]) >= len(letters)


def all_of(ledger: Ledger, table: str) -> list[Any]:
    """Return the rows of a table, in its order."""
    with reading(ledger.engine) as connection:
        return list(connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall())


def test_a_letter_to_somebody_erased_meanwhile_keeps_no_other_back(
    ledger: Ledger, audit: str, unsent: Decision
) -> None:
    """Whoever was erased after their letter was closed is answered so, and nothing of theirs is recorded."""
    other = next(
        one for one in ledger.decisions(audit) if one.persons and one.persons[0] != unsent.persons[0]
    )
    sending = Sending(audit, SENT_AT)
    ready = [closed(ledger, sending, replace(a_letter(one), draft=True)) for one in (unsent, other)]
    erasure.erase(ledger, unsent.persons[0].person, at=SENT_AT, terms=lambda _audit: ())
    gone, kept = record_many(ledger, audit, ready)
    assert isinstance(gone, GoneError)
    assert kept in ledger.documents(audit)
    assert verify(ledger).ok
