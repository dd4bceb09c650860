"""What was decided about a person, why, and what must be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from audit.record.words import Certified, Component, HoldEnd, NoticeState, Outcome, Role

if TYPE_CHECKING:
    import datetime as dt

    from audit.record.turned import Turned


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
    cause: str | None = None  # one of HOLD_CAUSES where it is, or was, held
    due_on: dt.date | None = None
    end: HoldEnd | None = None  # how the hold was ended, as the ledger tells it


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
    requested_terms, offered_terms, purpose, human_involved, debt_advice, residence, jurisdiction,
    language, as text. ``review`` is what came of a person's request: given by whoever answers it,
    and no part of what is locked at the run.
    """

    decision: str
    record: Mapping[str, str]
    sources: tuple[Source, ...] = ()
    bureau_scores: tuple[BureauScore, ...] = ()
    inputs: Mapping[str, float | str | None] = field(default_factory=dict)
    counterfactuals: Turned | None = None  # None: not looked for
    review: Mapping[str, str] | None = None  # reviewer, authority_to_change, received_view, outcome …


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
