"""The tables of how long things are kept: terms, holds, erasures and what they emptied."""

from __future__ import annotations

from audit.ledger.columns import data, evidence, text, whole

retention_classes = evidence(
    "retention_classes",
    text("name"),
    whole("at_least_days"),
    whole("at_most_days", null=True),
    text("source"),
)
holds = evidence(
    "holds",
    text("hold"),
    text("act"),  # placed | released
    text("audit", null=True),
    data("person", null=True),
    text("reason"),
    text("by"),
    whole("at"),
)
erasures = evidence(
    "erasures",
    data("person"),
    text("act"),  # requested | done
    text("reason"),
    text("by"),
    whole("at"),
    whole("due_at", null=True),
)
tombstones = evidence("tombstones", data("sha256"), text("retention_class"), text("reason"), whole("at"))

retention_terms = evidence(  # as they were applied by the erasure or the purge of this entry
    "retention_terms",
    text("term"),
    text("title"),
    text("covers"),
    whole("at_least_months", null=True),
    text("at_least_since", null=True),
    text("at_least_kind", null=True),
    text("at_least_source", null=True),
    whole("at_most_months", null=True),
    text("at_most_since", null=True),
    text("at_most_kind", null=True),
    text("at_most_source", null=True),
)
erasure_grounds = evidence(  # why an erasure waits, and until when
    "erasure_grounds",
    data("person"),
    text("audit"),
    data("decision"),
    text("term"),
    text("source"),
    text("kept_until"),
)
purged_rows = evidence(  # rows whose locked columns were emptied, and their root since
    "purged_rows",
    text("table_name"),
    whole("of_entry"),
    whole("n"),
    data("root"),
    text("retention_class"),
    text("reason"),
    whole("at"),
)
