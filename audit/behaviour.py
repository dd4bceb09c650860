"""The two halves of the global methods on either side of the seam between driver and worker.

The driver chooses which decisions are looked at, when all are scored (``look``): their places,
groups, outcomes and cutoffs, plain values that can be sent. Whoever owns the model reads their
rows and measures (``figures``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audit.job import Job, ScoredPartition
from audit.record import Figure, PartitionPlan

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audit.explain.behaviour import Setting
    from audit.host import Host
    from audit.job import References


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """The decisions that global methods look at.

    Attributes
    ----------
    places : plan of a partition, and positions in its decisions
    order : int64[n], puts the rows as they are read into the order of what they hold, so that no
        figure depends on how a file is sorted or cut; all that follows is in that order
    groups : attribute -> the group of each
    outcomes : float64[n], 1 adverse, 0 not, NaN not known; None where none are observed
    cutoffs : float64[n], NaN where a decision has none
    """

    places: tuple[tuple[PartitionPlan, tuple[int, ...]], ...]
    order: NDArray[np.int64]
    groups: Mapping[str, NDArray[Any]]
    outcomes: NDArray[np.float64] | None
    cutoffs: NDArray[np.float64]


def look(job: Job, scored: Sequence[ScoredPartition], rows: int | None = None) -> Look:
    """Choose at most ``rows`` scored decisions by what they hold, whatever their order or partition.

    Applications that nobody decided (withdrawn, incomplete) are left out, as from every rate.
    """
    import numpy as np

    from audit.explain.behaviour import ROWS
    from audit.explain.population import drawn

    decisions = [one for part in scored for one in part.decisions]
    keys = [key for part in scored for key in part.keys]
    scores = np.array(
        [np.nan if one.score is None or one.outcome == "none" else one.score for one in decisions],
        dtype=np.float64,
    )
    seen = drawn(keys, scores, rows or ROWS, job.config.seed)
    as_read = np.sort(seen)
    places, start = [], 0
    for part in scored:
        stop = start + len(part.decisions)
        mine = as_read[(as_read >= start) & (as_read < stop)] - start
        if len(mine):
            places.append((part.plan, tuple(mine.tolist())))
        start = stop
    names = scored[0].groups if scored else ()
    observed = [part.observed for part in scored if part.observed is not None]
    return Look(
        tuple(places),
        np.searchsorted(as_read, seen),
        {name: np.concatenate([part.groups[name] for part in scored])[seen] for name in names},
        np.concatenate(observed)[seen] if scored and len(observed) == len(scored) else None,
        np.array(
            [np.nan if decisions[at].cutoff is None else decisions[at].cutoff for at in seen],
            dtype=np.float64,
        ),
    )


def figures(job: Job, seen: Look, references: References, host: Host | None) -> tuple[Figure, ...]:
    """Ask the model what the config wants to know of its behaviour.

    Parameters
    ----------
    references : cutoff -> the reference and its rows, as the barrier gives them
    host : holds the model; None where decisions are audited without one
    """
    methods = job.config.explain.global_methods
    if not methods:
        return ()
    import numpy as np

    from audit.explain.behaviour import NO_MODEL

    if host is None:
        return tuple(Figure(method, "model_risk", {"cause": NO_MODEL}) for method in methods)
    by_digest = {one.digest: of_it for one, of_it in references.values() if one.n}
    return host.behaviour(
        setting_of(job),
        read(job, seen),
        seen.groups,
        seen.outcomes,
        _joined(list(by_digest.values())) or None,
        methods,
        cutoffs=seen.cutoffs if np.isfinite(seen.cutoffs).all() else None,
    )


def read(job: Job, seen: Look) -> dict[str, NDArray[Any]]:
    """Return the model's columns of the decisions that are looked at, in the order of what they hold."""
    from audit.worker import rows_of

    parts = [rows_of(job, plan, positions) for plan, positions in seen.places]
    return {column: cells[seen.order] for column, cells in _joined(parts).items()}


def places_of(scored: Sequence[ScoredPartition], seen: Look) -> NDArray[np.int64]:
    """Return where the decisions that are looked at stand among all, in the same order."""
    import numpy as np

    starts = np.cumsum([0, *(len(part.decisions) for part in scored)])
    start = {part.plan.seq: int(at) for part, at in zip(scored, starts[:-1], strict=True)}
    read_at = [start[plan.seq] + at for plan, positions in seen.places for at in positions]
    return np.array(read_at, dtype=np.int64)[seen.order]


def setting_of(job: Job) -> Setting:
    """Return what of a job decides how its model is looked at."""
    from audit.explain.behaviour import Setting

    config = job.config
    stated = config.decision.cutoff
    return Setting(
        factors=job.factors,
        seed=config.seed,
        adverse_high=config.decision.adverse_high,
        at_cutoff_adverse=config.decision.at_cutoff == "adverse",
        min_group=config.fairness.min_group,
        flags={
            code.factor: [name for name in code.missing_columns if name in job.missing_flags]
            for code in job.codes
        },
        orders=config.explain.orders,
        cutoff=None if stated is None or stated.value is None else float(stated.value),
    )


def _joined(parts: Sequence[Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    import numpy as np

    return {
        column: np.concatenate([part[column] for part in parts]) for column in (parts[0] if parts else ())
    }
