"""The embedded example, from one command to letters; with a Keras model, so it is a long test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worlds.desk import Desk


@pytest.mark.slow
def test_the_example_is_audited_from_one_command(tmp_path: Path, capsys) -> None:
    """Ledger, report and letters are there, the words name them, the evidence holds, and it exits 0."""
    out = tmp_path / "demo"
    desk = Desk(out, capsys)
    answer = desk.ask("demo", "--out", out, "--date", "2026-11-20")
    assert answer.code == 0, answer.err
    for name in ("report.html", "report.pdf", "ledger.db", "audit.yaml"):
        assert (out / name).stat().st_size > 0
        assert name in answer.out
    assert "No real lender was audited" in answer.out
    assert len(list((out / "letters").glob("*.pdf"))) >= 6
    assert desk.of_ledger("verify").code == 0
    (row,) = desk.of_ledger("list", "--json").json["audits"]
    assert (row["rows"], row["state"]) == (5000, "sealed")
    shown = desk.of_ledger("show", "latest", "--json").json
    # The model was given neither sex nor age nor marriage, and reads no copy of them.
    (finding,) = [
        one for one in shown["findings"] if one["requirement"].endswith("protected_basis_not_scored")
    ]
    assert (finding["outcome"], finding["value"]) == ("met", 0.0)
    assert shown["figures"]["certified"]["false"] == 0
    # The config that was laid out is a pattern: it runs as it stands. Without the note it is another audit.
    again = desk.ask("run", desk.config, "--json")
    assert again.code in (0, 3)
    assert again.json["counts"] == shown["counts"]
    assert again.json["existing"] is False
