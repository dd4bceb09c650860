"""``erase``, ``hold`` and ``purge`` from the shell, on an audit with real letters."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from audit.cli import main
from audit.errors import GoneError
from audit.ledger import Ledger, erasure
from audit.runner import run
from tests.worlds import joint_lender
from tests.worlds.unpacked import decoded

MUCH_LATER = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)


class Desk:
    """A copy of a folder with a sealed audit, and a hand that types commands there."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        self.printed = ""

    def types(self, *arguments: str) -> int:
        """Run a command on the folder's ledger; return its exit code."""
        with pytest.raises(SystemExit) as leave:
            main([*arguments, "--ledger", str(self.folder / "ledger.db")])
        told = self._capsys.readouterr()
        self.printed = told.out + told.err
        return int(leave.value.code or 0)

    def told(self, *arguments: str) -> tuple[int, Any]:
        """Run a command with ``--json``; return its exit code and its object."""
        code = self.types(*arguments, "--json")
        return code, json.loads(self.printed)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sealed audit whose letters were issued."""
    folder = tmp_path_factory.mktemp("world") / "world"
    made = joint_lender.build(folder, n=60)
    run(made.config, ledger=f"sqlite:///{folder / 'ledger.db'}")
    out = ["--out", str(folder / "out"), "--format", "txt", "--date", "2026-11-20"]
    with pytest.raises(SystemExit) as leave:
        main(["letters", "latest", "--all", "--ledger", str(folder / "ledger.db"), *out])
    assert int(leave.value.code or 0) in (0, 3)
    return folder


@pytest.fixture
def desk(world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A copy to spoil."""
    shutil.copytree(world, tmp_path / "world")
    return Desk(tmp_path / "world", capsys)


def the_first_refused(folder: Path) -> tuple[str, str, dict[str, Any], str]:
    """A refused applicant who was told: their id, pseudonym, what the model saw, and their letter."""
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        audit = ledger.find("latest").audit
        for document in ledger.documents(audit):
            if document.decision is not None and document.role == "primary":
                name = ledger.people(audit, document.decision)[0].person
                assert document.person is not None
                case = ledger.case(audit, document.decision)
                return name, document.person, dict(case.inputs), ledger.words(document)
    raise AssertionError("nobody was refused")


def test_after_an_erasure_no_plaintext_is_found_anywhere(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0 canaries in database, WAL, decoded partitions, journal, keys, temp files and what is printed."""
    temporary = tmp_path / "temp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("SQLITE_TMPDIR", str(temporary))
    name, person, inputs, words = the_first_refused(desk.folder)
    told_to = next(row for row in pl.read_csv(desk.folder / "recipients.csv").iter_rows() if name in row)
    lines = [str(told_to[0]), *(str(cell) for cell in told_to[3:5])]  # the application, the name, the street
    assert lines[1] in words
    assert desk.types("hold", "list") == 0
    code, told = desk.told("erase", name, "--reason", "Art. 17", "--by", "Privacy desk")
    assert code == 3
    assert told["erasures"][0]["state"] == "queued"
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        (done,) = erasure.carry_out(ledger, at=MUCH_LATER, terms=lambda _audit: ())
        assert (done.person, done.remains) == (person, ())
    canaries = [name, words, *lines, ",".join(str(value) for value in inputs.values() if value is not None)]
    places = [*desk.folder.glob("ledger*"), *temporary.rglob("*")]
    assert {"ledger.db", "ledger.key", "ledger.sign", "ledger.erased"} <= {file.name for file in places}
    contents = [(file.name, file.read_bytes()) for file in places if file.is_file()]
    contents += [("decoded", one) for one in decoded(desk.folder)]
    for command in (
        ("verify",),
        ("explain", "latest", person_decision(desk.folder, person)),
        ("show", "latest"),
    ):
        assert desk.types(*command) == 0
        contents.append((command[0], desk.printed.encode()))
    for canary in canaries:
        for form in (canary.encode(), canary.encode("utf-16-le")):
            assert [where for where, content in contents if form in content] == []
    assert desk.types("verify") == 0
    assert f"gone  person {person}: erased on 2031-01-01 under entry {done.entry}" in desk.printed


def person_decision(folder: Path, person: str) -> str:
    """The pseudonym of a person's decision."""
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        audit = ledger.find("latest")
        return next(d.decision for d in ledger.decisions(audit) if d.persons[0].person == person)


def test_a_letter_is_not_issued_again_to_whom_was_erased(desk: Desk) -> None:
    """Asked for a letter anew, the shell answers erased, under which entry, and goes on with the others."""
    _, person, _, _ = the_first_refused(desk.folder)
    decision = person_decision(desk.folder, person)
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        done = erasure.erase(ledger, person, at=MUCH_LATER, terms=lambda _audit: ())
    out = desk.folder / "again"
    code = desk.types(
        "letters", "latest", "--decision", decision, "--again", "--reason", "lost", "--format", "txt",
        "--date", "2031-01-02", "--late", "--out", str(out),
    )  # fmt: skip
    assert code in (2, 3)
    told = desk.printed + ((out / "exceptions.csv").read_text() if (out / "exceptions.csv").exists() else "")
    assert done.told in told


def test_a_hold_is_placed_listed_and_released(desk: Desk) -> None:
    """One thing at a time, with a reason and a name; while it stands an erasure is refused with exit 2."""
    name, person, _, _ = the_first_refused(desk.folder)
    assert desk.types("hold", "add", "--reason", "r", "--by", "b") == 2
    assert "a hold covers one thing" in desk.printed
    code, told = desk.told("hold", "add", "--person", name, "--reason", "a suit", "--by", "Counsel")
    assert code == 0
    assert (told["holds"][0]["hold"], told["holds"][0]["person"]) == ("hold-1", person)
    assert desk.types("erase", name) == 2
    assert "hold-1 stands on person" in desk.printed
    assert desk.types("hold", "release", "hold-2", "--reason", "r", "--by", "b") == 2
    assert desk.types("hold", "release", "hold-1", "--reason", "settled", "--by", "Counsel") == 0
    assert desk.types("hold", "release", "hold-1", "--reason", "settled", "--by", "Counsel") == 2
    assert desk.told("hold", "list") == (0, {"holds": []})
    _, told = desk.told("hold", "list", "--all")
    assert told["holds"][0]["released_by"] == "Counsel"
    assert desk.types("verify") == 0


def test_what_is_asked_must_be_one_thing(desk: Desk) -> None:
    """No person and no option, or two of them, is a usage error; nobody known is one too."""
    for arguments in (
        (),
        ("--queue", "--due"),
        ("x", "--replay"),
        ("--queue", "--journal", "f"),
        ("nobody",),
    ):
        assert desk.types("erase", *arguments) == 2
    assert desk.types("erase", "--queue") == 0
    assert "Nothing waits" in desk.printed
    assert desk.types("erase", "--due") == 0
    assert desk.types("erase", "--replay") == 0
    assert "Nothing was to be done" in desk.printed


def test_nothing_is_past_its_time_today(desk: Desk) -> None:
    """A purge on the day of the audit lets nothing go."""
    assert desk.told("purge", "latest", "--trial") == (0, {"erasures": [], "purged": []})
    assert desk.types("purge") == 0
    assert "Nothing is past its time" in desk.printed


def test_the_people_key_is_changed_from_the_shell(desk: Desk) -> None:
    """Every person's key is wrapped anew, and the letters still open."""
    before = (desk.folder / "ledger.key").read_text()
    name, _, inputs, words = the_first_refused(desk.folder)
    assert desk.types("keys", "rotate", "--people", "--by", "Security", "--reason", "yearly") == 0
    assert (desk.folder / "ledger.key").read_text() != before
    assert the_first_refused(desk.folder)[0] == name
    assert the_first_refused(desk.folder)[2:] == (inputs, words)
    assert desk.types("verify") == 0


def apply_again(folder: Path) -> None:
    """Everybody applies again: new applications of the same people, for an audit of another name."""
    for name in ("applications.csv", "recipients.csv"):
        file = folder / name
        frame = pl.read_csv(file, infer_schema=False)
        frame.with_columns(application_id="N" + pl.col("application_id")).write_csv(file)
    config = json.loads((folder / "audit.yaml").read_text())
    config["audit"]["name"] = "The year after"
    (folder / "audit.yaml").write_text(json.dumps(config))


def test_who_was_erased_applies_again_and_has_a_letter(desk: Desk) -> None:
    """The old letter stays gone, the new one is written and read, and replay finds every bit equal."""
    name, person, inputs, _ = the_first_refused(desk.folder)
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        first = ledger.find("latest").audit
        done = erasure.erase(ledger, person, at=MUCH_LATER, terms=lambda _audit: ())
    config = str(desk.folder / "audit.yaml")
    # The data still hold the old application: nothing of it comes back, and no retry would help.
    assert desk.types("run", config, "--slot", "again") == 2
    assert f"({done.told})" in desk.printed
    assert "Take these rows out" in desk.printed
    apply_again(desk.folder)
    assert desk.types("run", config) in (0, 3), desk.printed
    out = desk.folder / "second"
    options = ("--out", str(out), "--format", "txt", "--date", "2026-11-20")
    assert desk.types("letters", "latest", "--all", *options) in (0, 3)
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        audit = ledger.find("latest").audit
        assert audit != first
        letters = [one for one in ledger.documents(audit) if one.role == "primary"]
        (letter,) = (one for one in letters if one.person and ledger.is_person(one.person, name))
        assert letter.person != person
        assert letter.decision is not None
        assert ledger.case(audit, letter.decision).inputs == inputs
        file = out / f"{ledger.case(audit, letter.decision).decision}.txt"
        assert ledger.words(letter).split() == file.read_text().split()
        before = next(one for one in ledger.documents(first) if one.person == person)
        with pytest.raises(GoneError, match=done.told):
            ledger.words(before)
    assert desk.types("verify") == 0
    assert desk.printed.count("erased on") == 1
    assert desk.types("replay", audit, "--folder", str(desk.folder)) == 0
    code, told = desk.told("erase", name, "--reason", "a new request", "--by", "Privacy desk")
    assert (code, told["erasures"][0]["state"]) == (3, "queued")
    assert told["erasures"][0]["person"] == letter.person
