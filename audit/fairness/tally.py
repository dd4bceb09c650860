"""How often each value occurs, and exact sums: what merges in any order to the same thing.

Why so: floating-point sums depend on their order, and so would a rate that rests on them. Here a
partition yields counts (integers) and sums (whole multiples of one tiny unit, Python integers), so
that partitions merged in any order, by any engine, give the same table bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

MOST_ENTRIES = 1 << 20  # 24 MB a table; past it, scores lose their last bits until they fit
UNIT_EXPONENT = 1126  # every float64 is a whole multiple of 2 ** -1126 once its mantissa has 53 bits
UNIT = Fraction(1, 1 << UNIT_EXPONENT)
MANTISSA_BITS = 52

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Distinct (key, value) pairs, sorted, each with the number of times it occurred.

    Parameters
    ----------
    key : int64[k]
    value : float64[k]
        Without NaN and without -0.0.
    n : int64[k]
    level : int
        How many of the last mantissa bits were set to zero, so that ``k`` stays within the cap;
        0 = the values are exact. The level depends on the values alone, never on how they came.
    """

    key: Integers
    value: Floats
    n: Integers
    level: int = 0


def tally(key: Integers, value: Floats, most: int = MOST_ENTRIES) -> Tally:
    """Count the (key, value) pairs of one partition; ``value`` without NaN."""
    ones = np.ones(len(value), dtype=np.int64)
    return _packed(key.astype(np.int64), value.astype(np.float64) + 0.0, ones, 0, most)


def add_tallies(parts: Sequence[Tally], most: int = MOST_ENTRIES) -> Tally:
    """Merge tallies; the order of ``parts`` changes nothing.

    Why the level is order-free: truncations are nested, so the number of distinct values falls with
    the level and grows with the set. The smallest level at which the union fits is a property of
    the union, and no part can have needed a higher one.
    """
    level = max(part.level for part in parts)
    return _packed(
        np.concatenate([part.key for part in parts]),
        np.concatenate([part.value for part in parts]),
        np.concatenate([part.n for part in parts]),
        level,
        most,
    )


def _packed(key: Integers, value: Floats, n: Integers, level: int, most: int) -> Tally:
    if len(value) == 0:
        return Tally(key, value, n, level)
    value = _truncated(value, level)
    order = np.lexsort((value, key))
    key, value, n = key[order], value[order], n[order]
    if _n_distinct(key, value) > most:
        low, high = level, MANTISSA_BITS  # at `high` it may still not fit; then nothing finer can
        while low + 1 < high:
            middle = (low + high) // 2
            if _n_distinct(key, _truncated(value, middle)) > most:
                low = middle
            else:
                high = middle
        level = high
        value = _truncated(value, level)
    starts = np.flatnonzero(_is_new(key, value))
    return Tally(key[starts], value[starts], np.add.reduceat(n, starts), level)


def _truncated(value: Floats, level: int) -> Floats:
    """Set the last ``level`` mantissa bits to zero: toward zero, so the order of values is kept."""
    if level == 0:
        return value
    bits = value.view(np.int64) & np.int64(-(1 << level))
    return bits.view(np.float64) + 0.0


def _is_new(key: Integers, value: Floats) -> NDArray[np.bool_]:
    new = np.ones(len(value), dtype=np.bool_)
    new[1:] = (value[1:] != value[:-1]) | (key[1:] != key[:-1])
    return new


def _n_distinct(key: Integers, value: Floats) -> int:
    return int(np.count_nonzero(_is_new(key, value)))


def exact_sums(value: Floats, key: Integers, n_keys: int) -> list[int]:
    """Sum ``value`` by ``key`` without any rounding, in units of ``UNIT``.

    Source: every finite float64 is an integer of 53 bits times a power of two. Halves of 27 bits
    are summed by key and exponent in float64, which stays exact up to 2 ** 26 rows a call.
    """
    totals = [0] * n_keys
    if len(value) == 0:
        return totals
    mantissa, exponent = np.frexp(value)
    whole = np.ldexp(mantissa, 53).astype(np.int64)
    upper, lower = whole >> 27, whole & ((1 << 27) - 1)
    first = int(exponent.min())
    span = int(exponent.max()) - first + 1
    place = key * span + (exponent - first)
    used = np.unique(place)
    position = np.searchsorted(used, place)
    uppers = np.bincount(position, weights=upper, minlength=len(used))
    lowers = np.bincount(position, weights=lower, minlength=len(used))
    for slot, high, low in zip(used.tolist(), uppers.tolist(), lowers.tolist(), strict=True):
        shift = slot % span + first - 53 + UNIT_EXPONENT
        totals[slot // span] += ((int(high) << 27) + int(low)) << shift
    return totals


def exact_square_sums(value: Floats, key: Integers, n_keys: int) -> list[int]:
    """Sum the squares of ``value`` by ``key`` in units of ``UNIT``, for 1e-140 < abs(value) < 1e150.

    Source: Dekker (1971), the exact product of two floats as a sum of two floats.
    """
    product = value * value
    scaled = value * 134217729.0  # 2 ** 27 + 1 splits the mantissa
    upper = scaled - (scaled - value)
    lower = value - upper
    error = ((upper * upper - product) + 2.0 * upper * lower) + lower * lower
    rounded = exact_sums(product, key, n_keys)
    rest = exact_sums(error, key, n_keys)
    return [a + b for a, b in zip(rounded, rest, strict=True)]
