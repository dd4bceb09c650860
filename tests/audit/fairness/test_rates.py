"""Rates against plain loops."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.fairness import count, disparities, measurements, rates
from tests.oracles import counts as oracle

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["adverse", "favourable", "none"]),
        st.sampled_from(["female", "male"]),
        st.sampled_from([0.1, 0.2, 0.25, 0.7, 0.9]),
        st.sampled_from([1, 0, None]),
    ),
    min_size=1,
    max_size=60,
)


@given(ROWS, st.booleans())
def test_rates_equal_plain_loops(rows, adverse_high) -> None:
    """Every rate of every group equals the one counted row by row, with its n."""
    outcome, sex, score, observed = map(list, zip(*rows, strict=True))
    found = {
        (r.attribute, r.group, r.metric): r
        for r in rates(count(outcome, {"sex": sex}, score, observed), 5, adverse_high=adverse_high)
    }
    any_observed = any(row[0] != "none" and row[3] is not None for row in rows)
    for attribute, group in [("all", "all"), *(("sex", name) for name in set(sex))]:
        mine = [row for row in rows if group in ("all", row[1])]
        for metric, (counted, of) in oracle.METRICS.items():
            if metric != "selection_rate" and not any_observed:
                continue
            hits, n = oracle.share([(row[0], row[3]) for row in mine], counted, of)
            rate = found[attribute, group, metric]
            assert rate.n == n
            assert rate.value == (hits / n if n else None)
            assert (rate.cause is None) == (n >= 5)
            if n:
                assert 0 <= rate.low <= rate.value <= rate.high <= 1
        if any_observed:
            decided = [row for row in mine if row[0] != "none"]
            expected = oracle.auc([row[2] for row in decided], [row[3] for row in decided], adverse_high)
            auc = found[attribute, group, "auc"]
            assert auc.value == (None if expected is None else pytest.approx(expected, abs=1e-12))
            if expected is not None:
                assert 0 <= auc.low <= auc.value <= auc.high <= 1
            sides = [[row[2] for row in decided if row[3] == side] for side in (1, 0)]
            ks = found[attribute, group, "ks"]
            assert ks.value == (pytest.approx(oracle.ks(*sides), abs=1e-12) if all(sides) else None)
            gap = found[attribute, group, "calibration_gap"]
            errors = [
                row[2] - (row[3] == (1 if adverse_high else 0)) for row in decided if row[3] is not None
            ]
            if errors:
                expected = oracle.mean(errors) if adverse_high else -oracle.mean(errors)
                assert gap.value == pytest.approx(expected, abs=1e-12)
                assert gap.low is None or gap.low <= gap.value <= gap.high


def test_rows_that_were_not_decided_stay_out() -> None:
    """Withdrawn and incomplete applications are counted and enter no rate."""
    table = count(["favourable", "adverse", "none", "none"], {"sex": ["f", "f", "f", "f"]})
    (selection,) = [r for r in rates(table, 1) if r.group == "f" and r.metric == "selection_rate"]
    assert (selection.value, selection.n) == (0.5, 2)


def test_without_outcomes_performance_is_not_measured_once() -> None:
    """Measures that need an outcome stand once, for all, with the cause, and are not measured."""
    table = count(["favourable", "adverse"] * 40, {"sex": ["f", "m"] * 40})
    missing = [m for m in measurements(rates(table), ()) if m.state == "not_measured"]
    assert {m.measure for m in missing} == {
        "true_positive_rate",
        "false_positive_rate",
        "false_negative_rate",
        "positive_predictive_value",
        "true_negative_rate",
        "negative_predictive_value",
        "adverse_outcome_rate",
        "auc",
        "ks",
        "calibration_gap",
    }
    assert {(m.attribute, m.cause) for m in missing} == {("all", "what really happened was not observed")}


def test_a_group_of_three_is_shown_and_inconclusive() -> None:
    """A small group keeps value and n, and no requirement may be judged by it."""
    outcome = ["favourable", "adverse"] * 40 + ["adverse", "adverse", "favourable"]
    sex = ["m"] * 80 + ["f"] * 3
    table = count(outcome, {"sex": sex})
    found = measurements(rates(table), disparities(table, {"sex": "m"}))
    small = {m.measure: m for m in found if m.group == "f"}
    for measure in ("selection_rate", "adverse_impact_ratio", "marginal_effect"):
        assert small[measure].state == "inconclusive"
        assert small[measure].cause == "too few: n < 30"
        assert small[measure].n == 3
    assert small["adverse_impact_ratio"].value == pytest.approx((1 / 3) / 0.5)


def test_one_class_outcomes_have_a_cause() -> None:
    """Where every outcome was favourable there is no AUC and no true positive rate, and no crash."""
    table = count(["adverse"] * 40, {"sex": ["f"] * 40}, [0.5] * 40, [0] * 40)
    found = {r.metric: r for r in rates(table) if r.group == "f"}
    assert found["auc"].value is None
    assert "every observed outcome is favourable" in found["auc"].cause
    assert found["true_positive_rate"].cause == "no adverse outcome was observed"
    assert found["false_positive_rate"].value == 1.0
