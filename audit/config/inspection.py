"""What the worker saw of data and model before any work starts, for ``check`` to judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from audit.record import ReasonCode

if TYPE_CHECKING:
    from audit.data.levels import ColumnSeen


@dataclass(frozen=True, slots=True)
class NumbersSeen:
    """The known values of a banded protected attribute."""

    n: int
    low: float
    high: float
    n_below_bands: int = 0  # rows under the first band's lower end


@dataclass(frozen=True, slots=True)
class PinnedSeen:
    """The reference that an earlier audit or a file gave."""

    digest: str
    model_digest: str
    cutoffs: tuple[float, ...] = ()
    low: float | None = None  # lowest and highest score among its rows
    high: float | None = None


@dataclass(frozen=True, slots=True)
class ReleaseSeen:
    """The accepted audit that a batch runs under: what was pinned together there."""

    audit: str
    model_digest: str
    output: Any
    codes: tuple[ReasonCode, ...]
    decision: Mapping[str, Any]  # adverse, cutoff, at_cutoff, as the config writes them
    reasons: Mapping[str, Any]  # explain.reasons
    references: tuple[str, ...]  # digests under which its references may be pinned


@dataclass(frozen=True, slots=True)
class Inspection:
    """Facts of data and model; what could not be looked at stays at its empty value.

    ``groups`` counts rows by group for each protected attribute, named as in the data or by band,
    missing ones as ``unknown``; ``missing`` counts the empty cells of each feature.
    """

    source: str
    columns: tuple[str, ...]
    n_rows: int
    groups: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    numbers: Mapping[str, NumbersSeen] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    actions: Mapping[str, int] = field(default_factory=dict)  # values of record.action's column
    stages: Mapping[str, int] = field(default_factory=dict)  # values of decision.stage's column
    rules: Mapping[str, int] = field(default_factory=dict)  # names in decision.rules' column
    taken: Mapping[str, int] = field(default_factory=dict)  # values of decision.taken's column
    observed: Mapping[str, int] = field(default_factory=dict)  # values of data.observed's column
    levels: Mapping[str, ColumnSeen] = field(default_factory=dict)  # columns that rows are sliced by
    cutoff_keys: Mapping[str, int] = field(default_factory=dict)  # values of decision.cutoff.by's column
    cutoffs: tuple[float, ...] = ()  # distinct cutoffs in the data or the config
    score_low: float | None = None
    score_high: float | None = None
    model_inputs: tuple[str, ...] = ()
    model_digest: str | None = None
    model_runs_code: str | None = None  # why a .keras or .h5 file runs code: a Lambda, a custom object
    recipients_columns: tuple[str, ...] | None = None
    pinned: PinnedSeen | None = None
    release: ReleaseSeen | None = None
