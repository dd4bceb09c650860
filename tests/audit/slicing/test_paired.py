"""Model and baseline on the same rows: errors are paired, and interval and p-value are one test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score
from statsmodels.stats.contingency_tables import mcnemar

from audit.slicing.counts import Plan, Rows, count_slices, merge_slices
from audit.slicing.paired import error_difference, paired, sign_test


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_interval_holds_zero_exactly_when_p_is_not_below_the_level(one: int, other: int) -> None:
    """The p-value is McNemar's exact one, the interval the binomial's, as scipy and statsmodels have them."""
    p = sign_test(one, other)
    assert p == pytest.approx(mcnemar([[5, one], [other, 9]], exact=True).pvalue, abs=1e-12)
    difference, low, high = error_difference(one, other, 200)
    assert difference == (one - other) / 200
    if one + other == 0:
        assert (low, high) == (None, None)
        return
    ends = binomtest(one, one + other).proportion_ci(0.95, method="exact")
    assert low == pytest.approx((2 * ends.low - 1) * (one + other) / 200, abs=1e-12)
    assert high == pytest.approx((2 * ends.high - 1) * (one + other) / 200, abs=1e-12)
    assert low <= difference <= high
    assert (low <= 0 <= high) == (p >= 0.05)


def test_both_are_counted_on_the_rows_that_both_scored() -> None:
    """Rows without a score of the baseline are left out of both sides, and counted."""
    import polars as pl

    rng = np.random.default_rng(0)
    score, other = rng.random(400), rng.random(400)
    observed = (rng.random(400) < score).astype(float)
    other[:50] = np.nan
    rows = Rows(
        outcome=np.where(score >= 0.5, "adverse", "favourable").astype(object),
        score=score,
        observed=observed,
        baseline=other,
        model_adverse=score >= 0.5,
        baseline_adverse=other >= 0.5,
    )
    frame = pl.DataFrame({"x": ["1"] * 400})
    halves = [
        count_slices(Plan(), frame[:100], {}, _some(rows, slice(0, 100))),
        count_slices(Plan(), frame[100:], {}, _some(rows, slice(100, 400))),
    ]
    counts = merge_slices(halves)
    assert counts.n_uncompared == 50
    found = paired(counts.compared[0], "all", "all", adverse_high=True, min_group=30)
    kept = slice(50, None)
    assert found["n"] == 350
    assert found["model"]["auc"]["value"] == pytest.approx(
        roc_auc_score(observed[kept], score[kept]), abs=1e-14
    )
    assert found["baseline"]["auc"]["value"] == pytest.approx(
        roc_auc_score(observed[kept], other[kept]), abs=1e-14
    )
    wrong, other_wrong = ((each >= 0.5) != (observed == 1) for each in (score, other))
    errors = found["errors"]
    assert errors["only_model"] == int((wrong & ~other_wrong)[kept].sum())
    assert errors["only_baseline"] == int((~wrong & other_wrong)[kept].sum())
    assert errors["both"] == int((wrong & other_wrong)[kept].sum())
    assert errors["n"] == 350


def test_without_a_cutoff_errors_are_not_compared() -> None:
    """What each orders is still told."""
    import polars as pl

    score = np.linspace(0.1, 0.9, 40)
    rows = Rows(
        np.array(["favourable"] * 40, dtype=object), score, (np.arange(40) % 2).astype(float), 1 - score
    )
    counts = count_slices(Plan(), pl.DataFrame({"x": ["1"] * 40}), {}, rows)
    found = paired(counts.compared[0], "all", "all", adverse_high=True, min_group=50)
    assert found["errors"] == {"cause": "errors need outcomes, and a cutoff of each model"}
    assert found["cause"] == "too few: n < 50"
    assert found["model"]["auc"]["value"] == pytest.approx(1 - found["baseline"]["auc"]["value"])


def _some(rows: Rows, part: slice) -> Rows:
    return Rows(
        rows.outcome[part],
        rows.score[part],
        rows.observed[part],  # type: ignore[index]
        rows.baseline[part],  # type: ignore[index]
        rows.model_adverse[part],  # type: ignore[index]
        rows.baseline_adverse[part],  # type: ignore[index]
    )
