"""The audit itself, and the documents that were made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from audit.record.audited import Dataset, Model
from audit.record.words import DocumentAccess, Role

if TYPE_CHECKING:
    import datetime as dt


@dataclass(frozen=True, slots=True)
class Audit:
    """One audit, as its ledger knows it. ``config`` is the resolved config without secrets."""

    audit: str
    name: str
    kind: Literal["population", "batch", "images"]
    owner: str
    as_of: dt.date
    model: Model
    dataset: Dataset
    config: Mapping[str, Any]
    state: Literal["open", "sealed"] = "open"
    slot: str = ""
    again: int = 0
    seed: int = 0
    program: str = ""
    opened_at: dt.datetime | None = None
    sealed_at: dt.datetime | None = None
    exit_code: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)
    checkpoint: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One digest that an audit rests on: what it is of, and where it is sealed."""

    name: str
    digest: str
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A rendered document. Rendering returns it; the shell writes and records it."""

    kind: str  # report | adverse_action
    format: Literal["html", "pdf", "txt"]
    name: str  # file name
    content: bytes
    words: str  # its text, equal over the formats
    template_digest: str
    environment_digest: str
    language: str = "en"
    draft: bool = False
    decision: str | None = None  # pseudonym
    person: str | None = None  # pseudonym
    role: Role | None = None
    action: str | None = None
    entity: str | None = None
    reading_grade: float | None = None  # of its English sentences; None in other languages
    access: DocumentAccess | None = None  # of a report: who may read it; letters are their addressee's
    signed_over: str | None = None  # of a PDF with a signature: SHA-256 of its bytes before it
    certificate: str | None = None  # SHA-256 of the certificate that it names


@dataclass(frozen=True, slots=True)
class Refusal:
    """A letter that was not written, and why: the mandatory field that is missing, or the hold."""

    decision: str
    role: Role | None
    cause: str
    citation: str
    days_left: int | None = None
