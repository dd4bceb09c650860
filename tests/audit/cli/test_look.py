"""Tests of list, show, explain and verify: the shapes that machines read, and what people read."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from pathlib import Path

import pytest

import audit
from tests.worlds import tiny_group
from tests.worlds.desk import Desk
from tests.worlds.lender import refused


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sealed audit."""
    world = tiny_group.build(tmp_path_factory.mktemp("sealed") / "world", n=240)
    audit.run(world.config)
    return world.folder


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory):
    """The applicants of that audit."""
    return tiny_group.build(tmp_path_factory.mktemp("rows") / "world", n=240).rows


@pytest.fixture
def desk(sealed: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Look at it; nothing may be changed."""
    return Desk(sealed, capsys)


@pytest.fixture
def own(sealed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A copy of it to change."""
    return Desk.copy(sealed, tmp_path / "own", capsys)


def adverse(rows) -> list[str]:
    """Return the ids of refused applicants."""
    return [row["application_id"] for row in rows if refused(row)]


def test_list_names_every_audit(desk: Desk) -> None:
    """Id, name, kind, state, date, rows and exit code of each."""
    (row,) = desk.of_ledger("list", "--json").json["audits"]
    assert set(row) == {"audit", "name", "kind", "state", "as_of", "sealed_at", "rows", "exit_code"}
    assert (row["rows"], row["state"], row["kind"]) == (240, "sealed", "population")
    told = desk.of_ledger("list").out
    assert row["audit"][:12] in told
    assert "A lender that does not exist" in told


def test_show_has_the_shape_of_the_contract(desk: Desk) -> None:
    """Rates, disparities and findings with exactly the keys that machines rely on."""
    shown = desk.of_ledger("show", "latest", "--json").json
    assert {"audit", "model", "dataset", "rates", "disparities", "findings"} <= set(shown)
    for one in shown["rates"]:
        assert {"attribute", "group", "metric", "n", "value", "low", "high"} <= set(one)
    for one in shown["disparities"]:
        keys = {"attribute", "group", "reference", "metric", "value", "low", "high", "p_value"}
        assert keys <= set(one)
    keys = {
        "requirement", "kind", "access", "attribute", "group", "outcome", "measure", "value", "bound",
        "source", "cause",
    }  # fmt: skip
    for one in shown["findings"]:
        assert keys <= set(one)
        assert one["source"]
        assert one["outcome"] in ("met", "not_met") or one["cause"]
    everybody = [one for one in shown["rates"] if one["attribute"] == "all"]
    assert {one["group"] for one in everybody} == {"all"}
    assert {"selection_rate", "true_positive_rate", "false_positive_rate", "false_negative_rate",
            "positive_predictive_value", "auc"} <= {one["metric"] for one in everybody}  # fmt: skip
    assert {"adverse_impact_ratio", "standardized_mean_difference", "marginal_effect"} <= {
        one["metric"] for one in shown["disparities"]
    }


def test_show_in_words_has_every_finding(desk: Desk) -> None:
    """A person reads outcome, requirement, group, value and cause."""
    told = desk.of_ledger("show", "latest").out
    assert "inconclusive   screening.four_fifths [sex: nonbinary]" in told
    assert "selection_rate" in told


def test_an_audit_is_named_by_a_beginning(desk: Desk) -> None:
    """A unique beginning of its id will do; an unknown one is refused with 2."""
    name = desk.of_ledger("list", "--json").json["audits"][0]["audit"]
    assert desk.of_ledger("show", name[:8], "--json").json["audit"] == name
    answer = desk.of_ledger("show", "zzzz")
    assert answer.code == 2
    assert "no audit begins so" in answer.err


def test_explain_has_the_shape_of_the_contract(desk: Desk, rows) -> None:
    """Several ids give one JSON line each; contributions push toward refusal and add up to the score."""
    ids = adverse(rows)[:3]
    answer = desk.of_ledger("explain", "latest", *ids, "--json")
    assert answer.code == 0
    assert [one["decision"] for one in answer.lines] == ids
    for one in answer.lines:
        assert set(one) == {
            "decision", "score", "cutoff", "outcome", "stage", "rules", "judgment", "notice", "reference",
            "attributions", "residual", "reasons", "certified",
        }  # fmt: skip
        assert one["outcome"] == "adverse"
        assert one["score"] >= one["cutoff"] == 0.4
        assert one["notice"] == {"state": "ready", "cause": None, "due_on": "2026-12-03"}
        assert set(one["reference"]) == {"kind", "n", "mean_score", "low", "high", "digest"}
        assert one["reference"]["kind"] == "near_cutoff"
        assert one["reference"]["high"] < 0.4
        factors = one["attributions"]["shapley"]
        assert set(factors) == {"income", "utilisation", "late_payments", "years_at_address"}
        total = sum(entry["value"] for entry in factors.values())
        assert total == pytest.approx(one["score"] - one["reference"]["mean_score"], abs=1e-6)
        assert abs(one["residual"]["shapley"]) < 1e-9
        assert one["certified"] in ("exact", "tie")
        assert [reason["rank"] for reason in one["reasons"]] == list(range(1, len(one["reasons"]) + 1))
        for reason in one["reasons"]:
            assert set(reason) == {"rank", "code", "factor", "statement", "contribution", "component"}
            assert reason["contribution"] == pytest.approx(factors[reason["factor"]]["value"], rel=1e-6)
        sizes = [reason["contribution"] for reason in one["reasons"]]
        assert sizes == sorted(sizes, reverse=True)
        assert min(sizes) > 0


def test_explain_in_words(desk: Desk, rows) -> None:
    """Score, cutoff, notice, whom one is compared with, reasons and what each method says."""
    (name, *_) = adverse(rows)
    told = desk.of_ledger("explain", "latest", name).out
    assert told.startswith(f"{name}: adverse\n")
    for words in ("score 0.", "cutoff 0.4000", "notice ready, due on 2026-12-03", "near_cutoff", "shapley: "):
        assert words in told


def test_explain_of_what_was_not_attributed_says_why(desk: Desk, rows) -> None:
    """A favourable decision outside of the sample has no attributions, a cause, and exit code 0."""
    favourable = [row["application_id"] for row in rows if not refused(row)]
    answer = desk.of_ledger("explain", "latest", *favourable, "--json")
    assert answer.code == 0
    without = [one for one in answer.lines if not one["attributions"]]
    assert len(without) == len(favourable) - 50  # explain.favourable of them were attributed
    assert {one["cause"] for one in without} == {
        "not attributed: a favourable decision outside of the sample"
    }
    assert {tuple(one["reasons"]) for one in answer.lines} == {()}


def test_explain_of_an_unknown_decision_is_refused(desk: Desk) -> None:
    """Exit code 2, and a way out."""
    answer = desk.of_ledger("explain", "latest", "A999999")
    assert answer.code == 2
    assert "no such decision" in answer.err


def test_explain_without_the_key_needs_pseudonyms(own: Desk, rows) -> None:
    """Without the key file an id is not found; the pseudonym is, and tells the same."""
    name = adverse(rows)[0]
    before = own.of_ledger("explain", "latest", name, "--json").json
    with sqlite3.connect(own.folder / "ledger.db") as database:
        (pseudonym,) = database.execute(
            "SELECT lower(hex(decision)) FROM decisions WHERE score = ?", (before["score"],)
        ).fetchone()
    database.close()
    (own.folder / "ledger.key").unlink()
    refused_by = own.of_ledger("explain", "latest", name, "--json")
    assert refused_by.code == 2
    assert "pseudonym" in refused_by.err
    after = own.of_ledger("explain", "latest", pseudonym, "--json").json
    assert after | {"decision": name} == before


def test_explain_of_an_inconclusive_reference_says_so(own: Desk, rows) -> None:
    """Where nobody could be compared with, words and JSON say why and nothing breaks."""
    own.set(decision__taken={"column": "granted", "adverse": "no"})
    own.set(decision__stage={"column": "stage"})
    own.rows(lambda old: [{**row, "granted": "no", "stage": "judgmental"} for row in old])
    assert own.ask("run", own.config, "--json").code in (0, 3)
    name = rows[0]["application_id"]
    found = own.of_ledger("explain", "latest", name, "--json").json
    assert found["notice"]["cause"] == "reference_too_small"
    assert "nobody to compare with" in found["cause"]
    assert "reference" in own.of_ledger("explain", "latest", name).out or found["reference"] is None


def test_verify_has_the_shape_of_the_contract(desk: Desk) -> None:
    """``ok``, every check with its fact, and what cannot be told."""
    answer = desk.of_ledger("verify", "latest", "--json")
    assert answer.code == 0
    assert set(answer.json) >= {"ok", "checks", "cannot"}
    assert answer.json["ok"] is True
    for one in answer.json["checks"]:
        assert set(one) == {"name", "ok", "fact"}
        assert one["ok"] is True
    assert any("checkpoint" in limit for limit in answer.json["cannot"])
    assert "The evidence holds." in desk.of_ledger("verify").out


def test_verify_sees_a_changed_row_and_ends_with_4(own: Desk) -> None:
    """An altered score is named, and the exit code is 4."""
    with sqlite3.connect(own.folder / "ledger.db") as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE rates SET value = 0.99 WHERE metric = 'selection_rate'")
    database.close()
    answer = own.of_ledger("verify", "latest", "--json")
    assert answer.code == 4
    assert answer.json["ok"] is False
    assert {one["name"] for one in answer.json["checks"] if not one["ok"]} >= {"rates"}
    assert "DOES NOT HOLD" in own.of_ledger("verify").out


def test_verify_takes_the_checkpoint_of_the_run(own: Desk) -> None:
    """The text that ``run --json`` printed, kept in a file, is met; a file that is no text is refused."""
    note = own.ask("run", own.config, "--json").json["checkpoint"]
    (own.folder / "kept.txt").write_text(note)
    assert own.of_ledger("verify", "--checkpoint", own.folder / "kept.txt").code == 0
    (own.folder / "kept.txt").write_bytes(b"\xff\xfe\x00")
    answer = own.of_ledger("verify", "--checkpoint", own.folder / "kept.txt")
    assert answer.code == 2
    assert "this is not text" in answer.err
    assert own.of_ledger("verify", "--checkpoint", own.folder / "absent.txt").code == 2


def test_a_reference_is_written_to_be_pinned(own: Desk, rows) -> None:
    """``show --reference`` writes a private file whose printed digest a batch pins."""
    file = own.folder / "reference.json"
    answer = own.of_ledger("show", "latest", "--reference", file, "--json")
    assert answer.code == 0, answer
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert answer.json["sha256"] == digest
    assert answer.json["n"] == len(json.loads(file.read_bytes())["rows"]) >= 20
    assert file.stat().st_mode & 0o777 == 0o600
    assert digest in own.of_ledger("show", "latest", "--reference", file).out  # the same bytes again
    ids = adverse(rows)
    before = own.of_ledger("explain", "latest", *ids, "--json").lines
    own.rows(lambda old: [row for row in old if row["application_id"] in set(ids)])
    own.set(
        audit__kind="batch",
        explain__reference={"pinned": {"from": "reference.json", "sha256": digest}, "min_rows": 20},
    )
    assert own.ask("run", own.config, "--json").json["counts"]["adverse"] == len(ids)
    after = own.of_ledger("explain", "latest", *ids, "--json").lines
    assert [one["reasons"] for one in after] == [one["reasons"] for one in before]
    assert {one["reference"]["kind"] for one in after} == {"pinned"}


def test_a_reference_needs_the_key_and_a_choice(own: Desk) -> None:
    """Without the key nothing is written; a cutoff that no reference has is refused."""
    file = own.folder / "reference.json"
    answer = own.of_ledger("show", "latest", "--reference", file, "--cutoff", "0.9")
    assert answer.code == 2
    assert "cutoffs: 0.4" in answer.err
    (own.folder / "ledger.key").unlink()
    answer = own.of_ledger("show", "latest", "--reference", file)
    assert answer.code == 1
    assert "key file" in answer.err
    assert not file.exists()
    assert own.of_ledger("show", "latest", "--cutoff", "0.4").code == 2


def test_a_ledger_that_may_only_be_read(own: Desk, rows, monkeypatch) -> None:
    """On an examiner's read-only copy everything can be looked at and verified; a run says what it needs."""
    import os

    may = os.access
    monkeypatch.setattr(os, "access", lambda place, how: how != os.W_OK and may(place, how))
    before = own.files()
    assert own.of_ledger("list").code == 0
    assert own.of_ledger("show", "latest", "--json").code == 0
    assert own.of_ledger("explain", "latest", rows[0]["application_id"]).code == 0
    assert own.of_ledger("verify").code == 0
    answer = own.ask("run", own.config, "--again", "1")
    assert answer.code == 1
    assert "may be read and not written here" in answer.err
    assert own.files() == before


def test_an_absent_ledger_is_no_new_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Looking makes no ledger: exit code 2 and no file."""
    desk = Desk(tmp_path, capsys)
    for command in (("list",), ("show", "latest"), ("explain", "latest", "A"), ("verify",)):
        answer = desk.of_ledger(*command)
        assert answer.code == 2, command
        assert "ledger.db: ledger: there is no such file" in answer.err
    assert list(tmp_path.iterdir()) == []


def test_an_empty_ledger_says_what_to_do(tmp_path: Path, capsys, blank_ledger: Path) -> None:
    """A ledger without audits lists none, and ``latest`` is refused."""
    shutil.copyfile(blank_ledger, tmp_path / "ledger.db")
    desk = Desk(tmp_path, capsys)
    assert "plainspoken run" in desk.of_ledger("list").out
    assert desk.of_ledger("show", "latest").code == 2


def test_packs_and_migrate_answer(own: Desk) -> None:
    """The regulations that are known, with their dates; a ledger of today's schema stays as it is."""
    answer = own.ask("packs")
    assert answer.code == 0
    for name in ("us_ecoa_regb", "us_fcra", "eu_gdpr", "screening"):
        assert name in answer.out
    before = (own.folder / "ledger.db").read_bytes()
    assert "as before" in own.of_ledger("migrate").out
    assert (own.folder / "ledger.db").read_bytes() == before
