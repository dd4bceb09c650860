"""The verifier of proofs: what it accepts, and that it accepts nothing else."""

from __future__ import annotations

import ast
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import audit.proof_check
from audit.ledger import log, seal, tables
from audit.ledger.entries import hashed_columns
from audit.ledger.notes import Signer, new_private_key
from audit.proof_check import (
    COLUMNS,
    Note,
    ProofError,
    check,
    consistent,
    included,
    merkle_root,
    pack,
    text_of,
)
from tests.audit.ledger.test_log import INPUTS, ROOTS, some_leaves
from tests.audit.proof_check.conftest import Proven


def changed(text: str, *path: Any, to: Any) -> str:
    """Return the proof with one value replaced, written as a proof is."""
    body = json.loads(text)
    inside = body
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = to
    return text_of(body)


def test_a_proof_says_what_was_decided_why_and_what_was_sent(proven: Proven) -> None:
    """Outcome, reasons with their sentences, the letter's hash, model and data come out of the file."""
    found: Any = check(proven.text, proven.key)
    assert found["audit"] == proven.audit
    assert found["decision"]["decision"].hex() == proven.decision
    assert found["decision"]["outcome"] == "adverse"
    codes = found["decision"]["reason_codes"].split()
    assert codes
    assert [one["code"] for one in found["reasons"]] == codes
    assert all(json.loads(one["statement"])["en"] for one in found["reasons"])
    (sent,) = found["documents"]
    assert sent["sha256"] == hashlib.sha256(proven.letter.content).digest()
    assert any("true when they were written" in limit for limit in found["cannot"])


def test_a_proof_names_nobody_and_nobody_else(proven: Proven) -> None:
    """No name, id or address stands in the file, and no other decision; it is small."""
    for private in ("Alex Sample", "We refuse", "A-0", "P-0"):
        assert private not in proven.text
    body = json.loads(proven.text)
    assert sum(row["table"] == "decisions" for row in body["rows"]) == 1
    assert len(proven.text) < 20_000


def test_a_kept_checkpoint_must_be_spoken_of(proven: Proven) -> None:
    """The newest and the audit's own checkpoint fit; others do not."""
    for kept in (proven.newest, proven.checkpoint):
        assert check(proven.text, proven.key, kept)
    assert check(proven.early, proven.key, proven.checkpoint)
    with pytest.raises(ProofError, match="not one that the proof speaks of"):
        check(proven.early, proven.key, proven.newest)
    other = proven.checkpoint.replace(proven.checkpoint.split("\n")[0], "plainspoken/other")
    with pytest.raises(ProofError, match="of another ledger"):
        check(proven.text, proven.key, other)


def test_another_key_proves_nothing(proven: Proven) -> None:
    """A stranger's key, and what is no key, are refused."""
    with pytest.raises(ProofError, match="not signed by the key"):
        check(proven.text, Signer(new_private_key()).public)
    for line in ("", "plainspoken", "plainspoken+00000000+AQ==", proven.key[:-4]):
        with pytest.raises(ProofError, match=r"key|base64"):
            check(proven.text, line)


def test_a_proof_signed_anew_by_a_stranger_is_refused(proven: Proven) -> None:
    """Rows changed and every root made to fit: the signature is not the ledger's."""
    body = json.loads(proven.early)
    stranger = Signer(new_private_key())
    note = Note(body["checkpoint"])
    forged = changed(proven.early, "checkpoint", to=stranger.checkpoint(note.origin, note.size, note.root))
    with pytest.raises(ProofError, match="not signed by the key"):
        check(forged, proven.key)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("audit",), "f" * 64, "of another audit"),
        (("decision",), "0" * 32, "of another decision"),
        (("rows", 0, "values", 3), "favourable", "not among those"),
        (("rows", 0, "values", 4), 0.01, "not among those"),
        (("rows", 0, "values", 4), "0.01", "of another kind"),
        (("rows", 0, "values", 0), 9, "not among those"),
        (("rows", 0, "entry"), 1, "must have exactly|not among those"),
        (("rows", 0, "table"), "reason_codes", "other columns|is missing"),
        (("rows", 0, "path"), [], "not among those"),
        (("rows",), [], "row, once"),
        (("entries", 0, "position"), 3, "does not stand"),
        (("entries", 0, "body"), "{}", "does not stand"),
        (("entries",), [], "must have exactly"),
        (("earlier", "size"), 2, "not a beginning"),
        (("earlier", "root"), "00" * 32, "not a beginning"),
        (("unstated",), ["U1"], "stated and unstated|not those"),
        (("keys",), [1], "must have exactly"),
        (("format",), "plainspoken proof 2", "no proof of the form"),
        (("more",), 1, "must have exactly"),
    ],
)
def test_one_thing_changed_is_refused(proven: Proven, path: tuple[Any, ...], value: Any, words: str) -> None:
    """Each part of the proof, changed alone, is named in the refusal."""
    forged = changed(proven.text, *path, to=value)
    assert forged != proven.text
    with pytest.raises(ProofError, match=words):
        check(forged, proven.key)


def test_every_part_left_out_is_refused(proven: Proven) -> None:
    """Each entry, row, step of a path and field removed, one at a time."""
    body = json.loads(proven.text)

    def without(value: Any) -> Any:
        """Yield every version of a value that lacks one thing."""
        if isinstance(value, dict):
            for key in value:
                yield {k: v for k, v in value.items() if k != key}
                yield from ({**value, key: inner} for inner in without(value[key]))
        elif isinstance(value, list):
            for i in range(len(value)):
                yield [*value[:i], *value[i + 1 :]]
                yield from ([*value[:i], inner, *value[i + 1 :]] for inner in without(value[i]))

    tried = 0
    for shorter in without(body):
        tried += 1
        with pytest.raises(ProofError):
            check(text_of(shorter), proven.key)
    assert tried > 100


def test_only_one_form_of_a_file_is_a_proof(proven: Proven) -> None:
    """Blanks, another order, capitals in hex, a key given twice: the same meaning, and refused."""
    body = json.loads(proven.text)
    upper = changed(proven.text, "rows", 0, "values", 2, to=body["rows"][0]["values"][2].upper())
    forms = (
        json.dumps(body),
        proven.text + "\n",
        proven.text.replace('"audit"', '"audit": "x",\n "audit"', 1),
        upper,
        "[]",
        "",
        "[" * 100_000,
    )
    for text in forms:
        with pytest.raises(ProofError):
            check(text, proven.key)


# --- its own arithmetic, against the log's and the published vectors -----------------------------


def test_its_roots_are_the_published_ones() -> None:
    """The verifier's own tree meets RFC 6962's vectors."""
    leaves = [audit.proof_check.leaf_hash(data) for data in INPUTS]
    assert [merkle_root(leaves[: i + 1]).hex() for i in range(8)] == ROOTS


def test_it_agrees_with_the_log_on_every_path() -> None:
    """Each inclusion and consistency proof of logs up to 40 leaves is accepted, for its leaf alone."""
    for n in range(1, 41):
        leaves = some_leaves(n)
        root = log.merkle_root(leaves)
        for i in range(n):
            assert included(leaves[i], i, n, list(log.inclusion_proof(leaves, i)), root)
            assert not included(leaves[i], i + 1, n, list(log.inclusion_proof(leaves, i)), root)
            old = log.merkle_root(leaves[: i + 1])
            assert consistent(i + 1, old, n, root, list(log.consistency_proof(leaves, i + 1)))
            assert not consistent(i + 1, b"x" * 32, n, root, list(log.consistency_proof(leaves, i + 1)))


def test_it_packs_rows_as_the_ledger_does() -> None:
    """Every kind of value gives the bytes that were hashed when it was sealed."""
    values = [0, -5, 2**62, 0.1, -1e300, "", "é—x", b"", b"\x00\xff", None]
    assert pack(values) == seal.pack(values)


def test_it_knows_the_columns_that_are_hashed() -> None:
    """Names, order and kinds of its tables are the ledger's."""
    kinds = {"BigInteger": "i", "Double": "f", "Text": "s", "LargeBinary": "b", "Word": "s"}
    for name, columns in COLUMNS.items():
        table = tables.EVIDENCE[name]
        assert [column for column, _, _ in columns] == hashed_columns(table)
        for column, kind, nullable in columns:
            assert kind == kinds[type(table.c[column].type).__name__], (name, column)
            assert nullable == table.c[column].nullable, (name, column)


def test_it_imports_nothing_but_hashing_and_signatures() -> None:
    """hashlib, json, base64 and cryptography: whoever trusts it reads one file."""
    tree = ast.parse(Path(audit.proof_check.__file__).read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    assert found == {"__future__", "base64", "hashlib", "json", "cryptography"}


# --- as a program -----------------------------------------------------------------------------------


def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the verifier as whoever received a proof would."""
    return subprocess.run(
        [sys.executable, "-m", "audit.proof_check", *arguments], capture_output=True, text=True, check=False
    )


def test_as_a_program_it_tells_and_ends_with_a_code(proven: Proven, tmp_path: Path) -> None:
    """0 with the facts in words, 4 for what is not proven, 2 for what is no file."""
    proof, letter, kept = tmp_path / "proof.json", tmp_path / "letter.html", tmp_path / "kept.txt"
    proof.write_text(proven.text, encoding="utf-8")
    letter.write_bytes(proven.letter.content)
    kept.write_text(proven.checkpoint, encoding="utf-8")
    done = ask(str(proof), "--key", proven.key, "--letter", str(letter), "--checkpoint", str(kept))
    assert (done.returncode, done.stderr) == (0, "")
    assert "adverse" in done.stdout
    assert "byte for byte" in done.stdout
    assert "cannot tell" in done.stdout
    letter.write_bytes(proven.letter.content + b" ")
    assert ask(str(proof), "--key", proven.key, "--letter", str(letter)).returncode == 4
    proof.write_text(changed(proven.text, "rows", 0, "values", 3, to="favourable"), encoding="utf-8")
    done = ask(str(proof), "--key", proven.key, "--json")
    assert done.returncode == 4
    assert json.loads(done.stdout)["ok"] is False
    assert ask(str(tmp_path / "absent"), "--key", proven.key).returncode == 2
