"""Proofs from a ledger with two audits and a letter, made once: text, public key, checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from audit.ledger.proving import prove
from audit.record import Document
from tests.worlds.issued import SENT_AT, a_letter
from tests.worlds.sealed import recipients, seal_small_audit, small_audit, write_audit


@dataclass(frozen=True)
class Proven:
    """A proof, and what whoever checks it has from elsewhere."""

    folder: Path
    text: str  # under the newest checkpoint: a letter, and an earlier checkpoint
    early: str  # under the audit's own checkpoint
    key: str
    checkpoint: str  # the audit's own
    newest: str
    audit: str
    decision: str
    letter: Document


@pytest.fixture(scope="session")
def proven(tmp_path_factory: pytest.TempPathFactory) -> Proven:
    """One refused applicant's proofs."""
    folder = tmp_path_factory.mktemp("proven")
    ledger, audit = seal_small_audit(folder)
    with ledger:
        decision = next(d for d in ledger.decisions(audit, notice="ready") if len(d.persons) == 1)
        letter = a_letter(decision)
        ledger.record_document(audit, letter, SENT_AT, recipient=recipients()[0])
        write_audit(ledger, small_audit("Another"))
        own = ledger.find(audit).checkpoint
        return Proven(
            folder,
            prove(ledger, audit, decision.decision),
            prove(ledger, audit, decision.decision, checkpoint=own),
            ledger.public_key,
            own,
            ledger.checkpoint(),
            audit,
            decision.decision,
            letter,
        )
