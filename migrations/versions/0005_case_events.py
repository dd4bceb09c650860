"""What happens to a decision after its audit: holds ended, letters sent, returned, corrected, requests.

Why so: one table, because each of these is an act about one decision, by somebody, on a day, with a
state that follows from the acts before; what differs between them is which of the columns they use. An
act is a row and its log entry, and is never changed: an end is an act, not an update.

``cell`` holds what people wrote (why, what a person said, who reviewed it), locked under the person that
the act is about, so erasing that person takes it along. As with letters, a purge may empty it behind a
row of ``purged_rows``, and on PostgreSQL no statistics are kept of it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NAME = "case_events"
# As in 0001: i BIGINT, t TEXT, b BLOB; ? may be NULL.
COLUMNS = (
    "audit:t decision:b person:b? act:t state:t kind:t? subject:t? result:t? day:t? due_on:t? by:t second:t? "
    "at:i cell:b?"
)
INDEXES = {"ix_case_events_decision": "decision", "ix_case_events_act": "act"}
TYPES = {"i": sa.BigInteger, "t": sa.Text, "b": sa.LargeBinary}


def _column(word: str) -> sa.Column:
    name, _, kind = word.partition(":")
    return sa.Column(name, TYPES[kind[0]](), nullable=kind.endswith("?"))


def upgrade() -> None:
    keys = [
        sa.Column(key, sa.BigInteger(), primary_key=True, nullable=False, autoincrement=False)
        for key in ("entry", "pos")
    ]
    op.create_table(NAME, *keys, *(_column(word) for word in COLUMNS.split()), sqlite_with_rowid=False)
    for index, column in INDEXES.items():
        op.create_index(index, NAME, [column])
    refused = f"BEGIN SELECT RAISE(ABORT, '{NAME} is append-only'); END"
    purged = f"SELECT 1 FROM purged_rows WHERE table_name = '{NAME}' AND of_entry = OLD.entry"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER {NAME}_no_delete BEFORE DELETE ON {NAME} {refused}")
        op.execute(
            f"CREATE TRIGGER {NAME}_no_update BEFORE UPDATE ON {NAME} WHEN NOT EXISTS ({purged}) {refused}"
        )
        return
    for act, function in (("update", "ledger_blank_only"), ("delete", "ledger_guard")):
        op.execute(
            f"CREATE TRIGGER {NAME}_no_{act} BEFORE {act.upper()} ON {NAME} "
            f"FOR EACH ROW EXECUTE FUNCTION {function}()"
        )
    op.execute(f"ALTER TABLE {NAME} ALTER COLUMN cell SET STATISTICS 0")


def downgrade() -> None:
    raise NotImplementedError("migrations only add: evidence is not taken back")
