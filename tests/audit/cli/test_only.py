"""An audit for notices, an audit for fairness, and one run that is both in two ledgers."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from audit.ledger import Ledger
from audit.ledger.notes import read_checkpoint
from audit.ledger.recorded import recorded
from audit.record import Decision
from audit.runner import run
from tests.worlds import even_lender
from tests.worlds.desk import Desk
from tests.worlds.unpacked import decoded

GROUPS = ("female", "40-61", "25-39")  # as the groups are called that nobody else is named after


@pytest.fixture(scope="module")
def even(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small lender."""
    return even_lender.build(tmp_path_factory.mktemp("even") / "world", n_profiles=25).folder


@pytest.fixture(scope="module")
def both(even: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a ledger of its own for fairness, audited."""
    desk = Desk.copy(even, tmp_path_factory.mktemp("both") / "desk")
    (desk.folder / "fair").mkdir()
    desk.set(fairness__ledger="fair/fair.db")
    run(desk.config)
    return desk.folder


@pytest.fixture
def desk(even: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A copy of the lender."""
    return Desk.copy(even, tmp_path / "desk", capsys)


@pytest.fixture
def two(both: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A copy of the lender with two ledgers."""
    return Desk.copy(both, tmp_path / "two", capsys)


def as_told(decision: Decision) -> tuple[object, ...]:
    """Return what a letter tells of a decision."""
    return decision.outcome, decision.score, decision.notice, [one.code for one in decision.reasons]


def bare(desk: Desk) -> None:
    """Take the protected columns out of the data."""
    path = desk.folder / "applications.csv"
    pl.read_csv(path).drop("sex", "age").write_csv(path)


def test_notices_need_no_protected_column(desk: Desk) -> None:
    """The same decisions and reasons come out without them, and no comparison is called met."""
    # Everybody is compared with everybody: who is nearest to the cutoff is settled among equals by all cells.
    desk.set(explain__reference={"kind": "all_applicants", "rows": 1000, "min_rows": 20})
    whole = run(desk.config, ledger=str(desk.folder / "whole.db"))
    bare(desk)
    answer = desk.ask("run", desk.config, "--only", "notices", "--json")
    assert answer.code in (0, 3), answer
    assert answer.json["counts"] == dict(whole.audit.counts)
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger, Ledger.open(whole.ledger_url) as other:
        told, full = ({d.row: d for d in one.decisions(one.find("latest"))} for one in (ledger, other))
        assert len(told) == 200
        one, other_one = ({row: as_told(d) for row, d in found.items()} for found in (told, full))
        assert one == other_one
        findings = [one for one in ledger.findings(ledger.find("latest")) if one.access == "fair_lending"]
        assert findings
        assert {one.outcome for one in findings} == {"not_measured"}
        assert all("for notices alone" in (one.cause or "") for one in findings)
        assert (ledger.rates(ledger.find("latest")), ledger.disparities(ledger.find("latest"))) == ((), ())
    without = desk.ask("run", desk.config, "--json")
    assert without.code == 2
    assert "protected.sex" in without.err


def test_an_input_that_is_protected_holds_its_reason_all_the_same(desk: Desk) -> None:
    """R2: what the model reads is before it anyway; its groups are kept nowhere."""
    desk.set(
        protected__years={
            "column": "years_at_address",
            "type": "integer",
            "reference": "10+",
            "bands": [0, 10],
        }
    )
    answer = desk.ask("run", desk.config, "--only", "notices", "--json")
    assert answer.code in (0, 3), answer
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        causes = {d.notice.cause for d in ledger.decisions(ledger.find("latest"), notice="held")}
        assert causes == {"protected_basis"}
        assert [dict(part.groups) for part in recorded(ledger, ledger.find("latest"))] == [{}]
        figures = ledger.figures(ledger.find("latest")).values()
        assert [
            set(one.body) for one in figures if one.access == "fair_lending" and set(one.body) != {"cause"}
        ] == []


def test_fairness_owes_nobody_a_letter(desk: Desk) -> None:
    """Rates and disparities are those of the whole audit; no case is kept and no notice is due."""
    whole = run(desk.config, ledger=str(desk.folder / "whole.db"))
    assert desk.ask("run", desk.config, "--only", "fairness", "--json").code in (0, 3)
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        audit = ledger.find("latest")
        assert (ledger.rates(audit), ledger.disparities(audit)) == (whole.rates, whole.disparities)
        assert {d.notice.state for d in ledger.decisions(audit)} == {"none"}
        cases = [case for part in recorded(ledger, audit) for case in part.cases if case is not None]
        assert {(tuple(case.inputs), tuple(case.record)) for case in cases} <= {((), ())}
        left = [one for one in ledger.findings(audit) if one.access == "notice"]
        assert {one.outcome for one in left} == {"not_measured"}
    assert "Nothing is due" in desk.of_ledger("due", "latest").out
    refused = desk.of_ledger("letters", "latest", "--all", "--out", desk.folder / "letters")
    assert (refused.code, "made for fairness alone" in refused.err) == (2, True)
    assert not (desk.folder / "letters").exists()


def test_two_ledgers_name_each_other_and_each_holds_its_own(two: Desk) -> None:
    """One command makes both; asked again it finds both; neither the ledger nor its report tells groups."""
    answer = two.ask("run", two.config, "--json")
    assert answer.json["existing"] is answer.json["companion"]["existing"] is True
    one, other = answer.json["audit"], answer.json["companion"]["audit"]
    fair = two.folder / "fair" / "fair.db"
    with Ledger.open(str(two.folder / "ledger.db")) as ledger, Ledger.open(str(fair)) as beside:
        assert [a.audit for a in ledger.audits()] == [one]
        assert [a.audit for a in beside.audits()] == [other]
        named = ledger.figure(one, "companion"), beside.figure(other, "companion")
        assert named[0] is not None
        assert named[1] is not None
        assert (named[0].body["audit"], named[1].body["audit"]) == (other, one)
        assert read_checkpoint(named[1].body["checkpoint"]).origin == ledger.origin
        assert beside.rates(other)
    held = [file.read_bytes() for file in two.folder.glob("ledger*")]
    held += decoded(two.folder)
    beside_held = fair.read_bytes()
    for group in GROUPS:
        assert not any(group.encode() in content for content in held), group
        assert group.encode() in beside_held, group
    for ledger_file in (two.folder / "ledger.db", fair):
        assert two.ask("verify", "--ledger", ledger_file).code == 0
        again = two.ask("replay", "latest", "--folder", two.folder, "--ledger", ledger_file)
        assert again.code == 0, again
        assert "equal to the first" in again.out


def test_each_report_says_where_the_other_half_is(two: Desk) -> None:
    """The ledger of notices prints no group; the letters are written from it."""
    page = two.folder / "report.html"
    assert two.of_ledger("report", "latest", "--out", page).code == 0
    text = page.read_text()
    assert "in the fair-lending ledger" in text
    assert not any(f">{group}<" in text for group in GROUPS)
    assert "Internal · fair lending" not in text
    out = two.folder / "letters"
    answer = two.of_ledger(
        "letters", "latest", "--all", "--out", out, "--format", "txt", "--date", "2026-11-20"
    )
    assert answer.code in (0, 3), answer
    assert list(out.rglob("*.txt"))


def test_a_run_that_died_between_the_two_goes_on(desk: Desk) -> None:
    """What is sealed is found, the rest is made, each once."""
    (desk.folder / "fair").mkdir()
    desk.set(fairness__ledger="fair/fair.db")
    seen: list[str] = []

    def stops(stage: str, done: int, total: int) -> None:
        seen.append(stage)
        if stage == "findings" and "seal" in seen:  # the second audit's; the first is sealed
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(desk.config, progress=stops)
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        (first,) = ledger.audits()
        assert first.state == "sealed"
    result = run(desk.config)
    assert result.existing
    assert result.audit.audit == first.audit
    assert result.companion is not None
    assert not result.companion.existing
    with Ledger.open(result.companion.ledger_url) as ledger:
        assert [(one.audit, one.state) for one in ledger.audits()] == [
            (result.companion.audit.audit, "sealed")
        ]


def test_a_ledger_that_cannot_be_opened_is_named_before_any_work(desk: Desk) -> None:
    """Otherwise half a run would be sealed and the other half lost."""
    desk.set(fairness__ledger="no/such/folder/fair.db")
    answer = desk.ask("run", desk.config)
    assert answer.code != 0
    assert "fair.db" in answer.err
    assert not (desk.folder / "ledger.db").exists()


def test_one_ledger_under_two_names_is_refused(desk: Desk) -> None:
    """A link to the ledger, or its file spelled otherwise, is that ledger: neither half is written."""
    with Ledger.open(str(desk.folder / "ledger.db"), create=True) as ledger:
        assert ledger.audits() == ()
    (desk.folder / "other.db").hardlink_to(desk.folder / "ledger.db")
    desk.set(fairness__ledger="other.db")
    answer = desk.ask("run", desk.config)
    assert (answer.code, "the ledger of the audit itself" in answer.err) == (2, True), answer
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        assert ledger.audits() == ()


def test_an_erasure_and_an_export_say_what_lies_elsewhere(two: Desk) -> None:
    """One ledger cannot speak for the other, so each says that there is one."""
    person = pl.read_csv(two.folder / "applications.csv")["applicant_id"][3]
    who = ("--by", "Privacy desk", "--reason", "Art. 17")
    told = two.of_ledger("erase", person, *who, "--json").json
    assert told["also_in"] == ["--ledger fair/fair.db (comparisons of groups)"]
    other = two.ask("erase", person, *who, "--json", "--ledger", two.folder / "fair" / "fair.db").json
    assert other["also_in"] == ["the ledger of the audits for notices"]
    export = two.of_ledger("export", "latest", "--out", two.folder / "e.zip", "--json").json
    assert any("made for notices alone" in one for one in export["left_out"])


def test_only_is_refused_where_it_means_nothing(desk: Desk) -> None:
    """An unknown word, and one decision alone."""
    assert "no part of an audit" in desk.ask("run", desk.config, "--only", "letters").err
    row = desk.folder / "row.json"
    row.write_text(json.dumps({}))
    assert desk.ask("run", desk.config, "--only", "notices", "--row", row).code == 2
