"""How scores and outcomes went from period to period, and how far each period moved from the first.

The drift is that of ``data.drift``: PSI over the tenths of the reference period, with what chance alone
gives beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from audit.data.drift import BINS, Drift, drift_of_counts
from audit.fairness.groups import CountTable, ScoreCounts
from audit.slicing.counts import PERIOD
from audit.slicing.cuts import UNKNOWN
from audit.slicing.measures import measured, shares
from audit.slicing.ranking import ranking

MOST_PERIODS = 60
TOLD = ("selection_rate", "adverse_outcome_rate", "error_rate", "auc", "ks")


def over_time(
    table: CountTable, min_group: int, *, adverse_high: bool, reference: str | None = None
) -> dict[str, Any]:
    """Return the periods in order, JSON values only; or the cause why there are none.

    Parameters
    ----------
    reference : the period that others are held against; by default the first of ``min_group`` or more
    """
    names = [name for name in table.groups(PERIOD) if name != UNKNOWN]
    n_unknown = int(table.matrix(PERIOD, UNKNOWN).sum()) if UNKNOWN in table.groups(PERIOD) else 0
    if not names:
        return {"cause": "no row has a date in the column of dates"}
    if len(names) > MOST_PERIODS:
        return {"cause": f"{len(names)} periods, more than {MOST_PERIODS}: write by: quarter or by: year"}
    sizes = {name: int(table.score_counts(PERIOD, name).n.sum()) for name in names}
    large = [name for name in names if sizes[name] >= min_group]
    first = reference if reference is not None else large[0] if large else None
    if reference is not None and reference not in names:
        return {"cause": f"no row lies in the reference period {reference}"}
    then = table.score_counts(PERIOD, first) if first is not None else None
    rows = []
    for name in names:
        counts = table.score_counts(PERIOD, name)
        rates = (*shares(table.matrix(PERIOD, name)), *ranking(counts, adverse_high=adverse_high))
        moved = Drift(0, 0, 0, None, None) if then is None else score_drift(then, counts)
        rows.append(
            {
                "period": name,
                "n": int(table.matrix(PERIOD, name)[:2].sum()),
                "n_scored": sizes[name],
                "measures": {metric: one for metric, one in measured(rates).items() if metric in TOLD},
                "psi": moved.psi,
                "by_chance": moved.by_chance,
                "reading": moved.reading,
                "cause": f"too few: n < {min_group}" if sizes[name] < min_group else None,
            }
        )
    return {"reference": first, "n_unknown": n_unknown, "periods": rows}


def score_drift(then: ScoreCounts, now: ScoreCounts) -> Drift:
    """Return how far scores moved between two populations that were counted by score."""
    if not len(then.score) or not len(now.score):
        return drift_of_counts(*({"": int(one.n.sum())} if len(one.score) else {} for one in (then, now)))
    if len(then.score) <= BINS:  # each score stands for itself; what is new has the bin between
        edges = np.unique(np.concatenate([then.score, np.nextafter(then.score, np.inf)]))
    else:
        place, total = np.cumsum(then.n), int(then.n.sum())
        cut = then.score[np.searchsorted(place, -(-total * np.arange(1, BINS) // BINS))]
        edges = np.nextafter(np.unique(cut), np.inf)  # a score belongs to the bin that it ends
    return drift_of_counts(*(_binned(one, edges) for one in (then, now)))


def _binned(counts: ScoreCounts, edges: np.ndarray) -> dict[str, int]:
    inside = np.zeros(len(edges) + 1, dtype=np.int64)
    np.add.at(inside, np.searchsorted(edges, counts.score, side="right"), counts.n)
    return {f"{at:03}": int(n) for at, n in enumerate(inside.tolist()) if n}
