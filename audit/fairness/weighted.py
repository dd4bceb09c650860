"""Rates of groups whose members are known by probability alone: everybody counts with a weight.

The rate of a group is ``sum(p * y) / sum(p)``. Two things make it uncertain, and they are told apart:

- *whom the data hold*: the interval, by linearisation of the ratio; Wilson's at the number of people
  that this variance belongs to.
- *that p is no membership*: where p is calibrated, the weighted rate is off by
  ``sum(p * (1 - p) * d) / sum(p)``, with ``d`` by how much oftener members are approved than other people
  of the same p. ``unseen`` is that factor at ``d = 1``: 0.6 means that five points of such a difference
  move the rate by three. No data without the true groups can tell ``d``, so the range is given for a
  stated ``d``; and without any assumption on it as the bounds that hold whatever ``d`` is.

Why so, beside thresholds: to call everybody above 0.5 a member drops those who are not sure and takes
the others for what they are not. Both are shown, and the weights are what is judged.

Source: Chen, Kallus, Mao, Svacha and Udell (2019), Fairness under unawareness, FAT* '19, on the bias;
Kallus, Mao and Zhou (2022), Management Science 68:1959, on the bounds; Cochran (1977), chapter 6.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.fairness.intervals import Z, wilson_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

THRESHOLDS = (0.5, 0.8)
DIFFERENCE = 0.05  # the difference within like names and addresses that the range is given for
_CELLS, _CELL_SIZE = 10, 50  # people of like probability, for the bounds


@dataclass(frozen=True, slots=True)
class Classified:
    """Who would be called a member at a threshold, and their rate; no rate where they are too few."""

    at: float
    n: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class WeightedRate:
    """One group's rate by weights.

    ``expected`` is the sum of the probabilities; ``low`` and ``high`` are about whom the data hold;
    ``bound_low`` and ``bound_high`` hold whatever outcomes have to do with membership among people of
    like probability; ``ratio`` and what follows is the group over the reference, with its range for a
    difference of ``DIFFERENCE`` on either side. ``ratio`` is None where it has no meaning, see ``cause``.
    """

    group: str
    expected: float
    rate: float | None
    low: float | None = None
    high: float | None = None
    unseen: float | None = None
    bound_low: float | None = None
    bound_high: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    ratio_error_low: float | None = None
    ratio_error_high: float | None = None
    p_value: float | None = None
    classified: tuple[Classified, ...] = ()
    cause: str | None = None


def weighted_rate(p: Floats, y: Floats) -> tuple[float, Floats]:
    """Return ``sum(p * y) / sum(p)`` and what each person adds to its error.

    Parameters
    ----------
    p : float64[n] in [0, 1], some above 0
    y : float64[n], 1 approved, 0 refused

    Examples
    --------
    >>> weighted_rate(np.array([0.9, 0.1]), np.array([1.0, 0.0]))[0]
    0.9
    """
    total = math.fsum(p.tolist())
    rate = math.fsum((p * y).tolist()) / total
    return rate, p * (y - rate) / total


def interval(p: Floats, y: Floats) -> tuple[float, float]:
    """Return the 95 % interval of a weighted rate.

    Source: Korn and Graubard (1998), Survey Methodology 24:193: an interval of a share at the effective
    number of people; Wilson's in place of the exact one.
    """
    rate, influence = weighted_rate(p, y)
    n = len(p)
    variance = math.fsum((influence**2).tolist()) * n / max(n - 1, 1)
    spread = rate * (1 - rate)
    effective = math.fsum(p.tolist()) ** 2 / math.fsum((p**2).tolist())
    if variance > 0 and spread > 1e-12:
        effective = min(spread / variance, float(n))
    return wilson_interval(rate * effective, effective)  # type: ignore[arg-type]


def unseen(p: Floats) -> float:
    """Return how much of a difference within people of like probability the weighted rate misses.

    0: every p is 0 or 1; it nears 1 where membership is never more than unlikely.
    """
    return math.fsum((p * (1 - p)).tolist()) / math.fsum(p.tolist())


def bounds(p: Floats, y: Floats) -> tuple[float, float]:
    """Return the lowest and the highest rate that the data allow, if only p is calibrated.

    In each cell of people of like p, at most the smaller of the two shares can be both member and
    approved, and at least what the two shares exceed 1 by.

    Source: the bounds of Fréchet, cell by cell, as in Kallus, Mao and Zhou (2022), section 4.
    """
    order = np.lexsort((y, p))
    n_cells = max(1, min(_CELLS, len(p) // _CELL_SIZE))
    low, high, total = [], [], math.fsum(p.tolist())
    for cell in np.array_split(order, n_cells):
        member, approved = math.fsum(p[cell].tolist()), math.fsum(y[cell].tolist())
        low.append(max(0.0, member + approved - len(cell)))
        high.append(min(member, approved))
    return math.fsum(low) / total, min(1.0, math.fsum(high) / total)


def weighted_rates(
    probabilities: Floats,
    approved: Any,
    groups: Sequence[str],
    reference: str,
    min_group: int = 30,
) -> tuple[WeightedRate, ...]:
    """Return the rate of each group, and its ratio to the reference.

    Parameters
    ----------
    probabilities : float64[n, groups], rows that sum to 1; nobody without them
    approved : bool[n]
    min_group : expected members below which a group has its size and a cause, and no rate

    Returns
    -------
    tuple of WeightedRate
        In the order of ``groups``. Interval and p-value of a ratio come from one statistic: the interval
        holds 1 exactly when p >= 0.05.
    """
    y = np.asarray(approved, dtype=np.float64)
    sizes = [math.fsum(probabilities[:, at].tolist()) for at in range(len(groups))]
    base = groups.index(reference)
    known: dict[int, tuple[float, Floats]] = {
        at: weighted_rate(probabilities[:, at], y)
        for at, size in enumerate(sizes)
        if size >= min_group and len(y) >= min_group
    }
    found = []
    for at, group in enumerate(groups):
        if at not in known:
            few = f"too few: {sizes[at]:.1f} expected members, fewer than {min_group}"
            found.append(WeightedRate(group, sizes[at], None, cause=few))
            continue
        p = probabilities[:, at]
        rate, _ = known[at]
        low, high = interval(p, y)
        bound_low, bound_high = bounds(p, y)
        compared = {} if at == base else _ratio(known, at, base, probabilities)
        found.append(
            WeightedRate(
                group,
                sizes[at],
                rate,
                low,
                high,
                unseen(p),
                min(bound_low, rate),
                max(bound_high, rate),
                classified=tuple(_classified(p, y, line, min_group) for line in THRESHOLDS),
                **compared,
            )
        )
    return tuple(found)


def _ratio(known: dict[int, tuple[float, Floats]], at: int, base: int, p: Floats) -> dict[str, Any]:
    if base not in known:
        return {"cause": "the reference group has too few expected members"}
    (rate, mine), (reference, theirs) = known[at], known[base]
    if reference == 0:
        return {"cause": "nobody of the reference group was approved"}
    found: dict[str, Any] = {"ratio": rate / reference}
    if rate == 0:
        return found | {"cause": "nobody of this group was approved"}
    n = len(mine)
    # The same people stand in both rates, so their errors are taken person by person.
    variance = math.fsum(((mine / rate - theirs / reference) ** 2).tolist()) * n / max(n - 1, 1)
    move, other = DIFFERENCE * unseen(p[:, at]), DIFFERENCE * unseen(p[:, base])
    found["ratio_error_low"] = max(0.0, rate - move) / min(1.0, reference + other)
    found["ratio_error_high"] = min(1.0, rate + move) / (reference - other) if reference > other else None
    if variance == 0:
        return found | {"cause": "every decision is alike: there is nothing to compare"}
    error, middle = math.sqrt(variance), math.log(rate / reference)
    found["ratio_low"], found["ratio_high"] = math.exp(middle - Z * error), math.exp(middle + Z * error)
    found["p_value"] = math.erfc(abs(middle) / error / math.sqrt(2))
    return found


def _classified(p: Floats, y: Floats, line: float, min_group: int) -> Classified:
    mine = p >= line
    n = int(mine.sum())
    if n < min_group:
        return Classified(line, n, None, None, None)
    approved = int(y[mine].sum())
    return Classified(line, n, approved / n, *wilson_interval(approved, n))
