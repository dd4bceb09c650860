"""Whether refusals would be told the same reasons again: with other seeds, against other applicants.

Two things are drawn on the way to a reason: orders of joining, where the factors are too many for
all coalitions, and the applicants of the reference. Both are drawn anew here, and the reasons that
come out are held against those on record. What is compared is what a letter would tell, so the rule
that chooses reasons has been applied to both sides.

Why so, with replacement: the reference has as many rows as before, each drawn from those it had. The
reasons then differ as they would against other applicants of the same kind and number. Halves of the
reference would differ more than any reference in use.

Source: regulation.md R13; Efron (1979) for the bootstrap; Wilson (1927) for the intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.fairness.intervals import wilson_interval
from audit.record import Figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Lists = Sequence[Sequence[str]]  # the reasons of each refusal, in order


def redrawn(n: int, seed: int) -> NDArray[np.int64]:
    """Return which rows of a reference of n take part when it is drawn anew, with replacement.

    They stand in their old order: the same rows give the same numbers, bit for bit.
    """
    return np.sort(np.random.default_rng([seed, n]).integers(0, n, size=n))


def share(values: Sequence[float]) -> dict[str, Any]:
    """Return the mean of shares, one a refusal, each 0 to 1, with its 95 % interval.

    >>> share([1.0, 0.0])["value"]
    0.5
    """
    n = len(values)
    if not n:
        return {"value": None, "low": None, "high": None, "n": 0}
    mean = float(np.mean(values))
    low, high = wilson_interval(mean * n, n)
    return {"value": mean, "low": low, "high": high, "n": n}


def overlap(one: Sequence[str], other: Sequence[str]) -> float:
    """Return which share of the longer of two lists stands in both; 1 where both are empty.

    >>> overlap(["a", "b", "c", "d"], ["b", "a", "e"])
    0.5
    """
    longer = max(len(one), len(other))
    return len(set(one) & set(other)) / longer if longer else 1.0


def alike(told: Lists, again: Sequence[Lists]) -> dict[str, Any]:
    """Compare the reasons of refusals with those of each further draw.

    Parameters
    ----------
    told : the reasons of each refusal
    again : for each draw, the reasons of the same refusals

    Returns
    -------
    dict
        ``n`` refusals, ``draws``; ``same_set``, ``same_order`` and ``same_first``: in which share of
        draws a refusal has the same reasons, in the same order, the same first one; ``overlap``: which
        share of its reasons stays. Means over refusals with their intervals: draws of one refusal are
        no further witnesses.
    """
    by_refusal = [[draw[at] for draw in again] for at in range(len(told))]

    def mean(measure: Any) -> dict[str, Any]:
        return share(
            [
                float(np.mean([measure(list(mine), list(theirs)) for theirs in draws]))
                for mine, draws in zip(told, by_refusal, strict=True)
                if draws
            ]
        )

    return {
        "n": len(told) if again else 0,
        "draws": len(again),
        "same_set": mean(lambda mine, theirs: set(mine) == set(theirs)),
        "same_order": mean(lambda mine, theirs: mine == theirs),
        "same_first": mean(lambda mine, theirs: mine[:1] == theirs[:1]),
        "overlap": mean(overlap),
    }


def by_group(
    told: Lists, again: Sequence[Lists], groups: Mapping[str, Sequence[str]], min_group: int
) -> Figure:
    """Return how stable reasons are in each group, over references drawn anew.

    Parameters
    ----------
    told, again : as of ``alike``
    groups : attribute -> the group of each refusal
    min_group : refusals below which a group has its count and no shares
    """
    attributes = []
    for attribute, members in groups.items():
        rows = []
        for group in sorted(set(members)):
            mine = [at for at, one in enumerate(members) if one == group]
            found: dict[str, Any] = {"group": group, "n": len(mine), "same_first": None, "overlap": None}
            if len(mine) >= min_group and again:
                of = alike([told[at] for at in mine], [[draw[at] for at in mine] for draw in again])
                found |= {name: of[name] for name in ("same_first", "overlap")}
            rows.append(found)
        attributes.append({"attribute": attribute, "groups": rows})
    body = {"draws": len(again), "min_group": min_group, "attributes": attributes}
    return Figure("stability_by_group", "fair_lending", body)


def figure(seeds: Mapping[str, Any], references: Mapping[str, Any]) -> Figure:
    """Return how stable reasons are.

    Parameters
    ----------
    seeds : ``alike`` over other seeds; ``exact``: whether all coalitions were valued, so that nothing
        was drawn; ``max_difference`` of two contributions, in the unit of the score; or ``{"cause"}``
    references : ``alike`` over references drawn anew, or ``{"cause"}``
    """
    return Figure("stability", "model_risk", {"seeds": dict(seeds), "references": dict(references)})
