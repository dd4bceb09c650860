"""The tables and chart series that a report prints of population, data, model and scores. Pure.

Each function returns one figure, JSON values only; the run seals it as a row and reports print it.
A figure that could not be measured is ``{"cause": …}``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.data.profile import facts
from audit.fairness import performance
from audit.fairness.groups import ADVERSE, ALL, FAVOURABLE, NONE, CountTable
from audit.fairness.intervals import wilson_interval
from audit.record import Figure, Model, QuarantinedRow

if TYPE_CHECKING:
    from audit.config import ProtectedAttribute
    from audit.data.profile import Profile

STEPS = 40  # of the histogram of scores
ROUND_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def population(table: CountTable, *, held: int, quarantined: Sequence[QuarantinedRow]) -> Figure:
    """Return who was audited: rows = adverse + favourable + none + quarantined; held is of the adverse."""
    decided = table.matrix().sum(axis=1).tolist()
    favourable, n = decided[FAVOURABLE], decided[FAVOURABLE] + decided[ADVERSE]
    rate = None
    if n:
        low, high = wilson_interval(favourable, n)
        rate = {"value": favourable / n, "low": low, "high": high}
    causes = Counter(row.cause for row in quarantined)
    return Figure(
        "population",
        "model_risk",
        {
            "rows": sum(decided) + len(quarantined),
            "adverse": decided[ADVERSE],
            "favourable": favourable,
            "none": decided[NONE],
            "held": held,
            "quarantined": len(quarantined),
            "selection_rate": rate,
            "quarantined_causes": _by_count(causes, "cause"),
        },
    )


def data(
    name: str,
    digest: str,
    profile: Profile,
    table: CountTable,
    protected: Mapping[str, ProtectedAttribute],
    observed: tuple[str, Any] | None,
) -> Figure:
    """Return what the data hold.

    Parameters
    ----------
    protected : attribute -> how the config states it
    observed : (column, adverse value), optional
    """
    features = []
    for column, counted in profile.items():
        told = facts(column, counted)
        features.append(
            {
                "name": told.name,
                "type": told.type,
                "missing": told.missing,
                "low": told.low,
                "median": told.median,
                "high": told.high,
                "distinct": told.distinct,
            }
        )
    attributes = [
        {
            "attribute": attribute,
            "type": stated.type,
            "provenance": stated.provenance,
            "reference": stated.reference,
            "groups": [
                {"group": group, "n": int(table.matrix(attribute, group).sum())}
                for group in table.groups(attribute)
            ],
        }
        for attribute, stated in protected.items()
    ]
    known = None
    if observed is not None:
        n_known = int(table.matrix()[:, :2].sum())
        known = {"column": observed[0], "adverse": observed[1], "n_known": n_known}
    body = {
        "name": name,
        "digest": digest,
        "features": features,
        "protected": attributes,
        "observed": known,
    }
    return Figure("data", "model_risk", body)


def model(model: Model, protected_inputs: Mapping[str, str], permitted_inputs: Sequence[str] = ()) -> Figure:
    """Return what the model is.

    Parameters
    ----------
    protected_inputs : column -> the protected attribute that it is, or tells
    permitted_inputs : columns that tell age, where it is scored by leave
    """
    trust = model.trust
    return Figure(
        "model",
        "model_risk",
        {
            "name": model.name,
            "framework": model.framework,
            "version": model.version,
            "digest": model.digest,
            "inputs": list(model.inputs),
            "n_parameters": model.n_parameters,
            "layers": [dict(layer) for layer in model.layers],
            "trust": None
            if trust is None
            else {"by": trust.by, "reason": trust.reason, "date": trust.date.isoformat()},
            "protected_inputs": [
                {"column": column, "attribute": attribute}
                for column, attribute in sorted(protected_inputs.items())
            ],
            "permitted_inputs": list(permitted_inputs),
        },
    )


def scores(table: CountTable, cutoff: float | None) -> Figure:
    """Return the distribution of the scores of decided applicants, all and by group.

    ``counts[i]`` lie from ``edges[i]`` up to but not including ``edges[i + 1]``; the last includes it.
    """
    everybody = table.score_counts()
    if not len(everybody.score):
        return Figure("scores", "model_risk", {"cause": "the decisions have no scores"})
    edges = _edges(float(everybody.score[0]), float(everybody.score[-1]))

    def histogram(attribute: str, group: str) -> list[int]:
        found = table.score_counts(attribute, group)
        place = np.searchsorted(edges, found.score, side="right") - 1
        place = np.clip(place, 0, len(edges) - 2)
        counts = np.zeros(len(edges) - 1, dtype=np.int64)
        np.add.at(counts, place, found.n)
        return [int(n) for n in counts]

    by_group = {
        attribute: {group: histogram(attribute, group) for group in table.groups(attribute)}
        for attribute in table.attributes
    }
    body = {"edges": edges, "counts": histogram(ALL, ALL), "cutoff": cutoff, "by_group": by_group}
    return Figure("scores", "fair_lending", body)


def calibration(table: CountTable, *, adverse_high: bool) -> Figure:
    """Return what neighbouring scores promised and what happened.

    ``observed`` is the share of what a high score stands for, named in ``outcome``.
    """
    found = performance.calibration(table.score_counts(), adverse_high=adverse_high)
    if isinstance(found, str):
        return Figure("calibration", "model_risk", {"cause": found})
    bins = [
        {
            "n": each.n,
            "mean_score": each.mean_score,
            "observed": each.observed,
            "low": each.low,
            "high": each.high,
        }
        for each in found
    ]
    outcome = "adverse" if adverse_high else "favourable"
    return Figure("calibration", "model_risk", {"bins": bins, "outcome": outcome})


def confusion(table: CountTable) -> Figure:
    """Return decisions against outcomes; positive = adverse."""
    found = performance.confusion(table)
    if found is None:
        return Figure("confusion", "model_risk", {"cause": "what really happened was not observed"})
    right = found.true_positive + found.true_negative
    low, high = wilson_interval(right, found.n)
    body = {
        "true_positive": found.true_positive,
        "false_positive": found.false_positive,
        "true_negative": found.true_negative,
        "false_negative": found.false_negative,
        "n": found.n,
        "accuracy": right / found.n,
        "low": low,
        "high": high,
    }
    return Figure("confusion", "model_risk", body)


def demonstration(note: str) -> Figure:
    """Return the note of an example: that no real lender was audited."""
    return Figure("demonstration", "notice", {"note": note})


def method(
    *,
    reasons: str,
    exact_up_to: int,
    at_most: int,
    floor: float,
    players: int,
    seed: int,
    scale: str,
    designs: Sequence[str] = (),
) -> Figure:
    """Return how reasons were measured and chosen.

    Parameters
    ----------
    players : the number of factors
    designs : digests of the coalitions that the model was asked about (``explain.design.digest``)
    """
    chosen = {
        "method": reasons,
        "exact_up_to": exact_up_to,
        "at_most": at_most,
        "floor": floor,
        "players": players,
        "designs": list(designs),
    }
    return Figure("method", "model_risk", {"reasons": chosen, "seed": seed, "scale": scale})


def environment(
    *,
    program: str,
    python: str,
    packages: Mapping[str, str],
    platform: str,
    fingerprint: str,
    walls: str | None,
) -> Figure:
    """Return what the audit ran on.

    Parameters
    ----------
    walls : which walls stood around the model, in words; None where no model was opened
    """
    body = {
        "program": program,
        "python": python,
        "packages": dict(sorted(packages.items())),
        "platform": platform,
        "fingerprint": fingerprint,
        "walls": walls,
    }
    return Figure("environment", "model_risk", body)


def _by_count(counts: Counter[str], name: str) -> list[dict[str, Any]]:
    return [{name: key, "n": n} for key, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def _edges(low: float, high: float) -> list[float]:
    """Return round edges around the scores: 40 steps of 0 to 1 for probabilities, else 15 to 42 steps."""
    if low >= 0 and high <= 1:
        return [i / STEPS for i in range(STEPS + 1)]
    rough = (high - low) / STEPS
    if rough <= 0 or not math.isfinite(rough):
        return [low, math.nextafter(high, math.inf)]
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in ROUND_STEPS if size * factor >= rough * (1 - 1e-9))
    first = math.floor(low / step)
    last = max(math.ceil(high / step), first + 1)
    return [i * step for i in range(first, last + 1)]
