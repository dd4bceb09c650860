"""Selection compared within segments, and what the segments say together.

Where products, channels or regions differ in how often they approve, and groups apply to them unevenly,
a ratio over everybody mixes both. Within a segment like is held against like; Cochran, Mantel and Haenszel
add the segments up. Whether they may be added up is a question of its own: Breslow and Day's test.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from audit.fairness.intervals import Z

Table = tuple[int, int, int, int]  # selected, n, reference selected, reference n


@dataclass(frozen=True, slots=True)
class Common:
    """What segments have in common; None where it cannot be told from them.

    ``ratio`` is the selection rate of the group over the reference's, ``odds_ratio`` likewise; ``p_value`` is
    that neither differs from 1 within segments, ``p_alike`` that the odds ratio is one in all of them.
    """

    n: int  # of the group, in segments where both are
    n_segments: int
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    odds_ratio: float | None
    odds_low: float | None
    odds_high: float | None
    p_value: float | None
    p_alike: float | None


def common(tables: Iterable[Table]) -> Common:
    """Return ratio, odds ratio and tests over segments.

    Parameters
    ----------
    tables : of each segment where both groups are: selected, n, reference selected, reference n

    Source: Cochran (1954) and Mantel and Haenszel (1959) without continuity correction; ratio and its
    interval: Greenland and Robins (1985), Biometrics 41:55; odds ratio: Robins, Breslow and Greenland (1986),
    Biometrics 42:311; likeness: Breslow and Day (1980) with Tarone's correction (1985).

    Examples
    --------
    >>> found = common([(30, 50, 40, 50), (5, 40, 20, 80)])
    >>> round(found.ratio, 4), round(found.odds_ratio, 4)
    (0.6923, 0.3944)
    """
    kept = [table for table in tables if table[1] and table[3]]
    n = sum(table[1] for table in kept)
    ratio = _common_ratio(kept)
    odds = _common_odds(kept)
    return Common(n, len(kept), *ratio, *odds, _association(kept), _alike(kept, odds[0]))


def _common_ratio(tables: list[Table]) -> tuple[float | None, float | None, float | None]:
    top = sum(x * m / (n + m) for x, n, _, m in tables)
    bottom = sum(y * n / (n + m) for _, n, y, m in tables)
    if bottom == 0:
        return None, None, None
    if top == 0:
        return 0.0, None, None
    spread = sum((n * m * (x + y) - x * y * (n + m)) / (n + m) ** 2 for x, n, y, m in tables)
    half = Z * math.sqrt(max(0.0, spread) / (top * bottom))
    ratio = top / bottom
    return ratio, ratio * math.exp(-half), ratio * math.exp(half)


def _common_odds(tables: list[Table]) -> tuple[float | None, float | None, float | None]:
    r = [x * (m - y) / (n + m) for x, n, y, m in tables]
    s = [(n - x) * y / (n + m) for x, n, y, m in tables]
    top, bottom = sum(r), sum(s)
    if bottom == 0:
        return None, None, None
    if top == 0:
        return 0.0, None, None
    p = [(x + m - y) / (n + m) for x, n, y, m in tables]
    pr = sum(a * b for a, b in zip(p, r, strict=True))
    mixed = sum(a * c + (1 - a) * b for a, b, c in zip(p, r, s, strict=True))
    qs = sum((1 - a) * c for a, c in zip(p, s, strict=True))
    variance = pr / (2 * top**2) + mixed / (2 * top * bottom) + qs / (2 * bottom**2)
    half, odds = Z * math.sqrt(variance), top / bottom
    return odds, odds * math.exp(-half), odds * math.exp(half)


def _association(tables: list[Table]) -> float | None:
    from scipy.special import chdtrc

    gap = variance = 0.0
    for x, n, y, m in tables:
        total, selected = n + m, x + y
        if total < 2:
            continue
        gap += x - n * selected / total
        variance += n * m * selected * (total - selected) / (total**2 * (total - 1))
    return None if variance == 0 else float(chdtrc(1, gap * gap / variance))


def _alike(tables: list[Table], odds: float | None) -> float | None:
    """Return Tarone's p-value; segments in which all or nobody were selected tell nothing."""
    from scipy.special import chdtrc

    told = [(x, n, y, m) for x, n, y, m in tables if 0 < x + y < n + m]
    if odds is None or odds == 0 or len(told) < 2:
        return None
    statistic = gaps = variances = 0.0
    for x, n, y, m in told:
        fitted = _fitted(n, m, x + y, odds)
        cells = fitted, n - fitted, x + y - fitted, m - (x + y) + fitted
        if min(cells) <= 0:
            return None
        variance = 1 / sum(1 / cell for cell in cells)
        statistic += (x - fitted) ** 2 / variance
        gaps += x - fitted
        variances += variance
    return float(chdtrc(len(told) - 1, max(0.0, statistic - gaps**2 / variances)))


def _fitted(n: int, m: int, selected: int, odds: float) -> float:
    """Return how many of the group would be selected at that odds ratio, with these margins."""
    if abs(odds - 1) < 1e-12:
        return n * selected / (n + m)
    b = odds * (n + selected) + (m - selected)
    root = math.sqrt(b * b - 4 * (odds - 1) * odds * n * selected)
    return 2 * odds * n * selected / (b + root)
