"""The tables of audits that run by themselves: schedules, slots, releases and alerts."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint

from audit.ledger.columns import evidence, text, whole

schedules = evidence(
    "schedules",
    text("name"),
    text("act"),  # added | paused | resumed | removed
    text("config"),
    text("expression"),
    text("zone"),
    text("missed"),  # latest | all | skip
    text("out", null=True),
    text("reason"),
    text("by"),
    whole("at"),
)
slots = evidence(
    "slots",
    text("schedule"),
    text("slot"),  # nominal local time, as in the audit's own slot
    text("act"),  # run | failed | skipped
    whole("attempt"),
    whole("due_at"),
    text("audit", null=True),
    whole("exit_code", null=True),
    text("cause", null=True),
    whole("at"),
    UniqueConstraint("schedule", "slot", "attempt", name="uq_slots_schedule_slot_attempt"),
)
releases = evidence(
    "releases",
    text("audit"),
    text("model"),
    text("dictionary"),
    text("cutoff"),
    text("method"),
    text("reference"),
    text("reason"),
    text("by"),
    whole("at"),
    UniqueConstraint("audit", name="uq_releases_audit"),
)
alerts = evidence(
    "alerts",
    text("alert"),
    text("act"),  # raised | sent
    text("kind"),  # not_met | failed | missed | deadline
    text("title"),
    text("text"),
    whole("at"),
    UniqueConstraint("alert", "act", name="uq_alerts_alert_act"),
)
