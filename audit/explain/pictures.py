"""The tables and chart series about explanations and reasons. Pure: stored values in, a figure out.

Contributions arrive oriented: positive pushes toward the adverse outcome. Pictures of the whole
population weigh rows, since all refused and only a sample of the others are attributed. Nothing
here depends on the order of the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.explain.agreement import ranks, spearman
from audit.record import Decision, Figure, ReasonCode, Reference

if TYPE_CHECKING:
    from numpy.typing import NDArray

POINTS = 120  # dots of one factor in the strip chart
BINS = 10  # of one factor's effect; few distinct values stand each for itself
_Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True, eq=False)
class Attributed:
    """Contributions of one method to some decisions.

    Parameters
    ----------
    contributions : float64[n, factors], oriented
    adverse : bool[n]
    weights : float64[n], how many decisions of the population each row stands for
    columns : column -> n values, as the model saw them
    """

    method: str
    factors: tuple[str, ...]
    contributions: NDArray[np.float64]
    adverse: NDArray[np.bool_]
    weights: NDArray[np.float64]
    columns: Mapping[str, NDArray[Any]]


def label_of(factor: str) -> str:
    """Return a factor's id in words: neutral, where its statement may say "too high".

    >>> label_of("latest_payment")
    'Latest payment'
    """
    words = factor.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]


def importance(attributed: Attributed, unit: str = "score") -> Figure:
    """Return how far each factor moves scores: the mean size, its 95 % interval, and which way."""
    rows = []
    n = len(attributed.contributions)
    weights = attributed.weights
    for place, factor in enumerate(attributed.factors):
        given = attributed.contributions[:, place]
        mean, error = _weighted_mean(np.abs(given), weights)
        refused = given[attributed.adverse]
        rows.append(
            {
                "factor": factor,
                "label": label_of(factor),
                "mean_abs": mean,
                "low": None if error is None else max(0.0, mean - _Z95 * error),
                "high": None if error is None else mean + _Z95 * error,
                "mean_adverse": float(np.sort(refused).mean()) if len(refused) else None,
            }
        )
    if not n:
        return _cause("importance")
    rows.sort(key=lambda row: (-float(str(row["mean_abs"])), str(row["factor"])))
    return Figure(
        "importance", "model_risk", {"method": attributed.method, "n": n, "unit": unit, "factors": rows}
    )


def importance_by_group(
    attributed: Attributed, groups: Mapping[str, Sequence[str]], min_group: int = 30
) -> Figure:
    """Return how far each factor moves the scores of each group: mean sizes with 95 % intervals.

    Parameters
    ----------
    groups : attribute -> the group of each attributed row
    min_group : rows below which a group has its count and no numbers
    """
    if not len(attributed.contributions):
        return Figure("importance_by_group", "fair_lending", {"cause": "no decision was attributed"})
    attributes = []
    for attribute, members in groups.items():
        of_row = np.array([str(one) for one in members], dtype=object)
        names = sorted(set(of_row.tolist()))
        factors = []
        for place in _by_importance(attributed):
            values: list[dict[str, float] | None] = []
            for group in names:
                mine = of_row == group
                if mine.sum() < min_group:
                    values.append(None)
                    continue
                sizes = np.abs(attributed.contributions[mine, place])
                mean, error = _weighted_mean(sizes, attributed.weights[mine])
                reach = _Z95 * (error or 0.0)
                values.append({"value": mean, "low": max(0.0, mean - reach), "high": mean + reach})
            factor = attributed.factors[place]
            factors.append({"factor": factor, "label": label_of(factor), "values": values})
        attributes.append(
            {
                "attribute": attribute,
                "groups": [{"group": group, "n": int((of_row == group).sum())} for group in names],
                "factors": factors,
            }
        )
    body = {"method": attributed.method, "min_group": min_group, "attributes": attributes}
    return Figure("importance_by_group", "fair_lending", body)


def swarm(attributed: Attributed, codes: Mapping[str, ReasonCode]) -> Figure:
    """Return each factor's contributions as a strip of dots, coloured by the rank of its main column."""
    if not len(attributed.contributions):
        return _cause("swarm")
    factors = []
    for place in _by_importance(attributed):
        factor = attributed.factors[place]
        given = attributed.contributions[:, place]
        column = main_column(attributed, place, codes)
        rank = _unit_ranks(attributed.columns[column]) if column else np.full(len(given), np.nan)
        order = np.lexsort((np.nan_to_num(rank, nan=-1.0), given))
        reach = np.cumsum(attributed.weights[order])
        wanted = (np.arange(POINTS) + 0.5) / POINTS * reach[-1]
        at = order[np.unique(np.searchsorted(reach, wanted))]
        quarter, three = (float(given[order][np.searchsorted(reach, q * reach[-1])]) for q in (0.25, 0.75))
        factors.append(
            {
                "factor": factor,
                "label": label_of(factor),
                "points": [[float(given[i]), None if np.isnan(rank[i]) else float(rank[i])] for i in at],
                "share_adverse": float(attributed.weights[given > 0].sum() / attributed.weights.sum()),
                "q25": quarter,
                "q75": three,
            }
        )
    return Figure("swarm", "model_risk", {"factors": factors})


def effects(attributed: Attributed, codes: Mapping[str, ReasonCode]) -> Figure:
    """Return each factor's mean contribution along its main column; text columns have no bins."""
    if not len(attributed.contributions):
        return _cause("effects")
    factors = []
    for place in _by_importance(attributed):
        factor = attributed.factors[place]
        column = main_column(attributed, place, codes)
        bins: list[dict[str, Any]] = []
        if column is not None:
            bins = _bins(attributed.columns[column], attributed.contributions[:, place], attributed.weights)
        factors.append({"factor": factor, "label": label_of(factor), "column": column or "", "bins": bins})
    return Figure("effects", "model_risk", {"factors": factors})


def main_column(attributed: Attributed, place: int, codes: Mapping[str, ReasonCode]) -> str | None:
    """Return the column of numbers that a factor's contribution follows most; None where it has none."""
    factor = attributed.factors[place]
    code = codes.get(factor)
    best: tuple[float, str] | None = None
    for column in code.columns if code is not None else (factor,):
        values = attributed.columns.get(column)
        if values is None or np.asarray(values).dtype.kind not in "fiub":
            continue
        known = np.isfinite(np.asarray(values, dtype=np.float64))
        follows = None
        if known.sum() > 1:
            follows = spearman(
                np.asarray(values, dtype=np.float64)[known], attributed.contributions[known, place]
            )
        strength = abs(follows) if follows is not None else -1.0
        if best is None or strength > best[0] + 1e-12:
            best = (strength, column)
    return None if best is None else best[1]


def reason_mix(decisions: Iterable[Decision], codes: Sequence[ReasonCode]) -> Figure:
    """Return how often each reason came first, and at any place, among refusals that have one."""
    first: Counter[str] = Counter()
    named: Counter[str] = Counter()
    known = {code.code: code.factor for code in codes if code.columns}
    n = 0
    for decision in decisions:
        if decision.outcome != "adverse" or not decision.reasons:
            continue
        n += 1
        first[min(decision.reasons, key=lambda reason: reason.rank).code] += 1
        named.update({reason.code for reason in decision.reasons})
        known.update({reason.code: reason.factor for reason in decision.reasons if reason.code not in known})
    rows = [
        {"code": code, "factor": factor, "label": label_of(factor), "first": first[code], "any": named[code]}
        for code, factor in known.items()
    ]
    rows.sort(key=lambda row: (-int(str(row["first"])), -int(str(row["any"])), str(row["code"])))
    return Figure("reason_mix", "model_risk", {"n_notices": n, "codes": rows})


def reasons_by_group(
    decisions: Sequence[Decision], groups: Mapping[str, Sequence[str]], codes: Sequence[ReasonCode]
) -> Figure:
    """Return how often each reason was given in each group, at any place.

    Parameters
    ----------
    groups : attribute -> the group of each decision
    """
    with_reasons = [at for at, one in enumerate(decisions) if one.outcome == "adverse" and one.reasons]
    factors = {code.code: code.factor for code in codes}
    factors.update({reason.code: reason.factor for at in with_reasons for reason in decisions[at].reasons})
    named_at_all = {reason.code for at in with_reasons for reason in decisions[at].reasons}
    attributes = []
    for attribute, members in groups.items():
        sizes: Counter[str] = Counter()
        counts: dict[str, Counter[str]] = {}
        for at in with_reasons:
            group = str(members[at])
            sizes[group] += 1
            counts.setdefault(group, Counter()).update({one.code for one in decisions[at].reasons})
        names = sorted(sizes)
        attributes.append(
            {
                "attribute": attribute,
                "groups": [{"group": group, "n": sizes[group]} for group in names],
                "codes": [
                    {
                        "code": code,
                        "label": label_of(factors[code]),
                        "counts": [counts[group][code] for group in names],
                    }
                    for code in sorted(named_at_all)
                ],
            }
        )
    return Figure("reasons_by_group", "fair_lending", {"attributes": attributes})


def holds(decisions: Iterable[Decision]) -> Figure:
    """Return how many notices are held, and why."""
    causes = Counter(one.notice.cause or "" for one in decisions if one.notice.state == "held")
    return Figure("holds", "model_risk", {"n_held": causes.total(), "causes": _counted(causes)})


def certified(decisions: Iterable[Decision]) -> Figure:
    """Return how settled the rankings of the refused are."""
    words = Counter(one.certified for one in decisions if one.outcome == "adverse" and one.certified)
    body = {word: words[word] for word in ("exact", "certain", "tie", "false")}
    return Figure("certified", "model_risk", body)


def dropped(decisions: Iterable[Decision]) -> Figure:
    """Return how many factors of refused applicants are no reason, by cause."""
    causes = Counter(one.cause for each in decisions if each.outcome == "adverse" for one in each.dropped)
    return Figure("dropped", "model_risk", {"causes": _counted(causes)})


def agreement(
    n: int,
    rows: Sequence[Mapping[str, Any]],
    causes: Mapping[str, str],
    among: Mapping[str, Any] | None = None,
) -> Figure:
    """Return how far other methods agree.

    Parameters
    ----------
    n : decisions that they explained
    rows : one result of ``audit.explain.agreement.agreement`` a method
    causes : method -> why it could not be measured
    among : how far each agrees with each other one (``audit.explain.agreement.overlaps``)
    """
    blank = dict.fromkeys(("top4_overlap", "same_top1", "rank_correlation", "max_difference"))
    measured = [dict(row) for row in rows]
    absent = [
        {"method": method, "n": 0, **blank, "cause": cause}
        for method, cause in causes.items()
        if method not in {row["method"] for row in rows}
    ]
    body = {"n": n, "with": measured + absent, **({"among": dict(among)} if among is not None else {})}
    return Figure("agreement", "model_risk", body)


def reference(references: Sequence[Reference]) -> Figure:
    """Return whom refused applicants were compared with, one entry a cutoff."""
    rows = [
        {
            "kind": one.kind,
            "n": one.n,
            "candidates": one.candidates,
            "cutoff": one.cutoff,
            "mean_score": one.mean_score,
            "low": one.low,
            "high": one.high,
            "digest": one.digest,
            "cause": one.cause,
        }
        for one in references
    ]
    return Figure("reference", "model_risk", {"references": rows})


def _by_importance(attributed: Attributed) -> list[int]:
    sizes = [_weighted_mean(np.abs(one), attributed.weights)[0] for one in attributed.contributions.T]
    return sorted(range(len(sizes)), key=lambda place: (-sizes[place], attributed.factors[place]))


def _weighted_mean(values: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, float | None]:
    """Return a weighted mean and its standard error, in an order that the rows do not decide."""
    if not len(values):
        return 0.0, None
    order = np.lexsort((weights, values))
    values, weights = values[order], weights[order]
    total = weights.sum()
    mean = float((values * weights).sum() / total)
    if len(values) < 2:
        return mean, None
    error = np.sqrt(((weights * (values - mean)) ** 2).sum() * len(values) / (len(values) - 1)) / total
    return mean, float(error)


def _unit_ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return ranks from 0 (lowest) to 1 (highest); NaN where a value is missing."""
    numbers = np.asarray(values, dtype=np.float64)
    out = np.full(len(numbers), np.nan)
    known = np.isfinite(numbers)
    n = int(known.sum())
    if n:
        out[known] = (ranks(numbers[known]) - 1) / max(1, n - 1)
    return out


def _bins(
    values: NDArray[Any], given: NDArray[np.float64], weights: NDArray[np.float64]
) -> list[dict[str, Any]]:
    numbers = np.asarray(values, dtype=np.float64)
    known = np.isfinite(numbers)
    numbers, given, weights = numbers[known], given[known], weights[known]
    if not len(numbers):
        return []
    distinct = np.unique(numbers)
    if len(distinct) <= BINS:
        place = np.searchsorted(distinct, numbers)
    else:
        edges = np.unique(np.quantile(numbers, np.arange(1, BINS) / BINS))
        place = np.searchsorted(edges, numbers, side="right")
    bins = []
    for at in np.unique(place):
        inside = place == at
        mean, _ = _weighted_mean(given[inside], weights[inside])
        bins.append(
            {
                "low": float(numbers[inside].min()),
                "high": float(numbers[inside].max()),
                "n": int(inside.sum()),
                "mean": mean,
            }
        )
    return bins


def _counted(causes: Counter[str]) -> list[dict[str, Any]]:
    return [
        {"cause": cause, "n": n} for cause, n in sorted(causes.items(), key=lambda item: (-item[1], item[0]))
    ]


def _cause(name: str) -> Figure:
    return Figure(name, "model_risk", {"cause": "no decision was attributed"})
