"""``letters --print-file`` and ``handover bind``: a PDF for a printer, its list, and no half of it."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from audit.cli import main, print_file
from audit.errors import UsageError
from audit.ledger import Ledger, addressed, erasure, verify
from audit.runner import run
from tests.worlds import joint_lender
from tests.worlds.drawing import pages_of

DAY = "2026-11-20"
AT = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
FORMULA = "=HYPERLINK(1)"


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed audit whose letters were stamped: one to a name like a formula, one by a portal."""
    world = joint_lender.build(tmp_path_factory.mktemp("issued") / "world", n=60, guarantors=False)
    recipients = world.folder / "recipients.csv"
    lines = recipients.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace("Zyxwv Fictional", FORMULA)
    chosen = next(n for n, line in enumerate(lines) if line.startswith("A000004,"))
    lines[chosen] = lines[chosen].replace(",mail,no", ",portal,yes")
    recipients.write_text("\n".join(lines) + "\n", encoding="utf-8")
    run(world.config, ledger=f"sqlite:///{world.folder / 'ledger.db'}")
    code, told = typed(
        world.folder, "letters", "latest", "--all", "--stamped", "--jobs", "1", *out_of(world.folder, "out")
    )
    assert code == 0, told
    return world.folder


@pytest.fixture
def folder(issued: Path, tmp_path: Path) -> Path:
    """A fresh copy of that folder."""
    return Path(shutil.copytree(issued, tmp_path / "world"))


def out_of(folder: Path, name: str) -> list[str]:
    """Return the words that name a folder for letters, and their date."""
    return ["--out", str(folder / name), "--date", DAY]


def typed(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run a command on the folder's ledger; return its exit code, and what it said."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as leave:
        main([*arguments, "--ledger", str(folder / "ledger.db")])
    return int(leave.value.code or 0), out.getvalue() + err.getvalue()


def rows_of(listing: Path) -> list[dict[str, str]]:
    """Return the rows of a list."""
    return list(csv.DictReader(io.StringIO(listing.read_text(encoding="utf-8"), newline="")))


@contextmanager
def no_file_over(size: int) -> Iterator[None]:
    """Let no file grow over so many bytes, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_every_letter_by_mail_is_there_as_it_is_in_the_folder(folder: Path) -> None:
    """In the order of the manifest, dot for dot; the list says where each begins, and whose it is."""
    code, told = typed(folder, "handover", "bind", str(folder / "out"), str(folder / "all.pdf"), "--json")
    assert code == 0, told
    made = json.loads(told)
    rows, bound = rows_of(folder / "all.csv"), (folder / "all.pdf").read_bytes()
    manifest = [line.split("  ") for line in (folder / "out/manifest.sha256").read_text().splitlines()]
    by_hash = dict(manifest)
    others = [one for one, _ in manifest if one not in {row["sha256"] for row in rows}]
    assert [row["sha256"] for row in rows] == [one for one, _ in manifest if one not in others]
    assert made["not_in_it"] == {"portal": len(others)}
    assert len(others) == 1
    pages = pages_of(bound, 40)
    for row in rows:
        first, n = int(row["first_page"]), int(row["pages"])
        assert row["file"] == "all.pdf"
        assert pages[first - 1 : first - 1 + n] == pages_of(
            (folder / "out" / by_hash[row["sha256"]]).read_bytes(), 40
        )
    assert made["pages"] == len(pages)
    with pikepdf.open(folder / "all.pdf") as pdf, pdf.open_outline() as outline:
        assert [one.title for one in outline.root] == [row["notice"] for row in rows]
    assert b"Fictional" not in bound  # neither bookmarks nor metadata name anybody
    assert {(folder / name).stat().st_mode & 0o777 for name in ("all.pdf", "all.csv")} == {0o600}


def test_the_list_names_whom_the_letter_names(folder: Path) -> None:
    """Name and address are those of the recipients file; what looks like a formula is counted."""
    _, told = typed(folder, "handover", "bind", str(folder / "out"), str(folder / "all.pdf"), "--json")
    named = {
        (row["name"], row["address_1"], row["address_2"], row["channel"])
        for row in rows_of(folder / "all.csv")
    }
    with (folder / "recipients.csv").open(encoding="utf-8") as file:
        known = {(one["name"], one["street"], one["town"], one["channel"]) for one in csv.DictReader(file)}
    guarded = {one for one in named if one[0].startswith("'")}
    assert named - guarded <= known
    assert {one[0][1:] for one in guarded} == {one[0] for one in known if one[0].startswith("=")} != set()
    assert json.loads(told)["guarded_cells"] == len(guarded)


def test_the_same_letters_give_the_same_bytes_in_as_many_volumes_as_are_asked_for(folder: Path) -> None:
    """Three volumes hold what one holds; each row names its volume, and the log has the hash of each."""
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        one = print_file.bind(ledger, folder / "out", folder / "one.pdf", at=AT)
        size = -(-one.letters // 3)
        some = print_file.bind(ledger, folder / "out", folder / "some.pdf", at=AT, letters_a_volume=size)
        print_file.bind(ledger, folder / "out", folder / "again.pdf", at=AT)
        assert verify(ledger).ok
    assert (folder / "one.pdf").read_bytes() == (folder / "again.pdf").read_bytes()
    assert [path.name for path in some.volumes] == ["some-1.pdf", "some-2.pdf", "some-3.pdf"]
    assert (some.letters, some.pages) == (one.letters, one.pages)
    assert some.hashes == [hashlib.sha256(path.read_bytes()).hexdigest() for path in some.volumes]
    for volume in some.volumes:
        theirs = [row for row in rows_of(some.listing) if row["file"] == volume.name]
        assert 0 < len(theirs) <= size
        with pikepdf.open(volume) as pdf:
            assert sum(int(row["pages"]) for row in theirs) == len(pdf.pages)
        assert theirs[0]["first_page"] == "1"


def test_letters_of_one_page_setting_share_their_fonts(folder: Path) -> None:
    """A bound letter takes less than a third of the room that it takes by itself."""
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        made = print_file.bind(ledger, folder / "out", folder / "all.pdf", at=AT)
    alone = sum(path.stat().st_size for path in (folder / "out").glob("*.pdf"))
    assert made.n_bytes < alone / 3


def test_letters_writes_both_in_one_call(folder: Path) -> None:
    """What is written is bound at once; the JSON says both."""
    again = ["--again", "--reason", "the first were lost"]
    some = [word for n in (0, 4, 6) for word in ("--decision", f"A{n:06d}")]
    call = ["letters", "latest", *some, *again, *out_of(folder, "more"), "--json"]
    code, told = typed(folder, *call, "--print-file", str(folder / "more.pdf"))
    assert code == 0, told
    made = json.loads(told.splitlines()[-1])
    assert made["print"]["letters"] + 1 == made["letters"] > 3
    assert len(rows_of(folder / "more.csv")) == made["print"]["letters"]


@pytest.mark.parametrize("size", [2_000, 60_000])
def test_a_full_disk_leaves_no_half_of_it(folder: Path, size: int) -> None:
    """Neither PDF nor list, nor their drafts; with room the same command does it."""
    call = ["handover", "bind", str(folder / "out"), str(folder / "all.pdf")]
    before = {path.name for path in folder.iterdir()}
    with Ledger.open(str(folder / "ledger.db")) as ledger, no_file_over(size):
        with pytest.raises(Exception, match=r"all\.pdf: File too large\. Make room") as error:
            print_file.bind(ledger, folder / "out", folder / "all.pdf", at=AT)
        assert error.type.__name__ == "AuditError"
    assert {path.name for path in folder.iterdir() if not path.name.startswith("ledger.db-")} == before
    assert typed(folder, *call)[0] == 0


def test_who_came_meanwhile_keeps_their_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that came into being while letters were bound stays as it is, and the PDF goes."""
    real = print_file._recorded

    def meanwhile(*arguments: Any) -> int:
        (folder / "all.csv").write_text("mine")
        return real(*arguments)

    monkeypatch.setattr(print_file, "_recorded", meanwhile)
    code, told = typed(folder, "handover", "bind", str(folder / "out"), str(folder / "all.pdf"))
    assert (code, (folder / "all.csv").read_text()) == (1, "mine")
    assert "it has come into being meanwhile. Make room or name another file" in told
    assert not (folder / "all.pdf").exists()


@pytest.mark.parametrize(
    ("file", "more", "says"),
    [
        ("all.txt", [], "its name does not end in .pdf. Name a PDF"),
        ("absent/all.pdf", [], "there is no folder"),
        ("taken.pdf", [], "it exists. Name another file"),
        ("listed.pdf", [], "listed.csv: it exists."),
        ("out2/all.pdf", [], "which is replaced as a whole. Name another place."),
        ("all.pdf", ["--draft"], "--print-file: drafts go to nobody."),
        ("all.pdf", ["--format", "txt"], "--print-file: it binds PDFs."),
    ],
)
def test_a_place_that_cannot_be_taken_is_said_before_any_letter(
    folder: Path, file: str, more: list[str], says: str
) -> None:
    """Nothing is rendered, recorded or written."""
    (folder / "taken.pdf").touch()
    (folder / "listed.csv").touch()
    call = ["letters", "latest", "--all", "--again", "--reason", "lost", *out_of(folder, "out2"), *more]
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        before = len(ledger.documents(ledger.find("latest").audit))
    code, told = typed(folder, *call, "--print-file", str(folder / file))
    assert code == 2
    assert says in told
    assert not (folder / "out2").exists()
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        assert len(ledger.documents(ledger.find("latest").audit)) == before


def test_what_was_not_issued_is_not_bound(folder: Path) -> None:
    """A letter with one byte more is nobody's letter; an empty folder and an absent one have none."""
    letter = next((folder / "out").glob("*.pdf"))
    letter.write_bytes(letter.read_bytes() + b"\n")
    (folder / "none").mkdir()
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        for name, says in [
            ("out", r"1 of \d+ PDFs in it are no letters that this ledger issued"),
            ("none", "no PDF lies in it"),
            ("absent", "there is no such folder"),
        ]:
            with pytest.raises(UsageError, match=says):
                print_file.bind(ledger, folder / name, folder / "all.pdf", at=AT)
        with pytest.raises(UsageError) as error:
            print_file.bind(ledger, folder / "out", folder / "all.pdf", at=AT)
    assert letter.name not in str(error.value)  # it is the name of an application
    code, told = typed(
        folder, "handover", "bind", str(folder / "out"), str(folder / "all.pdf"), "--channel", "fax"
    )
    assert code == 2
    assert "--channel: 'fax' is none" in told


def test_where_nobody_is_written_to_by_mail_it_says_how_they_are(folder: Path) -> None:
    """The way out is named."""
    for path in (folder / "out").glob("*.pdf"):
        path.unlink()
    whole = folder / "portal"
    recipients = (folder / "recipients.csv").read_text(encoding="utf-8").replace(",mail,no", ",portal,yes")
    (folder / "recipients.csv").write_text(recipients, encoding="utf-8")
    call = ["letters", "latest", "--decision", "A000006", "--again", "--reason", "lost", "--out", str(whole)]
    code, told = typed(folder, *call, "--date", DAY, "--print-file", str(folder / "all.pdf"))
    assert code == 2
    assert "none of its letters goes by mail" in told
    assert "plainspoken handover bind" in told
    assert any(whole.glob("*.pdf"))  # the letters are recorded, so they stand
    code, told = typed(folder, "handover", "bind", str(whole), str(folder / "all.pdf"), "--channel", "portal")
    assert code == 0, told


def test_who_was_erased_is_not_bound(folder: Path) -> None:
    """Their letter may lie in the folder still; it goes to no printer, and the count says so."""
    with Ledger.open(str(folder / "ledger.db")) as ledger:
        before = print_file.bind(ledger, folder / "out", folder / "before.pdf", at=AT)
        letter = min((folder / "out").glob("*.pdf")).read_bytes()
        (issued,) = addressed.by_hash(ledger, {hashlib.sha256(letter).hexdigest()}).values()
        later = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)
        erasure.erase(ledger, str(issued.person), at=later, terms=lambda _audit: ())
        made = print_file.bind(ledger, folder / "out", folder / "all.pdf", at=AT)
    assert (made.gone, made.letters) == (1, before.letters - 1)
    assert issued.sha256 not in {row["sha256"] for row in rows_of(folder / "all.csv")}
    assert "1 went to people who were erased since" in made.in_words()


def test_where_nothing_is_due_nothing_is_bound(folder: Path) -> None:
    """A night without letters ends as it does without a bound file: 0, and no file."""
    call = ["letters", "latest", "--unsent", *out_of(folder, "none"), "--json"]
    code, told = typed(folder, *call, "--print-file", str(folder / "all.pdf"))
    assert code == 0, told
    assert "there is no letter to bind, so it was not written" in told
    assert '"print": null' in told
    assert not (folder / "all.pdf").exists()
