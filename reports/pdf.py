"""HTML to PDF: WeasyPrint, which opens nothing outside our templates.

Why so: WeasyPrint writes one standard a file, but a PDF/A-3a can say that it is PDF/UA-1 too when
its metadata hold both marks and the extension schema that PDF/A asks for; `_both_standards` puts
them there. The files are produced as PDF/A-3a and PDF/UA-1; no validator is claimed to have
looked at them.
"""

from __future__ import annotations

import atexit
import logging
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from audit import assets
from audit.errors import AuditError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

_UA = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 that the file follows</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
"""


class ForeignAddress(AuditError):
    """A document asked for something outside our template folder."""


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file inside the PDF; its dates are the record's, so that equal records give equal bytes."""

    name: str
    content: bytes
    description: str
    at: dt.datetime
    relationship: str = "Data"


def own_file(url: str) -> Path:
    """Return the file of our templates that a ``file:`` address names; refuse everything else."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        path = Path(unquote(parts.path)).resolve()
        if path.is_relative_to(assets.templates().resolve()) and path.is_file():
            return path
    raise ForeignAddress(
        f"document: it asks for {url[:80]!r}, which is no file of our templates. "
        "A document may only hold data: addresses and files of the templates folder."
    )


def _fetcher() -> Any:
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    class Refused(FatalURLFetchingError):  # type: ignore[misc]
        """Fatal, because WeasyPrint would otherwise log the refusal and print a blank."""

    class OwnFiles(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            if not url.startswith("data:"):
                try:
                    url = own_file(url).as_uri()
                except ForeignAddress as refusal:
                    raise Refused(str(refusal)) from refusal
            return super().fetch(url, headers)

    return OwnFiles(allowed_protocols=("data", "file"), allow_redirects=False)


def _both_standards(write: Callable[..., bytes]) -> Callable[..., bytes]:
    def with_ua(*args: Any, **kwargs: Any) -> bytes:
        before, end, after = write(*args, **kwargs).rpartition(b"</rdf:RDF>")
        return before + _UA + end + after

    return with_ua


@cache
def _parsed(styles: tuple[str, ...]) -> tuple[list[Any], Any]:
    """Parse style sheets and read their fonts once a process; it is a third of a letter's time."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    # Left to the end of the interpreter, WeasyPrint would remove the fonts' folder with tools that are gone.
    atexit.register(_parsed.cache_clear)
    fonts = FontConfiguration()
    folder = assets.templates().resolve()
    return [
        CSS(filename=str(folder / name), font_config=fonts, url_fetcher=_fetcher()) for name in styles
    ], fonts


def fonts(styles: tuple[str, ...]) -> Any:
    """Return WeasyPrint's configuration of the fonts that style sheets name."""
    return _parsed(styles)[1]


def to_pdf(
    html: str,
    *,
    styles: Sequence[str] = (),
    variant: str = "pdf/a-3a",
    attachments: Sequence[AttachedFile] = (),
    identifier: bytes | None = None,
    full_fonts: bool = False,
    uncompressed: bool = False,
    drawn: list[str] | None = None,
    laid: list[tuple[Any, Any]] | None = None,
) -> bytes:
    """Return the PDF of an HTML document; equal arguments give equal bytes.

    Parameters
    ----------
    html : str
        The document. Relative addresses start in the templates folder (``style/report.css``).
    styles : sequence of str
        Style sheets of the templates folder that the document does not name itself; parsed once,
        for documents that are many and alike.
    variant : str
        What WeasyPrint calls the standard; ``pdf/a-3a`` is marked as PDF/UA-1 too.
    attachments : sequence of AttachedFile
        Files inside the PDF.
    identifier : bytes, optional
        The file's /ID; from a record's digest, never from the clock.
    full_fonts, uncompressed : bool
        Whole fonts and plain streams, for templates that are compiled once and stamped.
    drawn : list of str, optional
        Gets the texts that stand on the pages, margins left out: what is hidden is not among them.
    laid : list of tuple, optional
        Gets WeasyPrint's laid-out document and the tree of elements that it read.

    Raises
    ------
    ForeignAddress
        The document asks for anything but data: and our own templates.
    """
    from weasyprint import HTML, Attachment
    from weasyprint.urls import FatalURLFetchingError

    logging.getLogger("weasyprint").addHandler(logging.NullHandler())
    # A directory's address must end in a slash, else its last part is replaced.
    base = assets.templates().resolve().as_uri() + "/"
    files = [
        Attachment(
            string=file.content,
            name=file.name,
            description=file.description,
            created=file.at,
            modified=file.at,
            relationship=file.relationship,
        )
        for file in attachments
    ]
    options: dict[str, Any] = {
        "pdf_variant": variant,
        "pdf_identifier": identifier,
        "full_fonts": full_fonts,
        "uncompressed_pdf": uncompressed,
        "attachments": files or None,
    }
    sheets, known = _parsed(tuple(styles)) if styles else (None, None)
    try:
        page = HTML(string=html, base_url=base, url_fetcher=_fetcher())
        document = page.render(known, stylesheets=sheets, **options)
        if drawn is not None:
            drawn += _texts(document)
        if laid is not None:
            laid.append((document, page.etree_element))
        if variant == "pdf/a-3a":
            metadata = document.metadata
            metadata.generate_rdf_metadata = _both_standards(metadata.generate_rdf_metadata)
        with warnings.catch_warnings():
            # WeasyPrint leaves its colour profile's file to the garbage collector.
            warnings.simplefilter("ignore", ResourceWarning)
            result: bytes = document.write_pdf(**options)
    except FatalURLFetchingError as refusal:
        raise ForeignAddress(str(refusal)) from refusal
    return result


def _texts(document: Any) -> list[str]:
    """Return the texts of a laid-out document, page by page, without those of the margins."""
    from weasyprint.formatting_structure.boxes import MarginBox, TextBox

    found: list[str] = []
    for page in document.pages:
        for part in page._page_box.children:
            if isinstance(part, MarginBox):
                continue
            # With what is placed absolutely, as the sender and the address are.
            boxes = part.descendants(placeholders=True)
            found += [box.text for box in boxes if isinstance(box, TextBox) and _shows(box)]
    return found


def _shows(box: Any) -> bool:
    return bool(box.style["visibility"] == "visible" and box.style["color"].alpha > 0)
