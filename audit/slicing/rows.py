"""From decisions to what slices are counted from: outcomes, scores, what each model says at its cutoff."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from audit.data.decide import adverse_by_cutoff
from audit.slicing.counts import Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.config import Config
    from audit.record import Decision

    Floats = NDArray[np.float64]


def slice_rows(
    config: Config,
    decisions: Sequence[Decision],
    cutoffs: Floats | None,
    observed: Floats | None,
    baseline: Floats | None,
    baseline_cutoff: float | None,
) -> Rows:
    """Return the rows of a partition.

    Parameters
    ----------
    cutoffs : float64[n] or None
        Of the model, row by row; NaN where nothing was decided, and then nothing is compared.
    baseline_cutoff : float or None
        None: the baseline is held to the cutoff of each row.
    """
    score = np.array([np.nan if one.score is None else one.score for one in decisions], dtype=np.float64)
    mine = other = None
    if baseline is not None:
        mine = _at(config, score, cutoffs)
        given = cutoffs if baseline_cutoff is None else np.full(len(score), baseline_cutoff)
        other = _at(config, baseline, given)
    return Rows(
        outcome=np.array([one.outcome for one in decisions], dtype=object),
        score=score,
        observed=observed,
        baseline=baseline,
        model_adverse=mine,
        baseline_adverse=other,
    )


def _at(config: Config, scores: Floats, cutoffs: Floats | None) -> NDArray[np.bool_] | None:
    return None if cutoffs is None else adverse_by_cutoff(config, scores, cutoffs)
