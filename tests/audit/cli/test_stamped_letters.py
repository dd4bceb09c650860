"""``plainspoken letters --stamped``: the letters of WeasyPrint, recorded once, proved and listed."""

from __future__ import annotations

import hashlib
import json
import shutil
import zlib
from pathlib import Path
from typing import Any

import pytest

from audit.cli import main, pressroom
from audit.ledger import Ledger, verify
from audit.runner import run
from reports.compiled.equality import differences
from tests.worlds import joint_lender

DAY = "2026-11-20"


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A folder with a sealed audit of a lender with joint applicants, and how many letters it owes."""
    world = joint_lender.build(tmp_path_factory.mktemp("sealed") / "world", n=60, guarantors=False)
    run(world.config, ledger=f"sqlite:///{world.folder / 'ledger.db'}")
    return world.folder, int(dict(world.truth)["n_letters"])


@pytest.fixture
def folder(sealed: tuple[Path, int], tmp_path: Path) -> Path:
    """A fresh copy of the sealed folder."""
    return Path(shutil.copytree(sealed[0], tmp_path / "world"))


def arguments(folder: Path, *options: str, out: str = "out") -> list[str]:
    """Return the words of a call that writes letters."""
    where = ["--ledger", str(folder / "ledger.db"), "--out", str(folder / out), "--date", DAY]
    return ["letters", "latest", *where, "--json", *options]


def letters(
    folder: Path, capsys: pytest.CaptureFixture[str], *options: str, out: str = "out"
) -> dict[str, Any]:
    """Run the command and return what it says of itself; it must not fail."""
    with pytest.raises(SystemExit) as leave:
        main(arguments(folder, *options, out=out))
    told = capsys.readouterr()
    assert not leave.value.code, told.err
    return dict(json.loads(told.out.splitlines()[-1]))


def pdfs(folder: Path) -> dict[str, bytes]:
    """Return the letters of a folder by their names."""
    return {path.name: path.read_bytes() for path in folder.glob("*.pdf")}


def test_stamped_letters_are_the_rendered_ones_whoever_made_them(
    sealed: tuple[Path, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One process and two write the same bytes, WeasyPrint the same letters, and the log holds."""
    made = {}
    for name, options in (
        ("one", ("--stamped", "--jobs", "1")),
        ("two", ("--stamped", "--jobs", "2")),
        ("all", ()),
    ):
        folder = Path(shutil.copytree(sealed[0], tmp_path / name))
        told = letters(folder, capsys, "--all", *options)
        assert told["letters"] == told["files"] == sealed[1]
        assert told["stamped"] == (sealed[1] if options else 0), told["rendered"]
        made[name] = pdfs(folder / "out")
        with Ledger.open(f"sqlite:///{folder / 'ledger.db'}") as ledger:
            assert verify(ledger).ok
    assert made["one"] == made["two"]
    assert made["one"].keys() == made["all"].keys()
    for name in list(made["one"])[:5]:
        assert differences(made["one"][name], made["all"][name]) == ()


def test_a_second_call_compiles_nothing_that_is_known(
    sealed: tuple[Path, int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Pages outlast the call in the user's cache, another day's letters use them, and ``off`` keeps none."""
    monkeypatch.setenv("PLAINSPOKEN_CACHE", str(tmp_path / "cache"))
    told, made = [], []
    for n, (kept, day, jobs) in enumerate(
        (("", DAY, 1), ("", DAY, 2), ("", "2026-11-21", 1), ("off", DAY, 1))
    ):
        folder = Path(shutil.copytree(sealed[0], tmp_path / str(n)))
        if kept:
            monkeypatch.setenv("PLAINSPOKEN_CACHE", kept)
        pressroom._press.cache_clear()  # as in a process of its own
        call = ("--all", "--stamped", "--jobs", str(jobs), "--date", day)
        told.append(letters(folder, capsys, *call))
        made.append(pdfs(folder / "out"))
    first, *others = (one["compiled"] for one in told)
    assert first > 1
    assert others == [0, 0, first]
    assert made[0] == made[1] == made[3]
    assert {one["stamped"] for one in told} == {sealed[1]}
    assert len(list((tmp_path / "cache" / "letters").iterdir())) == 2 * first + 2


def test_the_manifest_names_every_file_and_is_sealed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each letter stands in the list with its hash, and the list's own hash is in the ledger."""
    told = letters(folder, capsys, "--all", "--stamped", "--jobs", "1")
    listed = (folder / "out" / "manifest.sha256").read_bytes()
    lines = dict(reversed(line.split("  ")) for line in listed.decode().splitlines())
    assert lines == {
        name: hashlib.sha256(content).hexdigest() for name, content in pdfs(folder / "out").items()
    }
    assert len(lines) == told["letters"]
    with Ledger.open(f"sqlite:///{folder / 'ledger.db'}") as ledger:
        documents = ledger.documents(ledger.find("latest"))
    assert hashlib.sha256(listed).hexdigest() in {
        one.sha256 for one in documents if one.kind == "letters_manifest"
    }


def test_a_sample_is_made_both_ways_and_sealed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was compared, and that nothing differed, is told and is in the ledger."""
    told = letters(folder, capsys, "--all", "--stamped", "--jobs", "1", "--prove-sample", "5")
    proof = told["proof"]
    assert proof["compared"] == proof["stamped"] >= 5
    assert proof["differences"] == {}
    with Ledger.open(f"sqlite:///{folder / 'ledger.db'}") as ledger:
        (kept,) = [one for one in ledger.documents(ledger.find("latest")) if one.kind == "letters_proof"]
        assert json.loads(ledger.words(kept)) == proof
    again = letters(folder, capsys, "--all", "--stamped", "--jobs", "1", "--prove-sample", "5")
    assert again["stands"] == told["letters"]
    assert again["proof"] == {"compared": 0, "stamped": 0, "differences": {}, "templates": []}
    with Ledger.open(f"sqlite:///{folder / 'ledger.db'}") as ledger:
        assert [one for one in ledger.documents(ledger.find("latest")) if one.kind == "letters_proof"] == [
            kept
        ]


def test_a_sample_that_differs_leaves_every_letter_to_weasyprint(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A press that draws one letter otherwise stamps none of the call."""
    from reports.compiled import frozen

    real = frozen.Frozen.letter

    def wrong(self: frozen.Frozen, pages: list[bytes], *rest: Any) -> bytes:
        first = zlib.decompress(pages[0]).replace(b" Tm\n", b" Tm\n1 0 0 1 0 0 cm\n", 1)
        return real(self, [zlib.compress(first), *pages[1:]], *rest)

    monkeypatch.setattr(frozen.Frozen, "letter", wrong)
    told = letters(folder, capsys, "--all", "--stamped", "--jobs", "1", "--prove-sample", "2")
    assert any("Contents" in place for place in told["proof"]["differences"])
    assert told["stamped"] == 0
    assert told["letters"] > 5


def test_a_stamped_letter_is_given_back_bit_for_bit(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was stamped is stamped again from what was sealed, and is the issued file."""
    from audit.ledger import documents
    from reports.reissued import reissued

    letters(folder, capsys, "--all", "--stamped", "--jobs", "1")
    files = {hashlib.sha256(content).hexdigest(): content for content in pdfs(folder / "out").values()}
    with Ledger.open(f"sqlite:///{folder / 'ledger.db'}") as ledger:
        issued = next(one for one in documents.letters(ledger) if one.kind == "adverse_action")
        again = reissued(ledger, issued)
    assert (again.how, again.same_bytes, again.state) == ("rendered", True, "holds")
    assert again.content == files[issued.sha256]


def test_a_sample_without_stamping_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to prove where nothing is stamped."""
    with pytest.raises(SystemExit) as leave:
        main(arguments(folder, "--all", "--prove-sample", "3"))
    assert leave.value.code == 2
    assert "--stamped" in capsys.readouterr().err
