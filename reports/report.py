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
from reports.report_kind import AUDIT, FAIR_LENDING, LL144
from reports.results import results
from reports.sealed import read
from reports.sections import OF_IMAGES

if TYPE_CHECKING:
    from audit.record import Audit
    from reports.report_kind import Kind, ReportKind
    from reports.sealed import Reading

TEMPLATES = (
    "first_page.html",
    "base.html",
    "report.html",
    "absent.html",
    "sections",
    "charts",
    "style/report.css",
    "style/report.js",
    "style/fonts",
)
KINDS = {one.kind: one for one in (AUDIT, FAIR_LENDING, LL144)}


@dataclass(frozen=True, slots=True)
class Section:
    """A section as report.html needs it."""

    name: str
    number: str
    label: str
    title: str
    new_page: bool
    data: Any
    absent: str = ""  # why a part that the kind must hold was not measured
    note: str = ""  # what the kind says under its title


def sections(
    ledger: Reading, audit_id: str, kind: ReportKind = AUDIT, *, counsel: bool = False
) -> tuple[Section, ...]:
    """Ask every section what it has to say, in the order of print.

    One that has nothing to say is left out, or stands with its cause where the kind must hold it.
    """
    told: list[Section] = []
    number = 0
    of_images = kind is AUDIT and ledger.find(audit_id).kind == "images"
    for name in OF_IMAGES if of_images else kind.names:
        if of_images and name == "findings" and not ledger.requirements(audit_id):
            continue  # no policy was named, so nothing was asked
        module = import_module(f"reports.sections.{name}")
        directed = {"counsel": counsel} if name in kind.directed else {}
        data = module.query(ledger, audit_id, **directed)
        cause = ""
        if data is None:
            if name not in kind.absent:
                continue
            label, title, why = kind.absent[name]
            cause = why(read(ledger, audit_id))
        else:
            if name in kind.adapted:
                data = kind.adapted[name](data, read(ledger, audit_id), counsel)
            label, title = module.LABEL, module.title(data)
        number += name not in kind.unnumbered
        told.append(
            Section(
                name,
                "" if name in kind.unnumbered else str(number),
                label,
                title,
                name not in kind.flowing and not cause,
                data,
                cause,
                kind.notes(name, read(ledger, audit_id)),
            )
        )
    return tuple(told)


def _file_name(audit: Audit, extension: str, kind: ReportKind) -> str:
    plain = re.sub(r"[^A-Za-z0-9]+", "-", audit.name).strip("-").lower()[:60] or "audit"
    of = "" if kind.kind == "audit" else f"-{kind.kind}"
    return f"{plain}-{audit.audit[:8]}{of}.{extension}"


def page(
    ledger: Reading,
    audit_id: str,
    medium: Literal["html", "pdf"],
    kind: ReportKind = AUDIT,
    *,
    counsel: bool = False,
) -> str:
    """Return the report as HTML: one offline file for screens, or what the PDF is made of."""
    audit = ledger.find(audit_id)
    told = sections(ledger, audit_id, kind, counsel=counsel)
    seal = "not sealed" if audit.sealed_at is None else f"sealed {wording.date_in_words(audit.sealed_at)}"
    return (
        environment()
        .get_template(kind.template)
        .render(
            medium=medium,
            audit=audit,
            running=kind.running,
            sections=told,
            summary=told[0].data,
            seal=f"Audit {wording.short_id(audit.audit)} · {seal}",
            sealed_iso="" if audit.sealed_at is None else audit.sealed_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
    )


def render(
    ledger: Reading,
    audit_id: str,
    format: Literal["html", "pdf"] = "html",
    *,
    kind: Kind = "audit",
    counsel: bool = False,
) -> Document:
    """Render a report of an audit from its sealed rows alone.

    Parameters
    ----------
    kind : {"audit", "fair-lending", "ll144"}
        Which report.
    counsel : bool
        Print on every page of a fair-lending report that it was prepared at the direction of counsel, and
        record it as privileged. Somebody must say so: it is never the default, and follows from nothing
        that was measured.

    Raises
    ------
    UsageError
        Format or kind is unknown, the audit was never sealed, or it cannot have a report of this kind.
    """
    if format not in ("html", "pdf"):
        raise UsageError(f"report: format {format!r} is unknown. Use html or pdf.")
    if kind not in KINDS:
        raise UsageError(f"report: kind {kind!r} is unknown. Use one of {', '.join(KINDS)}.")
    if counsel and kind != "fair-lending":
        raise UsageError(
            f"report: a report of the kind {kind} has no direction of counsel. Ask for the kind fair-lending."
        )
    audit = ledger.find(audit_id)
    if audit.sealed_at is None:
        raise UsageError(
            f"report: audit {audit.audit[:8]} is not sealed yet. Run it again: it resumes where it stopped."
        )
    chosen, sealed = KINDS[kind], read(ledger, audit.audit)
    chosen.refuse(audit, sealed)
    text = page(ledger, audit.audit, format, chosen, counsel=counsel)
    content = text.encode()
    if format == "pdf":
        attached = pdf.AttachedFile(
            "results.json",
            results(ledger, audit.audit),
            "Every finding, rate and figure of this report",
            audit.sealed_at,
        )
        # What is public carries nothing of the audit but what it prints.
        files = () if chosen.public else (attached,)
        content = pdf.to_pdf(text, attachments=files, identifier=bytes.fromhex(audit.audit[:32]))
    style = "style/print.css" if format == "pdf" else "style/screen.css"
    return Document(
        kind=chosen.document,
        format=format,
        name=_file_name(audit, format, chosen),
        content=content,
        words=words(text[text.index("<main") : text.index("</main>")]),
        template_digest=template_digest((*TEMPLATES, "style/print.css", style)),
        environment_digest=environment_digest(),
        access=chosen.access(sealed, counsel),
    )
