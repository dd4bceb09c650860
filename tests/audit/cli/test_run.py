"""Tests of ``plainspoken run``: its JSON, its exit codes, its report, and what a full disk leaves."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
from pathlib import Path

import pytest

from tests.worlds import even_lender, proxy_lender
from tests.worlds.desk import Desk

OUTCOMES = ["met", "not_met", "inconclusive", "not_applicable", "not_measured", "error"]
STAGES = {"score", "reference", "explain", "fairness", "findings", "seal", "report", "letters"}


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An even lender, whose duties are met, and one whose model reads a sign of sex."""
    folder = tmp_path_factory.mktemp("worlds")
    return {
        # Fifty applicants to compare with, so that no duty is missed.
        "even": even_lender.build(folder / "even", n_profiles=30).folder,
        "proxy": proxy_lender.build(folder / "proxy", n=300).folder,
    }


@pytest.fixture
def desk(worlds, tmp_path, capsys, blank_ledger):
    """Return a desk with a copy of a world."""

    def of(name: str = "even") -> Desk:
        found = Desk.copy(worlds[name], tmp_path / name, capsys)
        shutil.copyfile(blank_ledger, found.folder / "ledger.db")
        return found.set(explain__reference__min_rows=50)

    return of


def test_the_last_line_is_one_json_object(desk) -> None:
    """``run --json`` has the keys that machines rely on, and nothing else on standard output."""
    one = desk()
    answer = one.ask("run", one.config, "--json")
    assert answer.code == 0, answer
    assert len(answer.out.splitlines()) == 1
    told = answer.json
    assert set(told) >= {"audit", "existing", "counts", "findings", "checkpoint", "documents", "timings"}
    assert len(told["audit"]) == 64
    assert told["existing"] is False
    assert set(told["counts"]) == {"rows", "adverse", "favourable", "none", "held", "quarantined"}
    counts = told["counts"]
    assert counts["rows"] == 240 == sum(counts[k] for k in ("adverse", "favourable", "none", "quarantined"))
    assert list(told["findings"]) == OUTCOMES
    assert told["checkpoint"].startswith("plainspoken/")
    assert told["documents"] == []
    assert set(told["timings"]) == STAGES
    assert answer.err == ""


def test_the_same_run_again_says_so_and_ends_the_same(desk) -> None:
    """The second run answers with the first audit and its exit code; --again makes another."""
    one = desk("proxy")
    first = one.ask("run", one.config, "--json")
    second = one.ask("run", one.config, "--json", "--fail-on", "error")
    third = one.ask("run", one.config, "--json", "--again", "1", "--fail-on", "error")
    assert (first.code, second.code, third.code) == (3, 3, 0)
    assert first.json["audit"] == second.json["audit"] != third.json["audit"]
    assert [answer.json["existing"] for answer in (first, second, third)] == [False, True, False]
    assert second.json["counts"] == first.json["counts"]
    assert second.json["checkpoint"] == first.json["checkpoint"]


def test_words_name_what_was_found(desk) -> None:
    """Without --json the run says in words what was counted and which duties are not met."""
    one = desk("proxy")
    answer = one.ask("run", one.config)
    assert answer.code == 3
    assert "300 applications: " in answer.out
    assert "not met: us_ecoa_regb.protected_basis_not_scored (1, bound at most 0)" in answer.out
    assert "Screens, which are conventions and not law" in answer.out
    assert "Comparing groups" in answer.err


@pytest.mark.slow
def test_a_report_is_written_whole(desk) -> None:
    """--out holds the report in both formats, and the JSON names them and the time they took."""
    one = desk()
    answer = one.ask("run", one.config, "--out", one.folder / "report", "--json")
    assert answer.code == 0, answer
    names = [Path(document).name for document in answer.json["documents"]]
    assert names == ["report.html", "report.pdf"]
    assert all(Path(document).stat().st_size > 10_000 for document in answer.json["documents"])
    assert answer.json["timings"]["report"] > 0
    again = one.ask("run", one.config, "--out", one.folder / "report", "--json")
    assert (again.code, again.json["existing"]) == (0, True)
    assert again.json["documents"] == answer.json["documents"]


@pytest.mark.parametrize("word", ["notmet", "", "met,oops"])
def test_an_unknown_outcome_is_refused(desk, word: str) -> None:
    """A misspelt outcome would never end a run with 3."""
    one = desk()
    answer = one.ask("run", one.config, "--fail-on", word)
    assert answer.code == 2
    assert "no outcome is called" in answer.err


def test_a_folder_with_foreign_files_is_refused_before_work(desk) -> None:
    """Nothing is audited, and nothing in the folder is touched."""
    one = desk()
    (one.folder / "mine").mkdir()
    (one.folder / "mine" / "notes.txt").write_text("mine")
    answer = one.ask("run", one.config, "--out", one.folder / "mine")
    assert answer.code == 2
    assert "files that this program did not write (notes.txt)" in answer.err
    assert (one.folder / "mine" / "notes.txt").read_text() == "mine"
    assert one.of_ledger("list", "--json").json == {"audits": []}


def test_a_ledger_inside_of_the_report_folder_is_refused(desk) -> None:
    """The folder is replaced as a whole: the evidence in it would go with it."""
    one = desk()
    (one.folder / "out").mkdir()
    answer = one.ask(
        "run", one.config, "--out", one.folder / "out", "--ledger", one.folder / "out" / "kept.db"
    )
    assert answer.code == 2
    assert "the ledger kept.db would lie in it" in answer.err
    assert list((one.folder / "out").iterdir()) == []


def test_a_full_disk_ends_with_1_and_a_way_out(desk) -> None:
    """The ledger cannot grow: one sentence, no traceback; with room the same command succeeds."""
    one = desk()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
    try:
        answer = one.ask("run", one.config, "--json")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert answer.code == 1
    assert answer.out == ""
    assert answer.err.startswith("sqlite:///")
    assert len(answer.err.splitlines()) == 1
    assert one.ask("run", one.config, "--json").json["existing"] is False


def test_a_report_that_finds_no_room_leaves_the_audit_sealed(desk, monkeypatch) -> None:
    """The audit is done and stays; the folder is not there, and the next run writes it."""
    import audit.cli.report

    one = desk()

    def full(*_: object) -> list[str]:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "report.pdf")

    monkeypatch.setattr(audit.cli.report, "write_report", full)
    answer = one.ask("run", one.config, "--out", one.folder / "report", "--json")
    assert answer.code == 1
    assert "report.pdf: No space left on device. " in answer.err
    assert "Traceback" not in answer.err
    assert not (one.folder / "report").exists()
    assert one.ask("run", one.config, "--json").json["existing"] is True


def test_what_nobody_expected_is_one_sentence_without_values(desk, monkeypatch) -> None:
    """An error of ours names its place and kind; its own words may quote a person and stay unsaid."""
    import audit.runner

    one = desk()

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("Zyxwv Fictional")

    monkeypatch.setattr(audit.runner, "run", broken)
    answer = one.ask("run", one.config)
    assert answer.code == 1
    assert "Zyxwv" not in answer.err
    assert "ZeroDivisionError" in answer.err
    assert "PLAINSPOKEN_DEBUG" in answer.err


def test_an_older_ledger_is_refused_with_78(desk) -> None:
    """A ledger whose schema is not this program's is not written to."""
    import sqlite3

    one = desk()
    with sqlite3.connect(one.folder / "ledger.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    answer = one.ask("run", one.config)
    assert answer.code == 78
    assert "newer than this program" in answer.err


def test_the_ledger_may_be_named_by_the_environment(desk, monkeypatch) -> None:
    """$PLAINSPOKEN_LEDGER is the ledger of run and list alike, where --ledger does not say otherwise."""
    one = desk()
    monkeypatch.setenv("PLAINSPOKEN_LEDGER", str(one.folder / "elsewhere.db"))
    sealed = one.ask("run", one.config, "--json").json["audit"]
    assert (one.folder / "elsewhere.db").exists()
    assert [row["audit"] for row in one.ask("list", "--json").json["audits"]] == [sealed]
    assert one.of_ledger("list", "--json").json == {"audits": []}


def test_json_is_json(desk) -> None:
    """No NaN and no infinity stands in what machines read."""
    one = desk()
    one.ask("run", one.config)
    shown = one.of_ledger("show", "latest", "--json").out

    def refuse(word: str) -> None:
        raise AssertionError(word)

    assert json.loads(shown, parse_constant=refuse)["state"] == "sealed"
