"""Corrections are numbered by person and kind of letter, by whoever writes and whoever reads."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from hashlib import sha256

from audit.ledger import Ledger, corrections
from reports.numbers import number_of, replaced_by_next
from tests.worlds.issued import SENT_AT, a_letter

AT = dt.datetime(2026, 11, 27, 9, tzinfo=dt.UTC)


def test_a_letter_of_another_kind_does_not_count(ledger: Ledger, audit: str) -> None:
    """Each of a person's two letters is corrected once: each correction is the first of its own."""
    alone = [d for d in ledger.decisions(audit, notice="ready") if len(d.persons) == 1]
    decided = next(d for d in alone if not corrections.nth(ledger, d.decision))
    firsts = [
        ledger.record_document(
            audit, replace(a_letter(decided, words=f"Of kind {kind}."), kind=kind), SENT_AT
        )
        for kind in ("adverse_action", "fcra_notice")
    ]
    digests = []
    for first in firsts:
        said = replaced_by_next(ledger, first)
        assert said.nth == 1
        digests.append(sha256(first.kind.encode()).hexdigest())
        corrections.record(ledger, audit, first, digests[-1:], by="Desk", reason="wrong form", at=AT)
    assert corrections.nth(ledger, decided.decision) == dict.fromkeys(digests, 1)
    for first in firsts:
        again = replaced_by_next(ledger, first)
        assert again.nth == 2
        assert again.number == number_of(first, corrections.nth(ledger, decided.decision))
