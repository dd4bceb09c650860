"""The report: ordered sections, each a query over the ledger and a template of the same name.

Returns a Document and writes nothing. Equal ledgers give equal bytes: no clock is read, the dates
inside the PDF are the moment of the seal, and its identifier is the audit's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from audit.errors import UsageError
from audit.record import Document
from reports import pdf, wording
from reports.html import environment, environment_digest, template_digest, words
from reports.results import results
from reports.sections import NAMES, OF_IMAGES

if TYPE_CHECKING:
    from audit.record import Audit
    from reports.sealed import Reading

TEMPLATES = (
    "base.html",
    "report.html",
    "sections",
    "charts",
    "style/report.css",
    "style/report.js",
    "style/fonts",
)
# Sections that begin no page in print: the first, and what fills the page of the one before.
_FLOWING = frozenset({"summary", "image_summary", "image_method"})
_UNNUMBERED = frozenset({"summary", "scope", "image_summary"})


@dataclass(frozen=True, slots=True)
class Section:
    """A section as report.html needs it."""

    name: str
    number: str
    label: str
    title: str
    new_page: bool
    data: Any


def sections(ledger: Reading, audit_id: str) -> tuple[Section, ...]:
    """Ask every section what it has to say, in the order of print; one that was not asked for is left out."""
    told: list[Section] = []
    number = 0
    of_images = ledger.find(audit_id).kind == "images"
    for name in OF_IMAGES if of_images else NAMES:
        if of_images and name == "findings" and not ledger.requirements(audit_id):
            continue  # no policy was named, so nothing was asked
        module = import_module(f"reports.sections.{name}")
        data = module.query(ledger, audit_id)
        if data is None:
            continue
        number += name not in _UNNUMBERED
        told.append(
            Section(
                name,
                "" if name in _UNNUMBERED else str(number),
                module.LABEL,
                module.title(data),
                name not in _FLOWING,
                data,
            )
        )
    return tuple(told)


def _file_name(audit: Audit, extension: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9]+", "-", audit.name).strip("-").lower()[:60] or "audit"
    return f"{plain}-{audit.audit[:8]}.{extension}"


def page(ledger: Reading, audit_id: str, medium: Literal["html", "pdf"]) -> str:
    """Return the report as HTML: one offline file for screens, or what the PDF is made of."""
    audit = ledger.find(audit_id)
    told = sections(ledger, audit_id)
    seal = "not sealed" if audit.sealed_at is None else f"sealed {wording.date_in_words(audit.sealed_at)}"
    return (
        environment()
        .get_template("report.html")
        .render(
            medium=medium,
            audit=audit,
            sections=told,
            summary=told[0].data,
            seal=f"Audit {wording.short_id(audit.audit)} · {seal}",
            sealed_iso="" if audit.sealed_at is None else audit.sealed_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
    )


def render(ledger: Reading, audit_id: str, format: Literal["html", "pdf"] = "html") -> Document:
    """Render the report of an audit from its sealed rows alone.

    Raises
    ------
    UsageError
        The format is neither html nor pdf, or the audit was never sealed.
    """
    if format not in ("html", "pdf"):
        raise UsageError(f"report: format {format!r} is unknown. Use html or pdf.")
    audit = ledger.find(audit_id)
    if audit.sealed_at is None:
        raise UsageError(
            f"report: audit {audit.audit[:8]} is not sealed yet. Run it again: it resumes where it stopped."
        )
    text = page(ledger, audit.audit, format)
    content = text.encode()
    if format == "pdf":
        attached = pdf.AttachedFile(
            "results.json",
            results(ledger, audit.audit),
            "Every finding, rate and figure of this report",
            audit.sealed_at,
        )
        content = pdf.to_pdf(text, attachments=(attached,), identifier=bytes.fromhex(audit.audit[:32]))
    style = "style/print.css" if format == "pdf" else "style/screen.css"
    return Document(
        kind="report",
        format=format,
        name=_file_name(audit, format),
        content=content,
        words=words(text[text.index("<main") : text.index("</main>")]),
        template_digest=template_digest((*TEMPLATES, "style/print.css", style)),
        environment_digest=environment_digest(),
    )
