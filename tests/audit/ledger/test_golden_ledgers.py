"""A ledger of each past schema, brought to the newest: it verifies, and it tells the same to the byte.

``tests/golden/ledger-NNNN.db.gz`` was written by the program of that schema, with the keys and the
checkpoint beside it; nothing of it is ever made again. It holds a sealed audit, a late letter, and
an audit that was left open after its first part.
"""

from __future__ import annotations

import gzip
import re
import sqlite3
from pathlib import Path

import pytest

from audit.errors import SchemaError
from audit.ledger import Ledger, database, tables, verify
from reports.report import render
from tests.worlds.disturbed import fixed_draws
from tests.worlds.rewritten import fresh_ledger, rewrite
from tests.worlds.sealed import small_audit

GOLDEN = Path(__file__).parents[2] / "golden"
SCHEMAS = sorted(file.name[len("ledger-") :].partition(".")[0] for file in GOLDEN.glob("ledger-*.db.gz"))
NAME = "Golden portfolio"

Rows = dict[str, list[tuple[object, ...]]]


def _lay(schema: str, folder: Path) -> Path:
    """Unpack the golden ledger of a schema, its keys beside it; return the file."""
    folder.mkdir()
    file = folder / "ledger.db"
    file.write_bytes(gzip.decompress((GOLDEN / f"ledger-{schema}.db.gz").read_bytes()))
    for ending in ("key", "sign"):
        (folder / f"ledger.{ending}").write_bytes((GOLDEN / f"ledger-{schema}.{ending}").read_bytes())
    with sqlite3.connect(file) as connection:  # whoever left an audit open is gone, whatever the clock says
        connection.execute("UPDATE leases SET expires_at = 0")
    connection.close()
    return file


def _rows(file: Path, columns: dict[str, list[str]] | None = None) -> tuple[dict[str, list[str]], Rows]:
    """Return every table's columns, and its rows as SQLite holds them; words as its views show them."""
    with sqlite3.connect(file) as connection:
        if columns is None:
            listed = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
            columns = {
                name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
                for (name,) in listed
                if name != "alembic_version"
            }
        views = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'view'").fetchall()
        shown = {name.removesuffix("_in_words"): name for (name,) in views}
        rows: Rows = {}
        for name, of in columns.items():
            quoted = ", ".join(f'"{column}"' for column in of)
            rows[name] = sorted(connection.execute(f"SELECT {quoted} FROM {shown.get(name, name)}"), key=repr)
    connection.close()
    return columns, rows


def test_the_first_schema_has_its_golden_ledger() -> None:
    """The first schema has one, and the last before words became numbers."""
    assert {"0001", "0003"} <= set(SCHEMAS)
    assert set(SCHEMAS) <= set(tables.REVISIONS)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_old_ledger_is_migrated_without_a_change(schema: str, tmp_path: Path) -> None:
    """Refused as it is; migrated, each old cell is what it was, and the old checkpoint holds."""
    file = _lay(schema, tmp_path / "old")
    columns, before = _rows(file)
    assert sum(map(len, before.values())) > 500
    if schema != tables.SCHEMA:
        with pytest.raises(SchemaError, match="schema is older"):
            Ledger.open(str(file))
    assert database.upgrade(str(file)) == (schema, tables.SCHEMA)
    after = _rows(file, columns)[1]
    # No run that slept through it goes on in the old schema: each lease has another epoch.
    assert [row[2] for row in after.pop("leases")] == [row[2] + 1 for row in before.pop("leases")]
    assert after == before
    with Ledger.open(str(file)) as ledger:
        proof = verify(
            ledger,
            checkpoint=(GOLDEN / f"ledger-{schema}.checkpoint").read_text(encoding="utf-8"),
            public_key=ledger.public_key,
        )
        assert proof.ok, [check for check in proof.checks if not check.ok]
        assert any(check.name == "checkpoint kept elsewhere" for check in proof.checks)
        sealed, left_open = ledger.audits()
        assert (sealed.name, sealed.state) == (NAME, "sealed")
        assert left_open.state == "open"
        assert len(ledger.documents(sealed)) == 1


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_old_ledger_still_tells_the_same(schema: str, tmp_path: Path) -> None:
    """Its report is to the byte that of the same audit in a fresh ledger of today's schema."""
    file = _lay(schema, tmp_path / "old")
    database.upgrade(str(file))
    (tmp_path / "new").mkdir()
    with Ledger.open(str(file)) as old, fixed_draws() as draws:
        audit = next(one.audit for one in old.audits() if one.name == NAME)
        with fresh_ledger(tmp_path / "new", GOLDEN / f"ledger-{schema}.key", draws) as new:
            rewrite(old, audit, new, draws)
            assert verify(new).ok
            told = {}
            for name, ledger in (("old", old), ("new", new)):
                page = render(ledger, audit).content.decode()
                parts = re.split(r'(?=<section\b[^>]*\bid=")', page)
                assert len(parts) > 8
                told[name] = parts
            assert len(told["old"]) == len(told["new"])
            same = [a == b for a, b in zip(told["old"], told["new"], strict=True)]
            # Which digests a seal has is the writer's matter: where it seals more today, as the
            # newest schema lets it, the evidence of the old audit still shows the old ones.
            different = [part[:80] for part, equal in zip(told["old"], same, strict=True) if not equal]
            assert all('id="evidence"' in part for part in different), different
            bodies = [
                [(e.name, e.digest) for e in ledger.evidence(audit) if not e.name.startswith("seal")]
                for ledger in (old, new)
            ]
            assert bodies[0] == bodies[1]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_audit_left_open_goes_on_under_the_newest_schema(schema: str, tmp_path: Path) -> None:
    """The part that the old program committed is known again, and the audit is brought to its end."""
    file = _lay(schema, tmp_path / "old")
    database.upgrade(str(file))
    with Ledger.open(str(file)) as ledger:
        left_open = next(one for one in ledger.audits() if one.state == "open")
        small = small_audit(left_open.name)
        assert small.head.audit == left_open.audit, "the world has changed: write the part from the ledger"
        writer = ledger.begin(small.head)
        assert writer.committed == {0}
        assert writer.partition(**small.parts[1]) is True
        writer.seal(**small.seal)
        assert verify(ledger).ok
