"""``held`` and ``due`` from the shell: a second person ends a hold, the letter says what was ranked."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from audit.ledger import Ledger
from audit.runner import run
from tests.worlds import joint_lender
from tests.worlds.desk import Desk

DAY = ("--date", "2026-11-20", "--format", "txt")
WORDS = "Your age, as it shows in past payments"


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An audit in which a factor is a blocked proxy for age, and says so to whoever reads its statement."""
    folder = tmp_path_factory.mktemp("sealed") / "world"
    world = joint_lender.build(folder, n=90, guarantors=False)
    reasons = (folder / "reasons.yaml").read_text()
    blocked = "{of: age, verdict: blocked, by: Model Risk, date: 2026-11-02, reason: it follows age}"
    old = "statement: {en: Delinquent past or present credit obligations with others}"
    assert old in reasons
    new = f'statement: {{en: "{WORDS}"}}\n  proxy: {blocked}'
    (folder / "reasons.yaml").write_text(reasons.replace(old, new))
    run(world.config, ledger=f"sqlite:///{folder / 'ledger.db'}")
    return folder


@pytest.fixture
def desk(sealed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A copy of it."""
    return Desk.copy(sealed, tmp_path / "desk", capsys)


def test_held_notices_are_listed_by_urgency(desk: Desk) -> None:
    """Cause, clause, days left and the ends that are open; exit code 3 while one is held; no id unasked."""
    answer = desk.of_ledger("held", "latest", "--json")
    assert answer.code == 3
    rows = answer.json["held"]
    assert rows
    assert {row["cause"] for row in rows} == {"blocked_proxy"}
    assert {row["citation"] for row in rows} == {"12 CFR 1002.4(a)"}
    assert {row["ends"] for row in rows} == {"send_as_ranked reconsidered withdrawn"}
    assert [row["days_left"] for row in rows] == sorted(row["days_left"] for row in rows)
    words = desk.of_ledger("held", "latest")
    assert "A0000" not in words.out
    assert "(counsel)" in words.out
    file = desk.folder / "held.csv"
    assert desk.of_ledger("held", "latest", "--ids", "--out", file).code == 3
    assert file.stat().st_mode & 0o077 == 0
    with file.open(newline="") as opened:
        assert all(row["decision"].startswith("A") for row in csv.DictReader(opened))


def test_with_counsel_the_letter_says_the_reasons_as_they_were_ranked(desk: Desk) -> None:
    """No reason is left out, not even one that names a protected basis; without counsel, exit 2."""
    name = desk.of_ledger("held", "latest", "--json").json["held"][0]["decision"]
    end = ("held", "latest", name, "--end", "send_as_ranked", "--by", "Second Desk", "--reason", "it is so")
    refused = desk.of_ledger(*end)
    assert refused.code == 2
    assert "counsel decided" in refused.err
    done = desk.of_ledger(*end, "--counsel", "Outside Counsel", "--json")
    assert done.code == 0
    assert done.json["ended"][0]["second"] == "Outside Counsel"
    out = desk.folder / "out"
    desk.of_ledger("letters", "latest", "--decision", name, "--out", out, *DAY)
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        decision = ledger.decision(ledger.find("latest"), name)
    told = [reason.statement for reason in decision.reasons]
    assert WORDS in told
    letters = list(out.glob("*.txt"))
    assert len(letters) == len(decision.persons)
    for file in letters:
        lines = [
            line.split("  ", 1)[1]
            for line in file.read_text().splitlines()
            if line[:3] in ("1  ", "2  ", "3  ", "4  ")
        ]
        assert lines[: len(told)] == told
    assert decision.notice.state == "sent"
    assert "send_as_ranked" in desk.of_ledger("explain", "latest", name).out
    assert desk.of_ledger("verify").code == 0


def test_a_statement_that_names_a_protected_basis_is_sent_by_no_other_way(desk: Desk) -> None:
    """While it is held there is a line in exceptions.csv and no letter."""
    name = desk.of_ledger("held", "latest", "--json").json["held"][0]["decision"]
    out = desk.folder / "out"
    assert desk.of_ledger("letters", "latest", "--decision", name, "--out", out, *DAY).code == 3
    assert list(out.glob("*.txt")) == []
    assert "held: blocked_proxy" in (out / "exceptions.csv").read_text()


def test_withdrawn_has_no_letter_and_no_exception(desk: Desk) -> None:
    """Nothing of it is in the next night's letters, and `due` does not know it any more."""
    names = [row["decision"] for row in desk.of_ledger("held", "latest", "--json").json["held"]]
    end = ("--end", "withdrawn", "--by", "Second Desk", "--reason", "withdrawn by letter")
    assert desk.of_ledger("held", "latest", *names, *end).code == 0
    assert desk.of_ledger("held", "latest").code == 0
    out = desk.folder / "out"
    assert desk.of_ledger("letters", "latest", "--unsent", "--out", out, *DAY).code == 0
    due = desk.of_ledger("due", "--date", "2026-11-20", "--json")
    assert (due.code, due.json["due"]) == (0, [])
    again = desk.of_ledger("letters", "latest", "--decision", names[0], "--out", out, *DAY)
    assert again.code == 3
    assert "void (withdrawn)" in (out / "exceptions.csv").read_text()


def test_due_counts_the_days_and_warns(desk: Desk) -> None:
    """13 days left on 20 November, 3 where fewer than ten are left or the day is past; --within narrows."""
    first = desk.of_ledger("due", "--date", "2026-11-20", "--json")
    assert first.code == 0
    assert {row["days_left"] for row in first.json["due"]} == {13}
    assert {(row["rule"], row["source"]) for row in first.json["due"]} == {
        ("30 days", "12 CFR 1002.9(a)(1)(i), (iii)")
    }
    assert {row["state"] for row in first.json["due"]} == {"ready", "held"}
    assert desk.of_ledger("due", "--date", "2026-11-23", "--json").json["near"] == 0
    assert desk.of_ledger("due", "--date", "2026-11-24").code == 3
    late = desk.of_ledger("due", "--date", "2026-12-05", "--json")
    assert (late.code, {row["days_left"] for row in late.json["due"]}) == (3, {-2})
    assert "2 days past" in desk.of_ledger("due", "--date", "2026-12-05").out
    assert desk.of_ledger("due", "--within", 12, "--date", "2026-11-20", "--json").json["n"] == 0
    assert desk.of_ledger("due", "--date", "tomorrow").code == 2


def test_what_cannot_be_asked(desk: Desk) -> None:
    """An end without a way, by the owner, or of nobody: exit code 2, and nothing is logged."""
    name = desk.of_ledger("held", "latest", "--json").json["held"][0]["decision"]
    owner = json.loads((desk.folder / "audit.yaml").read_text())["audit"]["owner"]
    for arguments in (
        (name,),
        (name, "--by", "Second Desk"),
        ("--end", "withdrawn", "--by", "Second Desk", "--reason", "r"),
        (name, "--end", "withdrawn", "--by", owner, "--reason", "r"),
        (name, "--end", "withdrawn", "--reason", "r"),
        ("A999999", "--end", "withdrawn", "--by", "Second Desk", "--reason", "r"),
    ):
        assert desk.of_ledger("held", "latest", *arguments).code == 2, arguments
    assert desk.of_ledger("held", "latest", "--json").json["held"][0]["decision"] == name
