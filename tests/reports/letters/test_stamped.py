"""Stamped letters are the letters that WeasyPrint renders: for every kind, every language, any person."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image, ImageChops

from audit.record import Document
from reports import kinds
from reports.compiled.equality import differences
from reports.compiled.press import Press, rendered
from reports.letter import Letters
from reports.pdf import AttachedFile
from reports.qr import svg
from tests.benchmarks.stamped_letters import prove
from tests.reports.letters.drawn import page_images
from tests.worlds.many_letters import KINDS, printed, seeds
from tests.worlds.noticed import TODAY, Remembered, a_config, a_recipient

MANY = 12
needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="package poppler-utils")
needs_qpdf = pytest.mark.skipif(shutil.which("qpdf") is None, reason="package qpdf")


def pair(kind: str, lang: str, seed: int, press: Press, paper: str = "letter") -> tuple[Document, Document]:
    """Return a letter from a press and from WeasyPrint alone."""
    stamped = printed(kind, lang, seed, press=press, paper=paper)
    rendered = printed(kind, lang, seed, paper=paper)
    assert isinstance(stamped, tuple), stamped
    assert isinstance(rendered, tuple), rendered
    return stamped[0], rendered[0]


def run(*command: str | Path) -> str:
    """Return what a tool says of a file; it must not fail."""
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def test_every_kind_and_language_is_tried() -> None:
    """What follows is asked of each kind of letter in each language that it has words in."""
    assert sorted(KINDS) == sorted(
        (name, lang) for name, kind in kinds.KINDS.items() for lang in kind.languages(None)
    )


@pytest.mark.parametrize("paper", ["letter", "a4"])
@pytest.mark.parametrize(("kind", "lang"), KINDS)
def test_stamped_and_rendered_letters_differ_in_nothing(kind: str, lang: str, paper: str) -> None:
    """Drawing, tags, outlines, metadata, files and glyphs are equal, and so is what is recorded."""
    press = Press()
    n = 2 if paper == "letter" else 1
    for seed in seeds(kind, lang, n, paper):
        stamped, rendered = pair(kind, lang, seed, press, paper)
        assert differences(stamped.content, rendered.content) == (), seed
        assert (stamped.words, stamped.name, stamped.template_digest) == (
            rendered.words,
            rendered.name,
            rendered.template_digest,
        )
        assert len(stamped.content) < 70_000
    assert press.stamped == n, press.causes


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "lang"), KINDS)
def test_many_letters_differ_in_nothing(kind: str, lang: str) -> None:
    """The same for more persons; what is not stamped has a cause."""
    press = Press()
    for seed in seeds(kind, lang, MANY):
        stamped, rendered = pair(kind, lang, seed, press)
        assert differences(stamped.content, rendered.content) == (), seed
    assert press.stamped + press.causes.total() == MANY
    assert press.stamped >= MANY - 2, press.causes


@pytest.mark.slow
@needs_poppler
def test_a_thousand_strange_letters_differ_in_nothing() -> None:
    """Of every kind, language and paper, with names that must fall back: none differs, none is unsound."""
    found = prove(1000, os.cpu_count() or 1)
    assert found.letters + found.refused == 1000
    assert found.different == {}
    assert (found.largest, found.unsound) == (0, 0)
    assert found.stamped + found.causes.total() == found.letters
    assert found.stamped > 600, found.causes
    assert found.causes["a character outside of the repertoire"] > 50
    assert found.drawn > 30


@needs_poppler
@needs_qpdf
@pytest.mark.parametrize(("kind", "lang"), KINDS)
def test_other_readers_see_and_hear_the_same(kind: str, lang: str, tmp_path: Path) -> None:
    """Poppler draws the same pixels, reads the same words in the same order and the same tags."""
    press = Press()
    seed = seeds(kind, lang, 2)[-1]
    stamped, rendered = pair(kind, lang, seed, press)
    assert press.stamped == 1, press.causes
    said, tags, pictures = [], [], []
    for name, document in (("stamped", stamped), ("rendered", rendered)):
        folder = tmp_path / name
        folder.mkdir()
        pdf = folder / "letter.pdf"
        pdf.write_bytes(document.content)
        said.append(run("pdftotext", "-raw", pdf, "-"))
        tags.append(run("pdfinfo", "-struct-text", pdf))
        pictures.append(
            [Image.open(page).convert("L") for page in page_images(document.content, folder, 100)]
        )
        run("qpdf", "--check", pdf)
    assert said[0] == said[1]
    assert len(said[0].split()) > 100
    assert tags[0] == tags[1]
    assert "Table" in tags[0]
    assert len(pictures[0]) == len(pictures[1])
    for one, other in zip(*pictures, strict=True):
        assert ImageChops.difference(one, other).getextrema() == (0, 0)


def test_equal_letters_are_equal_bytes_whatever_came_before() -> None:
    """A press that printed other letters first, or none, writes the same file."""
    kind, lang = KINDS[0]
    first, second, third = seeds(kind, lang, 3)
    forward, backward, alone = Press(), Press(), Press()
    made = {seed: printed(kind, lang, seed, press=forward) for seed in (first, second, third)}
    again = {seed: printed(kind, lang, seed, press=backward) for seed in (third, second, first)}
    assert made == again
    assert printed(kind, lang, second, press=alone) == made[second]


def test_the_marks_of_the_standards_and_the_record_are_in_a_stamped_letter() -> None:
    """PDF/A-3a, PDF/UA-1, tags, language, colour profile, and the public record as its own file."""
    press = Press()
    for seed in seeds("adverse_action", "en", 6):
        made = printed("adverse_action", "en", seed, press=press)
        assert isinstance(made, tuple)
        with pikepdf.open(BytesIO(made[0].content)) as pdf, pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
            assert metadata["pdfuaid:part"] == "1"
            assert pdf.Root.MarkInfo.Marked
            assert pdf.Root.Lang == "en"
            assert "/OutputIntents" in pdf.Root
            for name, file in pdf.attachments.items():
                assert name == "record.json"
                number = re.search(rb'"record": "(N-\d{5}-\d{5})"', file.get_file().read_bytes())
                assert number is not None
                assert number[1].decode() in made[0].words
    assert press.stamped == 6, press.causes


@pytest.mark.parametrize("name", ["Σωκράτης Παπαδόπουλος", "Анна Пример", "Jo\u0308 Combining"])
def test_what_cannot_be_placed_is_left_to_weasyprint(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """A script or a mark outside of the repertoire is rendered, counted and logged without the name."""
    ledger, press = Remembered(), Press()
    made = []
    with caplog.at_level("INFO", logger="reports.compiled.press"):
        for one in (press, None):
            letters = Letters(ledger, "latest", press=one)  # type: ignore[arg-type]
            made.append(letters.render(ledger.decided, a_recipient(name=name), date=TODAY))
    assert isinstance(made[0], tuple), made[0]
    assert made[0] == made[1]
    assert press.causes == {"a character outside of the repertoire": 1}
    assert press.stamped == 0
    assert "outside of the repertoire" in caplog.text
    assert name not in caplog.text


def test_a_page_of_another_day_and_title_is_no_other_shape() -> None:
    """Title and dates are slots, and are written as WeasyPrint writes them, whatever signs they have."""
    page = (
        '<!doctype html><html lang="en"><head><title>{}</title><meta name="dcterms.created" content="{}">'
        '<meta name="dcterms.modified" content="{}"></head><body><main><p>Jo</p></main></body></html>'
    )
    styles, press, at = ("style/letter-fonts.css", "style/letter.css"), Press(), dt.datetime
    titles = ("Notice (1)", "R&amp;D &lt;a&gt; \\(", "Lettre du 1er août", "Σ — “long”", "N")
    for n, title in enumerate(titles, start=1):
        html = page.format(title, f"2026-11-{n:02d}", f"2026-12-{n:02d}")
        file = AttachedFile("record.json", b"{}", "What it says", at(2026, 11, n, n, tzinfo=dt.UTC))
        stamped, right = (make(html, styles, b"0" * 16, (file,)).content for make in (press.print, rendered))
        assert differences(stamped, right) == (), title
        assert pikepdf.open(BytesIO(stamped)).trailer.Info.CreationDate == f"D:202611{n:02d}"
    assert (press.stamped, press.compiled) == (len(titles), 1)
    assert differences(press.print(page.format(" two  blanks", "", ""), styles, b"0" * 16).content, right)
    assert press.causes == {"a title with other signs than words and single blanks": 1}


def test_a_layout_that_moves_with_a_value_is_not_stamped() -> None:
    """A page whose neighbour of a value stands where the value ends is found out by its proof."""
    page = (
        '<!doctype html><html lang="en"><head><title>T</title></head><body><main>'
        '<table style="table-layout: auto"><tbody><tr><td>{}</td><td>beside it</td></tr></tbody></table>'
        "</main></body></html>"
    )
    press = Press()
    styles = ("style/letter-fonts.css", "style/letter.css")
    for name in ("Jo", "Maximiliane"):
        press.print(page.format(name), styles, b"0" * 16, ())
    assert press.stamped == 0
    assert any("fixed width" in cause for cause in press.causes), press.causes


def test_a_difference_is_seen() -> None:
    """The comparison fails where one word, one tag or one fact of the file is another."""
    kind, lang = KINDS[0]
    one, other = (printed(kind, lang, seed) for seed in seeds(kind, lang, 2))
    assert isinstance(one, tuple)
    assert isinstance(other, tuple)
    assert differences(one[0].content, other[0].content) != ()
    changes = {
        "/Lang": lambda pdf: setattr(pdf.Root, "Lang", pikepdf.String("fr")),
        "/Info/Title": lambda pdf: pdf.trailer["/Info"].__setitem__("/Title", pikepdf.String("Other")),
        "/StructTreeRoot": lambda pdf: pdf.Root.StructTreeRoot.K[0].__setitem__("/S", pikepdf.Name.Sect),
        "the widths": lambda pdf: (
            next(iter(pdf.pages[0].Resources.Font.values()))
            .DescendantFonts[0]
            .W.__setitem__(1, pikepdf.Array([1] * 2000))
        ),
    }
    for place, change in changes.items():
        out = BytesIO()
        with pikepdf.open(BytesIO(one[0].content)) as pdf:
            change(pdf)  # type: ignore[no-untyped-call]
            pdf.save(out, static_id=True)
        found = differences(out.getvalue(), one[0].content)
        assert any(place in each for each in found), (place, found)


def test_a_page_that_cannot_be_expanded_is_a_difference() -> None:
    """Where the parts of a page's contents do not make one stream, the letter is none."""
    press, rendered = Press(), printed("adverse_action", "en", 1)
    stamped = printed("adverse_action", "en", 1, press=press)
    assert isinstance(stamped, tuple)
    assert isinstance(rendered, tuple)
    assert press.stamped == 1
    content, right = stamped[0].content, rendered[0].content
    assert differences(content, right) == ()
    with pikepdf.open(BytesIO(content)) as pdf:
        raw = pdf.pages[0].Contents.read_raw_bytes()
    assert content.count(raw) == 1
    spoilt = bytearray(raw)
    spoilt[2] = 0b111  # a last block of a kind that there is not
    found = differences(content.replace(raw, bytes(spoilt)), right)
    assert [one for one in found if "Contents" in one], found


@pytest.mark.parametrize("form", ["c1", "c2", "c3"])
def test_sample_forms_and_a_letterhead_are_stamped_too(form: str, tmp_path: Path) -> None:
    """Each sample form under the mark of the house is the letter that WeasyPrint renders."""
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 20"><rect width="90" height="20"/></svg>'
    )
    (tmp_path / "mark.svg").write_text(drawing)
    config = a_config() | {"letters": {"form": form, "letterhead": "mark.svg"}}
    press = Press()
    for name in ("Jo Li", "Maximiliane Beispiel"):
        recipient, made = a_recipient(name=name), []
        for one in (press, None):
            ledger = Remembered(config=config)
            letters = Letters(ledger, "latest", tmp_path, one)  # type: ignore[arg-type]
            letter = letters.render(ledger.decided, recipient, date=TODAY)
            assert isinstance(letter, tuple), letter
            made.append(letter[0].content)
        assert differences(*made) == ()
    assert press.stamped == 2, press.causes


def test_a_draft_is_left_to_weasyprint() -> None:
    """What repeats over pages is rendered and says why."""
    ledger, press = Remembered(config=a_config()), Press()
    made = [
        Letters(ledger, "latest", press=one).render(ledger.decided, a_recipient(), date=TODAY, draft=True)  # type: ignore[arg-type]
        for one in (press, None)
    ]
    assert isinstance(made[0], tuple), made[0]
    assert made[0] == made[1]
    assert (press.stamped, press.causes.total()) == (0, 1)


def test_a_code_is_a_slot(tmp_path: Path) -> None:
    """Letters of a house that shows a code are stamped from one page, each with its own code."""
    folder = tmp_path / "house" / "letters" / "adverse_action"
    folder.mkdir(parents=True)
    block = '{% extends "plainspoken/letters/adverse_action/body.html" %}{% block token %}'
    (folder / "body.html").write_text(block + "{{ qr(token, words.notice) }}{% endblock %}")
    config = a_config() | {"letters": {"templates": "house"}}
    press, contents = Press(), []
    for decision in ("APP-7", "APP-8", "APP-9"):
        made = []
        for one in (press, None):
            ledger = Remembered(config=config)
            known = ledger.pseudonym

            def pseudonym(
                kind: str, name: str, token: str = f"token-of-{decision}", known: Any = known
            ) -> str:
                return token if kind == "letter" else str(known(kind, name))

            ledger.pseudonym = pseudonym  # type: ignore[method-assign]
            letters = Letters(ledger, "latest", tmp_path, one)  # type: ignore[arg-type]
            letter = letters.render(ledger.decided, a_recipient(), date=TODAY)
            assert isinstance(letter, tuple), letter
            made.append(letter[0].content)
        assert differences(*made) == ()
        contents.append(made[0])
    assert (press.stamped, press.compiled) == (3, 1), press.causes
    assert differences(contents[0], contents[1]) != ()


def test_a_code_is_read_back(tmp_path: Path) -> None:
    """Another reader finds the token in a stamped letter's code."""
    zxing = pytest.importorskip("zxingcpp")
    head = '<!doctype html><html lang="en"><head><title>T</title></head>'
    page, press = head + "<body><main><p>x</p>{}</main></body></html>", Press()
    for text in ("https://example.test/1", "https://example.test/2"):
        made = press.print(page.format(svg(text, "A code")), ("style/letter.css",), b"0" * 16)
        (picture,) = page_images(made.content, tmp_path)
        assert [one.text for one in zxing.read_barcodes(Image.open(picture))] == [text]
    assert (press.stamped, press.compiled) == (2, 1), press.causes
