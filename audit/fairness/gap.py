"""The gap in mean score between two groups, split into what each factor carries.

A stored attribution says of one decision ``score = base + sum of contributions + residual``. Taking means
over a group keeps the sum, and so does the difference of two groups' means: each factor's share of the
gap is the difference of its mean contributions, and nothing is left over. Where a comparison group of
another cutoff serves some applicants, the difference of their bases is a part of its own.

Every refused decision is attributed and a sample of the approved, drawn without looking at groups. Means
are therefore taken within the two strata and put together by how many of the group each holds in the
whole population. Everybody's score is known, so where a sample scores higher or lower than its group, each
part is moved along the line on which it follows the score. A score is the sum of its parts, so these lines
sum to one, and the parts to the gap of everybody. Where fewer than ten were attributed no line is laid, and
what the sample leaves open is a part of its own, named and not spread over factors.

Why so, the interval: the people are a sample of those who might have applied, and the approved ones
attributed are a sample of those who did. Both count; the first is the variance over people, the second
what sampling within the strata adds.

Source: Cochran (1977), Sampling Techniques, chapter 7 (regression estimators) and section 12.2 (two-phase
sampling), with linearised means.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.fairness.intervals import Z

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

REFUSED, APPROVED = 0, 1  # strata: what was decided
STRATA = (REFUSED, APPROVED)
_FEWEST = 10  # attributed of a stratum, below which no line is laid through them


@dataclass(frozen=True, slots=True, eq=False)
class Attributed:
    """Everybody's score, and the contributions of those that were attributed.

    Parameters
    ----------
    scores : float64[N], positive toward refusal; NaN where there is none
    strata : int64[N], ``REFUSED`` or ``APPROVED``; another number: not decided, or without a score
    rows : int64[n], who was attributed
    factors : names, one a column
    contributions : float64[n, factors], positive toward refusal
    rest : float64[n, 2], base and residual, positive toward refusal
    """

    scores: Floats
    strata: Integers
    rows: Integers
    factors: tuple[str, ...]
    contributions: Floats
    rest: Floats


@dataclass(frozen=True, slots=True)
class Part:
    """What one factor carries of a gap, positive where it puts the group nearer to refusal."""

    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Gap:
    """The gap of one group against its reference, in score points toward refusal.

    ``value`` is the gap of everybody's mean scores; ``parts`` (one a factor), ``base``, ``residual`` and
    ``sampling`` sum to it. Without parts there is a ``cause``.
    """

    n: float
    n_attributed: int
    value: float | None
    low: float | None = None
    high: float | None = None
    parts: tuple[Part, ...] = ()
    base: float = 0.0
    residual: float = 0.0
    sampling: float = 0.0
    cause: str | None = None


def split(people: Attributed, group: Floats, reference: Floats, min_group: int = 30) -> Gap:
    """Split the gap between a group and its reference.

    Parameters
    ----------
    group, reference : float64[N] in [0, 1]
        Membership of everybody: 1 and 0, or a probability of it.
    min_group : members below which the gap has a cause and no parts

    Returns
    -------
    Gap
        Intervals are 95 %.
    """
    decided = np.isin(people.strata, STRATA) & np.isfinite(people.scores)
    if not decided.any():
        return Gap(0, 0, None, cause="the decisions have no scores")
    decided &= (group > 0) | (reference > 0)  # nobody else adds to either mean, or to its error
    sizes = [_total(one[decided]) for one in (group, reference)]
    told = people.rows[decided[people.rows]]
    mine = int(np.count_nonzero(group[told]))
    if min(sizes[0], sizes[1]) < min_group:
        whose = "" if sizes[0] < min_group else " in the reference group"
        return Gap(sizes[0], mine, None, cause=f"too few{whose}: n < {min_group}")
    means, parts_of_error = [], np.zeros(int(decided.sum()))
    for sign, member, size in zip((1, -1), (group, reference), sizes, strict=True):
        mean = _total((member * people.scores)[decided]) / size
        means.append(mean)
        parts_of_error += sign * member[decided] * (people.scores[decided] - mean) / size
    value = means[0] - means[1]
    half = Z * math.sqrt(_total(parts_of_error**2) * len(parts_of_error) / (len(parts_of_error) - 1))
    gap = Gap(sizes[0], mine, value, value - half, value + half)
    cause = _cause(people, decided, group, reference)
    return _with_parts(people, decided, group, reference, gap) if cause is None else _told(gap, cause)


def _told(gap: Gap, cause: str) -> Gap:
    return Gap(gap.n, gap.n_attributed, gap.value, gap.low, gap.high, cause=cause)


def _cause(people: Attributed, decided: NDArray[np.bool_], group: Floats, reference: Floats) -> str | None:
    if not len(people.rows):
        return "no decision was attributed"
    for stratum, word in ((REFUSED, "refused"), (APPROVED, "approved")):
        inside = decided & (people.strata == stratum)
        told = people.rows[inside[people.rows]]
        for member, whose in ((group, "the group"), (reference, "the reference group")):
            n, n_told = int((member[inside] > 0).sum()), int((member[told] > 0).sum())
            if n and n_told < min(n, 2):
                return (
                    f"of {n} {word} applicants of {whose} {n_told} were attributed. Raise explain.favourable"
                )
    return None


@dataclass(frozen=True, slots=True, eq=False)
class _Stratum:
    """Refused or approved: everybody in it, who of the attributed, and how each part follows the score."""

    everybody: NDArray[np.bool_]
    inside: Integers
    slope: Floats


def _stratum(
    people: Attributed, decided: NDArray[np.bool_], values: Floats, whom: Integers, stratum: int
) -> _Stratum:
    everybody = decided & (people.strata == stratum)
    inside = np.flatnonzero(people.strata[whom] == stratum)
    n = len(inside)
    if n == int(everybody.sum()) or n < _FEWEST:
        return _Stratum(everybody, inside, np.zeros(values.shape[1]))
    scores = people.scores[whom[inside]]
    apart = scores - _total(scores) / n
    spread = _total(apart**2)
    if spread == 0:
        return _Stratum(everybody, inside, np.zeros(values.shape[1]))
    return _Stratum(everybody, inside, np.array([_total(apart * one) for one in values[inside].T]) / spread)


def _with_parts(
    people: Attributed, decided: NDArray[np.bool_], group: Floats, reference: Floats, gap: Gap
) -> Gap:
    columns = np.concatenate([people.contributions, people.rest], axis=1)
    places = np.flatnonzero(decided[people.rows])
    values, whom = columns[places], people.rows[places]
    strata = [_stratum(people, decided, values, whom, one) for one in STRATA]
    found = np.zeros(columns.shape[1])
    over_people = np.zeros_like(values)  # what each attributed decision adds, about the group's mean
    within = np.zeros_like(values)  # the same about what its score lets expect in its stratum
    for sign, member in ((1.0, group), (-1.0, reference)):
        size = _total(member[decided])
        means, reach = np.zeros(columns.shape[1]), []
        for one in strata:
            held, weight = _total(member[one.everybody]), member[whom[one.inside]]
            if held == 0:
                continue
            sampled = _total(weight)
            seen = people.scores[whom[one.inside]]
            mean = np.array([_total(weight * column) for column in values[one.inside].T]) / sampled
            mean_seen = _total(weight * seen) / sampled
            of_all = _total(member[one.everybody] * people.scores[one.everybody]) / held
            known = mean + one.slope * (of_all - mean_seen)
            expected = mean + np.outer(seen - mean_seen, one.slope)
            means += held / size * known
            reach.append((one.inside, weight, held / size / sampled, expected))
        for inside, weight, each, expected in reach:
            within[inside] += sign * each * weight[:, None] * (values[inside] - expected)
            over_people[inside] += sign * each * weight[:, None] * (values[inside] - means)
        found += sign * means
    variance = np.zeros(columns.shape[1])
    for one in strata:
        n, total = len(one.inside), int(one.everybody.sum())
        if n:
            # Each attributed one stands for total / n: one such person adds the square of their own part.
            spread = np.array([_total(column**2) for column in over_people[one.inside].T])
            variance += spread * n / total
        if 1 < n < total:
            spread = np.array([_total(column**2) for column in within[one.inside].T])
            variance += spread * n / (n - 1) * (1 - n / total)
    half = Z * np.sqrt(variance)
    parts = tuple(
        Part(name, float(found[at]), float(found[at] - half[at]), float(found[at] + half[at]))
        for at, name in enumerate(people.factors)
    )
    base, residual = float(found[-2]), float(found[-1])
    assert gap.value is not None
    sampling = gap.value - math.fsum([*(part.value for part in parts), base, residual])
    return Gap(gap.n, gap.n_attributed, gap.value, gap.low, gap.high, parts, base, residual, sampling)


def _total(values: Any) -> float:
    return math.fsum(np.asarray(values, dtype=np.float64).tolist())


def body(
    found: Sequence[tuple[str, str, str, Gap]], labels: dict[str, str], min_group: int
) -> dict[str, Any]:
    """Return the figure's body: the gaps of each attribute's groups, their factors by size.

    Parameters
    ----------
    found : (attribute, reference, group, gap), in the order of the config
    labels : factor -> its words
    """
    attributes: dict[str, dict[str, Any]] = {}
    for attribute, reference, group, gap in found:
        of = attributes.setdefault(attribute, {"attribute": attribute, "reference": reference, "groups": []})
        parts = sorted(gap.parts, key=lambda part: (-abs(part.value), part.name))
        of["groups"].append(
            {
                "group": group,
                "n": gap.n,
                "n_attributed": gap.n_attributed,
                "gap": gap.value,
                "low": gap.low,
                "high": gap.high,
                "factors": [
                    {
                        "factor": part.name,
                        "label": labels.get(part.name, part.name),
                        "value": part.value,
                        "low": part.low,
                        "high": part.high,
                    }
                    for part in parts
                ],
                "base": gap.base,
                "residual": gap.residual,
                "sampling": gap.sampling,
                "cause": gap.cause,
            }
        )
    return {"min_group": min_group, "attributes": list(attributes.values())}
