"""Where the scores, or the prices, of a group lie: quantiles with exact intervals.

A quantile is the smallest value that at least that share of the group does not exceed. Its interval runs
between two values of the group itself, by the binomial distribution, and assumes nothing of their shape.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from audit.fairness.groups import CountTable
from audit.fairness.intervals import ALPHA

SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)


def quantiles_by_group(
    table: CountTable, attributes: tuple[str, ...], min_group: int
) -> list[dict[str, Any]]:
    """Return one row a group: ``attribute``, ``group``, ``n``, ``mean`` and ``quantiles`` (``share``,
    ``value``, ``low``, ``high``; an end beyond the group's own values is None).

    A group below ``min_group`` has its count and no numbers: a quantile of three people tells of one.

    Source: order statistics, Conover (1999), Practical Nonparametric Statistics, section 3.2.
    """
    rows = []
    for attribute in attributes:
        for group in table.groups(attribute):
            counts = table.score_counts(attribute, group)
            n = int(counts.n.sum())
            row: dict[str, Any] = {"attribute": attribute, "group": group, "n": n}
            if n >= max(min_group, 1):
                row["mean"] = float((counts.score * counts.n).sum() / n)
                row["quantiles"] = [_quantile(counts.score, np.cumsum(counts.n), share) for share in SHARES]
            else:
                row["cause"] = f"too few: n < {min_group}"
            rows.append(row)
    return rows


def _quantile(values: Any, until: Any, share: float) -> dict[str, float | None]:
    n = int(until[-1])

    def ranked(rank: int) -> float | None:
        """Return the value of that rank, 1 = smallest; None beyond the group."""
        return float(values[np.searchsorted(until, rank)]) if 1 <= rank <= n else None

    low = _binomial_quantile(ALPHA / 2, n, share)
    high = _binomial_quantile(1 - ALPHA / 2, n, share) + 1
    return {
        "share": share,
        "value": ranked(max(1, int(np.ceil(share * n - 1e-9)))),
        "low": ranked(low),
        "high": ranked(high),
    }


def _binomial_quantile(probability: float, n: int, share: float) -> int:
    """Return the smallest count that is not exceeded with at least that probability."""
    from scipy.special import bdtr, bdtrik

    k = max(0, int(np.ceil(bdtrik(probability, n, share) - 1e-9)))
    while k > 0 and float(bdtr(k - 1, n, share)) >= probability:
        k -= 1
    while float(bdtr(k, n, share)) < probability:
        k += 1
    return k
