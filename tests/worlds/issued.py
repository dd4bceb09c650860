"""A letter to record: its bytes mean nothing, its keys are those of a decision in a ledger."""

from __future__ import annotations

import datetime as dt

from audit.record import Decision, Document

SENT_AT = dt.datetime(2026, 11, 21, 8, 30, tzinfo=dt.UTC)


def a_letter(decision: Decision, format: str = "html", words: str = "We refuse. Alex Sample.") -> Document:
    """Return a letter to the primary applicant of a decision read from a ledger."""
    return Document(
        kind="adverse_action",
        format=format,  # type: ignore[arg-type]
        name=f"letter.{format}",
        content=f"<{format}>{words}".encode(),
        words=words,
        template_digest="a" * 64,
        environment_digest="b" * 64,
        decision=decision.decision,
        person=decision.persons[0].person,
        role="primary",
        action=decision.action,
        entity="Sample Harbor Credit Co.",
    )
