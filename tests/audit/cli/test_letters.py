"""Tests of ``plainspoken letters``: a sealed audit's letters on disk, and what kept the others away."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.cli import main
from audit.cli.marker import MARKER
from audit.config import load_config
from audit.data.recipients import read_recipients
from audit.errors import LedgerError
from audit.ledger import Ledger
from audit.runner import run
from reports.letter import render
from tests.worlds import joint_lender

N = 120
DAY = "2026-11-20"


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder with a sealed audit of a lender with joint applicants, and its truth."""
    folder = tmp_path_factory.mktemp("sealed") / "world"
    world = joint_lender.build(folder, n=N, guarantors=False)
    run(world.config, ledger=f"sqlite:///{folder / 'ledger.db'}")
    return folder, dict(world.truth)


class Office:
    """A copy of the folder that one test may write letters from."""

    def __init__(self, folder: Path, truth: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.truth, self._capsys = folder, truth, capsys
        self.out = folder / "out"
        self.printed = ""

    def letters(self, *options: str, formats: tuple[str, ...] = ("txt",), out: Path | None = None) -> int:
        """Run the command; return its exit code."""
        arguments = ["letters", "latest", "--ledger", str(self.folder / "ledger.db")]
        arguments += ["--out", str(out or self.out), *options]
        if "--date" not in options:
            arguments += ["--date", DAY]
        for one in formats:
            arguments += ["--format", one]
        with pytest.raises(SystemExit) as leave:
            main(arguments)
        told = self._capsys.readouterr()
        self.printed = told.out + told.err
        return int(leave.value.code or 0)

    def files(self, out: Path | None = None) -> set[str]:
        """Return the names of the letters."""
        return {f.name for f in (out or self.out).iterdir()} - {MARKER, "exceptions.csv"}

    def exceptions(self) -> list[dict[str, str]]:
        """Return the lines of exceptions.csv."""
        with (self.out / "exceptions.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def recipients(self, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> str:
        """Write a changed recipients file beside the first; return its path."""
        with (self.folder / "recipients.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        path = self.folder / "changed.csv"
        changed = change(rows)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(changed)
        return str(path)

    def documents(self) -> list[Any]:
        """Return what the ledger knows was issued."""
        with Ledger.open(f"sqlite:///{self.folder / 'ledger.db'}") as ledger:
            return list(ledger.documents(ledger.find("latest")))


@pytest.fixture
def office(sealed: tuple[Path, dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    """A fresh copy of the sealed folder."""
    folder, truth = sealed
    shutil.copytree(folder, tmp_path / "world")
    return Office(tmp_path / "world", truth, capsys)


def test_every_refused_person_gets_one_letter(office: Office) -> None:
    """As many letters as persons of refused decisions, in a folder that is the owner's alone."""
    assert office.letters("--all") == 0
    assert len(office.files()) == office.truth["n_letters"]
    assert office.exceptions() == []
    assert office.out.stat().st_mode & 0o077 == 0


def test_nothing_printed_names_anybody(office: Office) -> None:
    """What the command prints holds counts and the folder, no id and no name."""
    assert office.letters("--all", "--json") == 0
    told = json.loads(office.printed.splitlines()[-1])
    assert told["letters"] == told["files"] == office.truth["n_letters"]
    assert (told["refused"], told["held"]) == (0, 0)
    for private in ("Zyxwv", "A0000", "P0000", "Nowhere"):
        assert private not in office.printed


def test_what_lies_in_the_folder_is_what_was_recorded(office: Office) -> None:
    """Each file's hash stands in the ledger, and nothing else does."""
    assert office.letters("--all", formats=("txt", "html")) == 0
    on_disk = {hashlib.sha256((office.out / name).read_bytes()).hexdigest() for name in office.files()}
    recorded = office.documents()
    assert {one.sha256 for one in recorded} == on_disk
    assert len(on_disk) == 2 * office.truth["n_letters"]
    assert {one.sent_at.isoformat() for one in recorded} == {"2026-11-20T00:00:00+00:00"}


def test_a_notice_is_issued_once(office: Office) -> None:
    """The same call finds none; another refuses each; --again --reason issues them again."""
    n = office.truth["n_letters"]
    assert office.letters("--unsent") == 0
    first = office.files()
    assert len(first) == n
    assert office.letters("--unsent") == 0
    assert f"nothing new: {n} letters" in office.printed
    assert office.files() == first
    assert len(office.documents()) == n
    assert office.letters("--all") == 3
    assert {one["cause"].split(";")[0] for one in office.exceptions()} == {"issued already"}
    assert len(office.exceptions()) == n
    assert office.letters("--all", "--again", "--reason", "lost in the mail") == 0
    assert len(office.files()) == n
    assert sum(one.again for one in office.documents()) == n


def test_one_bad_record_never_stops_the_others(office: Office) -> None:
    """Four broken recipients are four lines with cause and citation; everybody else is told."""
    broken: list[str] = []

    def change(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        with Ledger.open(f"sqlite:///{office.folder / 'ledger.db'}") as ledger:
            audit = ledger.find("latest")
            refused = [ledger.case(audit, one).decision for one in ledger.decisions(audit, outcome="adverse")]
        single = [
            one for one in refused if one not in office.truth["persons"] or office.truth["persons"][one] == 1
        ]
        broken.extend(single[:4])
        kept = [row for row in rows if row["application_id"] != broken[3]]
        for row in kept:
            if row["application_id"] == broken[0]:
                row["name"] = ""
            if row["application_id"] == broken[1]:
                row["channel"] = "pigeon"
            if row["application_id"] == broken[2]:
                row["channel"] = "email"
        return kept

    path = office.recipients(change)
    assert office.letters("--all", "--recipients", path) == 3
    assert len(office.files()) == office.truth["n_letters"] - 4
    told = {one["decision"]: one for one in office.exceptions()}
    assert set(told) == set(broken)
    assert "recipients.name" in told[broken[0]]["cause"]
    assert "channel" in told[broken[1]]["cause"]
    assert "esign_consent" in told[broken[2]]["cause"]
    assert "nobody is named" in told[broken[3]]["cause"]
    assert all("CFR" in one["citation"] for one in told.values())
    assert {one["days_left"] for one in told.values()} == {"13"}  # 30 days from 3 November


def test_a_missing_joint_applicant_is_named_by_role(office: Office) -> None:
    """Where only the joint applicant's record is gone, the primary applicant's letter goes out."""
    path = office.recipients(lambda rows: [row for row in rows if row["role"] != "joint"])
    assert office.letters("--all", "--recipients", path) == 3
    assert {one["role"] for one in office.exceptions()} == {"joint"}
    assert len(office.files()) + len(office.exceptions()) == office.truth["n_letters"]


def test_a_guarantor_s_letter_is_refused_and_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each guarantor is a line of exceptions.csv with the clause; applicants get their letters."""
    folder = tmp_path / "world"
    world = joint_lender.build(folder, n=60)
    run(world.config, ledger=f"sqlite:///{folder / 'ledger.db'}")
    office = Office(folder, dict(world.truth), capsys)
    assert office.letters("--all") == 3
    assert {one["role"] for one in office.exceptions()} == {"guarantor"}
    assert all(one["cause"].startswith("a guarantor is no applicant") for one in office.exceptions())
    assert {one["citation"] for one in office.exceptions()} == {"12 CFR 1002.2(e), 15 USC 1681m(a)"}
    assert not any("guarantor" in name for name in office.files())
    assert len(office.files()) == world.truth["n_letters"] - len(office.exceptions())
    assert office.letters("--unsent") == 0  # the applicants were told; nobody is waited for


def test_a_swapped_person_gets_no_letter(office: Office) -> None:
    """A recipients file that names another person for a decision is not believed."""

    def change(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        for row in rows:
            row["applicant_id"] = f"X{row['applicant_id']}"
        return rows

    assert office.letters("--all", "--recipients", office.recipients(change)) == 3
    assert office.files() == set()
    assert all("another person" in one["cause"] for one in office.exceptions())


def test_held_notices_have_no_letter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An inconclusive reference holds every notice: no letter, each an exception, exit code 3."""
    folder = tmp_path / "world"
    world = joint_lender.build(folder, n=60)
    config = json.loads(world.config.read_text())
    config["explain"]["reference"] |= {"rows": 1000, "min_rows": 500}
    world.config.write_text(json.dumps(config))
    run(world.config, ledger=f"sqlite:///{folder / 'ledger.db'}")
    office = Office(folder, dict(world.truth), capsys)
    assert office.letters("--all", "--draft", "--json") == 3
    assert office.files() == set()
    assert {one["cause"] for one in office.exceptions()} == {"held: reference_too_small"}
    assert len(office.exceptions()) == world.truth["adverse"]
    told = json.loads(office.printed.splitlines()[-1])
    assert (told["letters"], told["refused"], told["held"]) == (0, 0, world.truth["adverse"])


def test_deadlines(office: Office) -> None:
    """After day 20 the near ones are counted; after day 30 a letter needs --late --reason."""
    n = office.truth["n_letters"]
    assert office.letters("--all", "--draft", "--date", "2026-11-23", "--json") == 0
    assert json.loads(office.printed.splitlines()[-1])["near_deadline"] == 0
    assert office.letters("--all", "--draft", "--date", "2026-11-24", "--json") == 0
    assert json.loads(office.printed.splitlines()[-1])["near_deadline"] == n
    assert office.letters("--all", "--date", "2026-12-04") == 3
    assert {one["days_left"] for one in office.exceptions()} == {"-1"}
    assert {one["citation"] for one in office.exceptions()} == {"12 CFR 1002.9(a)(1)"}
    assert office.letters("--all", "--date", "2026-12-04", "--late", "--reason", "mail strike") == 0
    assert len(office.files()) == n


def test_drafts_issue_nothing(office: Office) -> None:
    """Drafts may be written twice, and the letters can be issued afterwards."""
    assert office.letters("--all", "--draft") == 0
    assert office.letters("--all", "--draft") == 0
    assert all("DRAFT" in (office.out / name).read_text() for name in office.files())
    assert not any("Nowhere Lane" in (office.out / name).read_text() for name in office.files())
    assert office.letters("--all") == 0
    assert all("DRAFT" not in (office.out / name).read_text() for name in office.files())


def test_decisions_by_id_and_one_that_is_unknown(office: Office) -> None:
    """The named ones are written; an unknown id and a favourable one are exceptions."""
    assert office.letters("--all", "--draft") == 0
    refused = sorted({name.split(".")[0].split("-")[0] for name in office.files()})
    favourable = next(f"A{i:06d}" for i in range(N) if f"A{i:06d}" not in refused)
    chosen = [
        part for name in (refused[0], refused[1], "A999999", favourable) for part in ("--decision", name)
    ]
    assert office.letters(*chosen) == 3
    assert {name.split(".")[0].split("-")[0] for name in office.files()} == set(refused[:2])
    told = {one["decision"]: one["cause"] for one in office.exceptions()}
    assert set(told) == {"A999999", favourable}
    assert "no such decision" in told["A999999"]
    assert "no notice is due" in told[favourable]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "--decision, --unsent or --all"),
        (("--all", "--unsent"), "--decision, --unsent or --all"),
        (("--all", "--kind", "gdpr"), "The kinds are: adverse_action"),
        (("--all", "--format", "docx"), "no format"),
        (("--all", "--date", "tomorrow"), "no date"),
        (("--all", "--late"), "--reason"),
        (("--all", "--again"), "--reason"),
        (("--all", "--reason", "x"), "--late or --again"),
        (("--all", "--recipients", "nowhere.csv"), "no file"),
    ],
)
def test_what_cannot_be_asked(office: Office, options: tuple[str, ...], message: str) -> None:
    """A call that cannot be meant ends with 2 and a sentence, and writes nothing."""
    assert office.letters(*options) == 2
    assert message in office.printed
    assert not office.out.exists()
    assert office.documents() == []


def test_a_folder_with_foreign_files_is_refused_before_anything_is_issued(office: Office) -> None:
    """Somebody's file in the folder stops the letters before one is recorded."""
    office.out.mkdir()
    (office.out / "notes.txt").write_text("mine")
    assert office.letters("--all") == 2
    assert (office.out / "notes.txt").read_text() == "mine"
    assert office.documents() == []


def test_a_ledger_that_takes_no_record_lets_no_letter_out(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the first record fails, nothing is put in place; where a later one fails, only that letter."""
    real = Ledger.record_document
    calls: list[int] = []

    def fails_from(number: int) -> None:
        def record(self: Ledger, *arguments: Any, **options: Any) -> Any:
            calls.append(1)
            if len(calls) >= number:
                raise LedgerError("ledger.db: database is locked. Try again.")
            return real(self, *arguments, **options)

        calls.clear()
        monkeypatch.setattr(Ledger, "record_document", record)

    fails_from(1)
    assert office.letters("--all") == 1
    assert not office.out.exists()
    fails_from(4)
    assert office.letters("--all") == 3
    assert len(office.files()) == len(office.documents()) == 3
    assert len(calls) == 4  # a ledger that failed once is not asked again for each letter
    assert all("not recorded" in one["cause"] for one in office.exceptions())
    monkeypatch.setattr(Ledger, "record_document", real)
    assert office.letters("--unsent", out=office.folder / "rest") == 0
    assert len(office.files(office.folder / "rest")) == office.truth["n_letters"] - 3


def test_letters_need_the_key_file(office: Office) -> None:
    """Without the key file the command says so, and writes nothing."""
    (office.folder / "ledger.key").unlink()
    assert office.letters("--all") != 0
    assert "key" in office.printed
    assert not office.out.exists()


def test_a_joint_applicant_s_letter_holds_no_score_of_the_primary(office: Office) -> None:
    """Over all letters: a bureau score stands in the primary applicant's letter alone."""
    assert office.letters("--all") == 0
    scored = 0
    for name in office.files():
        said = (office.out / name).read_text(encoding="utf-8")
        if "-" in name:
            assert "credit score" not in said
            assert "credit report" not in said
        else:
            scored += "Your credit score" in said
    assert scored > 0


def test_one_letter_from_python_is_the_one_on_disk(office: Office) -> None:
    """``reports.letter.render`` gives the very bytes that the command writes, in each format."""
    with Ledger.open(f"sqlite:///{office.folder / 'ledger.db'}") as ledger:
        audit = ledger.find("latest").audit
        name = ledger.case(audit, next(ledger.decisions(audit, outcome="adverse"))).decision
        config = load_config(office.folder / "audit.yaml")
        whom = next(
            one for one in read_recipients(config)[0] if one.decision == name and one.role == "primary"
        )
        made = render(
            ledger, audit, name, whom, date=dt.date.fromisoformat(DAY), formats=("pdf", "html", "txt")
        )
    assert isinstance(made, tuple), made
    assert office.letters("--decision", name, formats=("pdf", "html", "txt")) == 0
    for document in made:
        assert (office.out / document.name).read_bytes() == document.content
