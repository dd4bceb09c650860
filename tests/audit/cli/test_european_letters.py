"""Explaining letters of a sealed audit: chosen by the record, asked for by kind, true to the model."""

from __future__ import annotations

import csv
import json
import re
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from audit.cli import main
from audit.cli.marker import MARKER
from audit.ledger import Ledger, documents
from audit.runner import run
from tests.worlds import european_lender
from tests.worlds.lender import CUTOFF, World, score


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A European lender, audited and sealed."""
    world = european_lender.build(tmp_path_factory.mktemp("sealed") / "world")
    run(world.config, ledger=f"sqlite:///{world.folder / 'ledger.db'}")
    return world


def letters(world: World, out: Path, *options: str) -> int:
    """Write letters as text; return the exit code."""
    where = ["--ledger", str(world.folder / "ledger.db"), "--out", str(out), "--date", "2026-11-26"]
    with pytest.raises(SystemExit) as leave:
        main(["letters", "latest", *where, "--format", "txt", *options])
    return int(leave.value.code or 0)


def exceptions(out: Path) -> list[dict[str, str]]:
    """Return what could not be written."""
    with (out / "exceptions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_record_sends_the_rejection(world: World, tmp_path: Path) -> None:
    """Each refused person of a consumer's application gets the directive's letter, and nothing stops one."""
    assert letters(world, tmp_path / "out", "--all") == 0
    files = {one.name for one in (tmp_path / "out").iterdir()} - {MARKER, "exceptions.csv"}
    assert len(files) == world.truth["n_letters"]
    assert exceptions(tmp_path / "out") == []
    with Ledger.open(f"sqlite:///{world.folder / 'ledger.db'}") as ledger:
        found = list(ledger.documents(ledger.find("latest")))
    assert {one.kind for one in found} == {"ccd2_rejection"}
    assert {one.entity for one in found} == {"eu"}


def test_every_change_that_is_told_turns_the_model(world: World, tmp_path: Path) -> None:
    """The letters' changes, scored by the model's formula in plain Python, turn the decision."""
    by_label = {label: column for column, label in european_lender.LABELS.items()}
    rows = {row["application_id"]: row for row in world.rows}
    assert letters(world, tmp_path / "out", "--all", "--kind", "gdpr_explanation") == 0
    n = 0
    for file in sorted((tmp_path / "out").glob("A??????.txt")):
        row, text = rows[file.stem], file.read_text(encoding="utf-8")
        assert f"Your score                  {score(row):.3f}".rstrip("0") in text
        told = text.partition("What would have led to another result")[2]
        told = told.partition("The information about you as it was used")[0]
        for table, then in re.findall(
            r"Value that changes it\n\n(.*?)\n\nYour score with this +(\S+)", told, flags=re.S
        ):
            changed = dict(row)
            for line in table.splitlines():
                label, before, after = re.split(r"\s{2,}", line.strip())
                column = by_label[label]
                assert before == ("not known to us" if row[column] is None else f"{row[column]:.6g}")
                changed[column] = float(after)
            assert changed != row
            assert score(changed) < CUTOFF
            assert abs(score(changed) - float(then)) < 0.0006
            n += 1
    assert n > 20


def test_who_asked_for_an_explanation_still_gets_the_rejection(tmp_path: Path) -> None:
    """An explanation that was sent first does not stand in for the letter that is due: --unsent finds it."""
    world = european_lender.build(tmp_path / "world", n=60)
    run(world.config, ledger=f"sqlite:///{world.folder / 'ledger.db'}")
    n = world.truth["n_letters"]
    assert letters(world, tmp_path / "out", "--all", "--kind", "gdpr_explanation") == 0
    for left in (n, 0):
        assert letters(world, tmp_path / f"out-{left}", "--unsent") == 0
        assert len(list((tmp_path / f"out-{left}").glob("A*.txt"))) == left


def test_a_joint_applicant_reads_no_income_of_the_first(world: World, tmp_path: Path) -> None:
    """Income is the first applicant's: no letter of the second holds it, and each says what is held back."""
    assert letters(world, tmp_path / "out", "--all", "--kind", "ccd2_explanation") == 0
    joint = [one.read_text(encoding="utf-8") for one in (tmp_path / "out").glob("*-joint.txt")]
    assert len(joint) > 5
    for text in joint:
        assert "Monthly income" not in text
        assert "Income insufficient" not in text
        assert "Information about another person of the application" in text


def test_what_the_lender_does_not_state_is_in_the_exceptions(tmp_path: Path) -> None:
    """Without a review contact no explanation goes out, and each exception names field and article."""
    world = european_lender.build(tmp_path / "world", n=60, decided_at="2026-11-19", review_contact=None)
    run(world.config, ledger=f"sqlite:///{world.folder / 'ledger.db'}")
    assert letters(world, tmp_path / "out", "--all") == 3
    told = exceptions(tmp_path / "out")
    assert len(told) == world.truth["n_letters"]
    assert {one["cause"] for one in told} == {"entities.eu.review_contact is missing"}
    assert {one["citation"] for one in told} == {"Art. 22(3) GDPR"}


def test_the_review_that_was_asked_for_is_told_with_what_came_of_it(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Decided by somebody who can change it, the review stands in that person's letter and in no other."""
    folder = tmp_path / "world"
    shutil.copytree(world.folder, folder)
    own = replace(world, folder=folder)
    with Ledger.open(f"sqlite:///{folder / 'ledger.db'}") as ledger:
        audit = ledger.find("latest").audit
        refused = [
            ledger.case(audit, one.decision).decision for one in ledger.decisions(audit, outcome="adverse")
        ]
    where = ["--ledger", str(folder / "ledger.db")]
    asked, other = refused[:2]

    def said(*words: str) -> dict[str, Any]:
        with pytest.raises(SystemExit) as leave:
            main(["request", *words, *where, "--json"])
        assert not leave.value.code
        return dict(json.loads(capsys.readouterr().out.splitlines()[-1]))

    day = "2026-11-24"
    view = "The balance is an old one."
    opened = said(
        "open", "latest", asked, "--kind", "ccd2_18", "--by", "Desk", "--received", day, "--view", view
    )
    closed = (
        "--outcome",
        "upheld",
        "--reason",
        "The balance was confirmed",
        "--by",
        "Desk",
        "--date",
        "2026-11-25",
    )
    said("close", opened["request"], *closed, "--reviewer", "R. Sample", "--authority-to-change")
    out = tmp_path / "out"
    both = ("--decision", asked, "--decision", other, "--kind", "ccd2_explanation")
    again = ("--again", "--reason", "another test wrote them before")
    assert letters(own, out, *both, *again) == 0, exceptions(out)
    told = " ".join((out / f"{asked}.txt").read_text(encoding="utf-8").split())
    assert "R. Sample" in told
    assert "the decision stands" in told
    assert "The balance was confirmed" in told
    assert "yes" in told.partition("R. Sample")[2][:200]  # their view came with the request
    assert "R. Sample" not in (out / f"{other}.txt").read_text(encoding="utf-8")

    who = ("--by", "Desk", "--reason", "a complaint")

    def given_back(name: str) -> list[dict[str, Any]]:
        with pytest.raises(SystemExit) as leave:
            main(["reissue", "latest", asked, "--out", str(tmp_path / name), *who, *where, "--json"])
        assert not leave.value.code
        found = json.loads(capsys.readouterr().out.splitlines()[-1])["letters"]
        return [one for one in found if one["sha256"] == issued]

    issued = sha256((out / f"{asked}.txt").read_bytes()).hexdigest()
    (first,) = given_back("first")
    assert (first["how"], first["state"]) == ("rendered", "holds")
    # A review decided since is none of that letter's; a correction tells of it.
    opened = said("open", "latest", asked, "--kind", "ccd2_18", "--by", "Desk", "--received", day)
    said("close", opened["request"], *closed, "--reviewer", "B. Specimen", "--authority-to-change")
    (after,) = given_back("after")
    assert (after["how"], after["state"]) == ("rendered", "holds")


def test_a_correction_speaks_the_language_of_the_letter(world: World, tmp_path: Path) -> None:
    """What was issued in German is corrected in German, though the record says nothing of it."""
    folder = tmp_path / "world"
    shutil.copytree(world.folder, folder)
    own = replace(world, folder=folder)
    with Ledger.open(f"sqlite:///{folder / 'ledger.db'}") as ledger:
        audit = ledger.find("latest").audit
        one = next(iter(ledger.decisions(audit, outcome="adverse")))
        name = ledger.case(audit, one.decision).decision
    out, again = tmp_path / "out", ("--again", "--reason", "another test wrote it before")
    german = ("--decision", name, "--kind", "ccd2_rejection", "--lang", "de")
    assert letters(own, out, *german, *again) == 0, exceptions(out)
    options = ("--reason", "wrong form", "--by", "Desk", "--date", "2026-11-27", "--format", "txt")
    where = ("--ledger", str(folder / "ledger.db"), "--out", str(tmp_path / "corrected"))
    with pytest.raises(SystemExit) as leave:
        main(["correct", name, *options, *where])
    assert not leave.value.code, exceptions(tmp_path / "corrected")
    with Ledger.open(f"sqlite:///{folder / 'ledger.db'}") as ledger:
        issued = [one for one in documents.letters(ledger, one.decision) if one.kind == "ccd2_rejection"]
    last = max(issued, key=lambda one: one.entry)
    assert (last.language, last.sent_at.date().isoformat()) == ("de", "2026-11-27")
