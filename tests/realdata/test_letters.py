"""Every letter of a real portfolio, read again by other eyes than those that wrote it."""

from __future__ import annotations

import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.realdata.conftest import DATA
from tests.realdata.measured import plainspoken
from tests.worlds import card_holders
from tests.worlds.sealed import AS_OF

pytestmark = pytest.mark.slow
N = 6_000
N_PDF = 40
PROTECTED = re.compile(
    r"\b(?:race|religion|sex|gender|marital|married|national origin|your age|public assistance)\b", re.I
)
RAW = re.compile(r"\b(?:PAY_\w+|BILL_\w+|LIMIT_BAL|[a-z]+_[a-z0-9_]+)\b")


class Words(HTMLParser):
    """The words of a page as they stand, style and title left out; no code of ours."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._silent += tag in ("style", "title")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found += data.split()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """All letters of the portfolio as text and page, and some of them as PDF."""
    folder = tmp_path_factory.mktemp("letters") / "portfolio"
    config = card_holders.lay_out(folder, DATA, N, AS_OF)
    assert plainspoken("run", str(config), "--json").code in (0, 3)
    common = ("--ledger", str(folder / "ledger.db"), "--date", AS_OF.isoformat(), "--json")
    out = folder / "letters"
    told = plainspoken(
        "letters", "latest", "--all", "--format", "txt", "--format", "html", "--out", str(out), *common
    )
    names = sorted(path.stem for path in out.glob("*.txt"))
    few = [word for name in names[:N_PDF] for word in ("--decision", name.removesuffix("-joint"))]
    again = ("--again", "--reason", "drawn once more for the test")
    pdf = plainspoken(
        "letters", "latest", *few, "--format", "pdf", "--out", str(folder / "pdf"), *again, *common
    )
    assert pdf.code == 0
    print(f"{told.told['letters']} letters: {told.seconds:.0f} s, {told.told}")
    return SimpleNamespace(folder=folder, out=out, names=names, told=told.told, code=told.code)


def test_no_lint_is_broken_over_a_thousand_letters(written: SimpleNamespace) -> None:
    """Everybody refused is told; no letter was kept back by a check."""
    exceptions = (written.out / "exceptions.csv").read_text()
    assert written.told["letters"] >= 1_000
    assert "(check " not in exceptions
    assert written.told["refused"] == 0, exceptions[:500]


def test_each_letter_says_approved_reasons_and_the_prescribed_words(written: SimpleNamespace) -> None:
    """One to four reasons of the dictionary, in order; the texts of the law word for word; no column."""
    from ruamel.yaml import YAML

    from tests.worlds.noticed import ECOA, FTC

    entries = YAML(typ="safe").load((written.folder / "reasons.yaml").read_text())
    known = {one["statement"]["en"] for one in entries.values()}
    known |= {one["missing"]["statement"]["en"] for one in entries.values() if "missing" in one}
    prescribed = ECOA[: ECOA.index("[")].strip()
    for name in written.names:
        lines = (written.out / f"{name}.txt").read_text().splitlines()
        said = " ".join(" ".join(lines).split())
        start = next(i for i, line in enumerate(lines) if line.startswith("The main reason"))
        end = next(i for i, line in enumerate(lines) if line == "If you have questions")
        reasons = [re.match(r"(\d)  (.+)", line) for line in lines[start:end]]
        told = [(int(found[1]), found[2]) for found in reasons if found]
        assert [rank for rank, _ in told] == list(range(1, len(told) + 1))
        assert 1 <= len(told) <= 4
        assert {statement for _, statement in told} <= known
        assert all(not PROTECTED.search(statement) and not RAW.search(statement) for _, statement in told)
        assert prescribed in said
        assert " ".join(FTC.split()) in said


def test_page_and_text_say_the_same_words(written: SimpleNamespace) -> None:
    """Read by a parser of its own, each page has the words of its text, in their order."""
    for name in written.names:
        page = Words()
        page.feed((written.out / f"{name}.html").read_text())
        assert page.found == (written.out / f"{name}.txt").read_text().split()


def test_pdfs_say_them_too_and_are_whole(written: SimpleNamespace) -> None:
    """Other readers find the same words, a sound file, tags, and every font within it."""
    files = sorted((written.folder / "pdf").glob("*.pdf"))
    assert len(files) >= N_PDF
    for file in files:
        drawn = _said("pdftotext", "-raw", file, "-")
        drawn = re.sub(r"(?m)^Notice N-\d{5}-\d{5}\s*\n?page \d of \d\s*", "", drawn).replace("\f", " ")
        assert drawn.split() == (written.out / f"{file.stem}.txt").read_text().split()
        assert "No syntax or stream encoding errors" in _said("qpdf", "--check", file)
        assert re.search(r"Tagged:\s+yes", _said("pdfinfo", file))
        fonts = _said("pdffonts", file).splitlines()[2:]
        assert fonts
        assert all(line.split()[-5:-2] == ["yes", "yes", "yes"] for line in fonts)


def _said(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
