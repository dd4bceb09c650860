"""What follows a letter, from the shell: results of the mail, corrections, requests, the letter again."""

from __future__ import annotations

import csv
import datetime as dt
import json
import sqlite3
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from audit.ledger import Ledger, documents, erasure
from audit.runner import run
from reports.numbers import by_number
from tests.worlds import joint_lender
from tests.worlds.desk import Desk

MUCH_LATER = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)
WHO = ("--by", "Notices", "--reason", "a complaint")


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sealed audit whose letters were issued as text and page."""
    from audit.cli import main

    folder = tmp_path_factory.mktemp("sealed") / "world"
    world = joint_lender.build(folder, n=45, guarantors=False)
    run(world.config, ledger=f"sqlite:///{folder / 'ledger.db'}")
    arguments = ["letters", "latest", "--all", "--ledger", str(folder / "ledger.db"), "--date", "2026-11-20"]
    with pytest.raises(SystemExit) as leave:
        main([*arguments, "--format", "txt", "--format", "html", "--out", str(folder / "out")])
    assert leave.value.code == 0
    return folder


@pytest.fixture
def desk(sealed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A copy of it."""
    return Desk.copy(sealed, tmp_path / "desk", capsys)


def ledger_of(desk: Desk) -> Ledger:
    """Open the desk's ledger."""
    return Ledger.open(str(desk.folder / "ledger.db"))


def first(desk: Desk) -> tuple[str, str, str]:
    """Return a letter to a single applicant: its decision's id, its number and its text's hash."""
    with ledger_of(desk) as ledger:
        audit = ledger.find("latest").audit
        for number, issued in by_number(ledger).items():
            one = issued[0]
            assert one.decision is not None
            if len(ledger.decision(audit, one.decision).persons) == 1:
                text = next(file for file in issued if file.format == "txt")
                return ledger.case(audit, one.decision).decision, number, text.sha256
    raise AssertionError("nobody is alone")


def mailed(desk: Desk, *rows: tuple[str, str, str, str], name: str = "mail.csv") -> Path:
    """Write a mail house's file."""
    file = desk.folder / name
    with file.open("w", newline="") as opened:
        csv.writer(opened).writerows([("notice", "result", "date", "channel"), *rows])
    return file


def acts(desk: Desk) -> list[str]:
    """Return the acts of the log."""
    with sqlite3.connect(desk.folder / "ledger.db") as connection:
        return [json.loads(body)["act"] for (body,) in connection.execute("SELECT body FROM log_entries")]


# --- results of the mail ---------------------------------------------------------------------------


def test_results_are_taken_in_once_and_what_came_back_is_due(desk: Desk) -> None:
    """By number or by hash; the same file twice is known; a returned letter is not delivered."""
    _, number, digest = first(desk)
    assert desk.of_ledger("due", "--date", "2026-11-20").code == 0
    file = mailed(desk, (number, "sent", "2026-11-20", "mail"), (digest, "returned", "2026-11-25", "mail"))
    told = desk.of_ledger("sent", file, "--by", "Mail desk", "--json").json
    assert told == {"rows": 2, "new": 2, "known": 0, "returned": 1}
    assert desk.of_ledger("sent", file, "--by", "Mail desk", "--json").json["known"] == 2
    due = desk.of_ledger("due", "--date", "2026-11-26", "--json")
    assert due.code == 3
    assert [row["what"] for row in due.json["due"]] == ["not_delivered"]
    assert desk.of_ledger("verify").code == 0


def test_a_bad_row_refuses_the_file_and_is_named(desk: Desk) -> None:
    """Seven bad rows, their lines with their numbers; nothing is taken in, the good row neither."""
    _, number, _ = first(desk)
    before = acts(desk)
    file = mailed(
        desk,
        (number, "sent", "2026-11-21", "mail"),
        ("N-00000-00000", "sent", "2026-11-21", "mail"),
        (number, "lost", "2026-11-21", "mail"),
        (number, "sent", "21.11.2026", "mail"),
        (number, "sent", "2026-11-19", "mail"),
        (number, "sent", "2099-01-01", "mail"),
        ("", "sent", "2026-11-21", ""),
        (number, "returned", "2026-11-25", "Alex Sample moved to Example Road"),
    )
    answer = desk.of_ledger("sent", file, "--by", "Mail desk")
    assert answer.code == 2
    assert [line.split(":")[1] for line in answer.err.splitlines()[:-1]] == [
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
        "8",
        "9",
    ]
    assert "9: channel: it is none (expected mail, email, portal)" in answer.err
    assert "Example Road" not in answer.err
    for fact in ("no letter of this ledger", "'lost' is none", "write it as", "before the notice"):
        assert fact in answer.err
    assert "Nothing was taken in" in answer.err
    assert acts(desk) == before
    other = mailed(desk, name="other.csv")
    other.write_text("notice,result\n")
    assert "column date is missing" in desk.of_ledger("sent", other, "--by", "x").err
    assert desk.of_ledger("sent", desk.folder / "none.csv", "--by", "x").code == 2


# --- the letter once more ----------------------------------------------------------------------------


def test_a_letter_is_given_back_bit_for_bit(desk: Desk) -> None:
    """On this environment text and page are the issued bytes; the look-up is logged; nothing is issued."""
    name, number, _ = first(desk)
    with ledger_of(desk) as ledger:
        n = len(documents.letters(ledger))
    out = desk.folder / "again"
    answer = desk.of_ledger("reissue", "latest", name, "--out", out, *WHO, "--json")
    assert answer.code == 0
    told = answer.json["letters"]
    assert {(one["how"], one["same_bytes"], one["number"]) for one in told} == {("rendered", True, number)}
    files = {
        sha256(file.read_bytes()).hexdigest() for file in out.iterdir() if file.suffix in (".txt", ".html")
    }
    assert files == {one["sha256"] for one in told}
    assert out.stat().st_mode & 0o077 == 0
    assert acts(desk)[-1] == "access"
    with ledger_of(desk) as ledger:
        assert len(documents.letters(ledger)) == n


def test_where_the_words_would_be_others_the_issued_ones_are_given(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A template that says it otherwise today: the issued words alone, to the word, and it says so."""
    from reports.letter import Letters

    name, _, digest = first(desk)
    with ledger_of(desk) as ledger:
        issued = next(one for one in documents.letters(ledger) if one.sha256 == digest)
        words = ledger.words(issued)
    real = Letters.render

    def otherwise(self: Letters, *arguments: Any, **options: Any) -> Any:
        made = real(self, *arguments, **options)
        return tuple(replace(one, words=f"Today: {one.words}") for one in made)  # type: ignore[union-attr]

    monkeypatch.setattr(Letters, "render", otherwise)
    out = desk.folder / "again"
    answer = desk.of_ledger("reissue", "latest", name, "--out", out, *WHO, "--json")
    assert {one["how"] for one in answer.json["letters"]} == {"words"}
    assert {one["cause"] for one in answer.json["letters"]} == {"today's program says it in other words"}
    # Template and tools are those of then, so the words had to be the same.
    assert {one["state"] for one in answer.json["letters"]} == {"differs"}
    assert answer.code == 4
    for file in out.glob("*.txt"):
        assert " ".join(file.read_text().split()) == words
        assert max(map(len, file.read_text().splitlines())) <= 78


def test_words_that_nothing_is_held_against_are_not_measured(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A letter refused today, or in other words on another environment: nothing is said of the record."""
    from audit.record import Refusal
    from reports import letter
    from reports.letter import Letters

    name, _, _ = first(desk)
    real = Letters.render

    def refused(self: Letters, *_: Any, **options: Any) -> Refusal:
        return Refusal(name, "primary", "a law of today", "", None)

    def otherwise(self: Letters, *arguments: Any, **options: Any) -> Any:
        made = real(self, *arguments, **options)
        return tuple(replace(one, words=f"Today: {one.words}") for one in made)  # type: ignore[union-attr]

    monkeypatch.setattr(letter, "environment_digest", lambda: "0" * 64)
    for n, (today, alike) in enumerate(((refused, None), (otherwise, False))):
        monkeypatch.setattr(Letters, "render", today)
        answer = desk.of_ledger("reissue", "latest", name, "--out", desk.folder / str(n), *WHO, "--json")
        told = answer.json["letters"]
        assert {(one["how"], one["state"], one["same_environment"]) for one in told} == {
            ("words", "not_measured", alike)
        }
        assert answer.code == 0


def test_other_bytes_on_the_same_environment_are_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same words in other bytes: on another environment it says so, on the same one it ends with 4."""
    from reports import letter, printing

    name, _, _ = first(desk)
    # It stands in the page, and is no word of it.
    monkeypatch.setattr(printing, "_program", lambda: "plainspoken 0.0.0")
    same = desk.of_ledger("reissue", "latest", name, "--out", desk.folder / "a", *WHO, "--json")
    assert same.code == 4
    assert [one["format"] for one in same.json["letters"] if one["state"] == "differs"] == ["html"]
    monkeypatch.setattr(letter, "environment_digest", lambda: "0" * 64)
    other = desk.of_ledger("reissue", "latest", name, "--out", desk.folder / "b", *WHO)
    assert other.code == 0
    assert "template or tools are not those of then" in other.out


def test_a_file_that_was_kept_is_given_back(desk: Desk, tmp_path: Path) -> None:
    """With letters.keep: pdf the stored bytes are handed out."""
    desk.set(letters={"keep": "pdf"}, audit__name="Kept")
    assert desk.ask("run", desk.config, "--ledger", desk.folder / "ledger.db").code in (0, 3)
    name, _, _ = first(desk)
    out = desk.folder / "kept"
    options = ("--again", "--reason", "lost", "--date", "2026-11-20", "--out", out)
    assert desk.of_ledger("letters", "latest", "--decision", name, *options).code == 0
    again = desk.folder / "again"
    told = desk.of_ledger("reissue", "latest", name, "--out", again, *WHO, "--json").json["letters"]
    assert [(one["how"], one["format"]) for one in told] == [("kept", "pdf")]
    (file,) = again.glob("*.pdf")
    assert file.read_bytes() == (out / f"{name}.pdf").read_bytes()


def test_of_whom_was_erased_no_letter_is_given_back(desk: Desk) -> None:
    """Exit code 2, with the day and the entry."""
    name, _, digest = first(desk)
    with ledger_of(desk) as ledger:
        issued = next(one for one in documents.letters(ledger) if one.sha256 == digest)
        assert issued.person is not None
        done = erasure.erase(ledger, issued.person, at=MUCH_LATER, terms=lambda _audit: ())
        decision = issued.decision
    answer = desk.of_ledger("reissue", "latest", decision, "--out", desk.folder / "again", *WHO)
    assert answer.code == 2
    assert done.told in answer.err
    assert not (desk.folder / "again").exists()
    del name


# --- corrections -------------------------------------------------------------------------------------


def corrected(desk: Desk, *options: Any) -> tuple[dict[str, Any], Path, str, str]:
    """Correct the first letter; return what was told, the folder, the decision's id and the first number."""
    name, number, _ = first(desk)
    out = desk.folder / "corrected"
    answer = desk.of_ledger(
        "correct", name, "--reason", "wrong form", "--by", "Notices", "--out", out,
        "--date", "2026-11-27", "--format", "txt", "--json", *options,
    )  # fmt: skip
    assert answer.code == 0, answer.err
    return answer.json, out, name, number


def test_a_correction_says_which_notice_it_replaces(desk: Desk) -> None:
    """Number and date of the first stand in the letter; its own number is another; the log links the two."""
    told, out, name, number = corrected(desk)
    assert (told["letters"], told["replaced"]) == (1, [number])
    text = (out / f"{name}.txt").read_text()
    assert f"Replaces notice no.         {number}" in text
    assert "Dated                       November 20, 2026" in text
    digest = sha256(text.encode()).hexdigest()
    with ledger_of(desk) as ledger:
        numbers = {value: [one.sha256 for one in issued] for value, issued in by_number(ledger).items()}
    own = next(value for value, hashes in numbers.items() if digest in hashes)
    assert own != number
    assert own in text
    trace = desk.of_ledger("trace", digest, "--json").json
    (link,) = [one for one in trace["afterwards"] if one["act"] == "correction"]
    assert link["result"] == digest
    assert link["subject"] in numbers[number]
    assert desk.of_ledger("verify").code == 0
    # The correction is a letter like others: it is given back, with the line that it carries.
    again = desk.of_ledger("reissue", "latest", name, "--out", desk.folder / "again", *WHO, "--json")
    assert {one["same_bytes"] for one in again.json["letters"]} == {True}
    assert {one["number"] for one in again.json["letters"]} == {number, own}


def test_a_correction_of_a_correction_replaces_that_one(desk: Desk) -> None:
    """The second names the first correction, under a third number."""
    _, _, name, number = corrected(desk)
    out = desk.folder / "second"
    options = (
        "--reason",
        "again",
        "--by",
        "Notices",
        "--out",
        out,
        "--date",
        "2026-11-28",
        "--format",
        "txt",
    )
    answer = desk.of_ledger("correct", name, *options, "--json")
    assert answer.code == 0, answer.err
    (replaced,) = answer.json["replaced"]
    assert replaced != number
    assert f"Replaces notice no.         {replaced}" in (out / f"{name}.txt").read_text()
    with ledger_of(desk) as ledger:
        assert (
            len(
                {
                    value
                    for value, of in by_number(ledger).items()
                    if of[0].decision == ledger.pseudonym("decision", name)
                }
            )
            == 3
        )


def test_nothing_issued_is_nothing_to_correct(desk: Desk) -> None:
    """A favourable decision, an unknown one, or no name: exit code 2."""
    with ledger_of(desk) as ledger:
        audit = ledger.find("latest").audit
        good = next(iter(ledger.decisions(audit, outcome="favourable"))).decision
    for name, by in ((good, "Notices"), ("A999999", "Notices"), (first(desk)[0], " ")):
        out = desk.folder / "corrected"
        assert desk.of_ledger("correct", name, "--reason", "r", "--by", by, "--out", out).code == 2
        assert not out.exists()


def test_who_got_a_faulty_text_is_listed(desk: Desk) -> None:
    """By a reason's code exactly those who got it; by template and model all; ids only when asked."""
    with ledger_of(desk) as ledger:
        audit = ledger.find("latest")
        having = {one.decision for one in ledger.decisions(audit) if "C2" in [r.code for r in one.reasons]}
        issued = documents.letters(ledger)
        expected = {(one.decision, one.sha256) for one in issued if one.decision in having}
        template, model = issued[0].template_digest, audit.model.digest
    rows = desk.of_ledger("affected", "--statement", "C2", "--json").json["affected"]
    assert {(row["decision"], row["sha256"]) for row in rows} == expected
    assert 0 < len(expected) < len(issued)
    assert desk.of_ledger("affected", "--statement", "C", "--json").json["n"] == 0
    for option, digest in (("--template", template[:12]), ("--model", model)):
        assert desk.of_ledger("affected", option, digest, "--json").json["n"] == len(issued)
    name, _, _ = first(desk)
    assert name not in desk.of_ledger("affected", "--model", model).out
    file = desk.folder / "affected.csv"
    assert desk.of_ledger("affected", "--model", model, "--ids", "--out", file).code == 0
    assert name in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    for arguments in ((), ("--model", "xyz"), ("--model", model, "--statement", "C2")):
        assert desk.of_ledger("affected", *arguments).code == 2
    corrected(desk)
    rows = desk.of_ledger("affected", "--model", model, "--json").json["affected"]
    assert sum(row["corrected"] for row in rows) == 1


# --- requests, and the whole trace ---------------------------------------------------------------------


def test_a_letter_leads_to_everything_that_happened_since(desk: Desk) -> None:
    """Template, texts, decision, hash of the bytes; mail, correction, request; words only with a reason."""
    name, number, digest = first(desk)
    file = mailed(desk, (digest, "returned", "2026-11-25", "mail"))
    assert desk.of_ledger("sent", file, "--by", "Mail desk").code == 0
    opened = desk.of_ledger(
        "request", "open", "latest", name, "--kind", "human_review", "--by", "Complaints",
        "--received", "2026-11-26", "--view", "I never lived there", "--json",
    )  # fmt: skip
    assert (opened.code, opened.json["due_on"]) == (0, "2026-12-26")
    close = (
        "request",
        "close",
        "request-1",
        "--outcome",
        "overturned",
        "--by",
        "Complaints",
        "--reason",
        "so",
    )
    assert desk.of_ledger(*close).code == 2
    done = desk.of_ledger(*close, "--reviewer", "R. Viewer", "--authority-to-change", "--json")
    assert (done.code, done.json["outcome"]) == (0, "overturned")
    corrected(desk)
    told = desk.of_ledger("trace", digest, "--by", "Ada", "--json").json
    assert told["document"]["number"] == number
    assert len(told["document"]["template_digest"]) == 64
    assert (told["document"]["words"], told["document"]["file_kept"]) == ("locked", False)
    assert {one["key"] for one in told["statements"]} >= {"ecoa_notice"}
    assert told["decision"]["reasons"][0]["statement"]
    happened = [(one["act"], one["state"]) for one in told["afterwards"]]
    assert happened == [
        ("delivery", "returned"), ("request", "opened"), ("request", "closed"), ("correction", "replaced"),
    ]  # fmt: skip
    plain = desk.of_ledger("trace", digest).out
    assert "request closed" in plain
    for secret in ("I never lived there", "R. Viewer", "wrong form"):
        assert secret not in plain
        assert secret not in json.dumps(told)
        assert secret in desk.of_ledger("trace", digest, "--words", *WHO).out


def test_requests_are_listed_until_they_are_closed(desk: Desk) -> None:
    """Open ones by their last day; 3 where one is past it; kinds tells the law's times."""
    name, _, _ = first(desk)
    assert desk.of_ledger("request", "list").out.startswith("No request is open")
    ask = ("request", "open", "latest", name, "--by", "Complaints")
    assert desk.of_ledger(*ask, "--kind", "gdpr_15", "--received", "2020-01-31").code == 0
    assert desk.of_ledger(*ask, "--kind", "reasons_asked").code == 0
    listed = desk.of_ledger("request", "list", "--json")
    assert listed.code == 3
    assert [(one["kind"], one["due_on"] > "2026") for one in listed.json["requests"]] == [
        ("gdpr_15", False), ("reasons_asked", True),
    ]  # fmt: skip
    assert desk.of_ledger("request", "extend", "request-2", "--by", "b", "--reason", "r").code == 2
    close = ("request", "close", "request-1", "--outcome", "answered", "--by", "b", "--reason", "sent")
    assert "past its last day 2020-02-29" in desk.of_ledger(*close).out
    assert desk.of_ledger("request", "list").code == 0
    assert desk.of_ledger("request", "list", "--all", "--json").json["requests"][-1]["outcome"] == "answered"
    assert desk.of_ledger(*ask, "--kind", "wishes").code == 2
    assert desk.of_ledger(*ask, "--kind", "ccd2_18", "--received", "2026-11-01").code == 2
    assert "15 USC 1681m" in desk.ask("request", "kinds").out


def test_an_export_holds_the_acts_and_is_checked_alone(desk: Desk) -> None:
    """The rows stand in the zip and are held to the log; the words are there only with --locked."""
    import zipfile

    from audit.proof_check.export import check_export

    name, _, _ = first(desk)
    corrected(desk)
    key = desk.ask("keys", "show", "--public", "--ledger", desk.folder / "ledger.db").out.strip()
    for locked in (False, True):
        file = desk.folder / f"evidence-{locked}.zip"
        options = ("--class", "notice", "--out", file, *WHO, *(("--locked",) if locked else ()))
        assert desk.of_ledger("export", "latest", *options).code == 0
        with zipfile.ZipFile(file) as archive:
            files = {one: archive.read(one) for one in archive.namelist()}
        facts = check_export(files.__getitem__, files, key)
        assert any("1 rows of case_events as sealed" in fact for fact in facts)
        assert any(b"wrong form" in content for content in files.values()) is locked
    del name
