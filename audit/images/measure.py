"""What an audit of pictures measures: what is recognised, where methods look, and how far they agree.

Pure: scores and maps in, numbers out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.explain.agreement import spearman
from audit.fairness.intervals import wilson_interval
from audit.images.curves import SHARES, area
from audit.record import Measurement, Pictured, Rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CONFUSED = 8  # pairs told, the most frequent first
HALF = 0.5  # of a class's score
_Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over pictures and its 95 % interval, held to the range that it can have."""

    n: int
    value: float | None
    low: float | None = None
    high: float | None = None


def mean_of(values: Sequence[float] | NDArray[np.float64], least: float, most: float) -> Mean:
    """Return the mean over pictures.

    >>> mean_of([0.5], 0.0, 1.0)
    Mean(n=1, value=0.5, low=None, high=None)
    """
    given = np.sort(np.asarray(values, dtype=np.float64))
    if not len(given):
        return Mean(0, None)
    value = float(given.mean())
    if len(given) < 2:
        return Mean(1, value)
    error = float(given.std(ddof=1) / np.sqrt(len(given)))
    return Mean(len(given), value, max(least, value - _Z95 * error), min(most, value + _Z95 * error))


def recognised(
    targets: NDArray[np.int64], predicted: NDArray[np.int64], classes: Sequence[str]
) -> tuple[Rate, ...]:
    """Return the share that was recognised, of all and of each class, with Wilson's interval."""
    right = targets == predicted
    found = [_rate("all", "all", right)]
    return (*found, *(_rate("class", name, right[targets == at]) for at, name in enumerate(classes)))


def confused(
    targets: NDArray[np.int64], predicted: NDArray[np.int64], classes: Sequence[str]
) -> list[dict[str, Any]]:
    """Return which classes were taken for which others, the most frequent first."""
    pairs = Counter((int(a), int(b)) for a, b in zip(targets, predicted, strict=True) if a != b)
    ranked = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    return [{"label": classes[a], "predicted": classes[b], "n": n} for (a, b), n in ranked[:MOST_CONFUSED]]


def as_parts(scores: NDArray[np.float64]) -> bool:
    """Return whether scores are parts of 1 already, so that no softmax is to be taken of them."""
    return bool((scores >= 0).all() and (scores <= 1).all())


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scores as parts of 1.

    >>> softmax(np.array([[0.0, 0.0]])).tolist()
    [[0.5, 0.5]]
    """
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return found


def curve(
    method: str, curves: NDArray[np.float64], by_lot: NDArray[np.float64] | None = None
) -> dict[str, Any]:
    """Return a method's mean curve, the mean area under it, and where half of the score is back.

    ``gain`` is the mean by which the area exceeds that of pixels by lot, picture by picture.

    Parameters
    ----------
    curves : float64[n, shares] of single pictures
    by_lot : the same of pixels by lot, on the same pictures
    """
    under = mean_of(area(curves), 0.0, 1.0)
    gain = mean_of(area(curves) - area(by_lot), -1.0, 1.0) if by_lot is not None else None
    points = []
    for at, share in enumerate(SHARES):
        one = mean_of(curves[:, at], 0.0, 1.0)
        points.append({"share": share, "mean": one.value, "low": one.low, "high": one.high})
    means = curves.mean(axis=0)
    half = next((share for share, mean in zip(SHARES, means, strict=True) if mean >= HALF), None)
    return {
        "method": method,
        "n": under.n,
        "area": under.value,
        "low": under.low,
        "high": under.high,
        "half": half,
        "gain": None if gain is None else {"value": gain.value, "low": gain.low, "high": gain.high},
        "points": points,
    }


def agreement(found: Mapping[str, Pictured]) -> list[dict[str, Any]]:
    """Return the mean rank correlation of the maps of each two methods, picture by picture.

    A picture on which a map is the same everywhere has no order and takes no part.
    """
    pairs = []
    for one, other in combinations(found, 2):
        each = [
            spearman(a.ravel(), b.ravel()) for a, b in zip(found[one].maps, found[other].maps, strict=True)
        ]
        told = mean_of([value for value in each if value is not None], -1.0, 1.0)
        pairs.append(
            {"one": one, "other": other, "n": told.n, "value": told.value, "low": told.low, "high": told.high}
        )
    return pairs


def completeness(found: Pictured) -> dict[str, Any] | None:
    """Return what contributions leave out of the way from baseline to picture; None of other methods.

    ``share`` is the mean size of what is left out over the mean size of the way: 0 = complete.
    """
    if found.residual is None or found.way is None:
        return None
    left, way = np.sort(np.abs(found.residual)), np.sort(np.abs(found.way))
    share = float(left.mean() / way.mean()) if way.mean() > 0 else None
    return {
        "method": found.method,
        "n": len(left),
        "mean": float(left.mean()),
        "largest": float(left.max()),
        "way": float(way.mean()),
        "share": share,
    }


def measurements(
    rates: Sequence[Rate],
    curves: Sequence[Mapping[str, Any]],
    pairs: Sequence[Mapping[str, Any]],
    complete: Mapping[str, Any] | None,
) -> tuple[Measurement, ...]:
    """Return what a house policy may ask: shares recognised, areas, rank correlations, what is left out."""
    found = [
        Measurement("image_accuracy", one.value, one.low, one.high, one.n, one.attribute, one.group)
        for one in rates
    ]
    found += [
        Measurement(
            "image_region_curve", one["area"], one["low"], one["high"], one["n"], "method", one["method"]
        )
        for one in curves
    ]
    for one in pairs:
        names = f"{one['one']} x {one['other']}"
        found.append(
            Measurement("image_agreement", one["value"], one["low"], one["high"], one["n"], "methods", names)
        )
    if complete is not None:
        found.append(Measurement("image_completeness", complete["share"], n=complete["n"]))
    return tuple(found)


def _rate(attribute: str, group: str, right: NDArray[np.bool_]) -> Rate:
    n, so = len(right), int(right.sum())
    if not n:
        return Rate(attribute, group, "accuracy", 0, None, cause="no picture shows it")
    low, high = wilson_interval(so, n)
    return Rate(attribute, group, "accuracy", n, so / n, low, high)
