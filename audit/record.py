"""The vocabulary: what is kept of an audit, as frozen values, and the two roles that act.

Nouns are kept facts (``Decision``, ``Finding``), ``-er`` names act (``Scorer``, ``Explainer``).
Standard library only, so that every floor may import it; arrays appear in annotations alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    import datetime as dt

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Columns = Mapping[str, NDArray[Any]]

Outcome = Literal["adverse", "favourable", "none"]
NoticeState = Literal["none", "ready", "held", "sent", "void"]
Certified = Literal["exact", "certain", "tie", "false"]
FindingOutcome = Literal["met", "not_met", "inconclusive", "not_applicable", "not_measured", "error"]
MeasurementState = Literal["measured", "inconclusive", "not_applicable", "not_measured", "error"]
Kind = Literal["law", "guidance", "convention", "house"]
Access = Literal["notice", "model_risk", "fair_lending", "privileged"]
Component = Literal["score", "rule", "judgmental"]
Role = Literal["primary", "joint", "guarantor"]

HOLD_CAUSES = (
    "protected_basis",
    "blocked_proxy",
    "decision_differs",
    "action_differs",
    "ranking_uncertain",
    "no_reason",
    "residual",
    "reference_too_small",
)


# --- what is audited -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trust:
    """Who allowed a format that can run code, why, and when."""

    by: str
    reason: str
    date: dt.date


@dataclass(frozen=True, slots=True)
class Model:
    """The model as it was opened.

    ``digest`` is the SHA-256 of its bytes (of the module's bytes for a Python function, of the
    column's name for scores already in the data); ``version`` is its first 16 digits unless the
    config gives one.
    """

    digest: str
    name: str
    framework: str  # keras | sklearn | function | scores | none
    version: str
    inputs: tuple[str, ...] = ()
    output: str = ""
    n_parameters: int | None = None
    layers: tuple[Mapping[str, Any], ...] = ()  # {"name", "kind", "units"}
    trust: Trust | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """The data as they were read; ``digest`` is over their content, not over the file's bytes."""

    digest: str
    name: str
    n_rows: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartitionPlan:
    """A run of rows, in the order of their source: rows ``start`` to ``start + n_rows - 1``."""

    seq: int
    start: int
    n_rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row set aside, and why. ``row`` counts from 0 in the order of the source."""

    row: int
    cause: str


# --- decisions and reasons -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    """A person's part in a decision; the id as in the data, or the pseudonym once sealed."""

    person: str
    role: Role = "primary"


@dataclass(frozen=True, slots=True)
class Reason:
    """One principal reason, as letters print it.

    ``contribution`` is in the unit of the score and positive where it pushes toward the adverse
    outcome; None for rules and for judgment, which have no size.
    """

    rank: int
    code: str
    factor: str
    statement: str
    contribution: float | None
    standard_error: float | None = None
    component: Component = "score"
    by_missing: bool = False  # the reason is the missing information (R12)
    merged: tuple[str, ...] = ()  # factors of the same statement that were merged under this rank


@dataclass(frozen=True, slots=True)
class DroppedReason:
    """A factor that is no reason, and why: helped, below_floor, beyond_at_most, other_component."""

    factor: str
    contribution: float | None  # None for rules and for judgment, which have no size
    cause: str


@dataclass(frozen=True, slots=True)
class Notice:
    """The state of what must be told to the person; it never moves a rate."""

    state: NoticeState = "none"
    cause: str | None = None  # one of HOLD_CAUSES where held
    due_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision about one application.

    ``decision`` is the id as in the data; read from a ledger it is the pseudonym.
    ``outcome`` is what happened to the person and alone counts in rates.
    """

    decision: str
    seq: int
    row: int
    persons: tuple[Person, ...]
    outcome: Outcome
    score: float | None = None
    cutoff: float | None = None
    action: str | None = None  # denied, counteroffer … as record.action says; None where not stated
    stage: str = "score"  # rule | score | judgmental | gray_band
    rules: tuple[str, ...] = ()
    judgment: tuple[str, ...] = ()
    reference: str | None = None  # digest of the Reference it was compared with
    residual: float | None = None
    gap: float | None = None  # between the last reason printed and the next factor
    certified: Certified | None = None  # None where the decision was not attributed
    reasons: tuple[Reason, ...] = ()
    dropped: tuple[DroppedReason, ...] = ()
    notice: Notice = Notice()


@dataclass(frozen=True, slots=True)
class Source:
    """Where information came from, as the FCRA parts of a notice must name it."""

    kind: Literal["cra", "affiliate", "third_party", "own", "applicant"]
    name: str
    address: str = ""
    phone: str = ""
    toll_free: bool = False
    nationwide: bool = False
    of: Role = "primary"


@dataclass(frozen=True, slots=True)
class BureauScore:
    """A credit score that was used, with what 15 USC 1681g(f)(1)(B)-(E) asks for."""

    value: str
    low: str
    high: str
    created_on: dt.date | None
    provider: str
    key_factors: tuple[str, ...]
    inquiries: str | None = None  # the fifth key factor, where inquiries are one
    role: Literal["third_party_score", "own_score"] = "third_party_score"
    of: Role = "primary"


@dataclass(frozen=True, slots=True)
class CaseFile:
    """What a letter must know of one application, and what the model saw. Locked per person.

    ``record`` holds received_at, completed_at, decided_at (ISO dates), product,
    requested_terms, offered_terms, purpose, jurisdiction, language, as text.
    """

    decision: str
    record: Mapping[str, str]
    sources: tuple[Source, ...] = ()
    bureau_scores: tuple[BureauScore, ...] = ()
    inputs: Mapping[str, float | str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a letter goes to; read when letters are written, never stored in clear."""

    decision: str
    person: str
    role: Role
    name: str
    address: tuple[str, ...]
    channel: Literal["mail", "email", "portal"]
    esign_consent: bool


# --- the dictionary of reasons ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved a statement, and when."""

    by: str
    date: dt.date


@dataclass(frozen=True, slots=True)
class Proxy:
    """What was decided about a factor's likeness to a protected attribute."""

    of: str
    verdict: Literal["reviewed", "blocked"]
    by: str
    date: dt.date
    reason: str


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """One factor of the model (or a rule, or a ground of judgment: no columns), and its words."""

    factor: str
    code: str
    columns: tuple[str, ...]
    statement: Mapping[str, str]  # language -> sentence
    direction: Mapping[str, str] = field(default_factory=dict)  # {"high": "adverse"}
    hmda: int | None = None
    changeable: bool = True
    missing_columns: tuple[str, ...] = ()
    missing_statement: Mapping[str, str] = field(default_factory=dict)
    priority: int | None = None
    proxy: Proxy | None = None
    approved: Approval | None = None


# --- explanation -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reference:
    """The applicants that a refused one is compared with (R4), named by a content digest."""

    kind: Literal["near_cutoff", "all_applicants", "pinned"]
    digest: str
    n: int
    candidates: int
    cutoff: float | None
    mean_score: float | None
    low: float | None  # the window: lowest and highest score among the reference rows
    high: float | None
    rows: tuple[tuple[int, int], ...] = ()  # (seq, row) of each
    cause: str | None = None  # why it is inconclusive; None where it may be used
    origin: str | None = None  # what a pinned reference came from


@dataclass(frozen=True, slots=True, eq=False)
class Attributions:
    """What one method says of n rows.

    Parameters
    ----------
    values : float64[n, factors]
        Contributions in the unit of the score, as the method gives them (not oriented).
    base : float64[n]
        What the method starts from (the mean score of the reference).
    output : float64[n]
        The score that it explains.
    residual : float64[n]
        ``output - base - values.sum(axis=1)``; 0 for an additive method.
    standard_error : float64[n, factors] or None
        None where the method is exact or gives none.
    certified : one of exact, certain, tie, false for each row
        Whether the order of the top reasons is settled.
    """

    method: str
    factors: tuple[str, ...]
    values: Floats
    base: Floats
    output: Floats
    residual: Floats
    standard_error: Floats | None = None
    certified: tuple[Certified, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Scorer(Protocol):
    """Anything that scores rows.

    Rows are first encoded once into one matrix (strings become codes), so that explainers can
    mix rows column by column and the compiled part of the model starts after the look-ups.
    """

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads, in order."""

    def encode(self, rows: Columns) -> NDArray[Any]:
        """Return float32 or float64[n, width]; column ``c`` owns ``spans[c]``."""

    @property
    def spans(self) -> Mapping[str, tuple[int, int]]:
        """Start and stop of each column in the encoded matrix."""

    def score_encoded(self, encoded: NDArray[Any]) -> Floats:
        """Return float64[n] for an encoded matrix. A row's score never depends on the others."""

    def score(self, rows: Columns) -> Floats:
        """Return float64[n]; equal to ``score_encoded(encode(rows))``."""


class Explainer(Protocol):
    """One explanation method."""

    name: str
    needs: frozenset[str]  # "gradient", "keras" …; empty: any scorer
    source: str

    def explain(
        self, scorer: Scorer, rows: Columns, reference: Columns, factors: Mapping[str, Sequence[str]]
    ) -> Attributions:
        """Return contributions of each factor for each row."""


# --- what was measured, and against what ------------------------------------------------------


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


# --- the audit and its documents ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Audit:
    """One audit, as its ledger knows it. ``config`` is the resolved config without secrets."""

    audit: str
    name: str
    kind: Literal["population", "batch"]
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


@dataclass(frozen=True, slots=True)
class Refusal:
    """A letter that was not written, and why: the mandatory field that is missing, or the hold."""

    decision: str
    role: Role | None
    cause: str
    citation: str
    days_left: int | None = None
