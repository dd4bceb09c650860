"""``plainspoken prove``: from a decision's id to a file that others check."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.cli import main
from audit.proof_check.__main__ import main as check_proof
from tests.worlds.desk import Desk
from tests.worlds.sealed import applicants, seal_small_audit


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A folder with the ledger of a sealed audit."""
    ledger, _ = seal_small_audit(tmp_path)
    ledger.close()
    return Desk(tmp_path, capsys)


def test_prove_writes_what_the_verifier_accepts(desk: Desk) -> None:
    """By the id as in the data: a file for its owner's eyes, and the key and command to check it with."""
    refused = next(one for one in applicants() if one.action == "D")
    out = desk.folder / "proof.json"
    told = desk.of_ledger("prove", "latest", refused.id, "--out", out, "--json").json
    assert out.stat().st_mode & 0o077 == 0
    assert refused.id not in out.read_text()
    assert check_proof([str(out), "--key", told["public_key"]]) == 0
    words = desk.of_ledger("prove", "latest", told["decision"], "--out", out)
    assert words.code == 0
    assert "python -m audit.proof_check" in words.out
    assert told["public_key"] in words.out


def test_prove_refuses_what_it_cannot(desk: Desk) -> None:
    """An unknown decision, a wrong role and a file that is no checkpoint: exit code 2, and no file."""
    out = desk.folder / "proof.json"
    (desk.folder / "kept.txt").write_text("hello")
    refused = next(one for one in applicants() if one.action == "D").id
    for arguments, words in (
        (["nobody"], "no such decision"),
        ([refused, "--role", "cousin"], "is no role"),
        ([refused, "--checkpoint", desk.folder / "kept.txt"], "--checkpoint"),
        ([refused, "--checkpoint", desk.folder / "absent.txt"], "no such file"),
        ([refused, "--key", desk.folder / "kept.txt"], "--key"),
    ):
        answer = desk.of_ledger("prove", "latest", *arguments, "--out", out)
        assert answer.code == 2, answer
        assert words in answer.err
        assert not out.exists()


def test_prove_has_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    """The command is mounted."""
    with pytest.raises(SystemExit) as leave:
        main(["prove", "--help"])
    assert leave.value.code in (0, None)
    assert "--checkpoint" in capsys.readouterr().out
