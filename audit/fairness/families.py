"""Many tests at once: which family a test belongs to, and its p-value with that counted in.

Among a hundred groups that do not differ, five differ at 5 %. Holm's p-values hold the chance of any
false alarm in the family at that level; Benjamini and Hochberg's hold the share of false alarms among
those raised. Both stand beside the plain p-value, and the family is stated: all groups of all attributes
that one measure was tested on.

Practical and statistical significance are two answers. One says that a gap is larger than a line
somebody set; the other that chance alone would seldom make one as large. Neither stands for the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from audit.fairness.intervals import ALPHA
from audit.record import Bound, Disparity


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return Holm's adjusted p-values, in the order given.

    Source: Holm (1979), Scandinavian Journal of Statistics 6:65.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    (0.03, 0.06, 0.06)
    """
    k = len(p_values)
    order = sorted(range(k), key=p_values.__getitem__)
    found, highest = [0.0] * k, 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (k - rank) * p_values[place]))
        found[place] = highest
    return tuple(found)


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the adjusted p-values that hold the false discovery rate, in the order given.

    Source: Benjamini and Hochberg (1995), JRSS B 57:289.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03])
    (0.03, 0.04, 0.04)
    """
    k = len(p_values)
    order = sorted(range(k), key=p_values.__getitem__)
    found, lowest = [0.0] * k, 1.0
    for rank in range(k - 1, -1, -1):
        place = order[rank]
        lowest = min(lowest, p_values[place] * k / (rank + 1))
        found[place] = lowest
    return tuple(found)


def families(disparities: Sequence[Disparity], lines: Mapping[str, Bound]) -> list[dict[str, Any]]:
    """Return one family a measure: its tests, each with plain and adjusted p-values and both verdicts.

    Parameters
    ----------
    lines : measure -> the line that a policy in force draws for it
        Where there is none, nothing is said of practical significance.

    Returns
    -------
    list of dict
        ``metric``, ``n_tests``, ``line`` and ``rows``: ``attribute``, ``group``, ``n``, ``value``,
        ``p_value``, ``holm``, ``benjamini_hochberg``, ``statistical`` (Holm's below 0.05) and ``practical``
        (the value itself lies beyond the line; None without a line). Groups that are too small are in the
        family, since they were looked at, and ``cause`` says that they bear no verdict.
    """
    tested: dict[str, list[Disparity]] = {}
    for one in disparities:
        if one.p_value is not None:
            tested.setdefault(one.metric, []).append(one)
    return [
        {
            "metric": metric,
            "n_tests": len(its),
            "line": None if metric not in lines else _line(lines[metric]),
            "rows": _rows(its, lines.get(metric)),
        }
        for metric, its in tested.items()
    ]


def _rows(tests: Sequence[Disparity], line: Bound | None) -> list[dict[str, Any]]:
    p_values = [one.p_value or 0.0 for one in tests]
    adjusted = zip(tests, holm(p_values), benjamini_hochberg(p_values), strict=True)
    return [
        {
            "attribute": one.attribute,
            "group": one.group,
            "n": one.n,
            "value": one.value,
            "p_value": one.p_value,
            "holm": by_holm,
            "benjamini_hochberg": by_rate,
            "statistical": None if one.cause else by_holm < ALPHA,
            "practical": None if one.cause or line is None else _beyond(one.value, line),
            "cause": one.cause,
        }
        for one, by_holm, by_rate in adjusted
    ]


def _beyond(value: float | None, line: Bound) -> bool | None:
    if value is None:
        return None
    if line.at_least is not None:
        return value < line.at_least
    return value > line.at_most if line.at_most is not None else value != line.equals


def _line(bound: Bound) -> dict[str, float]:
    found = {"at_least": bound.at_least, "at_most": bound.at_most, "equals": bound.equals}
    return {name: number for name, number in found.items() if number is not None}
