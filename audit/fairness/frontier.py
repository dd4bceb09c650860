"""Every cutoff that might be: how many are approved, how often rightly, and at which ratio of rates.

Read from the scores that were counted, so it asks no model. Cutoffs stand at scores that occur, thinned to
about one for each hundredth of applicants; the one in use is always among them.

Source: Katz et al. (1978), Biometrics 34:469, for the interval of a ratio: it is drawn at a hundred cutoffs,
where the exact one would cost a minute.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from audit.fairness.alternatives import NO_OUTCOME
from audit.fairness.groups import CountTable
from audit.fairness.intervals import Z, wilson_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

STEPS = 100
NO_CUTOFF = "the config states no single cutoff, so there is none to move"
NO_SCORES = "the decisions have no scores"


def cutoffs(
    table: CountTable,
    references: Mapping[str, str],
    cutoff: float | None,
    *,
    adverse_high: bool,
    at_cutoff_adverse: bool,
    min_group: int,
) -> dict[str, Any]:
    """Return the figure's body.

    Parameters
    ----------
    references : attribute -> group
    cutoff : the one in use

    Returns
    -------
    dict
        ``cutoffs``, and for each the ``approval`` rate and the share of ``right`` decisions (refused and
        later bad, approved and later good); by attribute and group ``ratio``, ``low`` and ``high``, None
        where nobody is approved in one of the two.
    """
    everybody = table.score_counts()
    if cutoff is None or not len(everybody.score):
        return {"cause": NO_CUTOFF if cutoff is None else NO_SCORES}
    points = _points(everybody.score, everybody.n, cutoff)
    sign = 1.0 if adverse_high else -1.0

    def approved(score: Floats, n: NDArray[np.int64]) -> NDArray[np.int64]:
        order = np.argsort(sign * score, kind="stable")
        before = np.concatenate([[0], np.cumsum(n[order])])
        passed = sign * score[order]
        if at_cutoff_adverse:
            return np.asarray(before[np.searchsorted(passed, sign * points, side="left")])
        return np.asarray(before[np.searchsorted(passed, sign * points, side="right")])

    total = int(everybody.n.sum())
    passed = approved(everybody.score, everybody.n)
    known = int(everybody.adverse.sum() + everybody.favourable.sum())
    good = approved(everybody.score, everybody.favourable)
    bad = approved(everybody.score, everybody.adverse)
    right = good + (int(everybody.adverse.sum()) - bad)
    attributes = []
    for attribute, reference in references.items():
        base = table.score_counts(attribute, reference)
        size, theirs = int(base.n.sum()), approved(base.score, base.n)
        groups = []
        for group in table.groups(attribute):
            found = table.score_counts(attribute, group)
            n = int(found.n.sum())
            if group in (reference, "unknown") or min(n, size) < min_group:
                continue
            mine = approved(found.score, found.n)
            groups.append({"group": group, "n": n, **ratios_at(mine, n, theirs, size)})
        attributes.append({"attribute": attribute, "reference": reference, "groups": groups})
    return {
        "n": total,
        "n_known": known,
        "cutoff": cutoff,
        "cutoffs": points.tolist(),
        "approval": [x / total for x in passed.tolist()],
        "right": None if known == 0 else [_share(int(x), known) for x in right.tolist()],
        "right_cause": NO_OUTCOME if known == 0 else None,
        "attributes": attributes,
    }


def _points(score: Floats, n: NDArray[np.int64], cutoff: float) -> Floats:
    """Return cutoffs at which about one hundredth more of all applicants pass than at the one before."""
    reach = np.cumsum(n) / n.sum()
    wanted = np.linspace(0, 1, STEPS + 1)[1:-1]
    return np.unique([*score[np.searchsorted(reach, wanted - 1e-12)].tolist(), cutoff])


def _share(x: int, n: int) -> dict[str, float]:
    low, high = wilson_interval(x, n)
    return {"value": x / n, "low": low, "high": high}


def ratios_at(
    mine: NDArray[np.int64], n: int, theirs: NDArray[np.int64], size: int
) -> dict[str, list[float | None]]:
    """Return ratio and ends of two approval rates, cutoff by cutoff.

    Parameters
    ----------
    mine, theirs : int64[cutoffs]
        How many of the group, and of its reference, are approved.
    n, size : int
        How many there are of each.

    Returns
    -------
    dict of lists
        ``ratio``, ``low`` and ``high`` (Katz, 95 %); None where nobody is approved in one of the two.
    """
    out: dict[str, list[float | None]] = {"ratio": [], "low": [], "high": []}
    for x, y in zip(mine.tolist(), theirs.tolist(), strict=True):
        if x == 0 or y == 0:
            for values in out.values():
                values.append(None)
            continue
        middle = math.log(x * size / (n * y))
        half = Z * math.sqrt(max(0.0, 1 / x - 1 / n + 1 / y - 1 / size))
        out["ratio"].append(math.exp(middle))
        out["low"].append(math.exp(middle - half))
        out["high"].append(math.exp(middle + half))
    return out
