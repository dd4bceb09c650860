"""Tampering: whatever a person without the program can change in the file, verify names."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from audit.errors import UsageError
from audit.ledger import Ledger, Verification, tables, verify
from audit.ledger.notes import Signer, new_private_key
from tests.worlds.sealed import small_audit, write_audit

# Tables of evidence that the sealed ledger has rows in; the others are empty until their
# capability is built, and only an insertion can be tried on them.
# What only erasures, holds, purges, releases and schedules write.
_LATER = ("holds", "erasures", "erasure_grounds", "tombstones", "purged_rows")
_SCHEDULED = ("releases", "schedules", "slots", "alerts")
_RETENTION = ("retention_classes", "retention_terms")
FILLED = tuple(name for name in tables.EVIDENCE if name not in (*_LATER, *_RETENTION, *_SCHEDULED))
OTHER = ("log_entries", "log_head", "row_sets", "checkpoints", "person_keys", "partition_contents")


class Forger:
    """A person with ``sqlite3`` and without our program, who drops the triggers first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.connection = sqlite3.connect(folder / "ledger.db", isolation_level=None)
        for (name,) in self.connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            self.connection.execute(f"DROP TRIGGER {name}")

    def does(self, sql: str, *values: object) -> int:
        """Run one statement; return how many rows it changed."""
        return self.connection.execute(sql, values).rowcount

    def one(self, sql: str, *values: object) -> tuple[object, ...]:
        """Return one row."""
        row = self.connection.execute(sql, values).fetchone()
        assert row is not None
        return tuple(row)

    def proof(self, **more: str) -> Verification:
        """Return what verify says now."""
        with Ledger.open(str(self.folder / "ledger.db")) as ledger:
            return verify(ledger, **more)  # type: ignore[arg-type]


def complaints(proof: Verification) -> str:
    """Return all that does not hold, as one text."""
    return "\n".join(f"{check.name}: {check.fact}" for check in proof.checks if not check.ok)


@pytest.fixture
def forger(folder: Path) -> Forger:
    """The forger at the copy's database."""
    return Forger(folder)


def columns_of(table: str) -> list[str]:
    """Return the columns of a table."""
    return [column.name for column in tables.metadata.tables[table].columns]


def changed(value: object) -> object:
    """Return another value of the same kind."""
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:] if value else b"x"
    return "x" if value is None else value + 1  # type: ignore[operator]


def test_untouched_everything_holds(ledger: Ledger, audit: str) -> None:
    """Nothing altered: every check holds, for all and for one audit, and the limits are said."""
    for proof in (verify(ledger), verify(ledger, audit), verify(ledger, ledger.find(audit))):
        assert proof.ok, complaints(proof)
        assert any("rewrite the whole file" in limit for limit in proof.cannot)
        assert any("data were true" in limit for limit in proof.cannot)
    names = {check.name for check in verify(ledger).checks}
    assert set(FILLED) <= names


@pytest.mark.parametrize("table", [*FILLED, *OTHER])
def test_an_altered_value_is_seen(forger: Forger, table: str) -> None:
    """One value of one row changed, in any column of any table: verify names the table."""
    names = [column.name for column in tables.metadata.tables[table].primary_key.columns]
    listed = ", ".join(f'"{name}"' for name in names)
    last = ", ".join(f'"{name}" DESC' for name in names)  # a key one higher is free there
    at = forger.one(f"SELECT {listed} FROM {table} ORDER BY {last} LIMIT 1")
    for column in columns_of(table):
        where = " AND ".join(f'"{name}" = ?' for name in names)
        (value,) = forger.one(f'SELECT "{column}" FROM {table} WHERE {where}', *at)
        other = changed(value)
        assert forger.does(f'UPDATE {table} SET "{column}" = ? WHERE {where}', other, *at) == 1
        proof = forger.proof()
        assert not proof.ok, column
        assert any(name in complaints(proof) for name in (table, table.rstrip("s"))), column
        # Put back, so that the next column is the only one altered.
        there = [other if name == column else key for name, key in zip(names, at, strict=True)]
        assert forger.does(f'UPDATE {table} SET "{column}" = ? WHERE {where}', value, *there) == 1
    assert forger.proof().ok


@pytest.mark.parametrize("table", [*FILLED, *OTHER])
def test_a_deleted_row_is_seen(forger: Forger, table: str) -> None:
    """One row deleted from any table: verify does not hold."""
    names = ", ".join(c.name for c in tables.metadata.tables[table].primary_key.columns)
    assert forger.does(f"DELETE FROM {table} WHERE ({names}) IN (SELECT {names} FROM {table} LIMIT 1)") == 1
    assert not forger.proof().ok


@pytest.mark.parametrize("table", [*FILLED, *OTHER])
def test_all_rows_deleted_is_seen(forger: Forger, table: str) -> None:
    """A whole table emptied: verify does not hold."""
    assert forger.does(f"DELETE FROM {table}") > 0
    assert not forger.proof().ok


@pytest.mark.parametrize("table", [*tables.EVIDENCE, *(name for name in OTHER if name != "log_head")])
@pytest.mark.parametrize("place", ["beside the others", "at no entry"])
def test_an_inserted_row_is_seen(forger: Forger, table: str, place: str) -> None:
    """A row added to any table, to an entry of the log or to none: verify does not hold."""
    names = columns_of(table)
    known = forger.connection.execute(f"SELECT * FROM {table} LIMIT 1").fetchone()
    values = list(known) if known else [_some(table, name) for name in names]
    for i, column in enumerate(tables.metadata.tables[table].columns):
        unique = column.name in ("key", "audit", "person", "sha256", "position", "size", "seq")
        if column.name == "pos":
            values[i] = 4000
        elif column.name == "entry" and place == "at no entry":
            values[i] = 900
        elif (column.primary_key and column.name not in ("entry", "pos")) or unique:
            values[i] = changed(values[i]) if isinstance(values[i], str | bytes) else 77
    marks = ", ".join("?" for _ in names)
    assert forger.does(f"INSERT INTO {table} VALUES ({marks})", *values) == 1
    assert not forger.proof().ok


def _some(table: str, column: str) -> object:
    kind = type(tables.metadata.tables[table].c[column].type).__name__
    return {"Text": "x", "LargeBinary": b"x" * 16}.get(kind, 1)


def test_the_altered_row_is_named(forger: Forger) -> None:
    """The fact says which table, which row and what stands there now."""
    assert forger.does(
        "UPDATE rates SET value = 0.99 WHERE metric = 'selection_rate' AND group_name = 'female'"
    )
    assert "selection_rate" in complaints(forger.proof())


def test_rows_swapped_are_seen(forger: Forger) -> None:
    """Two decisions that trade places, each row as it was but for its position, are seen."""
    forger.does("UPDATE decisions SET pos = 9000 WHERE pos = 0 AND entry = 2")
    forger.does("UPDATE decisions SET pos = 0 WHERE pos = 1 AND entry = 2")
    forger.does("UPDATE decisions SET pos = 1 WHERE pos = 9000 AND entry = 2")
    assert "decisions row 0 of log entry 2" in complaints(forger.proof())


def test_a_value_of_another_type_is_seen(forger: Forger) -> None:
    """A text where a number stood, or bytes where a text stood, is an alteration."""
    forger.does("UPDATE findings SET outcome = CAST(outcome AS BLOB) WHERE pos = 0")
    assert "findings row 0" in complaints(forger.proof())


def test_every_flipped_bit_of_partition_bytes_is_seen(forger: Forger) -> None:
    """One bit anywhere in the bytes of any partition: its hash does not hold."""
    for name, content in forger.connection.execute(
        "SELECT sha256, content FROM partition_contents"
    ).fetchall():
        flipped = bytearray(content)
        flipped[len(flipped) // 2] ^= 4
        forger.does("UPDATE partition_contents SET content = ? WHERE sha256 = ?", bytes(flipped), name)
    text = complaints(forger.proof())
    assert text.count("bytes were altered") >= 8


def test_partition_bytes_replaced_with_their_name_are_seen(forger: Forger) -> None:
    """Other bytes under their own right hash are no partition that the log knows."""
    from hashlib import sha256

    (name, content) = forger.one("SELECT sha256, content FROM partition_contents LIMIT 1")
    other = bytes(content) + b"\0"  # type: ignore[arg-type]
    digest = sha256(other).digest()
    forger.does("UPDATE partition_contents SET content = ?, sha256 = ? WHERE sha256 = ?", other, digest, name)
    forger.does("UPDATE partitions SET sha256 = ?, n_bytes = ? WHERE sha256 = ?", digest, len(other), name)
    assert "partitions row" in complaints(forger.proof())


def test_a_log_entry_deleted_and_renumbered_is_seen(forger: Forger) -> None:
    """The last entry but one gone and the rest moved up: root, head and checkpoints do not hold."""
    (last,) = forger.one("SELECT max(position) FROM log_entries")
    forger.does("DELETE FROM log_entries WHERE position = ?", last - 1)  # type: ignore[operator]
    forger.does("UPDATE log_entries SET position = ? WHERE position = ?", last - 1, last)  # type: ignore[operator]
    text = complaints(forger.proof())
    assert "log_head" in text
    assert "checkpoint at" in text


def test_a_log_entry_rewritten_with_its_hash_is_seen(forger: Forger) -> None:
    """A body changed with its leaf recomputed is not the log that the checkpoints signed."""
    from audit.ledger.log import leaf_hash

    (body,) = forger.one("SELECT body FROM log_entries WHERE position = 4")
    other = str(body).replace('"exit_code":3', '"exit_code":0')
    assert other != body
    forger.does(
        "UPDATE log_entries SET body = ?, leaf = ? WHERE position = 4", other, leaf_hash(other.encode())
    )
    assert "the log up to there is not the one that was signed" in complaints(forger.proof())


def test_bytes_that_are_no_text_are_seen(forger: Forger) -> None:
    """A text column that no longer decodes is named, and stops no other check."""
    forger.does("UPDATE figures SET name = CAST(X'ff41' AS TEXT) WHERE pos = 0")
    text = complaints(forger.proof())
    assert "figures: " in text


def rebuilt(folder: Path) -> None:
    """Write the ledger anew with another cutoff's results, and sign it with a key of one's own."""
    for name in ("ledger.db", "ledger.sign"):
        (folder / name).unlink()
    with Ledger.open(str(folder / "ledger.db"), create=True) as ledger:
        write_audit(ledger, small_audit("Another history"))


def test_a_ledger_rebuilt_with_another_key_is_seen_by_a_key_kept_elsewhere(folder: Path) -> None:
    """It holds in itself; the public key from before tells."""
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        public = ledger.public_key
    rebuilt(folder)
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        assert verify(ledger).ok
        proof = verify(ledger, public_key=public)
    assert not proof.ok
    assert "signing key" in complaints(proof)


def test_only_a_checkpoint_kept_elsewhere_sees_an_older_copy(folder: Path, tmp_path: Path) -> None:
    """An older backup put back holds in itself, as ``cannot`` says; the kept checkpoint tells."""
    shutil.copytree(folder, tmp_path / "backup")
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        write_audit(ledger, small_audit("Second"))
        kept = ledger.find("latest").checkpoint
        assert verify(ledger, checkpoint=kept).ok
    with Ledger.open(str(tmp_path / "backup" / "ledger.db")) as ledger:
        alone = verify(ledger)
        assert alone.ok
        assert any("older copy" in limit for limit in alone.cannot)
        proof = verify(ledger, checkpoint=kept)
    assert not proof.ok
    assert "entries were removed, or an older backup was restored" in complaints(proof)


def test_only_a_checkpoint_kept_elsewhere_sees_a_fork_by_the_key_holder(folder: Path, tmp_path: Path) -> None:
    """Two histories signed by the right key: the one that the kept checkpoint is not of is told."""
    shutil.copytree(folder, tmp_path / "fork")
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        write_audit(ledger, small_audit("What was found"))
        kept = ledger.find("latest").checkpoint
    with Ledger.open(str(tmp_path / "fork" / "ledger.db")) as ledger:
        write_audit(ledger, small_audit("What should have been found"))
        write_audit(ledger, small_audit("And more"))
        assert verify(ledger).ok
        proof = verify(ledger, checkpoint=kept)
    assert "are not those that it was signed for" in complaints(proof)


def test_an_earlier_checkpoint_stays_good(ledger: Ledger, audit: str) -> None:
    """A checkpoint printed in a report holds after everything that was written later."""
    kept = ledger.find(audit).checkpoint
    write_audit(ledger, small_audit("Later"))
    proof = verify(ledger, checkpoint=kept)
    assert proof.ok, complaints(proof)
    assert any("its 5 entries are the first of the 16" in check.fact for check in proof.checks)
    assert any("rests on ledger.sign alone" in limit for limit in proof.cannot)


def test_a_checkpoint_of_another_ledger_or_signer_is_told(ledger: Ledger, audit: str, tmp_path: Path) -> None:
    """A note of another ledger, a note signed by a stranger, and no note at all."""
    kept = ledger.find(audit).checkpoint
    origin, size, root = kept.split("\n")[:3]
    import base64

    forged = Signer(new_private_key()).checkpoint(origin, int(size), base64.b64decode(root))
    assert "signature does not hold" in complaints(verify(ledger, checkpoint=forged))
    for name in ("ledger.key", "ledger.sign"):
        shutil.copy(str(ledger.key_file.with_name(name)), tmp_path / name)  # type: ignore[union-attr]
    with Ledger.open(str(tmp_path / "other.db"), create=True) as other:
        assert "another ledger" in complaints(verify(ledger, checkpoint=other.checkpoint()))
    with pytest.raises(UsageError, match="--checkpoint"):
        verify(ledger, checkpoint="hello")
    with pytest.raises(UsageError, match="--key"):
        verify(ledger, public_key="hello")


def test_without_any_key_at_hand_the_limit_is_said(folder: Path) -> None:
    """Both key files gone: the ledger is checked with the key that it names itself, and says so."""
    for name in ("ledger.key", "ledger.sign"):
        (folder / name).unlink()
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        proof = verify(ledger)
        assert proof.ok
        assert any("read from the ledger itself" in limit for limit in proof.cannot)
        assert not verify(ledger, public_key=Signer(new_private_key()).public).ok


def test_an_open_audit_is_a_tail_without_signature(ledger: Ledger) -> None:
    """An unfinished audit is no fault; the fact says that its entries are not signed yet."""
    small = small_audit("Unfinished")
    ledger.begin(small.head).partition(**small.parts[0])
    proof = verify(ledger)
    assert proof.ok
    assert "2 later entries are not signed yet" in next(
        c.fact for c in proof.checks if c.name == "checkpoints"
    )


def test_one_audit_is_checked_without_the_others(ledger: Ledger, folder: Path) -> None:
    """With AUDIT given, an alteration of another audit's rows is left to the check of all."""
    first = ledger.find("latest")
    second = write_audit(ledger, small_audit("Second"))
    forger = Forger(folder)
    forger.does("UPDATE rates SET value = 0.5 WHERE entry = (SELECT max(entry) FROM rates) AND pos = 0")
    assert verify(ledger, first).ok
    assert not verify(ledger, second).ok
    assert not verify(ledger).ok
