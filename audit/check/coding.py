"""Is anything coded the other way round? Seen from the scores, once they are known.

Which scores are bad is stated and never guessed. But a statement that the rows contradict almost
everywhere would turn every reason round, so it is refused with what was seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from audit.config import Config
from audit.errors import Fault

# An override here and there is a lender's right; four in five are another coding.
_DIFFER = 0.8
_FEWEST = 30
_INTERVALS = 2.0  # half widths of the 95 % interval that an area must lie below one half


@dataclass(frozen=True, slots=True)
class CodingSeen:
    """What scores, decisions and outcomes say of each other.

    ``n_compared`` decisions were taken on the score, and in ``n_differ`` of them the decision is not
    that of model and cutoff; ``auc`` is how the scores order what was observed, 0.5 = not at all.
    """

    n_compared: int = 0
    n_differ: int = 0
    auc: float | None = None
    auc_high: float | None = None


def coding_faults(config: Config, seen: CodingSeen) -> Iterator[Fault]:
    """Yield labels that are coded the other way round."""
    stated = config.decision.adverse
    if seen.n_compared >= _FEWEST and seen.n_differ > _DIFFER * seen.n_compared:
        place = ("record", "action") if config.record.action is not None else ("decision", "taken")
        fact = (
            f"{seen.n_differ:,} of {seen.n_compared:,} decisions are not those of model and cutoff, "
            f"where {stated} scores are bad"
        )
        yield config.lines.fault(
            place, fact, "Mend which value is the refusal, decision.adverse, or the cutoff"
        )
    if seen.auc is None or seen.auc_high is None:
        return
    if seen.auc + _INTERVALS * (seen.auc_high - seen.auc) < 0.5:
        fact = f"{stated} scores are stated to be bad, and fewer adverse events were observed there"
        way_out = "Mend decision.adverse or data.observed.adverse, or leave data.observed out"
        yield config.lines.fault(
            ("decision", "adverse"), f"{fact} (area under the curve {seen.auc:.2f})", way_out
        )
