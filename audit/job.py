"""What crosses the seam between the driver and a worker: plain values, picklable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from audit.config import Config
from audit.config.explain import CounterfactualsSection
from audit.data.dataset import Source
from audit.data.estimated import Estimated
from audit.data.likeness import Likeness
from audit.data.profile import Profile
from audit.data.stated import StatedReasons
from audit.fairness.groups import CountTable
from audit.fairness.strata import Strata
from audit.record import (
    Attributions,
    CaseFile,
    Decision,
    PartitionPlan,
    Person,
    QuarantinedRow,
    ReasonCode,
    Reference,
)
from audit.slicing.counts import Plan, SliceCounts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = Mapping[str, NDArray[Any]]
    # cutoff -> whom its refused applicants are compared with, and their columns; None: every cutoff
    References = Mapping[float | None, tuple[Reference, Values]]


@dataclass(frozen=True, slots=True, eq=False)
class Ages:
    """Lawfully scored age: which columns tell it, and the younger ages that occur (R18)."""

    attribute: str
    columns: tuple[str, ...]
    factors: frozenset[str]
    elderly: tuple[str, ...]  # bands from 62 on
    younger: Mapping[str, Values]  # band -> its different ages, as the model's columns have them


@dataclass(frozen=True, slots=True)
class AgeTried:
    """What came of scoring those of 62 or older with younger ages."""

    n: int = 0  # who was tried
    worse: tuple[int, ...] = ()  # positions of those who fare better with a younger age
    favoured: Mapping[str, int] = field(default_factory=dict)  # band -> of how many of them it is the best
    most: float = 0.0  # the largest difference, in the unit of the score
    unknown: tuple[int, ...] = ()  # positions of those who could not be tried


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """Everything that a worker must know: plain values, picklable."""

    config: Config
    codes: tuple[ReasonCode, ...]
    source: Source
    persons: Mapping[str, tuple[Person, ...]] = field(default_factory=dict)
    protected_factors: frozenset[str] = frozenset()
    ages: Ages | None = None  # None: no age is scored with leave
    missing_flags: frozenset[str] = frozenset()
    counterfactuals: CounterfactualsSection | None = None  # None: none are looked for
    slicing: Plan = field(default_factory=Plan)  # how rows are sliced

    @property
    def factors(self) -> dict[str, list[str]]:
        """The players of the game: each factor of the dictionary that has columns."""
        return {
            code.factor: list(dict.fromkeys((*code.columns, *code.missing_columns)))
            for code in self.codes
            if code.columns
        }


@dataclass(frozen=True, slots=True, eq=False)
class ScoredPartition:
    """A partition after the first phase: outcomes and counts, and what the barrier needs."""

    plan: PartitionPlan
    decisions: tuple[Decision, ...]
    groups: Mapping[str, NDArray[Any]]  # attribute, and "sex x age", -> group of each decision
    counts: CountTable
    observed: NDArray[np.float64] | None  # 1 adverse, 0 not, NaN not known
    keys: tuple[bytes, ...]  # of each row's content: settle ties whatever the order of the rows
    quarantined: tuple[QuarantinedRow, ...]
    likeness: Likeness  # what tells whether an input is a protected attribute
    profile: Profile
    sliced: SliceCounts = field(default_factory=SliceCounts)
    stated: StatedReasons | None = None  # the lender's own reasons; None where no column is named
    strata: Strata | None = None  # counts by control, segment and price; None where the config names none
    estimated: Estimated | None = None  # weights in estimated groups; they are summed and never kept


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One method's contributions for some decisions of a partition."""

    rows: tuple[int, ...]  # positions in the partition's decisions
    attributions: Attributions


@dataclass(frozen=True, slots=True, eq=False)
class ExplainedPartition:
    """A partition after the second phase: reasons, notices and contributions."""

    seq: int
    decisions: tuple[Decision, ...]
    cases: tuple[CaseFile, ...]
    blocks: Mapping[str, Block]
    causes: Mapping[str, str]  # method -> why it was not measured
    values: Values  # columns of the attributed rows, in their order, for the pictures
    aged: AgeTried | None = None  # None: no age is scored with leave


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Which decisions of a partition are attributed, and on which the cross-checks run."""

    attributed: tuple[int, ...]
    sample: tuple[int, ...]


NOBODY_TO_COMPARE = "there was nobody to compare with"


def compared_with(decision: Decision, references: References) -> tuple[Reference, Values] | None:
    """Return whom a decision is compared with: those of its own cutoff, or of every cutoff."""
    return references.get(decision.cutoff) or references.get(None)


def by_reference(
    decisions: Sequence[Decision], positions: Sequence[int], references: References
) -> Iterator[tuple[Values, list[int]]]:
    """Yield each reference that has rows, with the positions of the decisions that it serves."""
    served: dict[str, list[int]] = {}
    for at in positions:
        found = compared_with(decisions[at], references)
        if found is not None and found[0].n:
            served.setdefault(found[0].digest, []).append(at)
    for reference, rows in references.values():
        if reference.digest in served:
            yield rows, served.pop(reference.digest)


def take(values: Values, positions: Sequence[int]) -> Values:
    """Return some rows of columns, in the order given."""
    import numpy as np

    place = np.asarray(positions, dtype=np.int64)
    return {column: cells[place] for column, cells in values.items()}
