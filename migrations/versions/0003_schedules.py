"""Schedules and releases: audits that run by themselves, and those that others are held to.

Why so: a scheduler outside of the ledger forgets, and two of them disagree. ``schedules`` has a row
each time that one is added, paused, resumed or removed; ``slots`` one for each slot that was run,
failed or was skipped, because an audit that is missing is itself a finding. ``releases`` says which
model, dictionary, cutoff, method and reference were accepted together; ``alerts`` what was to be told
to whoever watches, and when it was told.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# As in 0001: i BIGINT, t TEXT; ? may be NULL.
EVIDENCE = {
    "schedules": "name:t act:t config:t expression:t zone:t missed:t out:t? reason:t by:t at:i",
    "slots": "schedule:t slot:t act:t attempt:i due_at:i audit:t? exit_code:i? cause:t? at:i",
    "releases": "audit:t model:t dictionary:t cutoff:t method:t reference:t reason:t by:t at:i",
    "alerts": "alert:t act:t kind:t title:t text:t at:i",
}
UNIQUE = {
    "slots": ("uq_slots_schedule_slot_attempt", ("schedule", "slot", "attempt")),
    "releases": ("uq_releases_audit", ("audit",)),
    "alerts": ("uq_alerts_alert_act", ("alert", "act")),
}
TYPES = {"i": sa.BigInteger, "t": sa.Text}


def _column(word: str) -> sa.Column:
    name, _, kind = word.partition(":")
    return sa.Column(name, TYPES[kind[0]](), nullable=kind.endswith("?"))


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, words in EVIDENCE.items():
        keys = [
            sa.Column(key, sa.BigInteger(), primary_key=True, nullable=False, autoincrement=False)
            for key in ("entry", "pos")
        ]
        unique = []
        if name in UNIQUE:
            label, columns = UNIQUE[name]
            unique = [sa.UniqueConstraint(*columns, name=label)]
        op.create_table(
            name, *keys, *(_column(word) for word in words.split()), *unique, sqlite_with_rowid=False
        )
        for act in ("update", "delete"):
            then = (
                f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
                if sqlite
                else "FOR EACH ROW EXECUTE FUNCTION ledger_guard()"
            )
            op.execute(f"CREATE TRIGGER {name}_no_{act} BEFORE {act.upper()} ON {name} {then}")


def downgrade() -> None:
    raise NotImplementedError("migrations only add: evidence is not taken back")
