"""The PDF writer opens nothing outside our templates, and gives equal bytes for equal words."""

from __future__ import annotations

import datetime as dt
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from reports.pdf import AttachedFile, ForeignAddress, own_file, to_pdf

PAGE = (
    '<html lang="en"><head><title>T</title><style>@font-face{font-family:"IBM Plex Sans";'
    'src:url(style/fonts/IBMPlexSans-Regular.ttf)}body{font-family:"IBM Plex Sans"}</style></head>'
    "<body><h1>Words</h1>%s</body></html>"
)
AT = dt.datetime(2026, 11, 20, 18, 41, 7, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "foreign",
    [
        '<img src="https://example.org/a.png">',
        '<img src="file:///etc/hostname">',
        '<img src="../pyproject.toml">',
        '<link rel="stylesheet" href="http://example.org/a.css">',
        '<link rel="attachment" href="file:///etc/hostname">',
        '<object data="//example.org/x"></object>',
        '<p style="background: url(ftp://example.org/x)">x</p>',
    ],
)
def test_foreign_addresses_are_refused(foreign: str) -> None:
    """A remote address, a file outside the templates, a way up: each stops the document."""
    with pytest.raises(ForeignAddress, match="no file of our templates"):
        to_pdf(PAGE % foreign)


def test_a_link_cannot_lead_outside(tmp_path: Path) -> None:
    """Only files below the templates folder are ours."""
    with pytest.raises(ForeignAddress):
        own_file((tmp_path / "x.css").as_uri())


def test_data_addresses_are_allowed() -> None:
    """What the document holds itself may be shown."""
    dot = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
    assert to_pdf(PAGE % f'<img alt="dot" src="{dot}">').startswith(b"%PDF-")


def test_equal_arguments_give_equal_bytes() -> None:
    """Dates and identifier are the record's: the clock leaves no trace."""
    files = (AttachedFile("results.json", b"{}", "All results", AT),)
    first, second = (to_pdf(PAGE % "", attachments=files, identifier=b"0123456789abcdef") for _ in range(2))
    assert first == second
    with pikepdf.open(BytesIO(first)) as pdf:
        assert bytes(pdf.trailer.ID[0]) == b"0123456789abcdef"


def test_both_standards_are_named() -> None:
    """The metadata say PDF/A-3a and PDF/UA-1, with the schema that PDF/A asks for."""
    with pikepdf.open(BytesIO(to_pdf(PAGE % ""))) as pdf, pdf.open_metadata() as metadata:
        assert metadata.pdfa_status == "3A"
        assert metadata["pdfuaid:part"] == "1"
        assert b"pdfaExtension:schemas" in bytes(pdf.Root.Metadata.read_bytes())
