"""The slices of one partition: its rows, and what the model that this one is held against says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.data.cells import numbers
from audit.slicing.counts import SliceCounts, count_slices
from audit.slicing.rows import slice_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.data.dataset import Batch
    from audit.host import Host
    from audit.job import Job
    from audit.record import Decision

    Floats = NDArray[np.float64]


def sliced(
    job: Job,
    batch: Batch,
    decisions: Sequence[Decision],
    cutoffs: Floats | None,
    members: Mapping[str, NDArray[Any]],
    observed: Floats | None,
    baseline: Host | None,
) -> SliceCounts:
    """Count the slices of a partition.

    Parameters
    ----------
    members : protected attribute -> the group of each row
    baseline : Host, optional
        Holds the model that this one is held against, where that is a file.

    Raises
    ------
    ModelError
        The baseline gives a score that is not finite, or not one score a row.
    """
    rows = slice_rows(
        job.config,
        decisions,
        cutoffs,
        observed,
        _baseline_scores(job, batch, baseline),
        job.slicing.baseline_cutoff,
    )
    return count_slices(job.slicing, batch.frame, members, rows)


def _baseline_scores(job: Job, batch: Batch, host: Host | None) -> Floats | None:
    """Return the scores of the other model; NaN where it has none, None where there is no other."""
    section = job.config.performance.baseline
    if section is None or job.config.audit.kind != "population":
        return None
    if section.scores is None:
        return None if host is None else host.score(batch.features())
    found = numbers(batch.frame[section.scores]).fill_null(np.nan).to_numpy()
    return np.where(np.isfinite(found), found, np.nan)
