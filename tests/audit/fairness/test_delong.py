"""DeLong's error of an AUC, against placements of every single person."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from audit.fairness import count
from audit.fairness.delong import auc_difference, delong_interval, delong_variance
from audit.fairness.performance import auc_rate
from tests.oracles import counts as oracle

SCORE = st.sampled_from([0.1, 0.2, 0.25, 0.4, 0.7, 0.9])


def of(adverse: list[float], favourable: list[float]):
    rows = len(adverse) + len(favourable)
    observed = [1] * len(adverse) + [0] * len(favourable)
    return count(["adverse"] * rows, {}, [*adverse, *favourable], observed).score_counts()


@given(st.lists(SCORE, min_size=2, max_size=25), st.lists(SCORE, min_size=2, max_size=25))
def test_the_variance_is_that_of_placements(adverse, favourable) -> None:
    """Counted by distinct score it equals the one counted by person, ties included."""
    expected = oracle.delong_variance(adverse, favourable)
    assert delong_variance(of(adverse, favourable)) == pytest.approx(expected, abs=1e-14)


def test_too_few_outcomes_have_no_variance() -> None:
    """One adverse outcome leaves no spread to be measured."""
    assert delong_variance(of([0.5], [0.1, 0.2])) is None
    assert delong_interval(1.0, of([0.5], [0.1, 0.2])) is None


def test_the_interval_covers() -> None:
    """Of 400 samples of a known AUC, the interval of DeLong holds it about 19 times in 20."""
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(400):
        counts = of(rng.normal(1, 1, 60).tolist(), rng.normal(0, 1, 90).tolist())
        low, high = delong_interval(auc_rate("a", "g", counts, adverse_high=True).value, counts)
        held += low <= 0.7602499389065233 <= high  # the normal distribution at 1 / sqrt(2)
    assert 0.92 <= held / 400 <= 0.98


def test_two_groups_are_compared_with_both_errors() -> None:
    """Difference, interval and p-value of two AUCs follow from both variances."""
    rng = np.random.default_rng(3)
    people = [[rng.normal(mean, 1, n) for mean, n in ((shift, 40), (0, 90))] for shift in (0.3, 1.5)]
    worse, better = (of(adverse.tolist(), favourable.tolist()) for adverse, favourable in people)
    aucs = tuple(auc_rate("a", "g", one, adverse_high=True).value for one in (worse, better))
    found = auc_difference("a", "g", "r", aucs, (worse, better), None)
    error = (delong_variance(worse) + delong_variance(better)) ** 0.5
    assert found.value == aucs[1] - aucs[0]
    parts = []
    for adverse, favourable in people:
        won = np.array([[float(a > b) + (a == b) / 2 for b in favourable] for a in adverse])
        parts += [(won.mean(axis=axis).var(ddof=1) / k, k) for axis, k in ((1, 40), (0, 90))]
    freedom = sum(v for v, _ in parts) ** 2 / sum(v**2 / (k - 1) for v, k in parts)
    assert found.high - found.low == pytest.approx(2 * stats.t.ppf(0.975, freedom) * error)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(found.value) / error, freedom))
    assert (found.low <= 0 <= found.high) == (found.p_value >= 0.05)
    lost = auc_difference("a", "g", "r", (None, 0.7), (worse, better), None)
    assert lost.value is None
    assert "this group has no AUC" in lost.cause
