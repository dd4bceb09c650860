"""Letters of a sealed audit, as they would go out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from audit.ledger import Ledger
from audit.record import Recipient, Refusal
from reports.letter import Letters

TODAY = dt.date(2026, 11, 20)


def letter(result: Any, row: Mapping[str, Any], form: Any = "txt") -> bytes:
    """Return the letter to the first applicant of a row; a refusal is a failure."""
    found = outcome(result, row, form)
    assert isinstance(found, tuple), found
    return bytes(found[0].content)


def refusal(result: Any, row: Mapping[str, Any]) -> Refusal:
    """Return why the letter of a row is not written; a letter is a failure."""
    found = outcome(result, row, "txt")
    assert isinstance(found, Refusal), found
    return found


def outcome(result: Any, row: Mapping[str, Any], form: Any) -> Any:
    """Open the ledger anew and render the letter of a row from it alone."""
    who = Recipient(
        decision=row["application_id"],
        person=row["applicant_id"],
        role="primary",
        name="Zyxwv Fictional",
        address=("1 Nowhere Lane", "Sampletown DE 00000"),
        channel="mail",
        esign_consent=False,
    )
    with Ledger.open(result.ledger_url) as ledger:
        letters = Letters(ledger, result.audit.audit)
        decision = ledger.decision(result.audit.audit, row["application_id"])
        return letters.render(decision, who, date=TODAY, formats=(form,))


def printed(text: bytes) -> list[str]:
    """Return the reasons that a letter in plain text prints, in their order."""
    body = text.decode().partition("for our decision")[2].partition("If you have questions")[0]
    lines = [line.strip() for line in body.splitlines()]
    return [line.partition(" ")[2].strip() for line in lines if line[:1].isdigit()]
