"""Whom a decision is compared with, what each method says, and who says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from audit.record.words import Certified

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Columns = Mapping[str, NDArray[Any]]


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


@runtime_checkable
class DifferentiableScorer(Scorer, Protocol):
    """A scorer that also gives the gradient of its score."""

    def gradients(self, encoded: NDArray[Any]) -> tuple[Floats, Floats]:
        """Return scores float64[n] and gradients float64[n, width].

        Raises UsageError where a column has no gradient, and names it.
        """


class Explainer(Protocol):
    """One explanation method."""

    name: str
    needs: frozenset[str]  # "gradient", "keras" …; empty: any scorer
    axioms: frozenset[str]  # what holds of its contributions: names of ``audit.explain.AXIOMS``
    source: str

    def explain(
        self, scorer: Scorer, rows: Columns, reference: Columns, factors: Mapping[str, Sequence[str]]
    ) -> Attributions:
        """Return contributions of each factor for each row."""
