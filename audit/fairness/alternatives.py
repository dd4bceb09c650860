"""What another model would do: candidates measured on the same people, each beside the model as it is.

A candidate is a set of scores. It is given the cutoff at which as many people are approved as now, so that
no candidate looks better by approving more; then its ratio of approval rates and its accuracy are measured,
and how far both are from the present model's, person by person. A candidate that no other beats in both is
on the frontier. Nothing is applied, and none is recommended: what is needed, and what is lawful to use,
is not among the numbers.

Why so, paired: the same people stand in every candidate, so most of what is uncertain in two ratios is
the same in both and falls out of their difference.

Source: DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44:837, for the change of an AUC; linearised
log ratios (Katz et al. 1978, Biometrics 34:469, is the case of two groups) for ratios and their change.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.fairness.delong import placements
from audit.fairness.intervals import Z, auc_interval
from audit.fairness.weighted import weighted_rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

NOW = "now"
NO_OUTCOME = "no column says what happened later (data.observed), so accuracy cannot be measured"
ONE_CLASS = "all outcomes that are known are alike, so accuracy cannot be measured"


@dataclass(frozen=True, slots=True, eq=False)
class Judging:
    """The people that candidates are measured on.

    Parameters
    ----------
    outcome : float64[n], 1 where the bad event happened, 0 where not, NaN unknown; None: never observed
    members : attribute -> (groups, float64[n, groups]), membership or its probability
    references : attribute -> group
    n_approved : how many of them are approved now
    min_group : expected members below which a group takes no part
    """

    outcome: Floats | None
    members: Mapping[str, tuple[Sequence[str], Floats]]
    references: Mapping[str, str]
    n_approved: int
    min_group: int = 30


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A model that might be: ``scores`` is float64[n], positive toward refusal.

    ``kind`` is now, held, averaged, retrained, without or weighted; ``factors`` says which ones it lacks.
    ``at`` is a cutoff of its own; None: the one at which as many are approved as now.
    """

    name: str
    kind: str
    scores: Floats
    factors: tuple[str, ...] = ()
    at: Mask | None = None  # who is approved, where that is known already


def approved_as_many(scores: Floats, n_approved: int) -> Mask:
    """Return who is approved when the cutoff lets as many pass as now, to the nearest that ties allow.

    Examples
    --------
    >>> approved_as_many(np.array([0.1, 0.9, 0.5, 0.5]), 2).tolist()
    [True, False, False, False]
    """
    n = len(scores)
    if n_approved <= 0 or n_approved >= n:
        return np.full(n, n_approved > 0)
    edge = np.sort(scores)[n_approved]
    without, including = scores < edge, scores <= edge
    below, above = n_approved - int(without.sum()), int(including.sum()) - n_approved
    found: Mask = including if above < below else without
    return found


def measure(candidates: Sequence[Candidate], judging: Judging) -> dict[str, Any]:
    """Return the figure's body.

    Parameters
    ----------
    candidates : the first one is the model as it is

    Returns
    -------
    dict
        ``candidates`` in the order given, each with ``accuracy`` (or its cause in the body), ``attributes``
        and whether it is on the frontier of each attribute.
    """
    now = candidates[0]
    n = len(now.scores)
    known, bad, cause = _outcomes(judging.outcome)
    approved = [
        one.at if one.at is not None else approved_as_many(one.scores, judging.n_approved)
        for one in candidates
    ]
    rows: list[dict[str, Any]] = []
    for one, whom in zip(candidates, approved, strict=True):
        row: dict[str, Any] = {
            "name": one.name,
            "kind": one.kind,
            "factors": list(one.factors),
            "n_approved": int(whom.sum()),
            "turned": int((whom != approved[0]).sum()),
            "auc": None,
            "right": None,
            "bad_among_approved": None,
        }
        if cause is None:
            row["auc"] = _auc(one.scores[known], now.scores[known], bad)
            right, before = (mask[known] != bad for mask in (whom, approved[0]))
            row["right"] = _paired(right.astype(float), before.astype(float))
            mine = whom[known]
            row["bad_among_approved"] = float(bad[mine].mean()) if mine.any() else None
        row["attributes"] = [
            _ratios(attribute, *of, judging, whom.astype(float), approved[0].astype(float))
            for attribute, of in judging.members.items()
        ]
        rows.append(row)
    for at, attribute in enumerate(judging.members):
        reach = [(_size(row["auc"]), _size(row["attributes"][at]["worst"])) for row in rows]
        for row, point in zip(rows, reach, strict=True):
            row["attributes"][at]["frontier"] = None if None in point else _undominated(point, reach)
        assert rows[0]["attributes"][at]["attribute"] == attribute
    return {"n": n, "n_known": int(known.sum()), "cause": cause, "candidates": rows}


def _outcomes(outcome: Floats | None) -> tuple[Mask, Mask, str | None]:
    if outcome is None or not np.isfinite(outcome).any():
        return np.zeros(0, dtype=bool), np.zeros(0, dtype=bool), NO_OUTCOME
    known = np.isfinite(outcome)
    bad = outcome[known] == 1
    return known, bad, ONE_CLASS if bad.all() or not bad.any() else None


def _auc(scores: Floats, before: Floats, bad: Mask) -> dict[str, float]:
    of_bad, of_good = placements(scores, bad)
    value = float(np.sort(of_bad).mean())
    low, high = auc_interval(value, len(of_bad), len(of_good))
    old_bad, old_good = placements(before, bad)
    change = value - float(np.sort(old_bad).mean())
    variance = sum(
        float(np.sort(new - old).var(ddof=1)) / len(new) if len(new) > 1 else 0.0
        for new, old in ((of_bad, old_bad), (of_good, old_good))
    )
    half = Z * math.sqrt(variance)
    return {
        "value": value,
        "low": low,
        "high": high,
        "change": change,
        "change_low": change - half,
        "change_high": change + half,
    }


def _paired(values: Floats, before: Floats) -> dict[str, float]:
    """Return a mean, and its change with a 95 % interval over people."""
    moved = values - before
    half = Z * math.sqrt(float(np.sort(moved).var()) / max(len(moved) - 1, 1))
    change = float(moved.sum()) / len(moved)
    return {
        "value": float(values.sum()) / len(values),
        "change": change,
        "change_low": change - half,
        "change_high": change + half,
    }


def _ratios(
    attribute: str, groups: Sequence[str], members: Floats, judging: Judging, y: Floats, before: Floats
) -> dict[str, Any]:
    base = list(groups).index(judging.references[attribute])
    sizes = [math.fsum(members[:, at].tolist()) for at in range(len(groups))]
    found = []
    for at, group in enumerate(groups):
        if at != base and group != "unknown" and min(sizes[at], sizes[base]) >= judging.min_group:
            found.append({"group": group, **_ratio(members[:, at], members[:, base], y, before)})
    known = [one for one in found if one["value"] is not None]
    worst = min(known, key=lambda one: (one["value"], one["group"]), default=None)
    return {"attribute": attribute, "worst": worst, "groups": found}


def _ratio(group: Floats, reference: Floats, y: Floats, before: Floats) -> dict[str, Any]:
    """Return a ratio with its interval, and the ratio of it to the present one with its own."""
    now, then = _log_ratio(group, reference, y), _log_ratio(group, reference, before)
    empty = {
        "value": None,
        "low": None,
        "high": None,
        "change": None,
        "change_low": None,
        "change_high": None,
    }
    if now is None:
        return empty
    n = len(y)
    half = Z * math.sqrt(math.fsum((now[1] ** 2).tolist()) * n / (n - 1))
    found: dict[str, Any] = {
        **empty,
        "value": math.exp(now[0]),
        "low": math.exp(now[0] - half),
        "high": math.exp(now[0] + half),
    }
    if then is not None:
        moved = now[0] - then[0]
        reach = Z * math.sqrt(math.fsum(((now[1] - then[1]) ** 2).tolist()) * n / (n - 1))
        found["change"] = math.exp(moved)
        found["change_low"], found["change_high"] = math.exp(moved - reach), math.exp(moved + reach)
    return found


def _log_ratio(group: Floats, reference: Floats, y: Floats) -> tuple[float, Floats] | None:
    (rate, mine), (other, theirs) = weighted_rate(group, y), weighted_rate(reference, y)
    if rate <= 0 or other <= 0:
        return None
    return math.log(rate / other), mine / rate - theirs / other


def _size(found: Mapping[str, Any] | None) -> float | None:
    return None if found is None else float(found["value"])


def _undominated(mine: tuple[Any, ...], others: Sequence[tuple[Any, ...]]) -> bool:
    """Return whether no other is at least as good in both and better in one.

    A ratio above 1 is no better than 1: it would put the other group behind.
    """

    def even(one: tuple[Any, ...]) -> tuple[float, float]:
        return float(one[0]), min(float(one[1]), 1.0)

    x, y = even(mine)
    return not any(
        a >= x and b >= y and (a > x or b > y) for a, b in (even(one) for one in others if None not in one)
    )


def reweighed(groups: Sequence[str], bad: Mask, strength: float = 1.0) -> Floats:
    """Return a weight of each row that makes outcome and group independent among those trained on.

    Parameters
    ----------
    strength : 0 leaves all weights at 1, 1 makes them independent

    Returns
    -------
    float64[n] with mean 1

    Source: Kamiran and Calders (2012), Knowledge and Information Systems 33:1, reweighing.
    """
    names = np.array([str(one) for one in groups], dtype=object).astype(str)
    weight = np.ones(len(names))
    for group in np.unique(names):
        for outcome in (True, False):
            cell = (names == group) & (bad == outcome)
            if cell.any():
                expected = (names == group).mean() * (bad == outcome).mean()
                weight[cell] = 1 + strength * (expected / cell.mean() - 1)
    found: Floats = weight / weight.mean()
    return found
