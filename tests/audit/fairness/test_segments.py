"""Segments added up, against statsmodels and solas-ai."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import StratifiedTable

from audit.fairness.segments import common

SIDE = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
SEGMENTS = st.lists(st.tuples(SIDE, SIDE).map(lambda two: (*two[0], *two[1])), min_size=2, max_size=6)


def as_statsmodels(tables) -> StratifiedTable:
    return StratifiedTable([np.array([[x, n - x], [y, m - y]], dtype=float) for x, n, y, m in tables])


@given(SEGMENTS)
def test_common_odds_and_test_are_those_of_statsmodels(tables) -> None:
    """Mantel-Haenszel's odds ratio with its interval, the test and the likeness meet statsmodels'."""
    found = common(tables)
    assume(found.odds_ratio)
    theirs = as_statsmodels(tables)
    odds = float(theirs.oddsratio_pooled)
    assert found.odds_ratio == pytest.approx(odds, rel=1e-9)
    ends = theirs.oddsratio_pooled_confint()
    assert (found.odds_low, found.odds_high) == pytest.approx(tuple(ends), rel=1e-9)
    assert found.ratio == pytest.approx(float(theirs.riskratio_pooled), rel=1e-9)
    assert found.p_value == pytest.approx(theirs.test_null_odds(correction=False).pvalue, abs=1e-12)
    inside = [(x, n, y, m) for x, n, y, m in tables if 0 < x + y < n + m]
    if len(inside) > 1 and found.p_alike is not None:
        expected = as_statsmodels(inside).test_equal_odds(adjust=True).pvalue
        assert found.p_alike == pytest.approx(expected, abs=1e-7)


@given(SEGMENTS)
def test_one_segment_cut_in_alike_halves_keeps_its_ratio(tables) -> None:
    """The common ratio lies within those of the segments, and equals that of segments all alike."""
    found = common(tables)
    ratios = [x * m / (n * y) for x, n, y, m in tables if y]
    if found.ratio is not None and len(ratios) == len(tables):
        assert min(ratios) - 1e-12 <= found.ratio <= max(ratios) + 1e-12
    twice = common([tables[0], tables[0]])
    x, n, y, m = tables[0]
    if y:
        assert twice.ratio == pytest.approx(x * m / (n * y))


def test_the_interval_of_the_ratio_is_greenland_and_robins() -> None:
    """With one segment the variance of the logarithm is that of Katz, in other letters."""
    found = common([(30, 100, 45, 90)])
    error = (1 / 30 - 1 / 100 + 1 / 45 - 1 / 90) ** 0.5
    assert np.log(found.ratio_high / found.ratio) == pytest.approx(1.959963984540054 * error)


def test_the_segments_of_solas() -> None:
    """solas-ai 0.6.0 over these segments: its test of likeness is met; its ratio is another definition.

    It divides those selected by those expected at the reference's rates, segment by segment, which is a
    standardized ratio; Mantel and Haenszel weigh segments by how much they can tell.
    """
    tables = [(187, 529, 674, 858), (336, 535, 700, 838), (171, 475, 611, 765)]
    found = common(tables)
    assert found.p_alike == pytest.approx(0.000000907143, abs=5e-13)
    assert found.p_value < 1e-12
    assert (found.n, found.n_segments) == (1539, 3)
    expected = sum(n * y / m for _, n, y, m in tables)
    assert sum(x for x, _, _, _ in tables) / expected == pytest.approx(0.558852103763, abs=5e-13)
    assert found.ratio == pytest.approx(0.5580090153149916)


def test_segments_undo_a_mix_that_hides_a_gap() -> None:
    """Over everybody the rates are alike; within each segment the group is approved less often."""
    tables = [(72, 90, 9, 10), (2, 10, 27, 90)]
    x, n, y, m = (sum(column) for column in zip(*tables, strict=True))
    assert x * m > 2 * n * y  # over everybody twice as often
    assert common(tables).ratio < 0.95


def test_what_tells_nothing_is_none() -> None:
    """No segment with both, nobody selected, and single people give no numbers and no crash."""
    assert common([]).ratio is None
    assert common([(0, 5, 0, 5)]).ratio is None
    assert common([(5, 5, 5, 5)]).p_value is None
    assert common([(0, 1, 1, 1)]).ratio == 0.0
