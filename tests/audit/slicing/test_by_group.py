"""The sweep of each group counts what a plain loop over its people counts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from audit.fairness import count
from audit.fairness.groups import CountTable
from audit.slicing.by_group import NO_GROUPS, sweeps

N = 400
THRESHOLDS = [0.0, 0.2, 0.5, 0.9, 1.0]


def people() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    sex = np.array(["f", "m", "x"], dtype=object)[rng.choice(3, N, p=[0.5, 0.47, 0.03])]
    return sex, np.round(rng.random(N), 2), rng.choice([0.0, 1.0, np.nan], N)


def table() -> CountTable:
    sex, score, observed = people()
    return count(["favourable"] * N, {"sex": sex}, score, observed)


@pytest.mark.parametrize("high", [True, False])
@pytest.mark.parametrize("included", [True, False])
def test_each_count_is_that_of_a_loop(high: bool, included: bool) -> None:
    """Approved, refused wrongly and missed; the ratio is of approval rates, with Katz's interval."""
    sex, score, observed = people()
    body = sweeps(
        table(),
        {"sex": "m"},
        THRESHOLDS,
        cutoff=0.5,
        adverse_high=high,
        included=included,
        min_group=30,
    )
    (of,) = body["attributes"]
    reference, group, few = of["groups"]
    assert [one["group"] for one in of["groups"]] == ["m", "f", "x"]
    assert few == {"group": "x", "n": int((sex == "x").sum()), "cause": "too few: n < 30"}
    for at, cut in enumerate(THRESHOLDS):
        bad = np.array([(s > cut if high else s < cut) or (included and s == cut) for s in score.tolist()])
        for row in (reference, group):
            mine = sex == row["group"]
            assert row["n"] == mine.sum()
            assert row["approved"][at] == (mine & ~bad).sum()
            assert row["false_positive"][at] == (mine & bad & (observed == 0)).sum()
            assert row["false_negative"][at] == (mine & ~bad & (observed == 1)).sum()
        x, n, y, m = group["approved"][at], group["n"], reference["approved"][at], reference["n"]
        if x == 0 or y == 0:
            assert group["ratio"][at] is group["low"][at] is group["high"][at] is None
            continue
        half = 1.959964 * math.sqrt(1 / x - 1 / n + 1 / y - 1 / m)
        assert group["ratio"][at] == pytest.approx(x / n / (y / m))
        assert group["low"][at] == pytest.approx(x / n / (y / m) * math.exp(-half), rel=1e-5)
        assert group["high"][at] == pytest.approx(x / n / (y / m) * math.exp(half), rel=1e-5)
    assert "ratio" not in reference


def test_what_cannot_be_swept_says_why() -> None:
    """No scores, no reference, or more groups than anybody reads."""
    how: dict[str, Any] = {"cutoff": None, "adverse_high": True, "included": True, "min_group": 30}
    bare = count(["adverse"] * 3, {"sex": ["f", "m", "m"]})
    assert sweeps(bare, {"sex": "m"}, [0.5], **how) == {"cause": "the decisions have no scores"}
    assert sweeps(table(), {"sex": "nobody"}, [0.5], **how) == {"cause": NO_GROUPS}
    many = count(
        ["adverse"] * 600,
        {"shop": np.array([f"s{i}" for i in range(600)], dtype=object)},
        np.linspace(0, 1, 600),
    )
    (of,) = sweeps(many, {"shop": "s0"}, [0.5], **how)["attributes"]
    assert of["cause"] == "600 groups, more than 500: state bands, or join groups"
