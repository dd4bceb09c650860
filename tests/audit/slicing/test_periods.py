"""Periods: dates become months, quarters and years, and drift is that of the scores themselves."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.data.drift import drift
from audit.fairness import count
from audit.slicing.counts import PERIOD, periods
from audit.slicing.periods import MOST_PERIODS, over_time, score_drift


@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=200),
    st.lists(st.integers(0, 60), min_size=1, max_size=200),
)
def test_drift_from_counts_is_drift_of_the_scores(then: list[int], now: list[int]) -> None:
    """Bins are cut where the raw scores of the first period would be cut, and PSI is equal."""
    one, other = ([value / 64 for value in values] for values in (then, now))
    counted = [count(["favourable"] * len(values), {}, values).score_counts() for values in (one, other)]
    found, plain = score_drift(*counted), drift(one, other)
    assert (found.n, found.m, found.bins) == (plain.n, plain.m, plain.bins)
    assert found.psi == pytest.approx(plain.psi, abs=1e-12)
    assert found.by_chance == pytest.approx(plain.by_chance, abs=1e-15)


def test_a_moved_month_is_seen_and_a_still_one_is_not() -> None:
    """Scores that rise in March move PSI far past what chance gives; February stays near it."""
    rng = np.random.default_rng(0)
    month = np.repeat(["2026-01", "2026-02", "2026-03", "2026-04"], [500, 500, 500, 10]).astype(object)
    score = rng.beta(2, 5, len(month))
    score[month == "2026-03"] = rng.beta(4, 3, 500)
    observed = (rng.random(len(month)) < score).astype(int)
    decided = np.where(score > 0.4, "adverse", "favourable").astype(object)
    body = over_time(count(decided, {PERIOD: month}, score, observed), 30, adverse_high=True)
    first, still, moved, small = body["periods"]
    assert body["reference"] == first["period"] == "2026-01"
    assert (first["psi"], still["reading"], moved["reading"]) == (0.0, "little", "much")
    assert moved["psi"] > 10 * moved["by_chance"]
    assert small["cause"] == "too few: n < 30"
    assert moved["measures"]["selection_rate"]["value"] < first["measures"]["selection_rate"]["value"]


def test_another_period_may_be_the_reference() -> None:
    """It is stated; one that no row lies in is a cause."""
    month = np.array(["2026-01"] * 40 + ["2026-02"] * 40, dtype=object)
    table = count(["favourable"] * 80, {PERIOD: month}, np.linspace(0, 1, 80))
    assert over_time(table, 30, adverse_high=True, reference="2026-02")["reference"] == "2026-02"
    assert over_time(table, 30, adverse_high=True, reference="2025-12") == {
        "cause": "no row lies in the reference period 2025-12"
    }


def test_dates_that_cannot_be_read_are_counted() -> None:
    """They are in no period, and said."""
    cells = pl.Series(["2026-05-03", None, "03.05.2026", "2026-05-31T09:00:00"])
    found = periods(cells, "month")
    assert found.tolist() == ["2026-05", "unknown", "unknown", "2026-05"]
    assert periods(cells, "year").tolist() == ["2026", "unknown", "unknown", "2026"]
    body = over_time(count(["favourable"] * 4, {PERIOD: found}, [0.1] * 4), 1, adverse_high=True)
    assert body["n_unknown"] == 2
    none = count(["favourable"] * 2, {PERIOD: np.array(["unknown"] * 2, dtype=object)}, [0.1] * 2)
    assert over_time(none, 1, adverse_high=True) == {"cause": "no row has a date in the column of dates"}


def test_too_many_periods_are_refused_with_a_way_out() -> None:
    """Sixty-one months say: write by: quarter."""
    month = np.array([f"{1990 + k // 12}-{k % 12 + 1:02}" for k in range(MOST_PERIODS + 1)], dtype=object)
    body = over_time(
        count(["favourable"] * len(month), {PERIOD: month}, [0.5] * len(month)), 1, adverse_high=True
    )
    assert body == {"cause": "61 periods, more than 60: write by: quarter or by: year"}
