"""Many tests at once: adjusted p-values against statsmodels, and the two kinds of significance apart."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from audit.fairness.families import benjamini_hochberg, families, holm
from audit.fairness.fisher import fisher_p_value
from audit.record import Bound, Disparity

LINE = Bound(dt.date(1978, 9, 25), at_least=0.8)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_adjusted_p_values_are_those_of_statsmodels(p_values) -> None:
    """Holm's and Benjamini-Hochberg's meet statsmodels', ties and all."""
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)
    assert benjamini_hochberg(p_values) == pytest.approx(
        multipletests(p_values, method="fdr_bh")[1], abs=1e-12
    )
    assert holm([]) == benjamini_hochberg([]) == ()


def ratio(group: str, value: float, p_value: float | None, cause: str | None = None) -> Disparity:
    return Disparity("sex", group, "m", "adverse_impact_ratio", 500, value, None, None, p_value, cause)


def test_a_gap_may_be_large_or_sure_or_both_or_neither() -> None:
    """Practical and statistical significance are told apart, and a small group has neither verdict."""
    found = families(
        [
            ratio("both", 0.7, 0.001),
            ratio("large", 0.7, 0.4),
            ratio("sure", 0.9, 0.001),
            ratio("neither", 0.99, 0.9),
            ratio("few", 0.1, 0.01, "too few: n < 30"),
            ratio("unmeasured", 0.1, None, "nobody"),
            Disparity("sex", "f", "m", "price_gap", 500, 0.2, 0.1, 0.3, 0.01),
        ],
        {"adverse_impact_ratio": LINE},
    )
    of_ratios, of_prices = found
    verdicts = {row["group"]: (row["practical"], row["statistical"]) for row in of_ratios["rows"]}
    assert verdicts == {
        "both": (True, True),
        "large": (True, False),
        "sure": (False, True),
        "neither": (False, False),
        "few": (None, None),
    }
    assert (of_ratios["n_tests"], of_ratios["line"]) == (5, {"at_least": 0.8})
    assert [row["practical"] for row in of_prices["rows"]] == [None]


def test_a_null_world_raises_few_alarms() -> None:
    """Where twelve groups do not differ, Holm's test raises an alarm in at most one audit of twenty."""
    rng = np.random.default_rng(11)
    alarms = plain = 0
    audits = 400
    for _ in range(audits):
        y = int(rng.binomial(2000, 0.6))
        p_values = [fisher_p_value(int(rng.binomial(150, 0.6)), 150, y, 2000) for _ in range(12)]
        alarms += min(holm(p_values)) < 0.05
        plain += min(p_values) < 0.05
    assert alarms / audits <= 0.05
    assert plain / audits > 0.2  # what is held back by the correction
