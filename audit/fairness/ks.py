"""How far the scores of later adverse and later favourable outcomes lie apart: the KS distance.

0 = both lie alike, 1 = a cutoff parts them without error. Its interval comes from the bootstrap over
counts of neighbouring scores, since no closed form holds for a distance above 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audit.fairness.bootstrap import DRAWS, draws, interval
from audit.fairness.groups import ScoreCounts
from audit.record import Disparity, Rate

BINS = 64  # of neighbouring scores that the bootstrap draws together; the value itself uses every score

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


def distance(counts: Integers) -> Floats:
    """Return the largest gap between two cumulative shares.

    Parameters
    ----------
    counts : int64[..., k, 2]
        How many later adverse and later favourable outcomes had each score, ascending.

    Source: Smirnov (1939); NaN where one of the outcomes was never observed.
    """
    total = counts.sum(axis=-2, keepdims=True).astype(np.float64)
    shares = np.full(counts.shape, np.nan)
    np.divide(np.cumsum(counts, axis=-2), total, out=shares, where=total > 0)
    found: Floats = np.abs(shares[..., 0] - shares[..., 1]).max(axis=-1)
    return found


def ks_rate(attribute: str, group: str, counts: ScoreCounts, seed: int) -> Rate:
    """Return the KS distance of a group; ``n`` is how many have a score and an observed outcome."""
    both = np.stack([counts.adverse, counts.favourable], axis=-1)
    n = int(both.sum())
    if n == 0:
        return Rate(attribute, group, "ks", 0, None, cause="no score has an observed outcome")
    if not both.sum(axis=0).all():
        only = "adverse" if both[:, 0].any() else "favourable"
        return Rate(attribute, group, "ks", n, None, cause=f"every observed outcome is {only}")
    value = float(distance(both))
    ends = interval(_drawn(both, (attribute, group), seed, value), value)
    low, high = (None, None) if ends is None else (max(0.0, ends[0]), min(1.0, ends[1]))
    return Rate(attribute, group, "ks", n, value, low, high)


def ks_difference(
    attribute: str,
    group: str,
    reference: str,
    counts: tuple[ScoreCounts, ScoreCounts],
    seed: int,
    small: str | None,
) -> Disparity:
    """Return the reference's KS distance minus the group's: positive where scores part the group worse."""
    name = "ks_difference"
    both = [np.stack([one.adverse, one.favourable], axis=-1) for one in counts]
    n = int(both[0].sum())
    for who, its in ((f"the reference group {reference!r}", both[1]), ("this group", both[0])):
        if not its.size or not its.sum(axis=0).all():
            cause = f"{who} has no KS: one of the outcomes was never observed"
            return Disparity(attribute, group, reference, name, n, None, cause=cause)
    values = [float(distance(one)) for one in both]
    drawn = [
        _drawn(one, (attribute, who), seed, value)
        for one, who, value in zip(both, (group, reference), values, strict=True)
    ]
    value = values[1] - values[0]
    low, high = interval(drawn[1] - drawn[0], value) or (None, None)
    return Disparity(attribute, group, reference, name, n, value, low, high, cause=small)


def _drawn(both: Integers, names: tuple[str, ...], seed: int, value: float) -> Floats:
    """Return draws of the distance, moved so that their median is the measured one.

    A largest gap of drawn counts is on average wider than that of the counts they were drawn from.
    """
    drawn = distance(draws(_binned(both), names, seed, DRAWS))
    return drawn - (np.nanmedian(drawn) - value)


def _binned(both: Integers) -> Integers:
    """Join neighbouring scores to at most ``BINS`` bins of about equal count."""
    if len(both) <= BINS:
        return both
    n = both.sum(axis=1)
    place = (np.cumsum(n) - (n + 1) // 2) * BINS // int(n.sum())
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    found: Integers = np.add.reduceat(both, starts, axis=0)
    return found
