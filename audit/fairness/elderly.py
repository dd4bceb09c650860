"""The age rule: where age is scored, 62 and more must get at least the best points of any younger age.

The model is asked for each applicant at every age that occurs, all else as it was. It is worse for the
elderly where the worst score at 62 or more lies beyond the best one at a younger age.

Source: 12 CFR 1002.6(b)(2)(ii) and 1002.2(o); part 1002, comment 6(b)(2)-2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.fairness.intervals import wilson_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audit.config import ProtectedAttribute

    Floats = NDArray[np.float64]

ELDERLY = 62  # 12 CFR 1002.2(o)
ROWS = 1000  # applicants that are asked about
_MOST_AGES = 40
NOT_MOVED = (
    "age is read as something else than its own column of years, so it cannot be moved and all else kept"
)


def own(protected: Mapping[str, ProtectedAttribute]) -> frozenset[str]:
    """Return the columns of years: attributes of numbers that are called age."""
    return frozenset(
        one.column for name, one in protected.items() if name.lower() == "age" and one.type != "category"
    )


def columns(inputs: Mapping[str, str]) -> tuple[str, ...]:
    """Return the model's inputs that are age.

    Parameters
    ----------
    inputs : column -> the protected attribute that it is
    """
    return tuple(sorted(column for column, attribute in inputs.items() if attribute.lower() == "age"))


def ages(values: Floats) -> Floats | str:
    """Return the ages that are asked for, on both sides of 62; or why there are none."""
    known = np.unique(values[np.isfinite(values)])
    young, old = known[known < ELDERLY], known[known >= ELDERLY]
    if not len(young) or not len(old):
        return f"nobody among those looked at is {'of 62 or more' if len(young) else 'younger than 62'}"
    most = _MOST_AGES // 2
    picked = [
        one[np.unique(np.linspace(0, len(one) - 1, min(most, len(one))).round().astype(int))]
        for one in (young, old)
    ]
    return np.concatenate(picked)


def body(column: str, ages: Floats, scores: Floats, tolerance: float) -> dict[str, Any]:
    """Return the figure's body.

    Parameters
    ----------
    scores : float64[n, ages], positive toward refusal
    tolerance : what is closer than this is the same score

    Returns
    -------
    dict
        ``worse`` is the share of applicants for whom some age of 62 or more scores worse than some younger
        one; ``by`` how much at most; ``curve`` the mean score at each age.
    """
    old = ages >= ELDERLY
    by = scores[:, old].max(axis=1) - scores[:, ~old].min(axis=1)
    n, n_worse = len(by), int((by > tolerance).sum())
    low, high = wilson_interval(n_worse, n)
    return {
        "column": column,
        "n": n,
        "n_worse": n_worse,
        "worse": {"value": n_worse / n, "low": low, "high": high},
        "by": max(float(by.max()), 0.0),
        "curve": [
            {"age": float(age), "mean_score": float(np.sort(scores[:, at]).mean())}
            for at, age in enumerate(ages.tolist())
        ],
        "cause": None,
    }
