"""Letters bound into one PDF: each page as it was, what they share once, and the same bytes each time."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pikepdf
import pytest

from reports.bound import Volume
from tests.worlds.drawing import pages_of


def a_pdf(
    text: str,
    *,
    pages: int = 1,
    font: str = "Helvetica",
    annotation: pikepdf.Dictionary | None = None,
    box: tuple[int, ...] = (0, 0, 300, 200),
) -> bytes:
    """Return a PDF whose pages inherit their box and fonts, and draw a text of their own."""
    made = pikepdf.new()
    fonts = pikepdf.Dictionary(
        F1=made.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name(f"/{font}")
            )
        )
    )
    for n in range(pages):
        draw = f"BT /F1 12 Tf 20.5 100 Td ({text} {n}) Tj ET".encode()
        page = pikepdf.Dictionary(Type=pikepdf.Name.Page, Contents=made.make_stream(draw), StructParents=n)
        if annotation is not None:
            page.Annots = pikepdf.Array([annotation])
        made.pages.append(pikepdf.Page(made.make_indirect(page)))
    made.Root.Pages.MediaBox = pikepdf.Array(box)
    made.Root.Pages.Resources = pikepdf.Dictionary(Font=fonts)
    file = BytesIO()
    made.save(file)
    return file.getvalue()


def bound(*letters: tuple[str, bytes]) -> bytes:
    """Return these letters as one file."""
    volume = Volume()
    for title, content in letters:
        volume.add(title, content)
    return volume.content("Letters")


def test_each_letter_has_its_pages_and_its_bookmark() -> None:
    """First page and number of pages are told as they are; each bookmark leads to the letter's first page."""
    volume = Volume()
    assert volume.add("N-1", a_pdf("one", pages=2)) == (1, 2)
    assert volume.add("N-2", a_pdf("two")) == (3, 1)
    assert volume.add("N-3", a_pdf("three", pages=3)) == (5, 3)
    assert (volume.letters, volume.pages) == (3, 8)
    with pikepdf.open(BytesIO(volume.content("Letters"))) as made, made.open_outline() as outline:
        there: list[Any] = [page.obj for page in made.pages]
        led = [(one.title, there.index(one.destination[0]) + 1) for one in outline.root]
    assert led == [("N-1", 1), ("N-2", 3), ("N-3", 5)]


def test_pages_are_drawn_as_they_were() -> None:
    """Poppler draws the same dots from a bound page as from the letter's own, inherited box and font too."""
    letters = [
        ("N-1", a_pdf("one", pages=2)),
        ("N-2", a_pdf("two", font="Times-Roman", box=(0, 0, 250, 250))),
        ("N-3", a_pdf("three", pages=2)),
    ]
    one, two, three = (pages_of(content) for _, content in letters)
    drawn = pages_of(bound(*letters))
    assert [*drawn[:3], *drawn[4:]] == [*one, *two, *three]
    # None begins on the back of another's page; what stands between is as large as its letter, and white.
    head, dots = two[0][:15], drawn[3][15:]
    assert drawn[3][:15] == head
    assert set(dots) == {255}


def test_what_is_equal_is_there_once_and_nothing_else() -> None:
    """Two letters with one font share it; another font stands beside it, and no page lost its own text."""
    made = bound(
        *((f"N-{n}", a_pdf(f"letter {n}", font=font)) for n, font in enumerate(["A", "A", "B", "A"]))
    )
    with pikepdf.open(BytesIO(made)) as pdf:
        fonts = [page.obj.Resources.Font.F1 for page in list(pdf.pages)[::2]]
        assert [str(one.BaseFont) for one in fonts] == ["/A", "/A", "/B", "/A"]
        assert len({one.objgen for one in fonts}) == 2
        texts = [page.obj.Contents.read_bytes() for page in list(pdf.pages)[::2]]
    assert [f"(letter {n} 0)".encode() in text for n, text in enumerate(texts)] == [True] * 4


def test_equal_letters_give_equal_bytes_and_claim_no_standard() -> None:
    """Neither clock nor chance is in the file; tags stay behind, and with them every claim."""
    letters = [("N-1", a_pdf("one")), ("N-2", a_pdf("two"))]
    made = bound(*letters)
    assert made == bound(*letters)
    with pikepdf.open(BytesIO(made)) as pdf:
        assert "/Metadata" not in pdf.Root
        assert "/StructTreeRoot" not in pdf.Root
        assert all("/StructParents" not in page.obj for page in pdf.pages)


def test_what_it_cannot_carry_whole_is_refused() -> None:
    """A remark that is drawn over a page is no part of its content: without it the page would be another."""
    seen = pikepdf.Dictionary(Subtype=pikepdf.Name.FreeText, Rect=[0, 0, 9, 9])
    with pytest.raises(ValueError, match=r"cannot be bound .*FreeText"):
        Volume().add("N-1", a_pdf("one", annotation=seen))
    with pytest.raises(ValueError, match="no PDF"):
        Volume().add("N-1", b"<html>")
    link = pikepdf.Dictionary(Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9])
    assert Volume().add("N-1", a_pdf("one", annotation=link)) == (1, 1)
