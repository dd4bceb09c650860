"""The ledger: a Merkle log, the rows it seals, and the bytes and keys beside them.

Why so: an audit must be provable years later by people who do not trust its author, so the first
schema already has everything that cannot be added to old evidence afterwards: pseudonyms and
locked fields from the first row on, a log entry behind every row, access classes, and the tables
for leases, holds, retention and erasure even where the capability is still to come.

Columns are written as ``name:type``: i BIGINT, f FLOAT8 (NULL = not measured), t TEXT, b BLOB;
``?`` may be NULL, ``!`` belongs to the primary key. Tables of evidence also have ``entry`` (the
position of the log entry that sealed the row) and ``pos`` (its place in that entry) as their
primary key. Triggers refuse UPDATE and DELETE on what is append-only: a guard against accidents
and careless scripts, and no more; an owner of the file can drop them, which is what the log is for.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

PLAIN = {
    "log_entries": "position:i! key:t body:t leaf:b",
    "log_head": "one:i! size:i frontier:b",
    "row_sets": "entry:i! name:t! n:i root:b leaves:b",
    "checkpoints": "size:i! root:b note:t",
    "person_keys": "person:b! wrapped:b wrapped_by:t",
    "leases": "audit:t! owner:t epoch:i expires_at:i",
    "partition_contents": "sha256:b! content:b",
}

EVIDENCE = {
    "keys": "kind:t name:t public:t",
    "persons": "person:b",
    "audits": "audit:t name:t kind:t owner:t as_of:t config:t slot:t again:i seed:i program:t "
    "opened_at:i? environment:t",
    "models": "digest:t name:t framework:t version:t inputs:t output:t n_parameters:i? layers:t trust:t?",
    "datasets": "digest:t name:t n_rows:i columns:t",
    "seals": "audit:t sealed_at:i exit_code:i n_parts:i counts:t timings:t",
    "parts": "audit:t seq:i n_decisions:i n_quarantined:i",
    "decisions": "source_row:i decision:b outcome:t score:f cutoff:f action:t? stage:t certified:t? "
    "notice:t cause:t? due_on:t? reason_codes:t",
    "decision_persons": "place:i person:b role:t",
    "locked_fields": "place:i person:b field:t cell:b",
    "sentences": "digest:t sentence:t",
    "quarantined_rows": "source_row:i cause:t",
    "partitions": "kind:t name:t columns:t n_rows:i n_bytes:i sha256:b content_root:b",
    "packs": "name:t digest:t as_of:t title:t",
    "requirements": "requirement:t kind:t access:t question:t measure:t bound_since:t? at_least:f "
    "at_most:f equals:f source:t remedy:t title:t not_measured:t? population:i",
    "statements": "key:t language:t text:t source:t pack:t",
    "reason_codes": "factor:t code:t columns:t statement:t direction:t hmda:i? changeable:i "
    "missing_columns:t missing_statement:t priority:i? proxy:t? approved:t?",
    "comparisons": "kind:t digest:t n:i candidates:i cutoff:f mean_score:f low:f high:f cause:t? origin:t?",
    "rates": "attribute:t group_name:t metric:t n:i value:f low:f high:f cause:t?",
    "disparities": "attribute:t group_name:t reference:t metric:t n:i value:f low:f high:f p_value:f "
    "cause:t?",
    "findings": "requirement:t kind:t access:t outcome:t measure:t attribute:t group_name:t value:f "
    "low:f high:f n:i? bound:t source:t cause:t?",
    "figures": "name:t access:t body:t",
    "documents": "audit:t kind:t format:t language:t draft:i entity:t? decision:b? action:t? person:b? "
    "role:t? sent_at:i sha256:b n_bytes:i template_digest:t environment_digest:t words_mark:b words:b "
    "content:b? recipient:b? again:i late:i remarks:b?",
    "retention_classes": "name:t at_least_days:i at_most_days:i? source:t",
    "holds": "hold:t act:t audit:t? person:b? reason:t by:t at:i",
    "erasures": "person:b act:t reason:t by:t at:i due_at:i?",
    "tombstones": "sha256:b retention_class:t reason:t at:i",
}

UNIQUE = {
    "log_entries": ("uq_log_entries_key", "key"),
    "persons": ("uq_persons_person", "person"),
    "audits": ("uq_audits_audit", "audit"),
    "seals": ("uq_seals_audit", "audit"),
    "parts": ("uq_parts_audit_seq", "audit", "seq"),
}

INDEXES = {
    "ix_decisions_decision": ("decisions", "decision"),
    "ix_decision_persons_person": ("decision_persons", "person"),
    "ix_documents_decision": ("documents", "decision"),
}

APPEND_ONLY = (*EVIDENCE, "log_entries", "row_sets", "checkpoints", "partition_contents")

# What a later purge may remove, once its tombstone stands in the log.
PURGED_BY_TOMBSTONE = "partition_contents"

TYPES = {"i": sa.BigInteger, "f": sa.Double, "t": sa.Text, "b": sa.LargeBinary}


def _column(word: str) -> sa.Column:
    name, _, kind = word.partition(":")
    key, may_be_null = kind.endswith("!"), kind.endswith("?") or kind == "f"
    return sa.Column(
        name, TYPES[kind[0]](), nullable=may_be_null and not key, primary_key=key, autoincrement=False
    )


def _create(name: str, words: str, **options: bool) -> None:
    items: list[sa.schema.SchemaItem] = [_column(word) for word in words.split()]
    if name in UNIQUE:
        constraint, *columns = UNIQUE[name]
        items.append(sa.UniqueConstraint(*columns, name=constraint))
    op.create_table(name, *items, **options)


def _guard_sqlite(table: str) -> None:
    for act in ("update", "delete"):
        unless = ""
        if act == "delete" and table == PURGED_BY_TOMBSTONE:
            unless = "WHEN NOT EXISTS (SELECT 1 FROM tombstones WHERE tombstones.sha256 = OLD.sha256) "
        op.execute(
            f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table} {unless}"
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _guard_postgresql(table: str) -> None:
    for act in ("update", "delete"):
        # Here too a purge removes bytes only behind a tombstone; its function looks for one.
        function = "ledger_purge_only" if (act, table) == ("delete", PURGED_BY_TOMBSTONE) else "ledger_guard"
        op.execute(
            f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {function}()"
        )


def upgrade() -> None:
    for name, words in PLAIN.items():
        _create(name, words, sqlite_with_rowid=name != "person_keys")
    for name, words in EVIDENCE.items():
        _create(name, f"entry:i! pos:i! {words}", sqlite_with_rowid=False)
    for name, (table, column) in INDEXES.items():
        op.create_index(name, table, [column])
    op.execute("INSERT INTO log_head (one, size, frontier) VALUES (1, 0, '')")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("UPDATE log_head SET frontier = x''")  # a BLOB, not an empty text
        for name in APPEND_ONLY:
            _guard_sqlite(name)
    else:
        op.execute(
            "CREATE FUNCTION ledger_guard() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
        op.execute(
            "CREATE FUNCTION ledger_purge_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN IF NOT EXISTS (SELECT 1 FROM tombstones WHERE sha256 = OLD.sha256) THEN "
            "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END IF; RETURN OLD; END $$"
        )
        for name in APPEND_ONLY:
            _guard_postgresql(name)


def downgrade() -> None:
    raise NotImplementedError("migrations only add: evidence is not taken back")
