"""Erasure and retention: under which terms something went, and how rows stand after a purge.

Why so: a row whose locked columns were emptied no longer hashes to the leaf that was sealed, and
must not look altered either. ``purged_rows`` holds the root of those rows as they stand since, so
that they are still checked, and its own row is sealed like all others; the first leaves stay in
``row_sets``. The guards let an UPDATE through behind such a row and nowhere else.

``retention_terms`` counts in months, as the law does, and has a minimum beside its own source;
``retention_classes`` of 0001 counts in days and stays empty. ``erasure_grounds`` says which
decision, under which term, makes an erasure wait, and until when.

On PostgreSQL no statistics are kept of what is locked: ANALYZE copies values of each column into the
server's own catalog, and there a destroyed key would be found again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# As in 0001: i BIGINT, t TEXT, b BLOB; ? may be NULL.
EVIDENCE = {
    "retention_terms": "term:t title:t covers:t at_least_months:i? at_least_since:t? at_least_kind:t? "
    "at_least_source:t? at_most_months:i? at_most_since:t? at_most_kind:t? at_most_source:t?",
    "erasure_grounds": "person:b audit:t decision:b term:t source:t kept_until:t",
    "purged_rows": "table_name:t of_entry:i n:i root:b retention_class:t reason:t at:i",
}
BLANKED = ("locked_fields", "documents")
LOCKED = {
    "person_keys": ("wrapped",),
    "locked_fields": ("cell",),
    "documents": ("words_mark", "words", "content", "recipient", "remarks"),
    "partition_contents": ("content",),
}
TYPES = {"i": sa.BigInteger, "t": sa.Text, "b": sa.LargeBinary}


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
        op.create_table(name, *keys, *(_column(word) for word in words.split()), sqlite_with_rowid=False)
        for act in ("update", "delete"):
            then = (
                f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
                if sqlite
                else "FOR EACH ROW EXECUTE FUNCTION ledger_guard()"
            )
            op.execute(f"CREATE TRIGGER {name}_no_{act} BEFORE {act.upper()} ON {name} {then}")
    if not sqlite:
        op.execute(
            "CREATE FUNCTION ledger_blank_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN IF NOT EXISTS (SELECT 1 FROM purged_rows WHERE table_name = TG_TABLE_NAME "
            "AND of_entry = OLD.entry) THEN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END IF; "
            "RETURN NEW; END $$"
        )
        for table, columns in LOCKED.items():
            for column in columns:
                # A change of type, were it to the same one, takes the statistics away that are there.
                op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE bytea USING {column}")
                op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")
    for name in BLANKED:
        if sqlite:
            op.execute(f"DROP TRIGGER {name}_no_update")
            op.execute(
                f"CREATE TRIGGER {name}_no_update BEFORE UPDATE ON {name} WHEN NOT EXISTS "
                f"(SELECT 1 FROM purged_rows WHERE table_name = '{name}' AND of_entry = OLD.entry) "
                f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
            )
        else:
            op.execute(f"DROP TRIGGER {name}_no_update ON {name}")
            op.execute(
                f"CREATE TRIGGER {name}_no_update BEFORE UPDATE ON {name} "
                "FOR EACH ROW EXECUTE FUNCTION ledger_blank_only()"
            )


def downgrade() -> None:
    raise NotImplementedError("migrations only add: evidence is not taken back")
