"""The table of what happens to a decision after its audit was sealed."""

from __future__ import annotations

from sqlalchemy import Index

from audit.ledger.columns import data, evidence, text, whole

case_events = evidence(
    "case_events",
    text("audit"),
    data("decision"),
    data("person", null=True),  # whom it is about; their key locks the cell
    text("act"),  # hold_end | delivery | correction | request | handover
    text("state"),  # how it stands since; each act has its own words
    text(
        "kind", null=True
    ),  # of a hold its cause, of a result its channel, of a request what is asked, a handover's name
    text("subject", null=True),  # the document, the record or the request that it is about
    text("result", null=True),  # what came of it: an outcome, another document
    text("day", null=True),  # on which it was so, as the people say
    text("due_on", null=True),
    text("by"),
    text("second", null=True),  # whom else it took: who asked for it, counsel, who was handed it
    whole("at"),
    data("cell", null=True),  # what people wrote, locked
    Index("ix_case_events_decision", "decision"),
    Index("ix_case_events_act", "act"),
)
