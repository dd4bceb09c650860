"""What was measured, what was asked, and the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audit.record.words import Access, FindingOutcome, Kind, MeasurementState

if TYPE_CHECKING:
    import datetime as dt


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate or an average of one group. ``value`` is None where it was not measured: see ``cause``."""

    attribute: str
    group: str
    metric: str
    n: int
    value: float | None
    low: float | None = None
    high: float | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Disparity:
    """One group against the stated reference group."""

    attribute: str
    group: str
    reference: str
    metric: str
    n: int
    value: float | None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """A number that a requirement may be judged by."""

    measure: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    attribute: str = "all"
    group: str = "all"
    state: MeasurementState = "measured"
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound and the day from which it holds; exactly one of the three numbers is set."""

    since: dt.date
    at_least: float | None = None
    at_most: float | None = None
    equals: float | None = None


@dataclass(frozen=True, slots=True)
class Requirement:
    """A yes/no question that law, guidance, a convention or the house asks of an audit."""

    requirement: str  # "<pack>.<name>"
    kind: Kind
    access: Access
    question: str
    measure: str
    bound: Bound | None  # the one in force on the audit's date
    source: str
    remedy: str
    title: str = ""
    not_measured: str | None = None  # the capability is to come: why it cannot be measured yet
    population: bool = False  # speaks of a whole population, so it does not apply to a batch


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to a requirement, for one group or for all."""

    requirement: str
    kind: Kind
    access: Access
    outcome: FindingOutcome
    measure: str
    attribute: str = "all"
    group: str = "all"
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    bound: str = ""  # "at least 0.8"
    source: str = ""
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A table or chart series that a report prints: JSON values only, sealed as a row."""

    name: str
    access: Access
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """A text in force on the audit's date: a prescribed notice text, an agency's address …"""

    key: str
    language: str
    text: str
    source: str
    pack: str


@dataclass(frozen=True, slots=True)
class PackVersion:
    """A pack as it was read: its name, its digest, and the date its law was last checked."""

    name: str
    digest: str
    as_of: dt.date
    title: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """The packs of an audit, merged, as in force on its date."""

    as_of: dt.date
    packs: tuple[PackVersion, ...]
    requirements: tuple[Requirement, ...]
    statements: tuple[Statement, ...]
    counterfactuals: bool = False  # a letter under one of them must say what would have turned a refusal
