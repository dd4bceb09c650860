"""``handover``: who has letters, until when; an erasure names the open ones, ``due`` those past their day."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from audit.ledger import Ledger, erasure, events, handovers, verify
from audit.runner import run
from tests.audit.cli.test_erase import Desk
from tests.worlds import joint_lender

TODAY = dt.date.today()
NEXT_MONTH = TODAY + dt.timedelta(days=30)
PRINTER = "Example Print Ltd"
GIVE = ["--to", PRINTER, "--until", NEXT_MONTH.isoformat(), "--by", "Mail desk"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sealed audit, its letters, and the bound file of them."""
    made = joint_lender.build(tmp_path_factory.mktemp("world") / "world", n=60, guarantors=False)
    run(made.config, ledger=f"sqlite:///{made.folder / 'ledger.db'}")
    return made.folder


@pytest.fixture(scope="module")
def bound(world: Path) -> Path:
    """That folder, once its letters were written and bound."""
    from tests.audit.cli.test_print_file import out_of, typed

    call = ["letters", "latest", "--all", "--stamped", "--jobs", "1", *out_of(world, "out"), "--print-file"]
    code, told = typed(world, *call, str(world / "all.pdf"))
    assert code == 0, told
    return world


@pytest.fixture
def desk(bound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A fresh copy, and a hand that types there."""
    return Desk(Path(shutil.copytree(bound, tmp_path / "world")), capsys)


def addressee(desk: Desk) -> tuple[str, int]:
    """Return the pseudonym of somebody who was written to, and how many letters they got."""
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        whom = [one.person for one in ledger.documents(ledger.find("latest").audit) if one.person]
    return whom[0], whom.count(whom[0])


def test_it_is_open_until_it_is_closed(desk: Desk) -> None:
    """An entry says which files, how many letters, to whom and until when; another ends it, once."""
    code, told = desk.told("handover", "give", str(desk.folder / "all.pdf"), *GIVE)
    assert code == 0
    (given,) = told["handovers"]
    n = len(list((desk.folder / "out").glob("*.pdf")))
    assert (given["letters"], given["to"], given["until"]) == (n, PRINTER, NEXT_MONTH.isoformat())
    assert len(given["files"]) == 2
    assert desk.told("handover", "list")[1]["handovers"] == [given]
    code, told = desk.told("handover", "close", "handover-1", "--how", "destroyed", "--by", "Mail desk")
    assert (code, told["handovers"][0]["end"]) == (0, "destroyed")
    assert desk.told("handover", "list")[1]["handovers"] == []
    assert len(desk.told("handover", "list", "--closed")[1]["handovers"]) == 1
    assert desk.types("handover", "close", "handover-1", "--how", "returned", "--by", "Mail desk") == 2
    assert "it was closed on" in desk.printed
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        assert verify(ledger).ok


def test_the_log_names_nobody(desk: Desk) -> None:
    """Its entries hold digests, counts, days and houses: no name, no id, no address; nor do the rows."""
    desk.types("handover", "give", str(desk.folder / "all.pdf"), *GIVE)
    desk.types("handover", "close", "handover-1", "--how", "returned", "--by", "Mail desk")
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        acts = events.events(ledger, "handover")
        assert {one.subject for one in acts} == {
            one.sha256 for one in ledger.documents(ledger.find("latest").audit) if one.person
        }
    content = b"".join(file.read_bytes() for file in desk.folder.glob("ledger.db*"))
    for word in (b"Fictional", b"Nowhere Lane", b"A000004", b"P000004"):
        assert word not in content


def test_an_export_of_the_audit_has_them(desk: Desk) -> None:
    """An examiner sees each letter that was handed over, and the checker proves the rows."""
    desk.types("handover", "give", str(desk.folder / "all.pdf"), *GIVE)
    file = desk.folder / "evidence.zip"
    assert desk.types("export", "latest", "--out", str(file), "--by", "ADA", "--reason", "examination") == 0
    with zipfile.ZipFile(file) as evidence:
        (name,) = [one for one in evidence.namelist() if one.endswith("case_events.json")]
        acts = json.loads(evidence.read(name))
    n = len(list((desk.folder / "out").glob("*.pdf")))
    assert [one["act"] for one in acts] == ["handover"] * n
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        key = ledger.public_key
    done = subprocess.run(
        [sys.executable, str(file), str(file), "--key", key], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{n} rows of case_events as sealed" in done.stdout


def test_an_erasure_names_what_is_open(desk: Desk) -> None:
    """Whoever is erased, or waits for it, has their open handovers told, in words and as JSON."""
    person, n = addressee(desk)
    wish = ["erase", person, "--by", "Privacy desk", "--reason", "wish"]
    assert desk.told(*wish)[1]["erasures"][0]["handovers"] == []
    desk.types("handover", "give", str(desk.folder / "all.pdf"), *GIVE)
    desk.types("handover", "give", str(desk.folder / "out"), *GIVE)
    (told,) = desk.told("erase", "--queue")[1]["erasures"]
    open_ones = [
        {"handover": f"handover-{i}", "to": PRINTER, "until": NEXT_MONTH.isoformat(), "letters": n}
        for i in (1, 2)
    ]
    assert told["handovers"] == open_ones
    desk.types("handover", "close", "handover-1", "--how", "destroyed", "--by", "Mail desk")
    assert desk.told(*wish)[1]["erasures"][0]["handovers"] == open_ones[1:]
    desk.types(*wish)
    assert f"handover-2 is still open: {PRINTER} has {n} letter" in desk.printed
    with Ledger.open(str(desk.folder / "ledger.db")) as ledger:
        later = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)
        erasure.erase(ledger, person, at=later, terms=lambda _audit: ())
        assert [one.handover for one, _ in handovers.still_with(ledger, person)] == ["handover-2"]
        assert verify(ledger).ok


def test_due_lists_what_is_past_its_day(desk: Desk) -> None:
    """On the last day it is not yet; on the next it stands first, with exit code 3; closed it is gone."""
    desk.types("handover", "give", str(desk.folder / "all.pdf"), *GIVE)
    after = (NEXT_MONTH + dt.timedelta(days=1)).isoformat()
    on_the_day = desk.told("due", "--date", NEXT_MONTH.isoformat())[1]["due"]
    assert not [row for row in on_the_day if row["what"] == "handover"]
    code, told = desk.told("due", "--date", after)
    assert (code, told["due"][0]["handover"], told["due"][0]["days_left"]) == (3, "handover-1", -1)
    desk.types("due", "--date", after)
    assert f"letters still with {PRINTER}" in desk.printed.splitlines()[0]
    desk.types("handover", "close", "handover-1", "--how", "destroyed", "--by", "Mail desk")
    assert not [row for row in desk.told("due", "--date", after)[1]["due"] if row["what"] == "handover"]


def test_what_was_altered_is_not_handed_over(desk: Desk) -> None:
    """A list with a letter less, a PDF with a byte more, a folder of none of our letters: each refused."""
    give = ["handover", "give"]
    listing, whole = desk.folder / "all.csv", desk.folder / "all.pdf"
    kept = listing.read_bytes()
    listing.write_bytes(b"\r\n".join(kept.split(b"\r\n")[:-2]) + b"\r\n")
    assert desk.types(*give, str(whole), *GIVE) == 2
    assert "all.csv: it is not as this ledger recorded it" in desk.printed
    listing.write_bytes(kept)
    whole.write_bytes(whole.read_bytes() + b"\n")
    assert desk.types(*give, str(whole), *GIVE) == 2
    assert "all.pdf: it is not as this ledger recorded it" in desk.printed
    listing.unlink()
    assert desk.types(*give, str(whole), *GIVE) == 2
    assert "all.csv: there is no such file" in desk.printed
    (desk.folder / "empty").mkdir()
    assert desk.types(*give, str(desk.folder / "empty"), *GIVE) == 2
    assert "no letter of this ledger lies in it" in desk.printed
    assert desk.told("handover", "list")[1]["handovers"] == []


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--until", (TODAY - dt.timedelta(days=1)).isoformat()], "is past, so they would have to be gone"),
        (["--until", "soon"], "--until: 'soon' is no date. Write it as 2026-11-20."),
        (["--on", (TODAY + dt.timedelta(days=1)).isoformat()], "is still to come. Record it on that day."),
        (["--to", " "], "--to: such an act needs it"),
        (["--by", ""], "--by: such an act needs it"),
    ],
)
def test_what_is_typed_wrong_is_said_and_nothing_recorded(desk: Desk, more: list[str], says: str) -> None:
    """Each fault is a sentence with its way out."""
    assert desk.types("handover", "give", str(desk.folder / "all.pdf"), *GIVE, *more) == 2
    assert says in desk.printed
    assert desk.told("handover", "list")[1]["handovers"] == []


def test_an_end_is_held_to_what_stands(desk: Desk) -> None:
    """No end before its beginning, none of another word, none of what is not there."""
    desk.types("handover", "give", str(desk.folder / "all.pdf"), *GIVE)
    close = ["handover", "close", "handover-1", "--by", "Mail desk"]
    yesterday = (TODAY - dt.timedelta(days=1)).isoformat()
    for more, says in [
        (["--how", "lost"], "'lost' is no end of a handover. Use returned or destroyed."),
        (["--how", "destroyed", "--on", yesterday], "the day of the handover. Name a later day."),
    ]:
        assert desk.types(*close, *more) == 2
        assert says in desk.printed
    assert desk.types("handover", "close", "handover-9", "--how", "returned", "--by", "Mail desk") == 2
    assert "there is no such handover (open: handover-1)" in desk.printed


def test_machines_read_the_same(desk: Desk) -> None:
    """What is said in words is the JSON's."""
    desk.types("handover", "give", str(desk.folder / "all.pdf"), *GIVE)
    words = desk.printed
    one = json.loads(json.dumps(desk.told("handover", "list")[1]["handovers"][0]))
    assert (
        f"{one['handover']}: {one['letters']} letters in {len(one['files'])} files with {one['to']}" in words
    )
