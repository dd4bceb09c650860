"""Tables and chart series of the global methods. Pure: what was measured in, a figure out.

Scores stay on the scale on which the cutoff is stated and are not turned toward refusal: these
pictures speak of the model, not of a decision. What tells of groups is a figure of its own, of
restricted access.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.explain.ale import Effect
from audit.explain.axis import Axis, NoAxis
from audit.explain.extrapolation import Beyond
from audit.explain.interaction import Interaction
from audit.explain.partial_dependence import Dependence, GroupCurve, drawn_lines
from audit.explain.permutation_importance import Importance
from audit.explain.pictures import label_of
from audit.explain.population import Estimate
from audit.explain.weights import Weights
from audit.record import Figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

MEASURES = ("auc", "log_loss", "moved", "turned")
UNITS = 12  # of the first layer that are shown, by reach
GROUP_CURVES = 12  # axes drawn by group, by gap

ByGroup = Mapping[tuple[str, str], Sequence[Importance]]


def permutation_importance(found: Sequence[Importance], repeats: int, seed: int) -> Figure:
    """Return what is lost without each factor, largest first.

    ``ordered_by`` is the AUC where outcomes were observed, else how far scores move. A measure that
    is absent for all factors stands in ``causes``; a factor of which nothing was measured in its row.
    """
    by = "auc" if any("auc" in one.measures for one in found) else "moved"
    rows = [
        {
            "factor": one.factor,
            "label": label_of(one.factor),
            **{measure: _estimate(one.measures.get(measure)) for measure in MEASURES},
            "cause": one.causes.get("moved"),
        }
        for one in sorted(found, key=lambda one: (-_size(one, by), one.factor))
    ]
    measured = [one for one in found if "moved" in one.measures]
    causes = {
        measure: measured[0].causes[measure]
        for measure in MEASURES
        if measured and all(measure in one.causes for one in measured)
    }
    body = {
        "n": max((one.n for one in found), default=0),
        "repeats": repeats,
        "seed": seed,
        "ordered_by": by,
        "causes": causes,
        "factors": rows,
    }
    return Figure("permutation_importance", "model_risk", body)


def permutation_importance_by_group(by_group: ByGroup) -> Figure:
    """Return how far scores of each group move without each factor; factors by their largest move."""
    name = "permutation_importance_by_group"
    if not by_group:
        return Figure(name, "fair_lending", {"cause": "no group is large enough"})
    attributes: dict[str, list[tuple[str, Sequence[Importance]]]] = {}
    for (attribute, group), found in by_group.items():
        attributes.setdefault(attribute, []).append((group, found))
    body = []
    for attribute, groups in attributes.items():
        factors = [one.factor for one in groups[0][1]]
        order = sorted(
            range(len(factors)),
            key=lambda at: (-max(_size(found[at], "moved") for _, found in groups), factors[at]),
        )
        rows = [
            {
                "factor": factors[at],
                "label": label_of(factors[at]),
                "values": [_estimate(found[at].measures.get("moved")) for _, found in groups],
            }
            for at in order
        ]
        body.append(
            {
                "attribute": attribute,
                "groups": [{"group": group, "n": found[0].n} for group, found in groups],
                "factors": rows,
            }
        )
    return Figure(name, "fair_lending", {"measure": "moved", "attributes": body})


def partial_dependence(found: Sequence[tuple[Dependence, Beyond]], absent: Sequence[NoAxis]) -> Figure:
    """Return each axis' mean score point by point, the widest first, and what could not be moved."""
    axes = [
        {
            **_axis(one.axis),
            "points": list(one.axis.points),
            "mean": _floats(one.mean),
            "low": [point.low for point in one.at_points()],
            "high": [point.high for point in one.at_points()],
            "counts": list(one.axis.counts),
            "extent": one.extent,
            "spread": one.spread,
            "against": one.against,
            "n_unknown": int((~one.axis.known).sum()),
            "left_out": one.axis.left_out,
            "beyond": {"share": beyond.share, "column": beyond.column, "cause": beyond.cause},
        }
        for one, beyond in _widest(found)
    ]
    n = len(found[0][0].lines) if found else 0
    return Figure("partial_dependence", "model_risk", {"n": n, "axes": axes, "not_measured": _absent(absent)})


def partial_dependence_by_group(
    found: Sequence[tuple[Dependence, Sequence[GroupCurve]]], min_group: int
) -> Figure:
    """Return the curves of groups where one differs from the rest by more than chance.

    Curves start at 0. ``n_alike`` counts axes along which no group of the attribute differs.
    """
    name = "partial_dependence_by_group"
    attributes = list(dict.fromkeys(curve.attribute for _, curves in found for curve in curves))
    if not attributes:
        return Figure(name, "fair_lending", {"cause": f"no two groups of {min_group} or more"})
    body = []
    for attribute in attributes:
        differ = []
        for one, curves in found:
            mine = [curve for curve in curves if curve.attribute == attribute]
            if any(curve.more_than_chance for curve in mine):
                differ.append((max(abs(c.gap) for c in mine if c.more_than_chance), one, mine))
        differ.sort(key=lambda each: (-each[0], each[1].axis.factor, each[1].axis.column))
        body.append(
            {
                "attribute": attribute,
                "n_alike": len(found) - len(differ),
                "n_differ": len(differ),
                "axes": [
                    {
                        **_axis(one.axis),
                        "points": list(one.axis.points),
                        "groups": [
                            {
                                "group": curve.group,
                                "n": curve.n,
                                "mean": _floats(curve.mean),
                                "gap": curve.gap,
                                "more_than_chance": curve.more_than_chance,
                            }
                            for curve in mine
                        ],
                    }
                    for _, one, mine in differ[:GROUP_CURVES]
                ],
            }
        )
    return Figure(name, "fair_lending", {"attributes": body})


def ice(found: Sequence[Dependence], seed: int) -> Figure:
    """Return some single lines of the widest axis of each factor; all start at 0."""
    first: dict[str, Dependence] = {}
    for one in sorted(found, key=lambda one: (-one.extent, one.axis.column)):
        first.setdefault(one.axis.factor, one)
    axes = [
        {
            **_axis(one.axis),
            "points": list(one.axis.points),
            "lines": [_floats(line) for line in drawn_lines(one, seed=seed)],
            "mean": _floats(one.centred.mean(axis=0)),
            "spread": one.spread,
            "against": one.against,
        }
        for one in first.values()
    ]
    n = len(found[0].lines) if found else 0
    return Figure("ice", "model_risk", {"n": n, "seed": seed, "axes": axes})


def ale(found: Sequence[Effect], absent: Sequence[NoAxis]) -> Figure:
    """Return each accumulated effect, the widest first, and what has none."""
    axes = [
        {
            **_axis(one.axis),
            "points": list(one.points),
            "effect": _floats(one.values),
            "low": _floats(one.low),
            "high": _floats(one.high),
            "counts": list(one.counts),
            "extent": one.extent,
            "left_out": one.left_out,
        }
        for one in sorted(found, key=lambda one: (-one.extent, one.axis.factor, one.axis.column))
    ]
    return Figure("ale", "model_risk", {"axes": axes, "not_measured": _absent(absent)})


def interaction(found: Sequence[Interaction], n: int, among: Sequence[str]) -> Figure:
    """Return the pairs, the largest first."""
    pairs = [
        {
            "first": one.first,
            "second": one.second,
            "label": f"{label_of(one.first)} with {label_of(one.second).lower()}",
            "share": one.share,
            "share_low": one.share_low,
            "share_high": one.share_high,
            "size": one.size,
            "low": one.size_low,
            "high": one.size_high,
        }
        for one in found
    ]
    body = {"n": n, "among": [{"factor": one, "label": label_of(one)} for one in among], "pairs": pairs}
    return Figure("interaction", "model_risk", body)


def weights(found: Weights, factors: Mapping[str, Sequence[str]]) -> Figure:
    """Return what the weights say: layers, columns by path weight, units of the first layer."""
    factor_of = {column: factor for factor, columns in factors.items() for column in columns}
    body = {
        "n": found.n,
        "linear": found.linear,
        "layers": [
            {
                "name": one.name,
                "units": one.units,
                "activation": one.activation,
                "norm": one.norm,
                "gain": one.gain,
                "small": one.small,
                "idle": one.idle,
                "cut_off": one.cut_off,
            }
            for one in found.layers
        ],
        "columns": [
            {
                "column": one.column,
                "factor": factor_of.get(one.column, ""),
                "path": one.path,
                "share": one.share,
                "signed": one.signed,
            }
            for one in found.columns
        ],
        "n_units": len(found.units),
        "units": [
            {
                "unit": one.unit,
                "reach": one.reach,
                "inputs": [
                    {"column": column, "weight": weight, "share": share}
                    for column, weight, share in one.inputs
                ],
            }
            for one in found.units[:UNITS]
        ],
    }
    return Figure("weights", "model_risk", body)


def _axis(axis: Axis) -> dict[str, Any]:
    return {
        "factor": axis.factor,
        "label": label_of(axis.factor),
        "column": axis.column,
        "kind": axis.kind,
    }


def _widest(found: Sequence[tuple[Dependence, Beyond]]) -> list[tuple[Dependence, Beyond]]:
    return sorted(found, key=lambda one: (-one[0].extent, one[0].axis.factor, one[0].axis.column))


def _absent(absent: Sequence[NoAxis]) -> list[dict[str, Any]]:
    return [
        {"factor": one.factor, "label": label_of(one.factor), "column": one.column, "cause": one.cause}
        for one in absent
    ]


def _floats(values: NDArray[np.float64]) -> list[float]:
    return [float(value) for value in values.tolist()]


def _estimate(one: Estimate | None) -> dict[str, float] | None:
    return None if one is None else {"value": one.value, "low": one.low, "high": one.high}


def _size(one: Importance, measure: str) -> float:
    found = one.measures.get(measure)
    return -np.inf if found is None else found.value
