"""Words as numbers: the slim rows of decisions, and of who takes part, at half their size.

Why so: a portfolio has millions of decisions, and of each the outcome, the stage, what certifies it
and the state of its notice are one of a few words, written out; the index on pseudonyms held each
whole, where its first eight bytes tell a million apart. Here each word becomes a small number (0 for
the most frequent, which takes no room), and the index holds what tells rows apart.

What is hashed and sealed are the words, as before: ``tables.py`` says the same numbers, and every
digest of an older ledger holds. For whoever reads with SQL alone the views ``decisions_in_words``
and ``decision_persons_in_words`` show each row as it is sealed. Where a row holds another word than
these, nothing is changed and the migration says which.

SQLite cannot change a column, so the rows are laid anew in a second table that takes the first one's
name; the pages of the old one are overwritten, and used by what is written next. On PostgreSQL the
bytes of partitions, which are compressed already, are also kept as they come.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from audit.errors import LedgerError

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# A number is the word's place in its list. These lists are never changed, only added to.
WORDS = {
    "decisions": {
        "outcome": ("favourable", "adverse", "none"),
        "stage": ("score", "rule", "judgmental", "gray_band"),
        "certified": ("exact", "certain", "tie", "false"),
        "notice": ("none", "ready", "held", "sent", "void"),
    },
    "decision_persons": {"role": ("primary", "joint", "guarantor")},
}

# As in 0001: i BIGINT, f FLOAT8 (NULL = not measured), t TEXT, b BLOB; w SMALLINT; ? may be NULL.
COLUMNS = {
    "decisions": "source_row:i decision:b outcome:w score:f cutoff:f action:t? stage:w certified:w? "
    "notice:w cause:t? due_on:t? reason_codes:t",
    "decision_persons": "place:i person:b role:w",
}
INDEXED = {"decisions": "decision", "decision_persons": "person"}
INDEXED_BYTES = 8
TYPES = {"i": sa.BigInteger, "f": sa.Double, "t": sa.Text, "b": sa.LargeBinary, "w": sa.SmallInteger}


def _refuse_other_words(table: str) -> None:
    for column, words in WORDS[table].items():
        listed = ", ".join(f"'{word}'" for word in words)
        query = f"SELECT {column} FROM {table} WHERE {column} NOT IN ({listed}) LIMIT 1"
        found = op.get_bind().exec_driver_sql(query).scalar()
        if found is not None:
            raise LedgerError(
                f"{table}: a row says {column} {found!r} (expected {listed}), so its words cannot become "
                "numbers. Nothing was changed; run `verify` of the version of plainspoken that wrote it."
            )


def _number(column: str, words: tuple[str, ...]) -> str:
    cases = " ".join(f"WHEN '{word}' THEN {number}" for number, word in enumerate(words))
    return f"CASE {column} {cases} END"


def _word(column: str, words: tuple[str, ...]) -> str:
    cases = " ".join(f"WHEN {number} THEN '{word}'" for number, word in enumerate(words))
    return f"CASE {column} {cases} END AS {column}"


def _names(table: str) -> list[str]:
    return ["entry", "pos", *(word.partition(":")[0] for word in COLUMNS[table].split())]


def _lay_anew(table: str) -> None:
    """Lay the rows in a table of the new types, which takes the old one's name and guards."""
    columns = [
        sa.Column(key, sa.BigInteger(), primary_key=True, nullable=False, autoincrement=False)
        for key in ("entry", "pos")
    ]
    for word in COLUMNS[table].split():
        name, _, kind = word.partition(":")
        columns.append(sa.Column(name, TYPES[kind[0]](), nullable=kind.endswith("?") or kind == "f"))
    op.create_table(f"{table}_in_numbers", *columns, sqlite_with_rowid=False)
    names = _names(table)
    values = [_number(name, WORDS[table][name]) if name in WORDS[table] else name for name in names]
    op.execute(
        f"INSERT INTO {table}_in_numbers ({', '.join(names)}) "
        f"SELECT {', '.join(values)} FROM {table} ORDER BY entry, pos"
    )
    op.drop_table(table)  # and with it its index and its guards, which do not ask for single rows here
    op.rename_table(f"{table}_in_numbers", table)
    for act in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _change(table: str) -> None:
    """Change the columns where they stand; rights and guards stay."""
    op.drop_index(f"ix_{table}_{INDEXED[table]}", table)
    changes = ", ".join(
        f"ALTER COLUMN {column} TYPE smallint USING {_number(column, words)}"
        for column, words in WORDS[table].items()
    )
    op.execute(f"ALTER TABLE {table} {changes}")


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, column in INDEXED.items():
        _refuse_other_words(table)
        if sqlite:
            _lay_anew(table)
        else:
            _change(table)
        beginning = sa.text(f"substr({column}, 1, {INDEXED_BYTES})")
        op.create_index(f"ix_{table}_{column}", table, [beginning])
        shown = [_word(name, WORDS[table][name]) if name in WORDS[table] else name for name in _names(table)]
        op.execute(f"CREATE VIEW {table}_in_words AS SELECT {', '.join(shown)} FROM {table}")
    if not sqlite:
        op.execute("ALTER TABLE partition_contents ALTER COLUMN content SET STORAGE EXTERNAL")


def downgrade() -> None:
    raise NotImplementedError("migrations only add: evidence is not taken back")
