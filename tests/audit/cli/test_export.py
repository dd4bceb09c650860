"""``plainspoken export``: what an examiner gets, and that he can check it alone."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from audit.ledger import Ledger, tables
from audit.ledger.entries import hashed_columns
from audit.ledger.notes import Signer, new_private_key
from audit.proof_check import ProofError
from audit.proof_check.export import TABLES, check_export
from tests.worlds.desk import Answer, Desk
from tests.worlds.issued import SENT_AT, a_letter
from tests.worlds.sealed import applicants, recipients, seal_small_audit, small_audit, write_audit

# Without the report, which takes seconds to render.
ROWS = ("--class", "notice", "--class", "model_risk")
WHO = ("--by", "Ada", "--reason", "examination 12")


@pytest.fixture(scope="module")
def sealed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the ledger of a sealed audit and one letter."""
    folder = tmp_path_factory.mktemp("sealed")
    ledger, audit = seal_small_audit(folder)
    with ledger:
        decision = next(d for d in ledger.decisions(audit, notice="ready") if len(d.persons) == 1)
        ledger.record_document(audit, a_letter(decision), SENT_AT, recipient=recipients()[0])
    return folder


@pytest.fixture
def desk(sealed_once: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A copy of it."""
    return Desk.copy(sealed_once, tmp_path / "desk", capsys)


class Bundle:
    """An export as its receiver has it."""

    def __init__(self, file: Path) -> None:
        with zipfile.ZipFile(file) as archive:
            self.files = {name: archive.read(name) for name in archive.namelist()}

    def check(self, key: str, kept: str | None = None, **other: bytes) -> list[str]:
        """Return what is proven, with some files replaced."""
        files = {**self.files, **other}
        return check_export(files.__getitem__, files, key, kept)

    def name(self, end: str) -> str:
        """Return the one file whose name ends so."""
        (name,) = [name for name in self.files if name.endswith(end)]
        return name


def export(desk: Desk, *options: object) -> tuple[Answer, Bundle]:
    """Export the audit; return the answer and what it wrote."""
    out = desk.folder / "evidence.zip"
    answer = desk.of_ledger("export", "latest", "--out", out, "--json", *options)
    assert answer.code == 0, answer.err
    return answer, Bundle(out)


def test_an_examiner_checks_it_alone_with_one_command(desk: Desk) -> None:
    """The zip runs itself, without our packages, against a key and a checkpoint kept elsewhere."""
    answer, _ = export(desk, *ROWS)
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        (desk.folder / "kept.txt").write_text(ledger.find("latest").checkpoint)
    file = answer.json["file"]
    command = [sys.executable, "-I", file, file, "--checkpoint", str(desk.folder / "kept.txt"), "--key"]
    done = subprocess.run([*command, answer.json["public_key"]], capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rows of decisions as sealed" in done.stdout
    stranger = subprocess.run([*command, Signer(new_private_key()).public], capture_output=True, text=True)
    assert stranger.returncode == 4
    with zipfile.ZipFile(file) as archive:
        archive.extractall(desk.folder / "unpacked")
    command = [sys.executable, "-m", "proof_check", ".", "--key", answer.json["public_key"]]
    done = subprocess.run(command, capture_output=True, text=True, cwd=desk.folder / "unpacked")
    assert done.returncode == 0, done.stdout + done.stderr
    assert desk.of_ledger("verify").code == 0


def test_it_holds_what_the_readme_says(desk: Desk) -> None:
    """Report, decisions with a dictionary of their columns, findings, environment, checkpoint, key."""
    answer, bundle = export(desk)
    lines = list(csv.DictReader(io.StringIO(bundle.files[bundle.name("/decisions.csv")].decode())))
    assert len(lines) == len(applicants())
    told = list(csv.DictReader(io.StringIO(bundle.files[bundle.name("decisions_dictionary.csv")].decode())))
    assert [row["column"] for row in told] == list(lines[0])
    assert all(row["meaning"] for row in told)
    assert bundle.files[bundle.name("report.pdf")].startswith(b"%PDF")
    assert json.loads(bundle.files[bundle.name("findings.json")])
    assert answer.json["public_key"] in bundle.files["public_key.txt"].decode()
    assert "cases of audit" in bundle.files["README.txt"].decode()
    assert (desk.folder / "evidence.zip").stat().st_mode & 0o077 == 0


def test_nobody_is_named_unless_it_is_asked_for_and_allowed(desk: Desk) -> None:
    """Without --locked no id and no name; with it, for a name and a reason, with the key file."""
    _, bundle = export(desk)
    every = b"".join(bundle.files.values())
    names = [one.id.encode() for one in applicants()]
    assert not any(name in every for name in names)
    refused = desk.of_ledger("export", "latest", "--out", desk.folder / "no.zip", "--locked")
    assert (refused.code, "--by and --reason" in refused.err) == (2, True)
    _, bundle = export(desk, "--locked", *WHO, *ROWS)
    assert all(name in bundle.files[bundle.name("cases.json")] for name in names)
    (desk.folder / "ledger.key").unlink()
    assert desk.of_ledger("export", "latest", "--out", desk.folder / "no.zip", "--locked", *WHO).code == 1
    assert not (desk.folder / "no.zip").exists()


def test_a_class_that_is_not_asked_for_stays_out(desk: Desk) -> None:
    """Without fair lending: no rates, no report, no such finding; the README says so; it holds."""
    answer, bundle = export(desk, *ROWS)
    assert not any(name.endswith(("rates.json", "report.html", "report.pdf")) for name in bundle.files)
    findings = json.loads(bundle.files[bundle.name("findings.json")])
    assert {one["access"] for one in findings} <= {"notice", "model_risk"}
    assert any("rates" in one for one in answer.json["left_out"])
    assert any("report of audit" in one for one in answer.json["left_out"])
    assert bundle.check(answer.json["public_key"])
    assert desk.of_ledger("export", "latest", "--out", "no.zip", "--class", "secret").code == 2
    assert desk.of_ledger("export", "latest", "--out", "no.zip", "--class", "privileged").code == 2


def test_one_action_or_product_alone(desk: Desk) -> None:
    """Only those decisions, the others as hashes, and it still holds."""
    answer, bundle = export(desk, "--action", "denied", *ROWS)
    lines = list(csv.DictReader(io.StringIO(bundle.files[bundle.name("/decisions.csv")].decode())))
    assert {line["action"] for line in lines} == {"denied"}
    assert any("left out, there as hashes" in fact for fact in bundle.check(answer.json["public_key"]))
    _, bundle = export(desk, "--product", "no such product", *ROWS)
    assert bundle.files[bundle.name("/decisions.csv")].count(b"\n") == 1


def test_audits_of_a_time(desk: Desk) -> None:
    """--from and --to take every audit sealed then; none is refused."""
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        write_audit(ledger, small_audit("Second"))
    out = desk.folder / "two.zip"
    told = desk.of_ledger(
        "export", "--from", "2026-11-01", "--to", "2026-11-20", "--out", out, "--class", "notice", "--json"
    ).json
    assert len(told["audits"]) == 2
    assert Bundle(out).check(told["public_key"])
    assert desk.of_ledger("export", "--from", "2027-01-01", "--out", out).code == 2
    assert desk.of_ledger("export", "--from", "soon", "--out", out).code == 2
    assert desk.of_ledger("export", "--out", out).code == 2


def test_no_file_of_it_can_change(desk: Desk) -> None:
    """Every file altered, taken away, or one added: refused; and so is a row with its digest made to fit."""
    answer, bundle = export(desk, *ROWS)
    key = answer.json["public_key"]
    assert bundle.check(key)
    for name, content in bundle.files.items():
        spoiled = (
            content[:-3] + bytes([content[-3] ^ 1]) + content[-2:] if len(content) > 3 else content + b"x"
        )
        with pytest.raises(ProofError):
            bundle.check(key, **{name: spoiled})
        fewer = {one: data for one, data in bundle.files.items() if one != name}
        with pytest.raises(ProofError):
            check_export(fewer.__getitem__, fewer, key)
    with pytest.raises(ProofError, match="other files"):
        bundle.check(key, more=b"")


def test_it_knows_the_columns_that_are_hashed() -> None:
    """Names, order and kinds of its tables are the ledger's."""
    kinds = {"BigInteger": "i", "Double": "f", "Text": "s", "Word": "s", "LargeBinary": "b"}
    for name, columns in TABLES.items():
        table = tables.EVIDENCE[name]
        assert [column for column, _, _ in columns] == hashed_columns(table)
        for column, kind, nullable in columns:
            assert kind == kinds[type(table.c[column].type).__name__], (name, column)
            assert nullable == table.c[column].nullable, (name, column)
