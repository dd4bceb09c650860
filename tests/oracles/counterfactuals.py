"""The smallest change that turns a decision, the slow way: every set of factors, every combination.

A factor may become what it is for any approved row of the reference, all its columns at once. Plain
loops over plain rows; a missing cell is None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, product
from statistics import median
from typing import Any

Row = Mapping[str, Any]


def spread(values: Sequence[float | None]) -> float | None:
    """Return a column's robust standard deviation, its plain one where that is 0; None for switches."""
    known = [value for value in values if value is not None]
    if all(value in (0, 1) for value in known):
        return None
    middle = median(known)
    robust = 1.4826 * median([abs(value - middle) for value in known])
    if robust > 0:
        return robust
    mean = sum(known) / len(known)
    return (sum((value - mean) ** 2 for value in known) / len(known)) ** 0.5


def cost(own: Row, other: Row, columns: Sequence[str], spreads: Mapping[str, float | None]) -> float:
    """Return what it costs to have the other's columns of one factor."""
    total, switched = 0.0, False
    for column in columns:
        mine, theirs = own[column], other[column]
        if mine == theirs:
            continue
        if isinstance(theirs, str) or mine is None:
            total += 1
        elif spreads[column] is None:
            switched = True
        else:
            total += abs(mine - theirs) / spreads[column] if spreads[column] else 1
    return total + switched


def truthful(
    own: Row, other: Row, columns: Sequence[str], ways: Mapping[str, str], flags: Sequence[str]
) -> bool:
    """Return whether somebody could get the other's columns of one factor."""
    for column in columns:
        mine, theirs = own[column], other[column]
        if theirs in (None, "") and mine not in (None, ""):
            return False
        if column in flags and theirs and not mine:
            return False
        if None in (mine, theirs):
            continue
        if ways.get(column) == "increase" and theirs < mine:
            return False
        if ways.get(column) == "decrease" and theirs > mine:
            return False
    return True


def smallest(
    score: Callable[[list[dict[str, Any]]], Sequence[float]],
    turned: Callable[[float], bool],
    row: Row,
    reference: Sequence[Row],
    factors: Mapping[str, Sequence[str]],
    ways: Mapping[str, str] | None = None,
    flags: Sequence[str] = (),
) -> tuple[int, float] | None:
    """Return the fewest factors that turn the decision and the least cost with so many; None for never."""
    every = [dict(other) for other in reference]
    approved = [other for other, value in zip(every, score(every), strict=True) if turned(value)]
    spreads = {
        column: None if isinstance(every[0][column], str) else spread([other[column] for other in every])
        for columns in factors.values()
        for column in columns
    }
    options = {}
    for factor, columns in factors.items():
        seen = {}
        for other in approved:
            price = cost(row, other, columns, spreads)
            if price > 0 and truthful(row, other, columns, ways or {}, flags):
                seen[tuple(other[column] for column in columns)] = (price, other)
        options[factor] = list(seen.values())
    for size in range(1, len(factors) + 1):
        least = None
        for names in combinations(factors, size):
            tried = []
            for taken in product(*(options[name] for name in names)):
                changed = dict(row)
                for name, (_, other) in zip(names, taken, strict=True):
                    changed |= {column: other[column] for column in factors[name]}
                tried.append((sum(price for price, _ in taken), changed))
            values = score([changed for _, changed in tried]) if tried else []
            for (price, _), value in zip(tried, values, strict=True):
                if turned(value) and (least is None or price < least):
                    least = price
        if least is not None:
            return size, least
    return None
